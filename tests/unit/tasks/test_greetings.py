"""One greeting task per taker, case and hundred customers, in whatever portions the customers come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.handover.model import CaseState, HandoverCase
from scrm.handover.ports import RmTasks
from scrm.tasks.model import TaskKind
from tests.fakes.tasks import START
from tests.unit.tasks.conftest import LEAVER, OTHER, TAKER, TaskBank

NAMES = [f"wm{number:04}" for number in range(230)]


@dataclass(frozen=True, slots=True)
class Case:
    case_id: str = "case_1"
    node_path: str = "/1/10/12/"


def greeted(bank: TaskBank, owner: str = TAKER) -> list[str]:
    return sorted(one for subjects in bank.subjects(owner) for one in subjects)


def test_the_greetings_are_what_the_handover_asks_for(bank: TaskBank) -> None:
    port: RmTasks = bank.greetings
    case = HandoverCase(
        case_id="case_1",
        corp_id="wwCORP",
        handover_userid=LEAVER,
        handover_name="",
        node_id="10",
        node_path="/1/10/",
        node_name="",
        state=CaseState.TRANSFERRING,
        opened_at=START,
        due_at=None,
        signals=(),
    )

    port.greet_customers(case, TAKER, ["wm1"])

    assert [task.node_path for task in bank.tasks.open_tasks_of(TAKER)] == ["/1/10/"]


def test_a_hundred_customers_make_one_task(bank: TaskBank) -> None:
    bank.greetings.greet_customers(Case(), "RM_Li02", NAMES[:100])

    (task,) = bank.tasks.open_tasks_of(TAKER)
    assert (task.kind, task.subject_ids, task.node_path) == (
        TaskKind.GREET_CUSTOMER,
        tuple(NAMES[:100]),
        "/1/10/12/",
    )
    assert task.due_at == START + timedelta(days=3)


def test_the_task_is_listed_where_its_owner_sits(bank: TaskBank) -> None:
    bank.staff.paths[TAKER] = "/1/20/"

    bank.greetings.greet_customers(Case(), TAKER, ["wm1"])

    assert [task.node_path for task in bank.tasks.open_tasks_of(TAKER)] == ["/1/20/"]


def test_a_repeat_makes_no_other_task(bank: TaskBank) -> None:
    for _ in range(2):
        bank.greetings.greet_customers(Case(), TAKER, NAMES)

    assert sorted(map(len, bank.subjects(TAKER))) == [30, 100, 100]
    assert greeted(bank) == NAMES


@given(st.lists(st.sets(st.sampled_from(NAMES), max_size=150), max_size=6))
def test_whatever_the_portions_each_customer_is_in_one_task_and_the_tasks_are_full(portions: list[set[str]]) -> None:
    bank = TaskBank()
    for portion in portions:
        bank.greetings.greet_customers(Case(), TAKER, sorted(portion))

    expected = sorted(set[str]().union(*portions))
    assert greeted(bank) == expected
    assert len(bank.subjects(TAKER)) == -(-len(expected) // 100)


def test_customers_who_come_after_the_task_was_done_get_another_one(bank: TaskBank) -> None:
    bank.greetings.greet_customers(Case(), TAKER, ["wm1"])
    (task,) = bank.tasks.open_tasks_of(TAKER)
    bank.work.complete(task.task_id, TAKER, START)

    bank.greetings.greet_customers(Case(), TAKER, ["wm1", "wm2"])

    assert bank.subjects(TAKER) == [("wm2",)]


def test_a_late_repeat_does_not_bring_back_customers_who_moved_on(bank: TaskBank) -> None:
    bank.greetings.greet_customers(Case(), TAKER, ["wm1", "wm2"])
    bank.part.apply(OTHER, bank.part.collect(TAKER, ["wm1"]), "attempt_2")

    bank.greetings.greet_customers(Case(), TAKER, ["wm1", "wm2"])

    assert (bank.subjects(TAKER), bank.subjects(OTHER)) == ([("wm2",)], [("wm1",)])


def test_each_taker_and_each_case_has_its_own_task(bank: TaskBank) -> None:
    bank.greetings.greet_customers(Case(), TAKER, ["wm1"])
    bank.greetings.greet_customers(Case(), OTHER, ["wm2"])
    bank.greetings.greet_customers(Case("case_2"), TAKER, ["wm3"])

    assert (bank.subjects(TAKER), bank.subjects(OTHER)) == ([("wm1",), ("wm3",)], [("wm2",)])


def test_nobody_to_greet_makes_no_task(bank: TaskBank) -> None:
    bank.greetings.greet_customers(Case(), TAKER, [])

    assert bank.tasks.rows == {}


@pytest.mark.parametrize("rival", [["wm1", "wm2"], ["wm2", "wm3"]])
def test_two_polls_at_once_greet_each_customer_once(bank: TaskBank, rival: Sequence[str]) -> None:
    def come_first() -> None:
        bank.tasks.before_save = lambda: None
        bank.greetings.greet_customers(Case(), TAKER, rival)

    bank.tasks.before_save = come_first

    bank.greetings.greet_customers(Case(), TAKER, ["wm1", "wm2"])

    assert greeted(bank) == sorted({"wm1", "wm2", *rival})
    assert bank.subjects(LEAVER) == []
