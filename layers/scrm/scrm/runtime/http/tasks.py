"""Members' tasks: seen by those who see where the task is, ended in the name of the member who did it."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from scrm import clock
from scrm.ids import fold_userid
from scrm.runtime.http import task_models
from scrm.runtime.http.problems import NoSuchThingError, NotAllowedError, ProblemError, sentence
from scrm.runtime.http.routing import (
    Cursor,
    IdempotencyKey,
    Limit,
    MemberUserid,
    current_caller,
    list_of,
    responses,
    router,
)
from scrm.runtime.wiring import admin_api as wiring
from scrm.tasks.errors import NotHisTaskError, StaleTaskError, UnknownTaskError
from scrm.tasks.model import Task, TaskState

TaskId = Annotated[str, Path(max_length=64, description="The task's id.")]


@router.get(
    "/v1/members/<userid>/tasks",
    operation_id="listMemberTasks",
    summary="A member's tasks, and those of members on leave whom he covers today.",
    tags=["tasks"],
    responses=list_of(task_models.TaskPage),
)
def list_member_tasks(
    userid: MemberUserid,
    state: Annotated[TaskState, Query(description="Open ones come by due time, ended ones latest first.")] = (
        TaskState.OPEN
    ),
    cursor: Cursor = None,
    limit: Limit = 20,
) -> task_models.TaskPage:
    caller = current_caller()
    found = wiring.org_queries().detail(fold_userid(userid))
    if found is None or not caller.sees(found.member.node_path):
        raise NoSuchThingError("member")
    page = wiring.task_lists().of_member(found.member.userid, cursor, limit, state)
    seen = [task_models.Task.model_validate(task) for task in page.items if caller.sees(task.node_path)]
    return task_models.TaskPage(items=seen, cursor=page.cursor)


@router.post(
    "/v1/tasks/<task_id>/end",
    operation_id="endTask",
    summary="Say that a task is done or need not be done, for its owner or for who covers him today.",
    tags=["tasks"],
    responses=responses(
        HTTPStatus.OK, task_models.Task, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT
    ),
)
def end_task(
    task_id: TaskId, key: IdempotencyKey, request: Annotated[task_models.TaskEndRequest, Body()]
) -> task_models.Task:
    _visible_task(task_id)
    caller = current_caller()
    if not caller.decides:
        raise NotAllowedError("Tasks are ended by head office and by operators.")

    def end() -> None:
        try:
            wiring.task_work().end(task_id, TaskState(request.state), request.by_userid, clock.now(), request.note)
        except (NotHisTaskError, StaleTaskError) as refused:
            raise ProblemError(HTTPStatus.CONFLICT, "task-not-ended", sentence(refused)) from refused

    wiring.decided_once().decide(f"{caller.subject} {task_id}", key, request, end)
    return task_models.Task.model_validate(_visible_task(task_id))


def _visible_task(task_id: str) -> Task:
    try:
        task = wiring.task_work().task(task_id)
    except UnknownTaskError as unknown:
        raise NoSuchThingError("task") from unknown
    if not current_caller().sees(task.node_path):
        raise NoSuchThingError("task")
    return task
