"""Campaigns whose channel is a task for the member (S54): made once, ended by the member, withdrawn when over."""

import contextlib
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrm.campaign.channels import ChannelMessages
from scrm.campaign.dispatch_errors import DispatchPostponedError, SendOutcomeUnknownError, SendRefusedError
from scrm.campaign.dispatching import SendOutcome
from scrm.campaign.member_messages import MemberWords
from scrm.campaign.ports import ApprovedContent, MassMessage, Standing
from scrm.campaign.task import PENDING, Need, RecipientState, SendTask
from scrm.campaign.terms import Channel
from scrm.runtime.rm_task_joins import RmTaskMessages
from scrm.tasks.model import MOST_SUBJECTS, Task, TaskState
from scrm.tasks.move import Following, TaskMove
from tests.fakes.dispatch import CAMPAIGN, CONTENT, FAR, START
from tests.fakes.tasks import FakeTasks
from tests.unit.campaign.dispatch_bank import OTHER, OWNER, DispatchBank, customers

HOUR = timedelta(hours=1)


class Seats:
    def node_path_of(self, userid: str) -> str:
        return "/1/10/12/" if userid == OWNER else ""


@dataclass
class Desk:
    """A bank whose campaign asks its members to act."""

    bank: DispatchBank = field(default_factory=DispatchBank)
    todo: FakeTasks = field(default_factory=FakeTasks)
    told: list[tuple[str, str]] = field(default_factory=list)
    tell_fails: Exception | None = None

    def tell(self, userid: str, words: MemberWords) -> None:
        self.told.append((userid, words.text))
        if self.tell_fails is not None:
            raise self.tell_fails

    def __post_init__(self) -> None:
        wecom = self.bank.wecom
        self.bank.channels = ChannelMessages(lambda: wecom, self.rm_tasks, lambda: wecom, lambda: wecom)

    def rm_tasks(self) -> RmTaskMessages:
        return RmTaskMessages(self.todo, self.bank.now, Seats(), self.tell)

    def plan(self, number: int) -> SendTask:
        (task,) = self.bank.plan(customers(number), channel=Channel.RM_TASK)
        return task

    def open(self, owner: str = OWNER) -> list[Task]:
        return sorted(self.todo.open_tasks_of(owner), key=lambda one: one.subject_ids)

    def end(self, task: Task, state: TaskState = TaskState.DONE) -> None:
        ended = task.ended(state, OWNER, "called", self.bank.time)
        self.todo.rows[task.task_id] = replace(ended, version=task.version + 1)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_member_gets_tasks_of_a_hundred_customers_with_a_deadline(desk: Desk) -> None:
    task = desk.plan(250)

    outcome = desk.bank.send(task)

    assert outcome is SendOutcome.CREATED
    assert [len(one.subject_ids) for one in desk.open()] == [100, 100, 50]
    assert {one.due_at for one in desk.open()} == {START + task.deadline}
    assert {one.node_path for one in desk.open()} == {"/1/10/12/"}
    assert {one.campaign_id for one in desk.open()} == {CAMPAIGN}
    assert desk.bank.wecom.messages == {}
    assert desk.bank.counts() == {"pending": 250}


def test_the_member_reads_why_and_the_reason_follows_the_customer(desk: Desk) -> None:
    task = desk.plan(3)
    first, second, _ = task.target_ids
    known = replace(task, needs={first: Need("gap", 80, "尚未持有"), second: Need("silent", 60, "近期不活跃")})
    desk.bank.tasks.by_id[task.task_id] = known

    desk.bank.send(task)

    (asked,) = desk.open()
    assert asked.reasons == {first: "尚未持有", second: "近期不活跃"}
    assert asked.without(frozenset({first})).reasons == {second: "近期不活跃"}
    TaskMove(desk.todo, Seats()).move(
        OTHER, [Following(asked.task_id, asked.owner_userid, frozenset({first}))], "attempt_1"
    )
    assert [one.reasons for one in desk.open(OTHER)] == [{first: "尚未持有"}]


def test_customers_end_as_the_member_says(desk: Desk) -> None:
    desk.bank.send(desk.plan(250))
    done, cancelled, _ = desk.open()
    desk.end(done)
    desk.end(cancelled, TaskState.CANCELLED)

    desk.bank.run(HOUR)

    assert desk.bank.counts() == {"sent": 100, "cancelled": 100, "pending": 50}


def test_what_is_not_done_by_the_deadline_is_withdrawn_and_not_confirmed(desk: Desk) -> None:
    desk.bank.send(desk.plan(150))
    desk.end(desk.open()[0])

    desk.bank.run(timedelta(hours=26))

    assert desk.bank.counts() == {"sent": 100, "not_confirmed": 50}
    assert desk.open() == []


def test_a_member_is_reminded_of_what_is_open_and_not_of_what_he_did(desk: Desk) -> None:
    desk.bank.send(desk.plan(150))
    desk.end(desk.open()[0])

    desk.bank.run(timedelta(hours=5))

    assert [userid for userid, _ in desk.told] == [OWNER, OWNER]
    assert all("还有 50 位客户待跟进，请于 11-24 09:00 前" in text for _, text in desk.told)


