"""In-memory ports of the sweep and the nightly audit: WeCom's lists of what is nobody's, who left, what was found."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from scrm.handover.orphans import AuditRun, OrphanFinding
from scrm.handover.ports import UnassignedPage
from scrm.node_paths import covers
from scrm.paging import Page


@dataclass
class FakeUnowned:
    """Implements Unowned: WeCom's lists, so many rows a page; ``fail_next`` is raised by the next call."""

    customers: list[tuple[str, str, datetime | None]] = field(default_factory=list)
    groups: list[tuple[str, str]] = field(default_factory=list)
    page_size: int = 2
    fail_next: Exception | None = None

    def unassigned(self, cursor: str) -> UnassignedPage:
        rows, following = self._page(self.customers, cursor)
        return UnassignedPage(tuple(rows), following)

    def ownerless_groups(self, cursor: str) -> tuple[list[tuple[str, str]], str]:
        return self._page(self.groups, cursor)

    def _page[Row](self, rows: list[Row], cursor: str) -> tuple[list[Row], str]:
        error, self.fail_next = self.fail_next, None
        if error is not None:
            raise error
        start, end = int(cursor or 0), int(cursor or 0) + self.page_size
        return rows[start:end], str(end) if end < len(rows) else ""


@dataclass
class FakeDeparted:
    """Implements DepartedMembers: one member a page."""

    customers: dict[str, list[str]] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)

    def page(self, cursor: str) -> tuple[list[str], str]:
        upcoming = [userid for userid in sorted(self.customers) if userid > cursor]
        return upcoming[:1], upcoming[0] if upcoming[1:] else ""

    def customers_of(self, userid: str) -> Iterator[str]:
        yield from self.customers.get(userid, [])

    def groups_of(self, userid: str) -> Iterator[str]:
        yield from self.groups.get(userid, [])


@dataclass
class FakeOrphans:
    """Implements OrphanFindings and OrphanQueries."""

    findings: dict[str, OrphanFinding] = field(default_factory=dict)
    runs: dict[str, AuditRun] = field(default_factory=dict)

    def begin(self, run: AuditRun) -> AuditRun:
        return self.runs.setdefault(run.run_id, run)

    def keep(self, finding: OrphanFinding) -> None:
        self.findings.setdefault(finding.finding_id, finding)

    def found_in(self, run: AuditRun) -> Iterator[OrphanFinding]:
        yield from [each for each in self._by_time() if each.run_id == run.run_id]

    def unresolved(self) -> Iterator[OrphanFinding]:
        yield from [each for each in self._by_time() if each.resolved_at is None]

    def resolve(self, finding: OrphanFinding, at: datetime) -> None:
        if self.findings[finding.finding_id].resolved_at is None:
            self.findings[finding.finding_id] = replace(finding, resolved_at=at)

    def finish(self, run: AuditRun) -> bool:
        known = self.runs.get(run.run_id)
        if known is not None and known.finished_at is not None:
            return False
        self.runs[run.run_id] = run
        return True

    def list_orphans(
        self, node_path: str, cursor: str | None, limit: int, *, unresolved_only: bool
    ) -> Page[OrphanFinding]:
        found = [each for each in reversed(self._by_time()) if covers(node_path, each.node_path)]
        start = int(cursor or 0)
        rows = [each for each in found if not unresolved_only or each.resolved_at is None]
        end = start + limit
        return Page(tuple(rows[start:end]), str(end) if end < len(rows) else None)

    def latest_audit(self) -> AuditRun | None:
        return self.runs[max(self.runs)] if self.runs else None

    def _by_time(self) -> list[OrphanFinding]:
        return sorted(self.findings.values(), key=lambda each: (each.found_at, each.finding_id))
