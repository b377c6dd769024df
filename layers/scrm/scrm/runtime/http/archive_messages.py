"""Finding and reading archived conversations, and who did (S69, R2, R15)."""

from datetime import date
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from scrm import clock
from scrm.archive.reading import ReadableMessage
from scrm.archive.search import InvalidSearchError, MessageRef
from scrm.clock import BUSINESS_ZONE
from scrm.runtime.http import archive_message_models as models
from scrm.runtime.http.archive_models import Why
from scrm.runtime.http.archive_rights import reader, unmasking_reader
from scrm.runtime.http.problems import NoSuchThingError, ProblemError
from scrm.runtime.http.routing import Cursor, IdempotencyKey, Limit, NodeId, list_of, responses, router, scope
from scrm.runtime.wiring import archive_api as wiring
from scrm.sql import TooMuchSelectedError

MessageId = Annotated[
    str, Path(max_length=64, description="As a search gave it.", examples=["2026-11-26.07.1000.1001"])
]


@router.post(
    "/v1/archive/messages",
    operation_id="searchArchivedMessages",
    summary="Find archived messages, oldest first, texts covered. For compliance officers, auditors and head office.",
    tags=["archive"],
    responses=responses(HTTPStatus.OK, models.FoundPage, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
)
def search_messages(key: IdempotencyKey, request: Annotated[models.NumberedSearch, Body()]) -> models.FoundPage:
    del key  # each search is an access of its own
    asked_by = reader(scope(request.node_id))
    try:
        wanted = request.by_number(asked_by.node_path, wiring.customers_by_number())
        page = wiring.retrieval().search(wanted, request.cursor, asked_by, request.reason)
    except (InvalidSearchError, TooMuchSelectedError) as refused:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "search-refused", str(refused)) from refused
    return models.FoundPage(items=[models.FoundMessage.of(each) for each in page.items], cursor=page.cursor)


@router.get(
    "/v1/archive/messages/<message_id>",
    operation_id="getArchivedMessage",
    summary="One archived message, read from its segment, personal data covered.",
    tags=["archive"],
    responses=responses(HTTPStatus.OK, models.ArchivedMessage, HTTPStatus.NOT_FOUND),
)
def get_message(
    message_id: MessageId,
    reason: Annotated[str, Query(max_length=500, description="Why; kept with the access, never logged.")] = "",
) -> models.ArchivedMessage:
    return _told(wiring.retrieval().show(_ref(message_id), reader(), reason))


@router.post(
    "/v1/archive/messages/<message_id>/unmasking",
    operation_id="unmaskArchivedMessage",
    summary="One archived message with its numbers readable, for a reason. For compliance officers.",
    tags=["archive"],
    responses=responses(HTTPStatus.OK, models.ArchivedMessage, HTTPStatus.NOT_FOUND),
)
def unmask_message(
    message_id: MessageId, key: IdempotencyKey, request: Annotated[Why, Body()]
) -> models.ArchivedMessage:
    del key  # each reading is an access of its own
    return _told(wiring.retrieval().unmask(_ref(message_id), unmasking_reader(), request.reason))


@router.get(
    "/v1/archive/accesses",
    operation_id="listArchiveAccesses",
    summary="Who read archived conversations on a business day, and why; the latest first.",
    tags=["archive"],
    responses=list_of(models.AccessPage),
)
def list_accesses(
    day: Annotated[date | None, Query(description="Today if absent.")] = None,
    node_id: NodeId = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> models.AccessPage:
    node_path = reader(scope(node_id)).node_path
    wanted = day or clock.now().astimezone(BUSINESS_ZONE).date()
    page = wiring.accesses().of_day(wanted, node_path, cursor, limit)
    return models.AccessPage(items=[models.Access.of(each) for each in page.items], cursor=page.cursor)


def _ref(message_id: str) -> MessageRef:
    try:
        return MessageRef.parse(message_id)
    except InvalidSearchError as refused:
        raise NoSuchThingError("message") from refused


def _told(message: ReadableMessage | None) -> models.ArchivedMessage:
    if message is None:
        raise NoSuchThingError("message")
    return models.ArchivedMessage.of(message)
