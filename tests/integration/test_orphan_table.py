"""Findings of audits in the handover's table on the embedded engine, and in the fake by the same rules."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scrm.aws import session
from scrm.aws.orphan_table import DynamoOrphans
from scrm.aws.table import Table
from scrm.handover.orphans import AuditCounts, AuditRun, OrphanFinding, OrphanKind
from tests.engine import EngineTables
from tests.fakes.handover import START
from tests.fakes.orphans import FakeOrphans

pytestmark = pytest.mark.engine

RUN = AuditRun("audit_2026-11-23T01", START)


def finding(place: int, *, hours: int = 0, node_path: str = "/1/10/", run_id: str = RUN.run_id) -> OrphanFinding:
    kind = OrphanKind.UNASSIGNED_CUSTOMER
    found_at = START + timedelta(hours=hours)
    return OrphanFinding(f"orphan_{place}", run_id, kind, "rm_a", node_path, "case_1", ("wm1", "wm2"), found_at)


@pytest.fixture(params=["table", "fake"])
def orphans(request: pytest.FixtureRequest) -> DynamoOrphans | FakeOrphans:
    if request.param == "fake":
        return FakeOrphans()
    tables: EngineTables = request.getfixturevalue("tables")
    session.reset()
    return DynamoOrphans(Table(tables.client, tables.names["HandoverTable"]))


def test_a_run_is_begun_once_and_ended_once(orphans: DynamoOrphans | FakeOrphans) -> None:
    ended = replace(RUN, counts=AuditCounts(3, 2, 1, 1), orphans=1, finished_at=START + timedelta(hours=1))

    begun = [orphans.begin(RUN), orphans.begin(replace(RUN, started_at=START + timedelta(minutes=9)))]
    finished = [orphans.finish(ended), orphans.finish(replace(ended, orphans=9))]

    assert begun == [RUN, RUN]
    assert finished == [True, False]
    assert orphans.begin(RUN) == ended
    assert orphans.latest_audit() == ended


def test_the_latest_audit_is_the_one_that_began_last(orphans: DynamoOrphans | FakeOrphans) -> None:
    assert orphans.latest_audit() is None
    later = AuditRun("audit_2026-11-24T01", START + timedelta(days=1))

    orphans.begin(later)
    orphans.begin(RUN)

    assert orphans.latest_audit() == later


def test_a_finding_is_kept_once_and_resolved_once(orphans: DynamoOrphans | FakeOrphans) -> None:
    orphans.keep(finding(1))
    orphans.resolve(finding(1), START + timedelta(days=1))
    orphans.keep(finding(1))
    orphans.resolve(finding(1), START + timedelta(days=2))

    (found,) = orphans.found_in(RUN)
    assert found == replace(finding(1), resolved_at=START + timedelta(days=1))
    assert list(orphans.unresolved()) == []


def test_findings_of_a_run_are_its_own(orphans: DynamoOrphans | FakeOrphans) -> None:
    for each in (finding(1), finding(2, hours=24, run_id="audit_2"), finding(3)):
        orphans.keep(each)

    assert list(orphans.found_in(RUN)) == [finding(1), finding(3)]
    assert [each.finding_id for each in orphans.unresolved()] == ["orphan_1", "orphan_3", "orphan_2"]


def test_findings_are_listed_newest_first_below_a_node_in_pages(orphans: DynamoOrphans | FakeOrphans) -> None:
    for place in range(5):
        orphans.keep(finding(place, hours=place, node_path="/1/20/" if place == 3 else "/1/10/"))
    orphans.resolve(finding(1, hours=1), START + timedelta(days=1))

    seen: list[str] = []
    cursor = None
    while True:
        page = orphans.list_orphans("/1/10/", cursor, 2, unresolved_only=True)
        seen += [each.finding_id for each in page.items]
        cursor = page.cursor
        if cursor is None:
            break

    assert seen == ["orphan_4", "orphan_2", "orphan_0"]
    assert len(orphans.list_orphans("/1/", None, 50, unresolved_only=False).items) == 5
