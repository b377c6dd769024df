"""What two persons decide: refusals and who was faster, as problems."""

from collections.abc import Callable
from http import HTTPStatus

from scrm.runtime.http.problems import ProblemError, sentence
from scrm.two_persons import RequestRefusedError, StaleRequestError


def decided[Request](called: str, decide: Callable[[], Request]) -> Request:
    """What the use case answers; ``called``: what programs call such a request."""
    try:
        return decide()
    except RequestRefusedError as refused:
        raise ProblemError(HTTPStatus.CONFLICT, f"{called}-refused", sentence(refused)) from refused
    except StaleRequestError as stale:
        raise ProblemError(HTTPStatus.CONFLICT, f"{called}-changed", sentence(stale)) from stale
