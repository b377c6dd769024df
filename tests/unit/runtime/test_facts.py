"""What writers of facts write is what the counting reads: each with its id, its time, its place and its member."""

import json
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from scrm import clock
from scrm.aws.arrival_facts import BucketArrivalFacts
from scrm.aws.contact_facts import BucketContactFacts
from scrm.aws.handover_facts import BucketHandoverFacts
from scrm.aws.message_facts import BucketMessageFacts
from scrm.aws.reaction_facts import BucketReactionFacts
from scrm.aws.service_facts import BucketServiceFacts
from scrm.aws.settled_facts import BucketSettledFacts
from scrm.aws.task_facts import BucketTaskFacts
from scrm.campaign.reactions import Reaction, ReactionKind
from scrm.campaign.task import RecipientState, Result
from scrm.handover.edges import Chunk, ChunkKind, Edge, EdgeState
from scrm.handover.model import CaseState, HandoverCase
from scrm.kpi.facts import KINDS, Fact
from scrm.screening.tally import Exchanged
from scrm.service import daily
from scrm.service.quality import ServiceQuality
from scrm.tasks.model import Task, TaskKind, TaskState
from scrm.tasks.ports import TaskChange
from scrm.ways.model import Arrival, ContactWay
from tests.fakes.dispatch import START
from tests.unit.runtime.test_dispatch_queue import TASK

NOW = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)


class Bucket:
    """Documents in memory; members sit in team 12."""

    def __init__(self) -> None:
        self.documents: dict[str, bytes] = {}

    def put(self, key: str, body: bytes, content_type: str) -> bool:
        assert content_type == "application/x-ndjson"
        self.documents[key] = body
        return True

    def paths_of(self, userids: Any) -> dict[str, str]:
        return {userid: "/1/10/12/" for userid in userids if userid != "unknown"}

    def counted(self, kind: str) -> list[tuple[str, str, str, dict[str, int]]]:
        """Of each fact of a kind when and where it was, whose it is and what it counts."""
        facts: list[Fact] = []
        for key, body in self.documents.items():
            assert key.startswith(f"facts/{kind}/2026-11-27/")
            found, refused = KINDS[kind].read(body)
            assert refused == []
            facts += found
        return [
            (one.occurred_at, one.node_path, one.userid, {name: n for name, n in KINDS[kind].amounts(one) if n})
            for one in facts
        ]

    def ids(self) -> set[str]:
        return {json.loads(line)["event_id"] for body in self.documents.values() for line in body.splitlines()}


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return Bucket()


def test_who_was_added_and_who_left_counts_once_a_day_whoever_tells_it(bucket: Bucket) -> None:
    facts = BucketContactFacts(bucket, bucket)
    facts.added("rm1", "wm1", NOW)
    facts.added("rm1", "wm1", NOW + timedelta(seconds=3))

    (added,) = bucket.counted("contact_added")
    assert added[1:] == ("/1/10/12/", "rm1", {"added": 1})
    bucket.documents.clear()

    facts.lost("unknown", "wm1", NOW)
    assert bucket.counted("contact_lost") == [("2026-11-27T02:00:00.000Z", "/1/", "unknown", {"lost": 1})]


def test_an_old_event_lands_today(bucket: Bucket) -> None:
    BucketContactFacts(bucket, bucket).added("rm1", "wm1", NOW - timedelta(days=3))

    assert bucket.counted("contact_added")[0][0] == "2026-11-24T02:00:00.000Z"


def test_who_came_by_a_contact_way_counts_at_its_node(bucket: Bucket) -> None:
    facts, a_way = BucketArrivalFacts(bucket), cast("ContactWay", SimpleNamespace(way_id="way_a", node_path="/1/20/"))
    for _ in range(2):
        facts.came(Arrival(a_way.way_id, "rm1", "wm1", NOW), a_way)

    assert bucket.counted("customer_came") == [("2026-11-27T02:00:00.000Z", "/1/20/", "rm1", {"customers_came": 1})]


