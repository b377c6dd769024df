"""What contact inheritance needs from the outside world."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from scrm.handover.edges import Chunk, ChunkKind, TransferApi
from scrm.handover.model import HandoverCase, StaffSignal


class TransferStatus(StrEnum):
    """WeCom's transfer status by name (docs/wecom.md 6.3)."""

    DONE = "done"
    WAITING = "waiting"
    REFUSED = "refused"
    TAKEOVER_LIMIT = "takeover_limit"
    NO_RECORD = "no_record"


@dataclass(frozen=True, slots=True)
class LeaversCustomer:
    """A customer of the member whose case it is.

    ``ineligible_cause`` is empty when WeCom would move him, ``hold`` when no complaint or investigation forbids it.
    ``followers`` are other members who follow him, longest first. ``onjob_transfers`` are the moments of his transfers
    that count against 2 in 90 days. ``tier`` and ``language`` come from corp tags.
    """

    external_userid: str
    ineligible_cause: str = ""
    hold: str = ""
    followers: tuple[str, ...] = ()
    tier: str = ""
    language: str = ""
    onjob_transfers: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class StaffMember:
    """What the handover must know of a member; ``node_path`` says where in the organisation he is.

    ``can_take_over`` is False for one on leave too. ``leave_in_days`` is when his next leave begins, None when none is
    known. ``capacity``, ``languages`` and ``qualifications`` are the bank's
    word in its roster; None takes the bank's default, empty sets say that nothing is known.
    """

    userid: str
    name: str
    node_id: str
    node_path: str
    node_name: str
    can_take_over: bool
    rejoined_at: datetime | None
    on_leave: bool = False
    leave_in_days: int | None = None
    capacity: int | None = None
    languages: frozenset[str] = frozenset()
    qualifications: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class UnassignedPage:
    """A page of WeCom's own list of customers without an owner: (leaver, customer, when he left)."""

    rows: tuple[tuple[str, str, datetime | None], ...]
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A step of giving one new owner what follows his customers.

    ``chunks`` says by number up to which moment edges done are meant: those who come later are another delivery.
    ``part`` and ``cursor`` are where it goes on; ``counts`` and ``lost_ids`` what the steps before have done.
    """

    case_id: str
    takeover_userid: str
    chunks: Mapping[int, datetime]
    part: str = ""
    cursor: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    lost_ids: tuple[str, ...] = ()


MOST_CHUNKS_TOGETHER = 60
MOST_CHUNKS_ADDED = 30
"""With a case: each new chunk may bring a taker's pointer along."""
# Who answers when nobody else can: a role, not a person (docs/operations).
HEAD_OFFICE = "head_office"


class CaseRepository(Protocol):
    """Cases and chunks. Writes are conditional: they raise StaleVersionError when someone was faster."""

    def case(self, case_id: str) -> HandoverCase | None: ...

    def load(self, case_id: str) -> tuple[HandoverCase, list[Chunk]] | None:
        """The case and all its chunks, customers first, by number."""

    def latest_case_of(self, userid: str) -> tuple[HandoverCase, int] | None:
        """The member's latest case and its ordinal."""

    def next_ordinal(self, userid: str) -> int:
        """Of the next case under this userid. It goes on counting where a member had the userid before."""

    def open_case(self, case: HandoverCase, ordinal: int) -> bool:
        """Store the case as the member's only open one; False when another one was opened first."""

    def load_some(
        self, case_id: str, kind: ChunkKind, numbers: Sequence[int]
    ) -> tuple[HandoverCase, list[Chunk]] | None:
        """The case and those of its chunks, in one read."""

    def save(self, case: HandoverCase, changed: Sequence[Chunk] = (), added: Sequence[Chunk] = ()) -> HandoverCase:
        """Write the case with changed and new chunks, all or nothing; at most `MOST_CHUNKS_TOGETHER` chunks.

        Takers of new chunks are remembered for `cases_taken_over_by`. Returns the case with its new version.
        """

    def save_chunks(self, changed: Sequence[Chunk]) -> list[Chunk]:
        """Write chunks that do not depend on each other; returns them with their new versions."""

    def add_chunks(self, case: HandoverCase, added: Sequence[Chunk]) -> HandoverCase:
        """Store new chunks, in order, `MOST_CHUNKS_ADDED` at a time and each time with the case.

        So nobody adds to a case that changed since it was read. Returns the case with its new version.
        """

    def due_cases(self, until: datetime) -> Iterator[str]:
        """Ids of cases whose time has come."""

    def next_due(self) -> datetime | None:
        """When the first case falls due; None: none will."""

    def close(self, case: HandoverCase) -> HandoverCase:
        """`save` a case that ended; it is no longer found through whoever took over in it."""

    def cases_taken_over_by(self, takeover_userid: str) -> Iterator[str]:
        """Open cases in which the member takes over: a transfer_fail callback names only him."""


