"""What the contact queue carries for the lexicon. Unknown fields are ignored."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class LexiconSyncRequested(BaseModel):
    """Make WeCom's rules equal to the version in force, whichever that is when it is read."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    schema_version: Literal[1] = 1
    kind: Literal["lexicon_sync_requested"] = "lexicon_sync_requested"
