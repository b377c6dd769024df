"""What a bank decides about consent: the document of the topic ``consent``, with the defaults the code ships."""

from typing import Final

from pydantic import BaseModel, ConfigDict, Field

TOPIC: Final = "consent"


class ConsentDocument(BaseModel):
    """An opt-out always holds; no setting lifts one."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    consent_required: bool = Field(
        default=False, description="Whether marketing goes only to customers who consented, not to all but opt-outs."
    )
