"""What the modules of routes share: the router, parameters, answers, and who may see what (invariant 7)."""

import functools
import json
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query
from pydantic import BaseModel

from scrm.runtime.http.caller import Caller
from scrm.runtime.http.operation import Operation
from scrm.runtime.http.problems import CONTENT_TYPE, NoSuchThingError, NotAllowedError
from scrm.runtime.http.wire import Problem
from scrm.runtime.wiring import admin_api as wiring

OPERATION = "operation"
_READ_LIMIT = 100
_JSON = "application/json"

Limit = Annotated[int, Query(ge=1, le=_READ_LIMIT, description="Rows a page at most.")]
Cursor = Annotated[str | None, Query(max_length=2048, description="The cursor of the page before.")]
NodeId = Annotated[
    str | None, Query(max_length=64, description="Only at or below this organisation node; the caller's own if absent.")
]
MemberUserid = Annotated[str, Path(max_length=64, description="The member's userid.")]
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="Chosen by the client, new for each new request: a repeat gets the answer of the first.",
    ),
]

# Each module of a family registers its own operations when it is imported; `families` says when that is.
router = APIGatewayHttpResolver(
    enable_validation=True, serializer=functools.partial(json.dumps, ensure_ascii=False, separators=(",", ":"))
)


def responses(status: HTTPStatus, model: type[Any], *problems: HTTPStatus) -> dict[int, Any]:
    """What an operation answers, for the OpenAPI document; every operation may also answer 401, 403, 422 and 500."""
    failures = {
        HTTPStatus.FORBIDDEN,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        *problems,
    }
    described: dict[int, Any] = {
        failure.value: {"description": failure.phrase, "content": {CONTENT_TYPE: {"model": Problem}}}
        for failure in sorted(failures)
    }
    described[HTTPStatus.UNAUTHORIZED.value] = {
        "description": "No valid token; answered by the authorizer",
        "content": {"application/json": {"schema": {"type": "object", "properties": {"message": {"type": "string"}}}}},
    }
    return {
        status.value: {"description": status.phrase, "content": {"application/json": {"model": model}}},
        **described,
    }


def list_of(model: type[Any]) -> dict[int, Any]:
    return responses(HTTPStatus.OK, model, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND)


def json_reply[Body: BaseModel](status: HTTPStatus, body: Body) -> Response[Any]:
    return Response(status.value, _JSON, body)


def current_caller() -> Caller:
    operation: Operation = router.context[OPERATION]
    if operation.caller is None:
        raise NotAllowedError("The caller is not caller.")
    return operation.caller


def scope(node_id: str | None) -> str:
    """The node path to read at: the caller's own, or that of a node below it."""
    caller = current_caller()
    if node_id is None:
        return caller.node.path
    node = wiring.org_queries().node(node_id)
    if node is None or not caller.sees(node.path):
        raise NoSuchThingError("organisation node")
    return node.path
