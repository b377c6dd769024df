"""The customer's own page (HTTP API GET and POST /o/{token}, no authorizer): may the bank advertise to him?

The link is the authority. A GET changes nothing, because messengers fetch links before anybody opens them; only a POST
with ``confirm=1`` does. Nothing of link or customer is logged.
"""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm.consent.links import LinkExpiredError, LinkRejectedError
from scrm.consent.page import ChangedTooOftenError
from scrm.runtime import customer_page as pages
from scrm.runtime.http_request import HttpRequest
from scrm.runtime.observability import count, logger
from scrm.runtime.wiring import customer_web as wiring

REFUSED: dict[type[Exception], tuple[HTTPStatus, str]] = {
    LinkRejectedError: (HTTPStatus.NOT_FOUND, "invalid"),
    LinkExpiredError: (HTTPStatus.GONE, "expired"),
    pages.UnclearChoiceError: (HTTPStatus.BAD_REQUEST, "unclear"),
    pages.TooLargeError: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large"),
    ChangedTooOftenError: (HTTPStatus.TOO_MANY_REQUESTS, "too_often"),
}


@entrypoint
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    request = HttpRequest.from_event(event, pages.MAX_BODY_BYTES)
    try:
        return answer(request)
    except tuple(REFUSED) as refused:
        status, reason = REFUSED[type(refused)]
        count("CustomerPageRefused", reason=reason)
        return pages.refusal(status, wiring.bank_name())
    except wiring.FAILURES as error:
        logger.error("customer page failed", error=type(error).__name__)
        count("CustomerPageFailed")
        return pages.refusal(HTTPStatus.SERVICE_UNAVAILABLE, wiring.bank_name())


def answer(request: HttpRequest) -> dict[str, Any]:
    token = request.path_parameters.get("token", "")
    customer = wiring.tokens().customer_of(token)
    if request.method == "GET":
        count("CustomerPageShown")
        return pages.choices(wiring.standing_of(customer), wiring.bank_name())
    wanted = pages.choice_in(request.body)
    heard = wiring.choice().choose(customer, wanted, wiring.cause_of(token))
    count(heard.value if heard else "ConsentRepeated")
    return pages.choices(wiring.standing_of(customer), wiring.bank_name(), is_recorded=True)
