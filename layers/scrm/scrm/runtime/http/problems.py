"""Every error of the API as problem details (RFC 9457), in words that say what to do and repeat no input."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError, ServiceError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)
from botocore.exceptions import ClientError

from scrm.paging import InvalidCursorError
from scrm.runtime.http.answers import KeyReusedError
from scrm.runtime.http.wire import Problem, ProblemField
from scrm.runtime.observability import count, logger

CONTENT_TYPE = "application/problem+json"


class ProblemError(Exception):
    """The request cannot be answered; ``kind`` is a stable word for programs, ``detail`` a sentence for people."""

    def __init__(self, status: HTTPStatus, kind: str, detail: str, fields: list[ProblemField] | None = None) -> None:
        super().__init__(kind)
        self.fields = fields
        self.status = status
        self.kind = kind
        self.detail = detail


class NoSuchThingError(ProblemError):
    """It does not exist, or not for this caller: the two look alike on purpose (invariant 7)."""

    def __init__(self, thing: str) -> None:
        super().__init__(HTTPStatus.NOT_FOUND, "not-found", f"No such {thing} at or below your organisation node.")


class NotAllowedError(ProblemError):
    def __init__(self, detail: str) -> None:
        super().__init__(HTTPStatus.FORBIDDEN, "not-allowed", detail)


def sentence(error: Exception) -> str:
    """What a use case says of its refusal, as a sentence."""
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."


def describe(problem: ProblemError, fields: list[ProblemField] | None = None) -> Response[str]:
    """The response of a problem."""
    document = Problem(
        type=f"urn:scrm:problem:{problem.kind}",
        title=problem.status.phrase,
        status=problem.status.value,
        detail=problem.detail,
        fields=fields or problem.fields,
    )
    return Response(problem.status.value, CONTENT_TYPE, document.model_dump_json(exclude_none=True))


def as_reply(response: Response[str]) -> dict[str, Any]:
    """What the function returns to HTTP API, for a problem met outside a route."""
    return {"statusCode": response.status_code, "headers": {"Content-Type": CONTENT_TYPE}, "body": response.body}


def install(app: APIGatewayHttpResolver) -> None:
    """Register a description for everything that a route may raise."""
    handlers: dict[type[Exception], Any] = {
        ProblemError: describe,
        NotFoundError: _unknown_route,
        ServiceError: _refused_by_resolver,
        RequestValidationError: _invalid,
        InvalidCursorError: _invalid_cursor,
        RequestUnsupportedContentType: _unsupported_content_type,
        KeyReusedError: _key_reused,
        Exception: failed,
    }
    for error_type, handler in handlers.items():
        app.exception_handler(error_type)(handler)


def _unknown_route(_error: NotFoundError) -> Response[str]:
    return describe(ProblemError(HTTPStatus.NOT_FOUND, "not-found", "The API has no such operation."))


def _refused_by_resolver(error: ServiceError) -> Response[str]:
    status = HTTPStatus(error.status_code)
    return describe(ProblemError(status, status.phrase.lower().replace(" ", "-"), status.description or status.phrase))


def _invalid(error: RequestValidationError) -> Response[str]:
    """Says where and what kind; the validator's own message may quote the input."""
    fields = [ProblemField(where=_where(found["loc"]), kind=found["type"]) for found in error.errors()]
    problem = ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-request", "Some parts of the request are missing or not valid."
    )
    return describe(problem, fields)


def _where(location: tuple[str | int, ...]) -> str:
    return ".".join(str(part) for part in location)


def _invalid_cursor(_error: InvalidCursorError) -> Response[str]:
    detail = "The cursor does not belong to this list. Read the list again from its start, without a cursor."
    return describe(ProblemError(HTTPStatus.BAD_REQUEST, "invalid-cursor", detail))


def _unsupported_content_type(_error: RequestUnsupportedContentType) -> Response[str]:
    detail = "The body must be JSON (Content-Type: application/json)."
    return describe(ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail))


def _key_reused(_error: KeyReusedError) -> Response[str]:
    detail = "This Idempotency-Key was used with another request. Choose a new key for a new request."
    return describe(ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency-key-reused", detail))


def failed(error: Exception) -> Response[str]:
    """The last resort. What went wrong goes to the log by type and place only: a message may quote data."""
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    logger.error("request failed", error=type(error).__name__, code=code, place=_place(error))
    count("RequestFailed")
    detail = "The request could not be carried out. It is safe to repeat it."
    return describe(ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, "failed", detail))


def _place(error: Exception) -> str:
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return f"{traceback.tb_frame.f_code.co_qualname}:{traceback.tb_lineno}" if traceback else ""
