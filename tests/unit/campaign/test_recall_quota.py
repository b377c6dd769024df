"""A recall runs at the pace of WeCom's quota, however many tasks lie with members (O4). Virtual time: no clock is read.

Of 300,000 tasks, of WeCom's quota and of the workers a hundredth each.
"""

import pytest

from local.bench.governor_simulation import floor_seconds, refused
from local.bench.recall_quota import CANCEL, TASKS, Recall, default_workers
from scrm.campaign.stopping import StopProgress
from scrm.campaign.task import TaskState
from scrm.wecom.limits import CALLS_PER_HOUR, CALLS_PER_MINUTE, PathLimits

SCALE = 100
BUDGET = PathLimits(CALLS_PER_MINUTE // SCALE, CALLS_PER_HOUR // SCALE)


@pytest.fixture(scope="module")
def recall() -> Recall:
    found = Recall(TASKS // SCALE, BUDGET, default_workers() // SCALE)
    found.run()
    return found


def test_every_task_is_cancelled_once_and_within_the_time_that_the_quota_allows(recall: Recall) -> None:
    cancels = recall.calls[CANCEL]

    assert len(cancels.calls) == recall.count
    assert cancels.seconds <= 1.1 * floor_seconds(recall.count, BUDGET)
    assert {task.state for task in recall.tasks.values()} == {TaskState.WATCHED}
    assert recall.progress() == StopProgress(left=0, done=recall.count)


def test_wecom_refuses_no_call_of_it(recall: Recall) -> None:
    assert {path: refused(run, BUDGET) for path, run in recall.calls.items()} == dict.fromkeys(recall.calls, 0)


def test_it_begins_at_once_and_tells_how_far_it_is() -> None:
    recall = Recall(TASKS // SCALE, BUDGET, default_workers() // SCALE)

    recall.run(until=120.0)

    assert len(recall.calls[CANCEL].calls) >= 1.6 * BUDGET.per_minute
    assert 0 < recall.done == sum(task.state is TaskState.WATCHED for task in recall.tasks.values())
    assert recall.progress() == StopProgress(left=recall.count - recall.done, done=recall.done)
