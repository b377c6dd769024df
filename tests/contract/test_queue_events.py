"""Every sample of the queue and schedule functions goes through its real handler; none may fail by surprise."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from scrm.aws.case_table import DynamoCaseRepository
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.table import Table
from scrm.handover.model import CaseState
from tests.contract.make_queue_events import EVENTS, rendered
from tests.contract.queue_envelopes import CUSTOMER
from tests.engine import EngineTables
from tests.local_bank import HANDLERS, Context, LocalBank, local_bank, small_world

QUEUE_OF = {
    "staff_intake": "staff",
    "contact_sync": "contact",
    "handover_worker": "handover",
    "handover_reconcile": "reconcile",
    "campaign_planner": "campaign_planner",
    "campaign_worker": "campaign",
    "campaign_reconcile": "campaign_reconcile",
    "welcome_worker": "welcome",
    "archive_intake": "archive_intake",
    "archive_worker": "archive",
    "archive_certify": "archive_certify",
    "archive_retention": "archive_retention",
    "archive_screen": "archive_screen",
    "archive_media": "archive_media",
    "kpi_collect": "kpi_collect",
    "kpi_ingest": "kpi_feed",
}
# A message that fits no model can never succeed, and a case nobody opened cannot be worked on: both go to the
# dead-letter queue, where the runbook looks at them.
FAILS_AS_IT_SHOULD = {
    ("contact_sync", "poison"),
    ("campaign_planner", "poison"),
    ("welcome_worker", "poison"),
    ("archive_intake", "poison"),
    ("archive_worker", "poison"),
    ("archive_screen", "poison"),
    ("archive_media", "poison"),
    ("kpi_ingest", "poison"),
    ("archive_media", "segment_reopened"),  # of a page that nobody stored
    ("archive_media", "segment_stored"),
    ("kpi_collect", "poison"),
    ("kpi_collect", "part_due"),  # of a run that nobody planned yet
    ("kpi_collect", "part_statistics_due"),
    ("campaign_worker", "poison"),
    ("campaign_reconcile", "poison"),
    ("handover_worker", "poison"),
    ("handover_worker", "plan_requested"),
    ("handover_worker", "transfer_customers"),
    ("handover_worker", "transfer_groups"),
    ("handover_reconcile", "poll_requested"),
    ("handover_reconcile", "deliver_package"),
}


def test_committed_samples_are_those_that_the_code_writes() -> None:
    committed = {path: path.read_text("utf-8") for path in EVENTS.glob("*/*.json") if path.parent.name in QUEUE_OF}

    assert committed == rendered()


@pytest.mark.engine
class TestReplay:
    @pytest.fixture
    def bank(self, tables: EngineTables, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalBank]:
        with local_bank(tables, small_world(3, 1), monkeypatch) as bank:
            bank.full_pass()
            yield bank

    def test_every_sample_is_taken_or_fails_as_it_should(self, bank: LocalBank) -> None:
        failed = set()
        for path in sorted(rendered()):
            answer = self.play(path)
            if (answer or {}).get("batchItemFailures"):
                failed.add((path.parent.name, path.stem))

        assert failed == FAILS_AS_IT_SHOULD

    def test_hr_event_and_delete_user_are_one_case(self, bank: LocalBank, tables: EngineTables) -> None:
        for sample in ("staff_departed", "delete_user", "staff_departed", "delete_user"):
            self.play(EVENTS / "staff_intake" / f"{sample}.json")

        found = DynamoCaseRepository(table(tables, "HandoverTable")).latest_case_of("rm_wang01")
        assert found is not None
        case, ordinal = found
        assert (ordinal, case.state, case.requested_successors) == (1, CaseState.PLANNING, ("rm_li02",))
        assert [signal.kind for signal in case.signals] == ["StaffDeparted", "delete_user"]

    @pytest.mark.parametrize(
        ("sample", "reason"),
        [
            ("malformed_hr_event", "userid: Field required"),
            ("unknown_member", "userid: no member of this corp is known by it; check it"),
            ("unknown_detail_type", "no handover is known for this detail-type"),
            ("not_json", "the message is not JSON"),
        ],
    )
    def test_what_nobody_can_use_is_kept_once_with_the_reason(
        self, bank: LocalBank, tables: EngineTables, sample: str, reason: str
    ) -> None:
        for _ in range(2):
            self.play(EVENTS / "staff_intake" / f"{sample}.json")

        (rejection,) = DynamoOrgRepository(table(tables, "OrgTable")).rejections("/1/", None, 10).items
        assert rejection.reason == reason

    @pytest.mark.parametrize(
        ("samples", "change", "last_day", "notes"),
        [
            (("staff_departing",), "departure", date(2026, 12, 11), [""]),
            (("staff_departing", "staff_departing_later"), "departure", date(2026, 12, 18), ["", "changed last_day"]),
            (("staff_transferred",), "transfer", date(2026, 11, 30), [""]),
            (("staff_departing", "staff_change_cancelled"), "departure", date(2026, 12, 11), ["", ""]),
        ],
    )
    def test_words_of_hr_become_one_case(
        self,
        bank: LocalBank,
        tables: EngineTables,
        samples: Sequence[str],
        change: str,
        last_day: date,
        notes: list[str],
    ) -> None:
        for sample in samples:
            self.play(EVENTS / "staff_intake" / f"{sample}.json")

        found = DynamoCaseRepository(table(tables, "HandoverTable")).latest_case_of("rm_wang01")
        assert found is not None
        case, ordinal = found
        assert (ordinal, case.change.value, case.last_day) == (1, change, last_day)
        assert [signal.note for signal in case.signals] == notes
        assert (case.cancelled_at is not None) is ("staff_change_cancelled" in samples)

    def test_renamed_member_opens_no_case(self, bank: LocalBank, tables: EngineTables) -> None:
        self.play(EVENTS / "staff_intake" / "update_user_renamed.json")

        org = DynamoOrgRepository(table(tables, "OrgTable"))
        assert org.member("rm_li99") is not None
        assert DynamoCaseRepository(table(tables, "HandoverTable")).latest_case_of("rm_li02") is None

    def test_relation_follows_its_callbacks(self, bank: LocalBank, tables: EngineTables) -> None:
        contacts = DynamoContactRepository(table(tables, "ContactsTable"))

        self.play(EVENTS / "contact_sync" / "add_external_contact.json")
        (relation,) = contacts.relations_of("rm_li02")
        assert (relation.external_userid, relation.state.value) == (CUSTOMER, "active")

        self.play(EVENTS / "contact_sync" / "del_follow_user.json")
        (relation,) = contacts.relations_of("rm_li02")
        assert relation.state.value == "deleted_by_customer"

    def play(self, path: Path) -> dict[str, Any] | None:
        handler: Callable[..., dict[str, Any] | None] = HANDLERS[QUEUE_OF[path.parent.name]]
        return handler(json.loads(path.read_text("utf-8")), Context())


def table(tables: EngineTables, logical_id: str) -> Table:
    return Table(tables.client, tables.names[logical_id])
