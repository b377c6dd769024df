from dataclasses import replace
from datetime import timedelta

import pytest

from scrm.paging import InvalidCursorError
from scrm.tasks.errors import InvalidTaskError, NotHisTaskError, StaleTaskError, UnknownTaskError
from scrm.tasks.model import Task, TaskKind, TaskState
from scrm.tasks.ports import TaskChange
from tests.fakes.tasks import START
from tests.unit.tasks.conftest import LEAVER, OTHER, TAKER, TaskBank

LATER = START + timedelta(hours=2)


def test_a_new_task_is_open_and_belongs_to_its_owner(bank: TaskBank) -> None:
    task = bank.task("RM_Wang01", "wm1", due=LATER)

    assert (task.owner_userid, task.state, task.subject_ids) == (LEAVER, TaskState.OPEN, ("wm1",))
    assert bank.subjects(LEAVER) == [("wm1",)]


def test_the_same_cause_makes_one_task(bank: TaskBank) -> None:
    first = bank.task(LEAVER, "wm1", cause=["camp_1", "wm1"])
    again = bank.task(LEAVER, "wm1", cause=["camp_1", "wm1"])

    assert first == again
    assert len(bank.tasks.rows) == 1


def test_a_late_repeat_of_the_cause_brings_back_neither_a_done_nor_a_moved_task(bank: TaskBank) -> None:
    done = bank.task(LEAVER, "wm1")
    bank.work.complete(done.task_id, LEAVER, LATER)
    moved = bank.task(LEAVER, "wm2")
    bank.part.apply(TAKER, bank.part.collect(LEAVER, ["wm2"]), "attempt_1")

    again = [bank.task(LEAVER, "wm1"), bank.task(LEAVER, "wm2")]

    assert [task.state for task in again] == [TaskState.DONE, TaskState.OPEN]
    assert (again[1].task_id, again[1].owner_userid) == (moved.task_id, TAKER)
    assert bank.subjects(LEAVER) == []


@pytest.mark.parametrize("subjects", [[], [f"wm{number}" for number in range(101)]], ids=["none", "too many"])
def test_a_task_is_about_one_to_a_hundred_customers(bank: TaskBank, subjects: list[str]) -> None:
    with pytest.raises(InvalidTaskError, match="1 to 100"):
        bank.work.create(LEAVER, TaskKind.FOLLOW_UP, subjects, "/1/10/", START, START, cause=["camp_1"])


def test_a_task_without_a_cause_is_refused(bank: TaskBank) -> None:
    with pytest.raises(InvalidTaskError, match="caused"):
        bank.work.create(LEAVER, TaskKind.FOLLOW_UP, ["wm1"], "/1/10/", START, START, cause=[""])


def test_a_done_task_says_who_when_and_with_what_word(bank: TaskBank) -> None:
    task = bank.task(TAKER, "wm1")

    done = bank.work.complete(task.task_id, "RM_Li02", LATER, "greeted")

    assert (done.state, done.done_by, done.note, done.ended_at) == (TaskState.DONE, TAKER, "greeted", LATER)
    assert bank.subjects(TAKER) == []


def test_a_task_is_ended_by_its_owner_or_by_who_covers_him_and_by_nobody_else(bank: TaskBank) -> None:
    first, second = bank.task(LEAVER, "wm1"), bank.task(LEAVER, "wm2")
    bank.staff.covered[TAKER] = [LEAVER]

    covered = bank.work.complete(first.task_id, TAKER, LATER)
    bank.staff.covered.clear()

    assert (covered.state, covered.done_by, covered.owner_userid) == (TaskState.DONE, TAKER, LEAVER)
    for by in (OTHER, TAKER):
        with pytest.raises(NotHisTaskError):
            bank.work.cancel(second.task_id, by, LATER)
    assert bank.subjects(LEAVER) == [("wm2",)]


def test_an_ended_task_stays_as_it_ended_first(bank: TaskBank) -> None:
    task = bank.task(LEAVER, "wm1")
    done = bank.work.complete(task.task_id, LEAVER, LATER, "greeted")

    again = bank.work.complete(task.task_id, OTHER, LATER + timedelta(hours=1), "not_reached")
    cancelled = bank.work.cancel(task.task_id, OTHER, LATER + timedelta(hours=1))

    assert done == again == cancelled


def test_a_note_is_a_word_and_no_free_text(bank: TaskBank) -> None:
    task = bank.task(LEAVER, "wm1")

    with pytest.raises(InvalidTaskError, match="one word"):
        bank.work.complete(task.task_id, LEAVER, LATER, "王女士 13800000000")

    assert bank.tasks.rows[task.task_id].is_open


def test_an_unknown_task_cannot_be_ended(bank: TaskBank) -> None:
    with pytest.raises(UnknownTaskError):
        bank.work.complete("task_none", LEAVER, LATER)


