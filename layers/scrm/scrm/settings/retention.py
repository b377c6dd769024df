"""How long the bank keeps what classes of archived records: the document of the topic ``retention`` (R11, R12)."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

TOPIC: Final = "retention"

type Days = Annotated[int, Field(ge=0, le=36_500)]


class RetentionDocument(BaseModel):
    """Days from when a record was stored; 0 stands for as long as the deployment locks it. They only ever grow."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    chat_days: Days = Field(default=0, description="Conversations as they were pulled, and what was made of them.")
    media_days: Days = Field(default=0, description="Files, voice and calls.")
    certificate_days: Days = Field(default=0, description="Proofs of days.")