def test_who_has_done_everything_is_not_reminded(desk: Desk) -> None:
    desk.bank.send(desk.plan(50))
    desk.end(desk.open()[0])

    desk.bank.run(timedelta(hours=26))

    assert desk.told == []


@pytest.mark.parametrize("error", [SendOutcomeUnknownError(), SendRefusedError(81013), DispatchPostponedError(START)])
def test_a_reminder_that_fails_is_not_repeated_and_changes_nothing(desk: Desk, error: Exception) -> None:
    desk.tell_fails = error
    desk.bank.send(desk.plan(50))

    desk.bank.run(timedelta(hours=26))

    assert len(desk.told) == 3
    assert desk.bank.counts() == {"not_confirmed": 50}


def test_after_a_handover_each_owner_is_reminded_of_his_own(desk: Desk) -> None:
    task = desk.plan(3)
    desk.bank.send(task)
    (one,) = desk.open()
    TaskMove(desk.todo, Seats()).move(OTHER, [Following(one.task_id, OWNER, frozenset({"wm000001"}))], "attempt_1")
    desk.bank.owners.owners["wm000001"] = OTHER

    desk.bank.run(timedelta(hours=3))

    assert {(userid, text.split()[1]) for userid, text in desk.told} == {(OWNER, "2"), (OTHER, "1")}


def test_a_recall_withdraws_the_tasks(desk: Desk) -> None:
    task = desk.plan(2)
    desk.bank.send(task)
    desk.bank.standings.standing = Standing.STOPPED

    desk.bank.look(task, asked=True)

    assert desk.bank.counts() == {"cancelled": 2}
    assert [(one.state, one.note) for one in desk.todo.rows.values()] == [(TaskState.CANCELLED, "withdrawn")]


def test_a_customer_who_changes_hands_is_asked_of_his_new_owner(desk: Desk) -> None:
    task = desk.plan(3)
    desk.bank.send(task)
    desk.bank.owners.owners["wm000001"] = OTHER

    desk.bank.look(task, asked=True)
    desk.bank.run(HOUR)

    assert [one.subject_ids for one in desk.open(OTHER)] == [("wm000001",)]
    assert [one.subject_ids for one in desk.open()] == [("wm000000", "wm000002")]
    assert desk.bank.counts() == {"pending": 3}


def test_a_task_that_followed_its_customers_tells_of_them_under_the_new_owner(desk: Desk) -> None:
    task = desk.plan(2)
    desk.bank.send(task)
    (one,) = desk.open()
    done = one.ended(TaskState.DONE, OTHER, "", desk.bank.time)
    desk.todo.rows[one.task_id] = replace(done, owner_userid=OTHER, version=one.version + 1)

    desk.bank.run(HOUR)

    assert desk.bank.counts() == {"sent": 2}
    assert desk.bank.stored(task).result_of("wm000000").by == OTHER


def test_a_handover_that_divides_a_task_leaves_the_new_owner_one_and_not_two(desk: Desk) -> None:
    task = desk.plan(3)
    desk.bank.send(task)
    (one,) = desk.open()
    following = Following(one.task_id, OWNER, frozenset({"wm000001"}))
    TaskMove(desk.todo, Seats()).move(OTHER, [following], "attempt_1")
    desk.bank.owners.owners["wm000001"] = OTHER

    desk.bank.look(task, asked=True)
    desk.bank.run(HOUR)

    assert [each.subject_ids for each in desk.open(OTHER)] == [("wm000001",)]
    assert [each.subject_ids for each in desk.open()] == [("wm000000", "wm000002")]
    assert desk.bank.counts() == {"pending": 3}


def test_what_the_member_cancelled_himself_says_so(desk: Desk) -> None:
    task = desk.plan(1)
    desk.bank.send(task)
    desk.end(desk.open()[0], TaskState.CANCELLED)

    desk.bank.look(task, asked=True)

    found = desk.bank.stored(task).result_of("wm000000")
    assert (found.state, found.reason) == (RecipientState.CANCELLED, "by_member")


@settings(max_examples=30)
@given(st.integers(1, 250), st.integers(1, 250), st.integers(0, 1))
def test_an_interrupted_creation_ends_with_exactly_the_customers_asked_for_last(
    before: int, after: int, saved: int
) -> None:
    todo = FakeTasks()
    messages = RmTaskMessages(todo, lambda: START, Seats())

    def die() -> None:
        if todo.saves >= saved:
            raise KeyboardInterrupt

    todo.before_save = die
    with contextlib.suppress(KeyboardInterrupt):
        messages.create(_message(customers(before)))
    todo.before_save = lambda: None

    (msgid,) = {messages.create(_message(customers(after, first=7))).msgid for _ in range(2)}

    open_ids = [one for task in todo.open_tasks_of(OWNER) for one in task.subject_ids]
    assert sorted(open_ids) == customers(after, first=7)
    assert all(len(task.subject_ids) <= MOST_SUBJECTS for task in todo.rows.values())
    assert list(messages.members(msgid)) == [(OWNER, True)]
    assert dict(messages.results(msgid, OWNER)) == dict.fromkeys(open_ids, PENDING)


def _message(target_ids: list[str]) -> MassMessage:
    content = ApprovedContent(CONTENT, "text", (), FAR)
    return MassMessage(Channel.RM_TASK, OWNER, target_ids, content, cause="send_1", due_at=FAR, node_path="/1/")
