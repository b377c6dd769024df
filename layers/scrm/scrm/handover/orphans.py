"""Vocabulary of the nightly audit: who is nobody's, what was found, how far a run is (S62, invariant 1)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from scrm.handover.edges import ChunkKind
from scrm.paging import Page


class OrphanKind(StrEnum):
    """Where it was found: in WeCom's list of customers or of groups without an owner, or in our own relations."""

    UNASSIGNED_CUSTOMER = "unassigned_customer"
    OWNERLESS_GROUP = "ownerless_group"
    UNCOVERED_RELATION = "uncovered_relation"

    @property
    def chunk_kind(self) -> ChunkKind:
        return ChunkKind.GROUPS if self is OrphanKind.OWNERLESS_GROUP else ChunkKind.CUSTOMERS


class AuditPart(StrEnum):
    """The parts of a run in their order; ``settling`` looks what the audits before found and this one no longer."""

    CUSTOMERS = "customers"
    GROUPS = "groups"
    MEMBERS = "members"
    SETTLING = "settling"


@dataclass(frozen=True, slots=True)
class AuditCounts:
    """``listed``: customers and groups that WeCom lists as nobody's, ``departed``: members of ours who left.

    ``answered``: those of them that a case answered for. ``opened``: cases that had to be opened.
    """

    listed: int = 0
    answered: int = 0
    departed: int = 0
    opened: int = 0

    def plus(self, *, listed: int = 0, answered: int = 0, departed: int = 0, opened: int = 0) -> "AuditCounts":
        return AuditCounts(
            self.listed + listed, self.answered + answered, self.departed + departed, self.opened + opened
        )


@dataclass(frozen=True, slots=True)
class AuditRun:
    """One audit of the whole bank; ``orphans`` counts the customers and groups in its findings."""

    run_id: str
    started_at: datetime
    counts: AuditCounts = AuditCounts()
    orphans: int = 0
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditStep:
    """The next piece of a run: one page of a list. ``cursor`` is the list's, empty for its first page."""

    run_id: str
    started_at: datetime
    part: AuditPart = AuditPart.CUSTOMERS
    cursor: str = ""
    counts: AuditCounts = AuditCounts()

    def after(self, cursor: str, counts: AuditCounts) -> "AuditStep":
        """The step that follows: the next page, or the next part's first one."""
        parts = list(AuditPart)
        part = self.part if cursor else parts[parts.index(self.part) + 1]
        return replace(self, part=part, cursor=cursor, counts=counts)


@dataclass(frozen=True, slots=True)
class OrphanFinding:
    """Customers or groups of one leaver that no case answered for, as one page of an audit showed them.

    ``case_id`` is the case that answers for them now. ``found_at`` is when the audit began; ``resolved_at`` when a
    later one saw that they are nobody's no longer.
    """

    finding_id: str
    run_id: str
    kind: OrphanKind
    leaver_userid: str
    node_path: str
    case_id: str
    target_ids: tuple[str, ...]
    found_at: datetime
    resolved_at: datetime | None = None


class OrphanFindings(Protocol):
    """What audits found, and the audits themselves."""

    def begin(self, run: AuditRun) -> AuditRun:
        """Store the run, or find it stored."""

    def keep(self, finding: OrphanFinding) -> None:
        """Store a finding; a repeat changes nothing."""

    def found_in(self, run: AuditRun) -> Iterator[OrphanFinding]: ...

    def unresolved(self) -> Iterator[OrphanFinding]:
        """Findings that no later audit has resolved, oldest first."""

    def resolve(self, finding: OrphanFinding, at: datetime) -> None: ...

    def finish(self, run: AuditRun) -> bool:
        """Store the run's end; False when it was stored before."""


class DepartedMembers(Protocol):
    """What our own tables hold of members who left. Raises TransferPostponedError."""

    def page(self, cursor: str) -> tuple[list[str], str]:
        """Userids of some who left, and where to go on; empty at the end."""

    def customers_of(self, userid: str) -> Iterator[str]:
        """Customers whose relation with the member has not ended."""


class AuditQueue(Protocol):
    """Where the steps of an audit wait."""

    def request_audit(self, step: AuditStep, not_before: datetime | None = None) -> None: ...

    def request_polls(self, case_ids: Sequence[str]) -> None: ...


class OrphanQueries(Protocol):
    """What operators ask about audits. A foreign cursor raises InvalidCursorError."""

    def list_orphans(
        self, node_path: str, cursor: str | None, limit: int, *, unresolved_only: bool
    ) -> Page[OrphanFinding]:
        """Findings about leavers at or below ``node_path``, newest first."""

    def latest_audit(self) -> AuditRun | None:
        """The run that began last, finished or not."""