def test_a_task_that_moves_while_it_is_ended_is_ended_where_it_is_now(bank: TaskBank) -> None:
    task = bank.task(LEAVER, "wm1")
    bank.staff.covered[TAKER] = [LEAVER]

    def move_once() -> None:
        bank.tasks.before_save = lambda: None
        bank.tasks.save([TaskChange(task, replace(task, owner_userid=TAKER))])

    bank.tasks.before_save = move_once

    done = bank.work.complete(task.task_id, TAKER, LATER)

    assert (done.owner_userid, done.state) == (TAKER, TaskState.DONE)


def test_a_task_others_never_stop_writing_is_given_up(bank: TaskBank) -> None:
    task = bank.task(LEAVER, "wm1")

    def write() -> None:
        bank.tasks.rows[task.task_id] = replace(
            bank.tasks.rows[task.task_id], version=bank.tasks.rows[task.task_id].version + 1
        )

    bank.tasks.before_save = write

    with pytest.raises(StaleTaskError):
        bank.work.complete(task.task_id, LEAVER, LATER)


class TestRename:
    def test_every_task_goes_to_the_new_userid(self, bank: TaskBank) -> None:
        tasks = [bank.task(LEAVER, f"wm{number}") for number in range(40)]
        bank.work.complete(tasks[0].task_id, LEAVER, LATER)
        bank.task(OTHER, "wm0")

        renamed = bank.renames.rename("RM_Wang01", "rm_wang_new")

        assert renamed == 40
        assert len(bank.subjects("rm_wang_new")) == 39
        assert bank.tasks.rows[tasks[0].task_id].done_by == "rm_wang_new"
        assert bank.tasks.some_tasks_of(LEAVER, 10) == []
        assert bank.subjects(OTHER) == [("wm0",)]

    def test_a_rename_cut_off_in_the_middle_goes_on(self, bank: TaskBank) -> None:
        for number in range(40):
            bank.task(LEAVER, f"wm{number}")

        def die() -> None:
            if bank.tasks.saves == 41:
                raise KeyboardInterrupt

        bank.tasks.before_save = die
        with pytest.raises(KeyboardInterrupt):
            bank.renames.rename(LEAVER, "rm_wang_new")
        bank.tasks.before_save = lambda: None

        assert bank.renames.rename(LEAVER, "rm_wang_new") == 8
        assert len(bank.subjects("rm_wang_new")) == 40

    def test_another_spelling_is_no_rename(self, bank: TaskBank) -> None:
        bank.task(LEAVER, "wm1")

        assert bank.renames.rename("RM_WANG01", LEAVER) == 0
        assert bank.subjects(LEAVER) == [("wm1",)]


class TestLists:
    def all_of(self, bank: TaskBank, userid: str, limit: int = 2) -> list[Task]:
        page = bank.lists.of_member(userid, None, limit)
        found = list(page.items)
        while page.cursor:
            page = bank.lists.of_member(userid, page.cursor, limit)
            found += page.items
        return found

    def test_a_member_sees_his_own_tasks_earliest_due_first(self, bank: TaskBank) -> None:
        for number in (3, 1, 2):
            bank.task(TAKER, f"wm{number}", due=START + timedelta(days=number))

        assert [task.subject_ids for task in self.all_of(bank, "RM_Li02")] == [("wm1",), ("wm2",), ("wm3",)]

    def test_a_cover_sees_the_tasks_of_members_on_leave_after_his_own(self, bank: TaskBank) -> None:
        bank.staff.covered[TAKER] = [OTHER, LEAVER]
        for owner in (LEAVER, TAKER, OTHER):
            for number in range(3):
                bank.task(owner, f"wm{number}")

        owners = [task.owner_userid for task in self.all_of(bank, TAKER)]

        assert owners == [TAKER] * 3 + [LEAVER] * 3 + [OTHER] * 3

    def test_a_cover_without_tasks_of_his_own_still_finds_the_others(self, bank: TaskBank) -> None:
        bank.staff.covered[TAKER] = [OTHER, LEAVER]
        bank.task(OTHER, "wm1")

        assert [task.owner_userid for task in self.all_of(bank, TAKER)] == [OTHER]

    def test_a_cursor_into_a_cover_that_ended_is_refused(self, bank: TaskBank) -> None:
        bank.staff.covered[TAKER] = [LEAVER]
        cursor = bank.lists.of_member(TAKER, None, 2).cursor
        bank.staff.covered.clear()

        with pytest.raises(InvalidCursorError):
            bank.lists.of_member(TAKER, cursor, 2)

    def test_a_node_lists_open_tasks_at_and_below_it_latest_due_first(self, bank: TaskBank) -> None:
        for number, path in enumerate(("/1/10/", "/1/10/12/", "/1/20/")):
            due = START + timedelta(days=number)
            bank.work.create(TAKER, TaskKind.FOLLOW_UP, ["wm1"], path, START, due, cause=[path])

        page = bank.lists.of_node("/1/10/", None, 10)

        assert [task.node_path for task in page.items] == ["/1/10/12/", "/1/10/"]
