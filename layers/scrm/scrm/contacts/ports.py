"""What the contacts feature needs from the outside world."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from scrm.contacts.model import Alias, Claim, Customer, GroupChat, QuotaUse, Relation, RelationDetails

if TYPE_CHECKING:
    from scrm.contacts.runs import PassCounts, SyncRun


class UnknownMemberError(Exception):
    """WeCom no longer knows the member, or shows him to us no more."""


class CursorLostError(Exception):
    """WeCom does not take the cursor any longer: the list begins anew."""


class ContactsBusyError(Exception):
    """Others kept changing the same customers; the message should be tried again later."""


@dataclass(frozen=True, slots=True)
class FoundRelation:
    """A row of WeCom's list. The list does not tell half-added and deleted-by-customer relations apart from others."""

    userid: str
    external_userid: str
    since: datetime
    details: RelationDetails


class CustomerSource(Protocol):
    """WeCom's own lists of relations and group chats; userids are folded."""

    def members_serving_customers(self) -> list[str]:
        """Members with the customer-contact function."""

    def relations_page(self, userids: Sequence[str], cursor: str) -> tuple[list[FoundRelation], str]:
        """At most 100 relations of these members, and where the list goes on; empty at its end.

        Raises UnknownMemberError, CursorLostError.
        """

    def details_of(self, userid: str, external_userid: str) -> RelationDetails | None:
        """What the member noted about one customer; None when WeCom shows no such relation."""

    def groups_of(self, userid: str) -> Iterator[str]:
        """The chat ids the member owns, all pages; none for an owner who left."""

    def group(self, chat_id: str) -> GroupChat | None:
        """One group chat; None when WeCom no longer knows it as a customer group."""


type RelationKey = tuple[str, str]
"""(userid, external_userid)"""


@dataclass(frozen=True, slots=True)
class Known:
    """What the table held at one moment."""

    relations: Mapping[RelationKey, Relation] = field(default_factory=dict)
    customers: Mapping[str, Customer] = field(default_factory=dict)
    aliases: Mapping[str, Alias] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One customer and those of his relations that change with him; each is written on the version it was read with.

    ``left`` is whose customer he was until now, empty for nobody's; None when his owner stays or he is new to us.
    """

    customer: Customer | None
    relations: tuple[Relation, ...] = ()
    left: str | None = None

    @property
    def items(self) -> int:
        return len(self.relations) + (self.customer is not None)

    @property
    def owners(self) -> tuple[str, str] | None:
        """From whom to whom the customer goes."""
        return None if self.left is None or self.customer is None else (self.left, self.customer.owner_userid)


# What follows a customer is noted with his owners, once for all customers of one write that go the same way: two notes
# of the contact-pressure ledger, two of the bank's facts and one of the answers about advertising. Who comes from
# nobody, or goes to nobody, has his own.
NOTES_PER_PAIR = 5


def notes_of(changes: Iterable[Change]) -> int:
    """How many notes these changes may need."""
    moves = {
        (each.owners, each.customer.external_userid if "" in each.owners else "")
        for each in changes
        if each.owners and each.customer
    }
    return NOTES_PER_PAIR * len(moves)


class ContactRepository(Protocol):
    """Relations, customers, aliases and group chats."""

    def read(
        self, relations: Sequence[RelationKey] = (), customers: Sequence[str] = (), aliases: Sequence[str] = ()
    ) -> Known:
        """What exists of these, in one request per 100."""

    def write(self, changes: Sequence[Change]) -> bool:
        """All or nothing, at most 100 items and notes; False when one of them changed since it was read.

        What lies with a customer's owner goes along with him in the same write.
        """

    def note_taken_over(self, claim: Claim, external_userids: Sequence[str], quota_use: QuotaUse | None) -> bool:
        """Add a finished handover, and what it uses of the quota, to at most 100 customers without reading them.

        All or nothing: False, and nothing is written, when one of them is no plain case, or it was noted before. Owner
        and basis are then as `scrm.contacts.ownership` would have them.
        """

    def relations_of(self, userid: str) -> Iterator[Relation]:
        """Relations that have not ended, by external_userid."""

    def relations_after(self, userid: str, external_userid: str, limit: int) -> list[Relation]:
        """The next relations that have not ended, by external_userid; fewer than ``limit`` at the end."""

    def count_settled(self, userid: str, until: datetime) -> int:
        """How many relations that WeCom's list must show, as of news up to ``until``."""

    def put_alias(self, alias: Alias) -> None:
        """Store unless a newer one is known."""

    def note_seen(self, run_id: str, userid: str, external_userids: Sequence[str]) -> None:
        """Remember for a few days that a pass saw these customers."""

    def seen_by(self, run_id: str, userid: str) -> Iterator[str]:
        """The external_userids noted, sorted."""

    def groups_of(self, userid: str) -> Iterator[GroupChat]: ...

    def put_group(self, group: GroupChat) -> bool:
        """Store the group under its owner and remove it from an owner known before; False when newer is known."""

    def remove_group(self, chat_id: str) -> None: ...


class CustomerNumbers(Protocol):
    """The bank's own numbers of customers, as its master says (`scrm.contacts.master`)."""

    def note(self, numbers: Mapping[str, str], as_of: datetime) -> None:
        """By external_userid, at most 100; repeatable, and an older file changes nothing."""


class CustomersByNumber(Protocol):
    def customers_with(self, number: str) -> tuple[str, ...]:
        """Customers of WeCom who have the bank's number: one for each of their accounts that a member follows."""


class SyncRuns(Protocol):
    """Full passes: their parts, and how far they are."""

    def run(self, run_id: str) -> "SyncRun | None": ...

    def plan(self, run: "SyncRun", parts: Sequence[tuple[str, ...]]) -> "SyncRun":
        """Store the run with its parts; of several plans of one run the first that was stored counts."""

    def open_parts(self, run_id: str) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Number and members of the parts that are not done."""

    def finish_part(self, run_id: str, number: int, counts: "PassCounts") -> bool:
        """Count the part in; False when it was counted before."""

    def finish(self, run_id: str, at: datetime) -> bool:
        """Mark the run as finished; False when it was."""


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
