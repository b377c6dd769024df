"""One API call, and how list calls follow their cursor."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel, ValidationError

from scrm.wecom.errors import InvalidRequestError, OutcomeUnknownError, TransientError

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """What to send: with a ``body`` a POST, else a GET.

    ``repeatable`` is False for what must not be sent a second time while its outcome is unknown (transfers,
    messages): the caller looks first.
    """

    path: str
    query: Mapping[str, str | int] | None = None
    body: Mapping[str, Any] | None = None
    repeatable: bool = True


class Caller(Protocol):
    """Carries a call to WeCom and brings back the JSON of a successful answer."""

    def call(self, call: Call) -> Json:
        """The answer, ``errcode`` 0. Raises `WecomError`, or `CallPostponedError` when nothing was sent."""


def parsed[Payload: BaseModel](model: type[Payload], reply: Json, call: Call) -> Payload:
    """``reply`` as ``model``. A shape we cannot read is like no answer at all; its values stay out of the error."""
    with suppress(ValidationError):
        return model.model_validate(reply)
    raise (TransientError if call.repeatable else OutcomeUnknownError)(None, call.path)


def pages[Payload: BaseModel](
    caller: Caller, model: type[Payload], path: str, body: Mapping[str, Any]
) -> Iterator[Payload]:
    """Every page of a list call. The end is an empty ``next_cursor``, never a short page (wecom_contacts 5.4)."""
    cursor = ""
    while True:
        call = Call(path, body={**body, "cursor": cursor} if cursor else body)
        page = parsed(model, caller.call(call), call)
        yield page
        following = getattr(page, "next_cursor", "")
        if not following:
            return
        if following == cursor:  # would go round for ever
            raise TransientError(None, path)
        cursor = following


def require_ids(path: str, name: str, ids: Sequence[str], most: int) -> None:
    """Refuse before sending what WeCom would refuse: no id, an empty id, too many."""
    if not ids:
        raise InvalidRequestError(None, path, reason=f"{name} must name at least one id")
    if len(ids) > most:
        raise InvalidRequestError(None, path, reason=f"{name} may name at most {most} ids, not {len(ids)}")
    if not all(ids):
        raise InvalidRequestError(None, path, reason=f"{name} contains an empty id")


def require_length(path: str, name: str, text: str, most: int) -> None:
    """Refuse a text of more than ``most`` characters."""
    if len(text) > most:
        raise InvalidRequestError(None, path, reason=f"{name} may be at most {most} characters long, not {len(text)}")


def require_bytes(path: str, name: str, text: str, most: int) -> None:
    """Refuse a text of more than ``most`` bytes of UTF-8."""
    size = len(text.encode())
    if size > most:
        raise InvalidRequestError(None, path, reason=f"{name} may be at most {most} bytes long, not {size}")