def test_an_end_settles_a_send_and_its_correction_reaches_the_customer(bucket: Bucket) -> None:
    facts = BucketSettledFacts(bucket)
    facts.settled(TASK, {"wmA": Result(RecipientState.NOT_CONFIRMED, START)}, {})
    later = Result(RecipientState.SENT, START + timedelta(days=1))
    facts.settled(TASK, {"wmA": later}, {"wmA": RecipientState.NOT_CONFIRMED})

    assert [(at, counts) for at, _, _, counts in bucket.counted("send_settled")] == [
        (clock.to_iso(START), {"sends_settled_one_to_one": 1}),
        (clock.to_iso(START + timedelta(days=1)), {"reached_one_to_one": 1}),
    ]
    assert len(bucket.ids()) == 2


def test_likes_and_comments_count_for_whose_moment_it_was(bucket: Bucket) -> None:
    kinds = (ReactionKind.LIKE, ReactionKind.COMMENT)
    BucketReactionFacts(bucket).reacted(TASK, [Reaction("wm1", kind, NOW) for kind in kinds])

    counted = bucket.counted("moment_reactions")
    assert [counts for *_, counts in counted] == [{"moment_likes": 1}, {"moment_comments": 1}]
    assert {userid for _, _, userid, _ in counted} == {TASK.owner_userid}


def test_service_of_a_day_counts_on_that_day(bucket: Bucket) -> None:
    quality = ServiceQuality("rm1", "/1/10/12/", date(2026, 11, 26), 5, 4, 3, 600, (1, 2, 1))
    BucketServiceFacts(bucket).write(quality.day, [daily._line(quality)])

    assert bucket.counted("service_quality") == [
        (
            "2026-11-26T04:00:00.000Z",
            "/1/10/12/",
            "rm1",
            {"questions": 5, "answered": 4, "answered_in_time": 3, "first_response_seconds": 600},
        )
    ]


def test_a_task_is_given_once_and_done_once(bucket: Bucket) -> None:
    facts = BucketTaskFacts(bucket)
    task = Task("task_" + "a" * 26, "rm1", TaskKind.FOLLOW_UP, ("wm1",), "/1/10/12/", NOW, NOW + timedelta(days=2))
    done = task.ended(TaskState.DONE, "rm1", "", NOW + timedelta(hours=1))
    for change in (TaskChange(None, task), TaskChange(None, task), TaskChange(task, done), TaskChange(done, done)):
        facts.changing([change])

    assert [counts for *_, counts in bucket.counted("task_done")] == [{"tasks_given": 1}, {"tasks_done": 1}]
    assert len(bucket.ids()) == 2


def test_a_message_counts_for_each_member_whose_it_is_whatever_page_tells_it(bucket: Bucket) -> None:
    facts, places = BucketMessageFacts(bucket), bucket.paths_of(["rm1"])
    first = Exchanged("m1", "rm1", NOW, is_sent=True)
    facts.exchanged("0" * 20, [first, Exchanged("m1", "rm2", NOW, is_sent=False)], places)
    facts.exchanged("1" * 20, [first], places)

    assert bucket.counted("message_archived") == [
        ("2026-11-27T02:00:00.000Z", "/1/10/12/", "rm1", {"messages_out": 1}),
        ("2026-11-27T02:00:00.000Z", "/1/", "rm2", {"messages_in": 1}),
        ("2026-11-27T02:00:00.000Z", "/1/10/12/", "rm1", {"messages_out": 1}),
    ]
    assert len(bucket.ids()) == 2


def test_a_finished_handover_counts_for_who_gave_his_customers_up(bucket: Bucket) -> None:
    a_case = HandoverCase("case_a", "ww", "rm1", "", "12", "/1/10/12/", "", CaseState.CLOSED, NOW, None, ())
    states = (EdgeState.DONE, EdgeState.DONE, EdgeState.INELIGIBLE, EdgeState.KEPT)
    edges = tuple(Edge(f"wm{number}", state=state) for number, state in enumerate(states))
    chunk = Chunk(a_case.case_id, ChunkKind.CUSTOMERS, 1, "rm1", "rm2", edges)
    BucketHandoverFacts(bucket).finished(a_case, [chunk])

    ((_, path, userid, counts),) = bucket.counted("handover_finished")
    assert (path, userid) == (a_case.node_path, a_case.handover_userid)
    assert counts == {"handovers_done": 2, "handovers_failed": 1}


def test_nothing_to_tell_is_no_document(bucket: Bucket) -> None:
    BucketMessageFacts(bucket).exchanged("0" * 20, [], {})

    assert bucket.documents == {}
