"""The attribution ledger on the wire. Changes are in the KPI's unit: fen of AUM and of products, else counts."""

from enum import StrEnum

from pydantic import Field

from scrm.runtime.http.wire import Page, Reply, Timestamp


class CreditedBy(StrEnum):
    CAMPAIGN = "campaign"
    CONTENT = "content"
    CHANNEL = "channel"
    BRANCH = "branch"


class AttributionRow(Reply):
    """``is_credited`` false: changes without a touch within the window. Names that were not asked for are empty."""

    kpi: str
    product: str
    is_credited: bool
    campaign_id: str = ""
    activity_id: str = ""
    content_version: int = 0
    channel: str = ""
    node: str = Field(default="", description="The branch of the member whose touch it was.")
    customers: int
    change: int


class Attribution(Page):
    month: str
    version: int
    made_at: Timestamp
    window_days: int
    items: list[AttributionRow]


class AttributionMember(Reply):
    kpi: str
    product: str
    userid: str
    node: str = Field(description="Where the member was when he sent it: a node path.")
    customers: int
    change: int


class AttributionMemberPage(Page):
    items: list[AttributionMember]


class AttributionCustomer(Reply):
    """One customer's change and the touch that is credited with it."""

    kpi: str
    product: str
    change: int
    customer_key: str
    external_userid: str
    activity_id: str
    content_version: int
    channel: str
    userid: str
    node_path: str
    task_id: str
    touched_at: Timestamp


class AttributionCustomerPage(Page):
    items: list[AttributionCustomer]
