"""The organisation, the archive's seats and the relation table as the collector reads them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import batched
from typing import Final

from scrm.collect.model import FollowedCustomer, RosterRow
from scrm.contacts.model import Customer, RelationState, Standing
from scrm.contacts.ports import RelationReader
from scrm.kpi.feeds.datasets import CURRENT, Feed, PublishedFeeds
from scrm.node_paths import ROOT_PATH
from scrm.org.model import Member, MemberStatus
from scrm.runtime.members_below import Staff, members_below
from scrm.sql import Selection

_CUSTOMERS: Final = 100
_LASTING: Final = frozenset({RelationState.ACTIVE, RelationState.DELETED_BY_CUSTOMER})
_NEAR: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class OrgRoster:
    """Implements `scrm.collect.ports.Roster`.

    ``posts``: those of the bank's staff roster that make an RM, active or not; none: active members who may have
    customers. ``posts_of`` reads the roster's posts of some members. ``seated`` have a paid seat of the archive, the
    one licence of a member that WeCom tells us of.
    """

    staff: Staff
    seated: Callable[[], Iterable[str]]
    posts: Callable[[], frozenset[str]]
    posts_of: Callable[[Sequence[Member]], Sequence[str]]

    def rows(self) -> Iterator[RosterRow]:
        seated, posts = frozenset(self.seated()), self.posts()
        present = (
            member for _, member in members_below(self.staff, ROOT_PATH) if member.status is not MemberStatus.LEFT
        )
        for some in batched(present, _CUSTOMERS, strict=False):
            told = self.posts_of(some) if posts else [""] * len(some)
            for member, post in zip(some, told, strict=True):
                yield RosterRow(
                    userid=member.userid,
                    node_id=member.node_id,
                    node_path=member.node_path,
                    on_roster=post in posts if posts else member.can_take_over,
                    is_licensed=member.userid in seated,
                    is_asked=member.can_take_over,
                )


@dataclass(frozen=True, slots=True)
class ContactFollowings:
    """Implements `scrm.collect.ports.Followings`."""

    contacts: RelationReader

    def of_member(self, userid: str) -> Iterator[FollowedCustomer]:
        lasting = (row for row in self.contacts.relations_of(userid) if row.state in _LASTING)
        for some in batched(lasting, _CUSTOMERS, strict=False):
            customers = self.contacts.customers([row.external_userid for row in some])
            for row in some:
                customer = customers.get(row.external_userid)
                is_deleted = row.state is RelationState.DELETED_BY_CUSTOMER
                others = _others(customer, userid)
                near = [each for each in others if abs(each.since - row.since) <= _NEAR]
                yield FollowedCustomer(
                    external_userid=row.external_userid,
                    added_at=row.since,
                    is_accountable=customer is not None and customer.owner_userid == userid,
                    unionid=row.details.unionid,
                    adders=1 + len(near),
                    was_followed=any(each.since < row.since for each in others),
                    lost_at=row.changed_at if is_deleted else None,
                )


def _others(customer: Customer | None, userid: str) -> list[Standing]:
    """How others stand or stood with him; who left him within 30 days has no date of his add, and counts as before."""
    return [each for name, each in customer.followers.items() if name != userid] if customer else []


@dataclass(frozen=True, slots=True)
class PublishedCustomers:
    """Implements `scrm.collect.ports.BankCustomers`."""

    feeds: PublishedFeeds

    def published(self) -> Selection | None:
        return self.feeds.selection(Feed.BANK_CUSTOMERS, CURRENT)
