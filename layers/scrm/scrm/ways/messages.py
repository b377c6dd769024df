"""What the contact queue carries about contact ways. Unknown fields are ignored."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class _WayMessage(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    schema_version: Literal[1] = 1


class ContactWayChanged(_WayMessage):
    """Somebody changed a way, or a call about it is to be looked up: make WeCom's equal to ours."""

    kind: Literal["contact_way_changed"] = "contact_way_changed"
    way_id: str


class ContactWaysDue(_WayMessage):
    """Compare all ways with WeCom's; ``after`` is the last one that was."""

    kind: Literal["contact_ways_due"] = "contact_ways_due"
    after: str = ""
