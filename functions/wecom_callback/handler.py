"""WeCom's callbacks (HTTP API GET and POST /wecom/callback/{app}): verified, de-duplicated and queued.

WeCom waits one second for the GET and five for the POST, and repeats a POST three times unless it is answered 200. So
whatever is authentic is answered 200 with an empty body, known or not; what is not is refused with 4xx and leaves no
trace but a count; and when AWS fails the exception becomes a 5xx, which makes WeCom repeat.
"""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm.runtime.http_request import HttpRequest, text_response
from scrm.runtime.observability import count, logger
from scrm.runtime.wiring import wecom_callback as wiring
from scrm.wecom.callback import CallbackRejectedError, RejectReason
from scrm.wecom.envelope import MAX_BODY_BYTES

STATUS = {
    RejectReason.UNKNOWN_APP: HTTPStatus.NOT_FOUND,
    RejectReason.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    RejectReason.SIGNATURE: HTTPStatus.FORBIDDEN,
    RejectReason.STALE: HTTPStatus.FORBIDDEN,
}


@entrypoint
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    request = HttpRequest.from_event(event, MAX_BODY_BYTES)
    app = request.path_parameters.get("app", "")
    try:
        return confirm_url(app, request) if request.method == "GET" else receive(app, request)
    except CallbackRejectedError as error:
        logger.warning("callback rejected", reason=error.reason.value)
        count("CallbackRejected", reason=error.reason.value)
        return text_response(STATUS.get(error.reason, HTTPStatus.BAD_REQUEST))


def confirm_url(app: str, request: HttpRequest) -> dict[str, Any]:
    echo = wiring.callback_gate().echo(app, request.query)
    count("CallbackUrlConfirmed")
    return text_response(HTTPStatus.OK, echo)


def receive(app: str, request: HttpRequest) -> dict[str, Any]:
    callback = wiring.callback_gate().open(app, request.query, request.body)
    logger.append_keys(event_id=callback.event_id, callback=callback.name)
    outcome = wiring.callback_intake().take(callback)
    logger.info("callback taken", outcome=outcome.value)
    count(outcome.value)
    return text_response(HTTPStatus.OK)
