"""What the contact queue carries for consent. Unknown fields are ignored."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict


class ConsentFileStep(BaseModel):
    """Take a file of customers' answers, or go on with it at a byte ``offset``, after ``line`` lines.

    ``columns`` is its header; ``etag`` is of the very file that was begun.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    schema_version: Literal[1] = 1
    kind: Literal["consent_file_step"] = "consent_file_step"
    key: str
    told_at: datetime
    etag: str = ""
    offset: int = 0
    line: int = 0
    columns: tuple[str, ...] = ()