class HandoverQueue(Protocol):
    """Work for the worker and the reconcile function; a repeat is harmless."""

    def request_plan(self, case_id: str) -> None: ...

    def request_transfers(self, chunks: Sequence[Chunk]) -> None: ...

    def request_polls(self, case_ids: Sequence[str]) -> None: ...

    def request_deliveries(self, deliveries: Sequence[Delivery], not_before: datetime | None = None) -> None: ...


class StaffDirectory(Protocol):
    """The organisation, as far as the handover cares."""

    def staff_member(self, userid: str) -> StaffMember | None: ...

    def colleagues(self, node_path: str) -> Iterable[StaffMember]:
        """Members of the same branch."""

    def manager_of(self, node_path: str, *, leaver: str) -> str:
        """Who answers for the node and is not the leaver: its branch's manager, else head office."""

    def is_active(self, userid: str) -> bool:
        """Whether he can act today, being there and not on leave; head office always can."""


class CustomerLoads(Protocol):
    """How much members have."""

    def load_of(self, userid: str) -> int:
        """How many customers the member has."""


class CustomerBook(CustomerLoads, Protocol):
    """The relation table, read only."""

    def customers_of(self, userid: str) -> Iterator[LeaversCustomer]: ...

    def groups_of(self, userid: str) -> Iterator[str]: ...


class Transfers(Protocol):
    """WeCom's inheritance. Raises the errors of `scrm.handover.errors`."""

    def account_exists(self, userid: str) -> bool: ...

    def transfer_customers(
        self,
        api: TransferApi,
        handover_userid: str,
        takeover_userid: str,
        external_userids: Sequence[str],
        greeting: str = "",
        following: int = 0,
    ) -> dict[str, int]:
        """Start the transfer of at most 100 customers; errcode per customer, 0 = started.

        ``greeting`` is what the customer reads, at most 200 characters; the resigned API takes none (S54).
        ``following``: how many such calls come right after it, so that their permits are had together.
        """

    def customer_results(
        self, api: TransferApi, handover_userid: str, takeover_userid: str
    ) -> Iterator[tuple[str, TransferStatus]]:
        """Every known transfer between the two, all pages, oldest first."""

    def transfer_groups(self, api: TransferApi, chat_ids: Sequence[str], new_owner: str) -> dict[str, int]:
        """Hand over at most 100 group chats; errcode of those that failed."""

    def group_owner(self, chat_id: str) -> str:
        """The group's present owner, folded; empty when WeCom no longer knows the group."""


class Unowned(Protocol):
    """WeCom's own lists of what members left behind. Raises TransferPostponedError, TransferRefusedError."""

    def unassigned(self, cursor: str) -> UnassignedPage:
        """One page of the corp's customers without an owner; the first without a cursor."""

    def ownerless_groups(self, cursor: str) -> tuple[list[tuple[str, str]], str]:
        """One page of group chats whose owner left, as (chat_id, owner), and the cursor of the next."""


class ContactRecords(Protocol):
    """Tells the contacts feature what moved and what was tried."""

    def customers_taken_over(
        self, case: HandoverCase, takeover_userid: str, external_userids: Sequence[str], api: TransferApi, at: datetime
    ) -> None: ...

    def quota_counted(self, case: HandoverCase, external_userids: Sequence[str], at: datetime, *, full: bool) -> None:
        """On-job attempts that count although nothing moved; ``full``: WeCom says the quota is used (40128)."""

    def groups_taken_over(self, case: HandoverCase, chat_ids: Sequence[str], at: datetime) -> None: ...


class Notifier(Protocol):
    """Application messages to members; an equal message sent again within four hours is dropped by WeCom."""

    def tell(self, userid: str, title: str, text: str) -> bool:
        """Send a card; False when WeCom cannot reach the member. Raises TransferPostponedError."""


class RmTasks(Protocol):
    """Work for a member that a handover makes (S54); the id derives from the cause, so a repeat makes none."""

    def greet_customers(self, case: HandoverCase, takeover_userid: str, external_userids: Sequence[str]) -> None:
        """Tasks to greet customers whom WeCom told nothing (resigned transfers)."""


class CertificateDocuments(Protocol):
    """Where the documents of certificates are kept; a key is written with one content only."""

    def write(self, key: str, pieces: Iterable[bytes]) -> None:
        """Store a document, all or nothing; its kind follows from the key's ending."""

    def lines(self, key: str) -> Iterator[bytes] | None:
        """Its lines with their ends, None when there is none."""


class Journal(Protocol):
    """The audit log and the bus, as one voice: what the handover decided."""

    def opened(self, case: HandoverCase, signal: StaffSignal) -> None: ...

    def planned(self, case: HandoverCase) -> None: ...

    def ended(self, case: HandoverCase) -> None: ...


class DecisionLog(Protocol):
    """The audit log, as far as people's decisions go."""

    def decided(self, case: HandoverCase, action: str, actor: str, at: datetime) -> None:
        """A person's decision; once per action and version of the case."""
