"""What the contact queue and the screening queue carry for the lexicon. Unknown fields are ignored."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class LexiconSyncRequested(BaseModel):
    """Contact queue: make WeCom's rules equal to the version in force, whichever that is when it is read."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    schema_version: Literal[1] = 1
    kind: Literal["lexicon_sync_requested"] = "lexicon_sync_requested"


class LexiconReplayDue(BaseModel):
    """Screening queue: begin a replay of a version, or go on with it from where it is."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    schema_version: Literal[1] = 1
    kind: Literal["lexicon_replay_due"] = "lexicon_replay_due"
    version: int = Field(ge=1)
    replay_id: str
