"""What nightly audits found, and the audits: two partitions of the handover's table, by time."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import datetime
from typing import Final

from scrm import clock
from scrm.aws import cursors
from scrm.aws.table import ABSENT, Condition, Item, Table, starts_with
from scrm.handover.orphans import AuditCounts, AuditRun, OrphanFinding, OrphanKind
from scrm.paging import Page

SCHEMA_VERSION: Final = 1
FINDINGS: Final = "ORPHANS"
RUNS: Final = "ORPHANAUDITS"
_NOT_RESOLVED: Final = "attribute_not_exists(resolved_at)"


class DynamoOrphans:
    """Implements `scrm.handover.orphans.OrphanFindings` and `OrphanQueries`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def begin(self, run: AuditRun) -> AuditRun:
        self._table.put(_from_run(run), ABSENT)
        stored = self._table.get(_run_key(run.run_id))
        return _to_run(stored) if stored else run

    def keep(self, finding: OrphanFinding) -> None:
        self._table.put(_from_finding(finding), ABSENT)

    def found_in(self, run: AuditRun) -> Iterator[OrphanFinding]:
        for item in self._table.query(starts_with(FINDINGS, clock.to_iso(run.started_at))):
            if item["run_id"] == run.run_id:
                yield _to_finding(item)

    def unresolved(self) -> Iterator[OrphanFinding]:
        for item in self._table.query(starts_with(FINDINGS), where=_NOT_RESOLVED):
            yield _to_finding(item)

    def resolve(self, finding: OrphanFinding, at: datetime) -> None:
        self._table.put(_from_finding(replace(finding, resolved_at=at)), Condition(_NOT_RESOLVED))

    def finish(self, run: AuditRun) -> bool:
        return self._table.put(_from_run(run), Condition("attribute_not_exists(finished_at)"))

    def list_orphans(
        self, node_path: str, cursor: str | None, limit: int, *, unresolved_only: bool
    ) -> Page[OrphanFinding]:
        scope = f"orphans/{node_path}/{unresolved_only}"
        position = cursors.decode(scope, cursor)
        below = Condition("pk = :pk", {":pk": FINDINGS, ":path": node_path})
        items, last = self._table.query_page(
            below,
            start=cursors.key(position, "after"),
            limit=limit,
            newest_first=True,
            where="begins_with(node_path, :path)" + (f" AND {_NOT_RESOLVED}" if unresolved_only else ""),
        )
        return Page(tuple(map(_to_finding, items)), cursors.encode(scope, {"after": last}) if last else None)

    def latest_audit(self) -> AuditRun | None:
        items, _ = self._table.query_page(starts_with(RUNS), limit=1, newest_first=True)
        return _to_run(items[0]) if items else None


def _run_key(run_id: str) -> dict[str, str]:
    return {"pk": RUNS, "sk": run_id}


def _from_run(run: AuditRun) -> Item:
    return {
        **_run_key(run.run_id),
        "schema_version": SCHEMA_VERSION,
        "started_at": clock.to_iso(run.started_at),
        "counts": asdict(run.counts),
        "orphans": run.orphans,
        "finished_at": clock.to_iso(run.finished_at) if run.finished_at else None,
    }


def _to_run(item: Item) -> AuditRun:
    return AuditRun(
        run_id=item["sk"],
        started_at=clock.from_iso(item["started_at"]),
        counts=AuditCounts(**item["counts"]),
        orphans=item["orphans"],
        finished_at=clock.from_iso(item["finished_at"]) if "finished_at" in item else None,
    )


def _from_finding(finding: OrphanFinding) -> Item:
    found_at = clock.to_iso(finding.found_at)
    return {
        "pk": FINDINGS,
        "sk": f"{found_at}#{finding.finding_id}",
        "schema_version": SCHEMA_VERSION,
        "finding_id": finding.finding_id,
        "run_id": finding.run_id,
        "kind": finding.kind.value,
        "leaver_userid": finding.leaver_userid,
        "node_path": finding.node_path,
        "case_id": finding.case_id,
        "target_ids": list(finding.target_ids),
        "found_at": found_at,
        "resolved_at": clock.to_iso(finding.resolved_at) if finding.resolved_at else None,
    }


def _to_finding(item: Item) -> OrphanFinding:
    return OrphanFinding(
        finding_id=item["finding_id"],
        run_id=item["run_id"],
        kind=OrphanKind(item["kind"]),
        leaver_userid=item["leaver_userid"],
        node_path=item["node_path"],
        case_id=item["case_id"],
        target_ids=tuple(item["target_ids"]),
        found_at=clock.from_iso(item["found_at"]),
        resolved_at=clock.from_iso(item["resolved_at"]) if "resolved_at" in item else None,
    )
