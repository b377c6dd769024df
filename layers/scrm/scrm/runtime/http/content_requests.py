"""What operations on content share: refusals as problems, requests carried out once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus

from pydantic import BaseModel

from scrm import ids
from scrm.content.errors import (
    InvalidContentError,
    OriginationRefusedError,
    StaleContentError,
    StepRefusedError,
    UnknownContentError,
)
from scrm.content.permissions import InvalidPermissionError
from scrm.node_paths import branch_path
from scrm.runtime.http.caller import Caller
from scrm.runtime.http.problems import NoSuchThingError, NotAllowedError, ProblemError, sentence
from scrm.runtime.http.routing import current_caller
from scrm.runtime.http.wire import ProblemField
from scrm.runtime.wiring import admin_api as wiring


@contextmanager
def refusals(thing: str) -> Iterator[None]:
    """What a use case refuses, as the problem that tells it."""
    try:
        yield
    except OriginationRefusedError as refused:
        raise NotAllowedError(sentence(refused)) from refused
    except UnknownContentError as refused:
        raise NoSuchThingError(thing) from refused
    except InvalidContentError as refused:
        fields = [ProblemField(where=each.where, kind=each.kind) for each in refused.problems]
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        raise ProblemError(status, "invalid-content", sentence(refused), fields) from refused
    except (StepRefusedError, InvalidPermissionError) as refused:
        raise ProblemError(HTTPStatus.CONFLICT, "content-refused", sentence(refused)) from refused
    except StaleContentError as refused:
        raise ProblemError(HTTPStatus.CONFLICT, "content-changed", sentence(refused)) from refused


def once(thing: str, key: str, request: BaseModel, carry_out: Callable[[], str]) -> str:
    """What ``carry_out`` returned the first time the caller sent this key; it is repeatable in itself."""
    operation_id = ids.derive("request", current_caller().subject, thing, key)
    return wiring.decided_once().answers.answer(operation_id, request.model_dump_json(), carry_out)


def issuing_caller(what: str) -> Caller:
    """The caller, if he decides and is placed at head office or at a branch (S56)."""
    caller = current_caller()
    if not caller.decides or caller.node.path != branch_path(caller.node.path):
        raise NotAllowedError(f"{what} is for operators of head office and of branches.")
    return caller
