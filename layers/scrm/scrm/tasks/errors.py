"""What can go wrong with tasks."""

from collections.abc import Callable

from scrm.pause import again_while


class TaskError(Exception):
    """Base of the family."""


class UnknownTaskError(TaskError):
    """No task has this id."""

    def __init__(self, task_id: str) -> None:
        super().__init__(f"there is no task {task_id}; list the owner's tasks again")
        self.task_id = task_id


class InvalidTaskError(TaskError):
    """A task as asked for cannot be stored; the message says what to give instead."""


class NotHisTaskError(TaskError):
    """Who wants to end a task is neither its owner nor acts for him."""

    def __init__(self) -> None:
        super().__init__("the task is another member's, whom this one does not cover today; ask its owner or his cover")


class StaleTaskError(TaskError):
    """Someone else wrote one of the tasks in between."""

    def __init__(self) -> None:
        super().__init__("a task was changed in between: read it again, then repeat")


def until_current[Result](action: Callable[[], Result], attempts: int = 5) -> Result:
    """Run an action again from its first read while someone else was faster."""
    return again_while(StaleTaskError, action, attempts)
