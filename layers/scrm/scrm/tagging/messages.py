"""What the contact queue carries about automatic tags. Unknown fields are ignored."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict


class TagsDue(BaseModel):
    """A customer became a member's: give the relation the tags that rules want. A repeat sets nothing new."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    schema_version: Literal[1] = 1
    kind: Literal["tags_due"] = "tags_due"
    userid: str
    external_userid: str
    came_by: str = ""
    at: datetime
