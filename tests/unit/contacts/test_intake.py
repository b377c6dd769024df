import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

import pytest

from scrm import clock
from scrm.audience.ceiling_tags import CeilingOutcome, CeilingTagging
from scrm.audience.messages import CeilingTagsDue
from scrm.aws.contact_records import SqsContactRecords
from scrm.aws.queues import Queue
from scrm.contacts.messages import FullPassRequested, MemberRenamed, MemberSyncRequested
from scrm.contacts.model import RelationDetails
from scrm.handover.edges import TransferApi
from scrm.handover.model import CaseState, HandoverCase
from scrm.org.sync import NodeSync, OrgSync
from scrm.runtime.contact_intake import STEPS_PER_MESSAGE, ContactIntake, ContactOutcome, Outcome
from scrm.ways.model import Arrival
from scrm.wecom.errors import CallPostponedError
from tests.fakes.contacts import T0, Contacts

HOUR = timedelta(hours=1)


class FakeSqs:
    """The one call that `Queue.send` makes."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        self.bodies += [entry["MessageBody"] for entry in request["Entries"]]
        return {}


class NoNodes:
    """An organisation of one department that never differs."""

    due: tuple[str, ...] = ()

    def sync_nodes(self) -> NodeSync:
        return NodeSync((), members_due=self.due)

    def sync_members(self, node_ids: tuple[str, ...], serving: frozenset[str]) -> int:
        return 0


@dataclass
class Desk:
    """The contact queue and its reader."""

    contacts: Contacts = field(default_factory=Contacts)
    sqs: FakeSqs = field(default_factory=FakeSqs)
    outcomes: list[Outcome] = field(default_factory=list)
    synced: list[str] = field(default_factory=list)
    ceilings: list[str] = field(default_factory=list)
    ceiling_outcomes: list[CeilingOutcome] = field(default_factory=list)

    def keep(self, userid: str, has_time: Callable[[], bool]) -> CeilingOutcome:
        """Stands for `CeilingTagging`."""
        assert has_time()
        self.ceilings.append(userid)
        return self.ceiling_outcomes.pop(0) if self.ceiling_outcomes else CeilingOutcome.KEPT

    renamed_tasks: list[tuple[str, str]] = field(default_factory=list)
    org: NoNodes = field(default_factory=NoNodes)
    tags: list[tuple[str, str, Sequence[str]]] = field(default_factory=list)
    came: list[tuple[Arrival, bool]] = field(default_factory=list)
    lost: list[tuple[str, str]] = field(default_factory=list)
    successors: list[tuple[str, str]] = field(default_factory=list)

    @property
    def intake(self) -> ContactIntake:
        return ContactIntake(
            org=cast("OrgSync", self.org),
            changes=self.contacts.changes,
            groups=self.contacts.groups,
            full_pass=self.contacts.full_pass,
            rename=self.contacts.rename,
            rename_tasks=lambda old, new: self.renamed_tasks.append((old, new)),
            on_tags=lambda userid, customer, tag_ids, _: self.tags.append((userid, customer, tag_ids)),
            source=self.contacts.source,
            queue=Queue(lambda: cast("Any", self.sqs), "url"),
            now=lambda: self.contacts.moment,
            on_drift=self.contacts.drift.append,
            master=lambda: pytest.fail("no customer master here"),
            facts=lambda: pytest.fail("no feed here"),
            answers=lambda: pytest.fail("no answers here"),
            ways=lambda: pytest.fail("no contact ways here"),
            on_added=lambda arrival, is_new: self.came.append((arrival, is_new)),
            on_lost=lambda userid, customer, _: self.lost.append((userid, customer)),
            tag=lambda _: pytest.fail("no tags here"),
            on_successor=lambda old, new, _: self.successors.append((old, new)),
            ceilings=lambda: cast("CeilingTagging", self),
            on_synced=self.synced.extend,
        )

    def take(self, body: str) -> None:
        self.outcomes.append(self.intake.take_body(body))

    def work(self) -> None:
        while self.sqs.bodies:
            self.take(self.sqs.bodies.pop(0))

    def callback(self, change_type: str, event: str = "change_external_contact", **fields: str) -> None:
        self.take(
            json.dumps(
                {
                    "kind": "callback",
                    "event_id": "evt_1",
                    "app": "contacts",
                    "corp_id": "wwSIMCORP0000001",
                    "occurred_at": clock.to_iso(self.contacts.moment),
                    "received_at": clock.to_iso(self.contacts.moment),
                    "fields": {"Event": event, "ChangeType": change_type, **fields},
                }
            )
        )


def case() -> HandoverCase:
    return HandoverCase(
        case_id="case_1",
        corp_id="wwSIMCORP0000001",
        handover_userid="rm_a",
        handover_name="",
        node_id="10",
        node_path="/1/10/",
        node_name="",
        state=CaseState.TRANSFERRING,
        opened_at=T0,
        due_at=None,
        signals=(),
    )


def large_member(customers: int) -> Desk:
    desk = Desk()
    for place in range(customers):
        desk.contacts.source.follow("rm_a", f"wm{place:05d}")
    return desk


def test_member_of_many_pages_is_done_over_several_messages() -> None:
    desk = large_member(4_500)

    desk.take(FullPassRequested(run_id="run_1", requested_at=T0).model_dump_json())
    desk.work()

    run = desk.contacts.runs.runs["run_1"]
    assert (run.counts.relations_stored, run.is_complete) == (4_500, True)
    assert [run.run_id for run in desk.contacts.finished] == ["run_1"]
    assert desk.outcomes.count(ContactOutcome.MEMBERS_CONTINUED) == 2


def test_postponement_keeps_what_was_done_and_raises_only_when_nothing_was() -> None:
    desk = large_member(1_000)
    source = desk.contacts.source

    def slow_down() -> None:
        if source.calls == 6:
            raise CallPostponedError("externalcontact/batch/get_by_user", T0 + HOUR)

    source.on_call = slow_down
    desk.take(FullPassRequested(run_id="run_1", requested_at=T0).model_dump_json())
    desk.take(desk.sqs.bodies.pop())

    (rest,) = desk.sqs.bodies
    message = MemberSyncRequested.model_validate_json(rest)
    assert message.counts.relations_seen == 500
    source.calls = 5
    with pytest.raises(CallPostponedError):
        desk.take(rest)

    source.on_call = lambda: None
    desk.work()
    assert desk.contacts.runs.runs["run_1"].counts.relations_stored == 1_000


@pytest.mark.parametrize("twice", [1, 3, 7, 10])
def test_message_delivered_again_in_the_middle_ends_in_the_same_table(twice: int) -> None:
    desk = large_member(4_500)
    del desk.contacts.source.relations["rm_a"]["wm00007"]
    desk.contacts.changes.added("rm_a", "wm_gone", T0 - HOUR)

    desk.take(FullPassRequested(run_id="run_1", requested_at=T0).model_dump_json())
    taken = 0
    while desk.sqs.bodies:
        body = desk.sqs.bodies.pop(0)
        taken += 1
        if taken == twice:
            desk.take(body)
        desk.take(body)

    counts = desk.contacts.runs.runs["run_1"].counts
    assert (counts.members, counts.relations_seen) == (1, 4_499)
    assert len(desk.contacts.repository.live()) == 4_499
    assert len(desk.contacts.finished) == 1


def test_slow_calls_end_a_message_before_its_steps_are_used_up() -> None:
    desk = large_member(1_000)

    def pass_time() -> None:
        desk.contacts.moment += timedelta(seconds=7)

    desk.contacts.source.on_call = pass_time
    desk.take(FullPassRequested(run_id="run_1", requested_at=T0).model_dump_json())
    desk.take(desk.sqs.bodies.pop())

    (rest,) = desk.sqs.bodies
    assert MemberSyncRequested.model_validate_json(rest).counts.relations_seen == 300


def test_long_rename_goes_on_in_another_message() -> None:
    desk = Desk()
    for place in range(34 * STEPS_PER_MESSAGE):
        desk.contacts.changes.added("rm_a", f"wm{place:05d}", T0)

    desk.take(MemberRenamed(old_userid="RM_A", new_userid="rm_new", at=T0 + HOUR).model_dump_json())
    waiting = len(desk.sqs.bodies)
    desk.work()

    assert waiting == 1
    assert desk.renamed_tasks == [("rm_a", "rm_new")]
    assert {userid for userid, _ in desk.contacts.repository.live()} == {"rm_new"}


@pytest.mark.parametrize("change", ["create_party", "update_party", "delete_party"])
def test_changed_department_reads_the_tree_and_the_members_below_what_moved(change: str) -> None:
    desk = Desk()
    desk.org.due = ("11", "12")

    desk.callback(change, "change_contact", Id="11")

    (asked,) = (json.loads(body) for body in desk.sqs.bodies)
    assert (asked["kind"], asked["node_ids"]) == ("node_sync_requested", ["11", "12"])
    assert desk.outcomes == [ContactOutcome.DEPARTMENTS_SYNCED]


def test_callbacks_reach_the_customer() -> None:
    desk = Desk()
    pair = {"UserID": "RM_A", "ExternalUserID": "wm1"}

    desk.callback("add_half_external_contact", **pair)
    desk.contacts.moment += HOUR
    desk.callback("add_external_contact", **pair)
    desk.callback("edit_external_contact", **pair)
    desk.callback("transfer_fail", **pair)
    states = [row.state.value for row in desk.contacts.repository.live().values()]
    desk.contacts.moment += HOUR
    desk.callback("del_external_contact", **pair, Source="DELETE_BY_TRANSFER")

    assert states == ["active"]
    assert desk.contacts.repository.live() == {}
    assert [claim.from_userid for claim in desk.contacts.customer("wm1").claims] == ["rm_a"]
    assert desk.outcomes[-2:] == [ContactOutcome.IGNORED, ContactOutcome.CHANGE_APPLIED]


def test_the_corp_tags_of_an_edited_customer_are_told_once_his_relation_is_stored() -> None:
    desk = Desk()
    pair = {"UserID": "RM_A", "ExternalUserID": "wm1"}
    desk.callback("add_external_contact", **pair)
    desk.callback("edit_external_contact", **pair)
    assert desk.tags == []

    desk.contacts.source.details["rm_a", "wm1"] = RelationDetails(tag_ids=("tag_out", "tag_vip"))
    desk.callback("edit_external_contact", **pair)

    assert desk.tags == [("rm_a", "wm1", ("tag_out", "tag_vip"))]


def test_handover_reports_reach_the_customers_a_hundred_at_a_time() -> None:
    desk = Desk()
    customers = [f"wm{place:03d}" for place in range(150)]
    for customer in customers:
        desk.contacts.changes.added("rm_a", customer, T0)
    records = SqsContactRecords(Queue(lambda: cast("Any", desk.sqs), "url"))

    records.quota_counted(case(), customers[:1], T0 + HOUR, full=True)
    records.customers_taken_over(case(), "rm_b", customers, TransferApi.ON_JOB, T0 + HOUR)
    records.groups_taken_over(case(), ["wr1"], T0 + HOUR)
    sent = len(desk.sqs.bodies)
    desk.work()

    assert sent == 4
    assert {desk.contacts.customer(customer).owner_userid for customer in customers} == {"rm_b"}
    assert desk.contacts.customer("wm000").quota_full_at == T0 + HOUR
    assert len(desk.contacts.customer("wm000").quota_uses) == 1


def test_schedule_asks_for_one_run_an_hour() -> None:
    desk = Desk()
    ask: Callable[[], None] = desk.intake.request_full_pass

    ask()
    desk.contacts.moment += timedelta(minutes=20)
    ask()

    asked = [json.loads(body) for body in desk.sqs.bodies]
    assert [each["kind"] for each in asked] == ["full_pass_requested", "contact_ways_due"] * 2
    first, second = map(FullPassRequested.model_validate, asked[::2])
    assert first.run_id == second.run_id


def test_after_a_part_of_the_pass_whoever_looks_at_tags_hears_of_its_members() -> None:
    desk = Desk()
    desk.contacts.source.follow("rm_a", "wm1")
    desk.contacts.source.follow("rm_b", "wm2")

    desk.take(FullPassRequested(run_id="sync_1", requested_at=T0).model_dump_json())
    desk.work()

    assert desk.synced == ["rm_a", "rm_b"]


def test_tags_that_took_too_long_go_on_in_another_message() -> None:
    desk = Desk(ceiling_outcomes=[CeilingOutcome.CONTINUED])

    desk.take(CeilingTagsDue(userid="rm_a").model_dump_json())
    left = list(desk.sqs.bodies)
    desk.work()

    assert [CeilingTagsDue.model_validate_json(body).userid for body in left] == ["rm_a"]
    assert desk.outcomes == [CeilingOutcome.CONTINUED, CeilingOutcome.KEPT]


def test_who_comes_is_new_to_the_bank_unless_a_colleague_has_or_had_him() -> None:
    desk = Desk()
    desk.callback("add_external_contact", UserID="rm_a", ExternalUserID="wm_new")
    desk.callback("add_external_contact", UserID="rm_b", ExternalUserID="wm_new")
    desk.callback("del_follow_user", UserID="rm_a", ExternalUserID="wm_new")
    desk.callback("add_external_contact", UserID="rm_c", ExternalUserID="wm_new")

    assert [(arrival.userid, is_new) for arrival, is_new in desk.came] == [
        ("rm_a", True),
        ("rm_b", False),
        ("rm_c", False),
    ]
