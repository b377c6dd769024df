"""What the campaign's queues carry for tasks. Unknown fields are ignored; a breaking change is a new version."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class DispatchMessage(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    schema_version: Literal[1] = 1


class SendTaskPlanned(DispatchMessage):
    """Campaign queue: this task wants its call, or to be looked up."""

    kind: Literal["send_task_planned"] = "send_task_planned"
    task_id: str
    campaign_id: str
    owner: str


class CampaignStopped(DispatchMessage):
    """Campaign queue: take back what its members have not confirmed; one ``part`` of its tasks, None: all."""

    kind: Literal["campaign_stopped"] = "campaign_stopped"
    campaign_id: str
    part: int | None = None


class CampaignRechecked(DispatchMessage):
    """Campaign queue: the product of the campaign's content changed; one ``part`` of its tasks, None: all."""

    kind: Literal["campaign_rechecked"] = "campaign_rechecked"
    campaign_id: str
    part: int | None = None


class CustomersChanged(DispatchMessage):
    """Campaign queue: customers of this member changed hands or are rated otherwise now, or he may offer less."""

    kind: Literal["customers_changed"] = "customers_changed"
    owner_userid: str


class CustomerOptedOut(DispatchMessage):
    """Campaign queue: this customer must get nothing that lies with one of these members."""

    kind: Literal["customer_opted_out"] = "customer_opted_out"
    external_userid: str
    member_userids: tuple[str, ...]


class LookRequested(DispatchMessage):
    """Campaign reconcile queue: ask WeCom about this task; ``asked``: whether its time has come or not."""

    kind: Literal["look_requested"] = "look_requested"
    task_id: str
    asked: bool = False
