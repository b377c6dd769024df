"""What the contact queue carries for the audience. Unknown fields are ignored."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict


class CeilingTagsDue(BaseModel):
    """Make the tags of this member's customers say how far they may go; a repeat does what is left."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    schema_version: Literal[1] = 1
    kind: Literal["ceiling_tags_due"] = "ceiling_tags_due"
    userid: str


class FactsFileStep(BaseModel):
    """Check or take a feed of the bank, or go on with it at a byte ``offset``, after ``line`` lines.

    A file is looked through once (``check``) before anything of it is taken (``take``). ``columns`` is its header;
    ``etag`` is of the very file that was begun; ``rows`` and ``bad`` are counted while checking.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    schema_version: Literal[1] = 1
    kind: Literal["facts_file_step"] = "facts_file_step"
    key: str
    told_at: datetime
    stage: Literal["check", "take"] = "check"
    etag: str = ""
    offset: int = 0
    line: int = 0
    columns: tuple[str, ...] = ()
    rows: int = 0
    bad: int = 0
