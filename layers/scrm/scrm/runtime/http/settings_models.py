"""What the API says about the settings of handovers, on the wire."""

from pydantic import Field

from scrm.runtime.http.wire import Asked, Reply
from scrm.settings.handover import HandoverDocument


class HandoverSettings(Reply):
    """What is in force for handovers; a process takes up a change within a minute."""

    version: int = Field(description="Rises with every change, 0 before the first; a change names the one it replaces.")
    is_valid: bool = Field(description="False: what is stored does not fit, the defaults are shown; store it anew.")
    given: list[str] = Field(description="The fields that the bank decided; the others have the defaults of the code.")
    settings: HandoverDocument


class SettingsRequest(Asked):
    """The whole document: a field that is left out takes its default, now and after an upgrade."""

    version: int = Field(ge=0, description="The version that was read; another one in force answers 409.")
    settings: HandoverDocument
