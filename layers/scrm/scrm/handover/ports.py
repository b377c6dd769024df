"""What contact inheritance needs from the outside world."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
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
    that count against 2 in 90 days. ``tier`` and ``language`` come from corp tags by the bank's settings.
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
    """What the handover must know of a member.

    ``unavailable`` says why he may not take over (``left``, ``disabled``, ``not_activated``, ``no_customer_contact``,
    ``on_leave``), empty when he may. ``capacity`` None takes the bank's default. ``cover_userid`` acts for him now.
    """

    userid: str
    name: str
    node_id: str
    node_path: str
    node_name: str
    unavailable: str = ""
    capacity: int | None = None
    languages: frozenset[str] = frozenset()
    qualifications: frozenset[str] = frozenset()
    rejoined_at: datetime | None = None
    cover_userid: str = ""

    @property
    def can_take_over(self) -> bool:
        return not self.unavailable


@dataclass(frozen=True, slots=True)
class UnassignedPage:
    """A page of WeCom's own list of customers without an owner: (leaver, customer, when he left)."""

    rows: tuple[tuple[str, str, datetime | None], ...]
    cursor: str = ""


class CaseRepository(Protocol):
    """Cases and chunks. Writes are conditional: they raise StaleVersionError when someone was faster."""

    def case(self, case_id: str) -> HandoverCase | None: ...

    def load(self, case_id: str) -> tuple[HandoverCase, list[Chunk]] | None:
        """The case and all its chunks, customers first, by number."""

    def latest_case_of(self, userid: str) -> tuple[HandoverCase, int] | None:
        """The member's latest case and its ordinal."""

    def open_case(self, case: HandoverCase, ordinal: int) -> bool:
        """Store the case as the member's only open one; False when another one was opened first."""

    def save_case(self, case: HandoverCase) -> HandoverCase:
        """Write the next version; returns it with its new version."""

    def chunks(self, case_id: str) -> Iterator[Chunk]: ...

    def some_chunks(self, case_id: str, keys: Sequence[tuple[ChunkKind, int]]) -> list[Chunk]:
        """The chunks with these keys that exist."""

    def save(self, case: HandoverCase | None, chunks: Sequence[Chunk], added: Sequence[Chunk] = ()) -> "Saved":
        """Write the case, changed chunks and new chunks, each on the version it was read with.

        All or nothing as long as it fits one transaction; more is written in several, chunks that receive edges
        together with those that lose them, the case last. Takers of new chunks are remembered for `cases_taken_over_by`.
        """

    def due_cases(self, until: datetime) -> Iterator[str]:
        """Ids of cases whose time has come."""

    def cases_taken_over_by(self, takeover_userid: str) -> Iterator[str]:
        """Open cases in which the member takes over: a transfer_fail callback names only him."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What was written, with new versions."""

    case: HandoverCase | None
    chunks: Mapping[tuple[ChunkKind, int], Chunk] = field(default_factory=dict)


class HandoverQueue(Protocol):
    """Work for the worker and the reconcile function; a repeat is harmless."""

    def request_plan(self, case_id: str) -> None: ...

    def request_transfers(self, chunks: Sequence[Chunk]) -> None: ...

    def request_polls(self, case_ids: Sequence[str]) -> None: ...

    def request_package(self, case_id: str, takeover_userid: str) -> None: ...

    def request_sweep(self, run_id: str, cursor: str, part: str) -> None: ...


class StaffDirectory(Protocol):
    """The organisation, as far as the handover cares."""

    def staff_member(self, userid: str) -> StaffMember | None: ...

    def colleagues(self, node_path: str) -> Iterable[StaffMember]:
        """Members of the same branch."""

    def manager_of(self, node_path: str, *, leaver: str) -> str:
        """Who answers for the node and is not the leaver: its branch's manager or his cover, else head office."""


class CustomerBook(Protocol):
    """The relation table, read only."""

    def customers_of(self, userid: str) -> Iterator[LeaversCustomer]: ...

    def groups_of(self, userid: str) -> Iterator[str]: ...

    def load_of(self, userid: str) -> int:
        """How many customers the member has."""


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
    ) -> dict[str, int]:
        """Start the transfer of at most 100 customers; errcode per customer, 0 = started. ``greeting``: on-job only."""

    def customer_results(
        self, api: TransferApi, handover_userid: str, takeover_userid: str
    ) -> Iterator[tuple[str, TransferStatus]]:
        """Every known transfer between the two, all pages, oldest first."""

    def transfer_groups(self, api: TransferApi, chat_ids: Sequence[str], new_owner: str) -> dict[str, int]:
        """Hand over at most 100 group chats; errcode of those that failed."""

    def group_owner(self, chat_id: str) -> str:
        """The group's present owner, folded; empty when WeCom no longer knows the group."""

    def unassigned(self, cursor: str) -> UnassignedPage:
        """One page of the corp's customers whose member left and who have no new one."""

    def ownerless_groups(self, cursor: str) -> tuple[list[tuple[str, str]], str]:
        """One page of group chats whose owner left, as (chat_id, owner), and the cursor of the next."""


class ContactRecords(Protocol):
    """Tells the contacts feature what moved and what was tried."""

    def customers_taken_over(
        self, case: HandoverCase, takeover_userid: str, external_userids: Sequence[str], api: TransferApi, at: datetime
    ) -> None: ...

    def groups_taken_over(self, case: HandoverCase, chat_ids: Sequence[str], at: datetime) -> None: ...

    def quota_counted(self, case: HandoverCase, external_userids: Sequence[str], at: datetime, *, full: bool) -> None:
        """On-job attempts that count although nothing moved; ``full``: WeCom says the quota is used (40128)."""


class Documents(Protocol):
    """Whole documents by key: packages, certificates."""

    def put(self, key: str, body: bytes, content_type: str) -> None: ...

    def get(self, key: str) -> bytes | None: ...

    def open_upload(self, key: str, content_type: str) -> AbstractContextManager["Upload"]:
        """A document written piece by piece; it is there once the block ends without an error."""


class Upload(Protocol):
    def write(self, data: bytes) -> object: ...


class Notifier(Protocol):
    """Application messages to members; an equal message sent again within half an hour is dropped by WeCom."""

    def tell(self, userid: str, title: str, text: str) -> bool:
        """Send a card; False when WeCom cannot reach the member. Raises TransferPostponedError."""


class RmTasks(Protocol):
    """Work for a member that a handover makes (S54); the id derives from the cause, so a repeat makes none."""

    def greet_customers(self, case: HandoverCase, takeover_userid: str, external_userids: Sequence[str]) -> None:
        """Tasks to greet customers whom WeCom told nothing (resigned transfers)."""


class Journal(Protocol):
    """The audit log and the bus, as one voice: what the handover decided."""

    def opened(self, case: HandoverCase, signal: StaffSignal) -> None: ...

    def planned(self, case: HandoverCase) -> None: ...

    def ended(self, case: HandoverCase) -> None: ...

    def decided(self, case: HandoverCase, action: str, actor: str, reason: str) -> None:
        """A person's decision."""
