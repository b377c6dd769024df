"""Tasks follow their customer to his new owner, once, however often it is told."""

import pytest

from scrm.handover.errors import StaleVersionError
from scrm.handover.parts import HandoverPart, PartResult, checksum
from scrm.tasks.model import TaskState
from tests.fakes.tasks import START
from tests.unit.tasks.conftest import LEAVER, OTHER, TAKER, TaskBank


def test_the_part_is_what_the_handover_asks_for(bank: TaskBank) -> None:
    part: HandoverPart = bank.part

    assert part.name == "tasks"


def test_only_open_tasks_about_the_customers_are_collected(bank: TaskBank) -> None:
    both = bank.task(LEAVER, "wm1", "wm2")
    done = bank.task(LEAVER, "wm1")
    bank.work.complete(done.task_id, LEAVER, START)
    bank.task(LEAVER, "wm3")
    bank.task(OTHER, "wm1")

    contents = bank.part.collect("RM_Wang01", ["wm2", "wm1", "wm_without"])

    assert contents == {"wm1": {both.task_id: LEAVER}, "wm2": {both.task_id: LEAVER}}
    assert checksum(contents) == checksum(bank.part.collect(LEAVER, ["wm1", "wm2"]))


def test_tasks_move_with_their_customers(bank: TaskBank) -> None:
    bank.staff.paths[TAKER] = "/1/20/"
    tasks = [bank.task(LEAVER, "wm1"), bank.task(LEAVER, "wm2"), bank.task(LEAVER, "wm3")]

    result = bank.part.apply("RM_Li02", bank.part.collect(LEAVER, ["wm1", "wm2"]), "attempt_1")

    assert result == PartResult(checked=2, differing=2, written=2)
    assert (bank.subjects(TAKER), bank.subjects(LEAVER)) == ([("wm1",), ("wm2",)], [("wm3",)])
    assert bank.tasks.rows[tasks[0].task_id].node_path == "/1/20/"


def test_a_taker_nobody_knows_a_node_of_keeps_the_tasks_node(bank: TaskBank) -> None:
    task = bank.task(LEAVER, "wm1")

    bank.part.apply(TAKER, bank.part.collect(LEAVER, ["wm1"]), "attempt_1")

    assert bank.tasks.rows[task.task_id].node_path == "/1/10/"


def test_a_task_about_customers_of_several_takers_is_divided(bank: TaskBank) -> None:
    bank.task(LEAVER, "wm1", "wm2", "wm3")
    first = bank.part.collect(LEAVER, ["wm1", "wm2"])
    second = bank.part.collect(LEAVER, ["wm3"])

    bank.part.apply(TAKER, first, "attempt_1")
    bank.part.apply(OTHER, second, "attempt_2")

    assert [bank.subjects(owner) for owner in (LEAVER, TAKER, OTHER)] == [[], [("wm1", "wm2")], [("wm3",)]]


def test_a_second_run_moves_nothing(bank: TaskBank) -> None:
    bank.task(LEAVER, "wm1")
    bank.task(LEAVER, "wm2", "wm3")
    contents = bank.part.collect(LEAVER, ["wm1", "wm2"])
    bank.part.apply(TAKER, contents, "attempt_1")
    rows = dict(bank.tasks.rows)

    again = bank.part.apply(TAKER, contents, "attempt_1")

    assert again == PartResult(checked=2)
    assert bank.tasks.rows == rows


def test_what_was_done_or_went_on_to_somebody_else_stays(bank: TaskBank) -> None:
    done, elsewhere = bank.task(LEAVER, "wm1"), bank.task(LEAVER, "wm2")
    late = bank.part.collect(LEAVER, ["wm1", "wm2"])
    bank.work.complete(done.task_id, LEAVER, START)
    bank.part.apply(OTHER, bank.part.collect(LEAVER, ["wm2"]), "attempt_2")

    result = bank.part.apply(TAKER, late, "attempt_1")

    assert result == PartResult(checked=2)
    assert bank.tasks.rows[done.task_id].state is TaskState.DONE
    assert bank.tasks.rows[elsewhere.task_id].owner_userid == OTHER


def test_many_tasks_move_a_hundred_a_call_and_sixteen_a_write(bank: TaskBank) -> None:
    names = [f"wm{number:03}" for number in range(230)]
    for name in names:
        bank.task(LEAVER, name)
    contents, before = bank.part.collect(LEAVER, names), bank.tasks.saves

    results = [bank.part.apply(TAKER, contents, "attempt_1")]
    while results[-1].cursor:
        results.append(bank.part.apply(TAKER, contents, "attempt_1", results[-1].cursor))

    assert [result.written for result in results] == [100, 100, 30]
    assert bank.tasks.saves - before == 7 + 7 + 2
    assert len(bank.subjects(TAKER)) == 230


def test_a_move_cut_off_between_two_writes_is_finished_by_a_repeat(bank: TaskBank) -> None:
    names = [f"wm{number:03}" for number in range(40)]
    for name in names:
        bank.task(LEAVER, name)
    contents = bank.part.collect(LEAVER, names)

    def die() -> None:
        if bank.tasks.saves == 41:
            raise KeyboardInterrupt

    bank.tasks.before_save = die
    with pytest.raises(KeyboardInterrupt):
        bank.part.apply(TAKER, contents, "attempt_1")
    bank.tasks.before_save = lambda: None

    assert bank.part.apply(TAKER, contents, "attempt_1") == PartResult(checked=40, differing=24, written=24)
    assert (len(bank.subjects(TAKER)), bank.subjects(LEAVER)) == (40, [])


def test_a_task_done_while_it_moves_is_not_moved(bank: TaskBank) -> None:
    task = bank.task(LEAVER, "wm1")
    contents = bank.part.collect(LEAVER, ["wm1"])

    def complete_first() -> None:
        bank.tasks.before_save = lambda: None
        bank.work.complete(task.task_id, LEAVER, START)

    bank.tasks.before_save = complete_first

    assert bank.part.apply(TAKER, contents, "attempt_1") == PartResult(checked=1)
    assert bank.tasks.rows[task.task_id].owner_userid == LEAVER


def test_endless_contention_is_the_handovers_own_error(bank: TaskBank, monkeypatch: pytest.MonkeyPatch) -> None:
    bank.task(LEAVER, "wm1")
    contents = bank.part.collect(LEAVER, ["wm1"])
    monkeypatch.setattr(bank.tasks, "save", lambda _: False)

    with pytest.raises(StaleVersionError):
        bank.part.apply(TAKER, contents, "attempt_1")
