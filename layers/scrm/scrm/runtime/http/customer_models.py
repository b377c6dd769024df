"""Customers on the wire: ids and states, their names stay in WeCom."""

from pydantic import Field

from scrm.contacts.model import Basis, Finding, HoldReason, RelationState
from scrm.handover.userid import Userid
from scrm.runtime.http.wire import Asked, Page, Reply, Timestamp


class Follower(Reply):
    """A member who follows the customer, and since when."""

    userid: str
    state: RelationState
    since: Timestamp


class Hold(Reply):
    """While it stands nothing moves the customer automatically."""

    reason: HoldReason
    since: Timestamp
    by: str


class Customer(Reply):
    """Who answers for a customer, and why."""

    external_userid: str
    owner_userid: str = Field(description="The accountable owner; empty when nobody follows the customer.")
    owner_since: Timestamp | None
    basis: Basis | None = Field(description="Why he is the owner; null without one.")
    followers: list[Follower] = Field(description="The longest first.")
    hold: Hold | None
    onjob_transfers: list[Timestamp] = Field(description="Moments that count against two in 90 days.")
    quota_full_at: Timestamp | None = Field(description="When WeCom last said that these are used up.")
    managing_userid: str = Field(description="The managing RM of the bank's customer master; empty when it names none.")
    finding: Finding | None = Field(description="What the customer master says and WeCom does not.")


class CustomerPage(Page):
    items: list[Customer]


class HoldRequest(Asked):
    """Why the customer must not be moved automatically."""

    reason: HoldReason


class OwnerRequest(Asked):
    """The follower who shall answer for the customer."""

    userid: Userid
