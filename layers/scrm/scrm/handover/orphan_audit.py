"""The nightly audit of invariant 1 over the whole bank: WeCom's own lists and ours against the cases (S62).

A run is a chain of steps, one page each, so that a bank of any size is audited in flat memory, a killed run goes on at
its page, and a page that WeCom refuses for now waits alone. What a step finds is stored before it is mended: a repeat
finds it mended, and it still counts.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import batched

from scrm import ids
from scrm.handover.errors import TransferRefusedError, until_current
from scrm.handover.orphans import (
    AuditPart,
    AuditQueue,
    AuditRun,
    AuditStep,
    DepartedMembers,
    OrphanFinding,
    OrphanFindings,
    OrphanKind,
)
from scrm.handover.ports import StaffDirectory, Unowned
from scrm.handover.sweep import OrphanSweep
from scrm.node_paths import ROOT_PATH

_IDS_PER_FINDING = 1_000


@dataclass(frozen=True, slots=True)
class OrphanAudit:
    """Use case of the nightly schedule and of the steps it asks for."""

    unowned: Unowned
    departed: DepartedMembers
    staff: StaffDirectory
    sweep: OrphanSweep
    findings: OrphanFindings
    queue: AuditQueue

    def start(self, run_id: str, now: datetime) -> None:
        """Begin a run, or go on with one that was begun; one that has ended stays so."""
        run = self.findings.begin(AuditRun(run_id, now))
        if run.finished_at is None:
            self.queue.request_audit(AuditStep(run.run_id, run.started_at))

    def take(self, step: AuditStep, now: datetime) -> AuditRun | None:
        """Audit one page and ask for the next; the run, when this ended it. Raises TransferPostponedError."""
        if step.part is AuditPart.SETTLING:
            return self._settle(step, now)
        try:
            following = self._page(step, now)
        except TransferRefusedError:
            if not step.cursor:
                raise
            following = replace(step, cursor="")  # WeCom has forgotten the cursor: the list again, from its start
        self.queue.request_audit(following)
        return None

    def _page(self, step: AuditStep, now: datetime) -> AuditStep:
        match step.part:
            case AuditPart.CUSTOMERS:
                page = self.unowned.unassigned(step.cursor)
                rows = [(leaver, customer, left_at) for leaver, customer, left_at in page.rows]
                return self._listed(step, OrphanKind.UNASSIGNED_CUSTOMER, rows, page.cursor, now)
            case AuditPart.GROUPS:
                groups, cursor = self.unowned.ownerless_groups(step.cursor)
                rows = [(owner, chat_id, None) for chat_id, owner in groups]
                return self._listed(step, OrphanKind.OWNERLESS_GROUP, rows, cursor, now)
            case _:
                return self._members(step, now)

    def _listed(
        self,
        step: AuditStep,
        kind: OrphanKind,
        rows: Sequence[tuple[str, str, datetime | None]],
        cursor: str,
        now: datetime,
    ) -> AuditStep:
        orphans = opened = 0
        left_at = {leaver: moment for leaver, _, moment in rows}
        for leaver, target_ids in _by_leaver(rows).items():
            missing, new = self._mend(step, kind, leaver, target_ids, left_at[leaver], now)
            orphans, opened = orphans + missing, opened + new
        counts = step.counts.plus(listed=len(rows), answered=len(rows) - orphans, opened=opened)
        return step.after(cursor, counts)

    def _members(self, step: AuditStep, now: datetime) -> AuditStep:
        """From our side: whoever left has no customer that his latest case does not know."""
        userids, cursor = self.departed.page(step.cursor)
        opened = 0
        for userid in userids:
            target_ids = list(self.departed.customers_of(userid))
            if target_ids:
                opened += self._mend(step, OrphanKind.UNCOVERED_RELATION, userid, target_ids, None, now)[1]
        return step.after(cursor, step.counts.plus(departed=len(userids), opened=opened))

    def _mend(
        self,
        step: AuditStep,
        kind: OrphanKind,
        leaver: str,
        target_ids: Sequence[str],
        left_at: datetime | None,
        now: datetime,
    ) -> tuple[int, int]:
        """How many of these were nobody's, and whether a case had to be opened for them."""
        ours = kind is OrphanKind.UNCOVERED_RELATION
        standing = self.sweep.standing(leaver, kind.chunk_kind, target_ids, known_is_enough=ours)
        if not standing.missing:
            return 0, 0
        for finding in self._findings(step, kind, leaver, standing.case_id, standing.missing):
            self.findings.keep(finding)
        opened = until_current(lambda: self.sweep.adopt(leaver, kind.chunk_kind, standing.missing, left_at, now))
        self.queue.request_polls([standing.case_id])
        return len(standing.missing), int(opened)

    def _findings(
        self, step: AuditStep, kind: OrphanKind, leaver: str, case_id: str, target_ids: Sequence[str]
    ) -> Iterator[OrphanFinding]:
        member = self.staff.staff_member(leaver)
        for part in batched(target_ids, _IDS_PER_FINDING, strict=False):
            yield OrphanFinding(
                finding_id=ids.derive("orphan", step.run_id, kind.value, leaver, *part),
                run_id=step.run_id,
                kind=kind,
                leaver_userid=leaver,
                node_path=member.node_path if member else ROOT_PATH,
                case_id=case_id,
                target_ids=part,
                found_at=step.started_at,
            )

    def _settle(self, step: AuditStep, now: datetime) -> AuditRun | None:
        """What earlier audits found and this one did not is resolved; then the run is over."""
        run = AuditRun(step.run_id, step.started_at, step.counts)
        orphans = 0
        found_again: set[tuple[OrphanKind, str]] = set()
        for finding in self.findings.found_in(run):
            orphans += len(finding.target_ids)
            found_again.add((finding.kind, finding.leaver_userid))
        for finding in self.findings.unresolved():
            earlier = finding.found_at < step.started_at
            if earlier and (finding.kind, finding.leaver_userid) not in found_again:
                self.findings.resolve(finding, now)
        ended = replace(run, orphans=orphans, finished_at=now)
        return ended if self.findings.finish(ended) else None


def _by_leaver(rows: Iterable[tuple[str, str, datetime | None]]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for leaver, target_id, _ in rows:
        found[leaver].append(target_id)
    return found
