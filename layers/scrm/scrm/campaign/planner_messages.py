"""What the planner's queue carries. Unknown fields are ignored; a breaking change is a new version."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class PlannerMessage(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    schema_version: Literal[1] = 1


class CampaignDue(PlannerMessage):
    """Take the campaign's next step, if it is time."""

    kind: Literal["campaign_due"] = "campaign_due"
    campaign_id: str


class SliceRequested(PlannerMessage):
    """Plan a slice of a ring, from its owner number ``first`` on; an empty ring: members in none."""

    kind: Literal["slice_requested"] = "slice_requested"
    campaign_id: str
    ring: str
    number: int
    first: int = 0


class ContentRecalled(PlannerMessage):
    """Somebody took a version of an activity back: stop what sends it."""

    kind: Literal["content_recalled"] = "content_recalled"
    activity_id: str
    version: int


class SendingStopped(PlannerMessage):
    """Head office stopped the whole bank: what waits for its member, of every campaign, is taken back."""

    kind: Literal["sending_stopped"] = "sending_stopped"


class ProductChanged(PlannerMessage):
    """Head office changed a product: what speaks of it and waits for its member is asked about again."""

    kind: Literal["product_changed"] = "product_changed"
    product_id: str
