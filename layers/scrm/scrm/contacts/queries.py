"""Read side of the contacts feature, for the admin API."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

from scrm.contacts import ownership
from scrm.contacts.model import Basis, Customer, Finding, GroupChat, Hold, Relation, RelationDetails, RelationState
from scrm.contacts.runs import SyncRun
from scrm.paging import Page


@dataclass(frozen=True, slots=True)
class FollowerView:
    """One who follows the customer; ``since`` is when he was added, or the first we know of him."""

    userid: str
    state: RelationState
    since: datetime


@dataclass(frozen=True, slots=True)
class CustomerView:
    """A customer, his followers (longest first) and who answers for him."""

    external_userid: str
    owner_userid: str
    owner_since: datetime | None
    basis: Basis | None
    followers: tuple[FollowerView, ...]
    hold: Hold | None
    onjob_transfers: tuple[datetime, ...]
    quota_full_at: datetime | None
    managing_userid: str
    finding: Finding | None

    @classmethod
    def of(cls, customer: Customer) -> Self:
        following = ownership.followers_of(customer).items()
        return cls(
            external_userid=customer.external_userid,
            owner_userid=customer.owner_userid,
            owner_since=customer.owner_since,
            basis=customer.basis,
            followers=tuple(FollowerView(userid, each.state, each.follows_since) for userid, each in following),
            hold=customer.hold,
            onjob_transfers=ownership.quota_uses_of(customer),
            quota_full_at=customer.quota_full_at,
            managing_userid=customer.master.userid if customer.master else "",
            finding=customer.finding,
        )


class ContactQueries(Protocol):
    """Lists page with opaque cursors; a foreign one raises InvalidCursorError."""

    def customer(self, external_userid: str) -> CustomerView | None: ...

    def findings(self, finding: Finding, cursor: str | None, limit: int) -> Page[CustomerView]:
        """Customers whose managing RM does not follow them, or is not their owner."""

    def sync_run(self, run_id: str) -> SyncRun | None: ...

    def sync_runs(self, cursor: str | None, limit: int) -> Page[SyncRun]:
        """Full passes, newest first."""


class RelationReader(Protocol):
    """What other features read of relations, customers and groups."""

    def relations_of(self, userid: str) -> Iterator[Relation]:
        """Relations that have not ended, by external_userid, page by page."""

    def customers(self, external_userids: Sequence[str]) -> dict[str, Customer]:
        """Those that are known, one request per 100."""

    def details_of(self, userid: str, external_userids: Sequence[str]) -> dict[str, RelationDetails]:
        """What the member noted about these customers; also where the relation ended within the last 30 days."""

    def groups_of(self, userid: str) -> Iterator[GroupChat]: ...

    def count_relations(self, userid: str) -> int: ...
