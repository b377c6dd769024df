"""The comparison of every relation and group with WeCom, started by a person."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body

from scrm.runtime.http.operation import Operation
from scrm.runtime.http.problems import NotAllowedError
from scrm.runtime.http.routing import OPERATION, IdempotencyKey, current_caller, responses, router
from scrm.runtime.http.syncs import Sync, SyncRequest
from scrm.runtime.wiring import admin_api as wiring


@router.post(
    "/v1/syncs",
    operation_id="startSync",
    summary="Compare every relation and group with WeCom now. For head office and operators placed at the root.",
    tags=["contacts"],
    status_code=HTTPStatus.ACCEPTED,
    responses=responses(HTTPStatus.ACCEPTED, Sync, HTTPStatus.BAD_REQUEST),
)
def start_sync(key: IdempotencyKey, request: Annotated[SyncRequest, Body()]) -> Sync:
    operation: Operation = router.context[OPERATION]
    caller = current_caller()
    if not caller.operates_the_corp:
        raise NotAllowedError("A full sync is for head office and for operators placed at the root node.")
    sync = wiring.sync_starter().start(caller.subject, key, request)
    operation.subject = sync.run_id
    return sync
