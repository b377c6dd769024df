"""A leaver who noted something about his customers, and what his successor must have of it in the end."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from scrm.aws.case_table import DynamoCaseRepository
from scrm.aws.table import Table
from scrm.aws.task_table import DynamoTaskTable
from scrm.handover.model import DigestOutcome, HandoverCase
from scrm.tasks.model import Task, TaskKind, task_id_of
from scrm.tasks.ports import TaskChange
from tests.departure import LEAVER, MANAGER, REFUSED, TAKER
from tests.local_bank import LocalBank, customer_id, small_world

NOTED, TAGGED, PERSONAL = customer_id(0), customer_id(1), customer_id(2)
TAG = "etSIM1"
DUE = datetime(2026, 12, 24, 2, 0, tzinfo=UTC)


def noted_world(customers: int, groups: int) -> dict[str, Any]:
    """A leaver who noted something about three of his customers; WeCom carries nothing over by itself."""
    world = small_world(customers, groups)
    tag = {"id": TAG, "name": "贵宾", "create_time": 1_750_000_000}
    world["tag_groups"] = [{"group_id": "etG", "group_name": "等级", "create_time": 1_750_000_000, "tag": [tag]}]
    by_customer = {relation["external_userid"]: relation for relation in world["relations"]}
    by_customer[NOTED] |= {"remark": "王总", "description": "喜欢基金"}
    by_customer[TAGGED] |= {"tag_ids": [TAG]}
    return world


def prepare(bank: LocalBank) -> None:
    bank.sim.control.set_knobs(copy_remark=False, keep_corp_tags=False)
    tasks = DynamoTaskTable(table(bank, "TasksTable"))
    assert tasks.save([TaskChange(None, follow_up(LEAVER))])
    bank.full_pass()
    bank.sim.control.patch_relation(LEAVER, PERSONAL, personal_tags=["球友"], remark="老友")
    bank.run_until_idle()


def follow_up(owner_userid: str) -> Task:
    task_id = task_id_of(TaskKind.FOLLOW_UP, "test")
    return Task(task_id, owner_userid, TaskKind.FOLLOW_UP, (NOTED, TAGGED), "/1/10/", DUE, DUE)


def noted(bank: LocalBank, external_userid: str) -> tuple[str, str, Sequence[str]]:
    (row,) = bank.sim.control.relations(userid=TAKER, external_userid=external_userid)
    return row["remark"], row["description"], row["tag_ids"]


def the_case(bank: LocalBank) -> HandoverCase:
    found = DynamoCaseRepository(table(bank, "HandoverTable")).latest_case_of(LEAVER)
    assert found is not None
    return found[0]


def table(bank: LocalBank, name: str) -> Table:
    return Table(bank.tables.client, bank.tables.names[name])


def titles(bank: LocalBank, userid: str) -> list[str]:
    """First lines of what the member received."""
    return [message["content"]["content"].splitlines()[0] for message in bank.sim.control.inbox(userid)]


def check_what_followed(bank: LocalBank, customers: int) -> None:
    """What the new owner has in the end."""
    assert noted(bank, NOTED) == ("王总", "喜欢基金", [])
    assert noted(bank, TAGGED)[2] == [TAG]
    assert noted(bank, PERSONAL)[0] == "老友"
    assert titles(bank, TAKER) == [f"客户继承：{customers - 1} 位客户、1 个客户群"]
    assert titles(bank, MANAGER) == ["客户继承：需要人工处理"]
    open_tasks = {task.kind: task for task in DynamoTaskTable(table(bank, "TasksTable")).open_tasks_of(TAKER)}
    assert open_tasks[TaskKind.FOLLOW_UP].subject_ids == (NOTED, TAGGED)
    came = sorted({customer_id(place) for place in range(customers)} - {REFUSED})
    assert sorted(open_tasks[TaskKind.GREET_CUSTOMER].subject_ids) == came
    assert not list(DynamoTaskTable(table(bank, "TasksTable")).open_tasks_of(LEAVER))
    assert the_case(bank).digests == {TAKER: DigestOutcome.SENT}
