"""One API call, and how list calls follow their cursor."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple, Protocol

from pydantic import BaseModel, ValidationError

from scrm.wecom.errors import InvalidRequestError, OutcomeUnknownError, TransientError

type Json = dict[str, Any]

_NOT_IN_A_NAME: Final = dict.fromkeys(map(ord, '"\\\r\n'), "_")


class UploadFile(NamedTuple):
    """A file as WeCom takes it: a multipart form with one part, whose name is always ``media``."""

    name: str
    content: bytes

    def form(self, boundary: str) -> bytes:
        """The name goes out as UTF-8: WeCom shows it to customers, and does not know the way of RFC 5987."""
        name = self.name.translate(_NOT_IN_A_NAME)
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="media"; filename="{name}"; '
            f"filelength={len(self.content)}\r\nContent-Type: application/octet-stream\r\n\r\n"
        )
        return b"".join((head.encode(), self.content, f"\r\n--{boundary}--\r\n".encode()))

    def __repr__(self) -> str:
        return f"UploadFile({len(self.content)} bytes)"


class Call(NamedTuple):
    """What to send: with a ``body`` or a ``file`` a POST, else a GET.

    ``repeatable`` is False for what must not be sent a second time while its outcome is unknown (transfers,
    messages): the caller looks first. ``budgets`` are further budgets it uses beside its path's, by the governor's key.
    ``following``: how many calls of this path the caller will make right after it.
    """

    path: str
    query: Mapping[str, str | int] | None = None
    body: Mapping[str, Any] | None = None
    repeatable: bool = True
    budgets: tuple[str, ...] = ()
    following: int = 0
    file: UploadFile | None = None


class Caller(Protocol):
    """Carries a call to WeCom and brings back the JSON of a successful answer."""

    def call(self, call: Call) -> Json:
        """The answer, ``errcode`` 0. Raises `WecomError`, or `CallPostponedError` when nothing was sent."""


class Page[Row](NamedTuple):
    """One page of a list; ``next_cursor`` is empty on the last."""

    rows: tuple[Row, ...]
    next_cursor: str


def parsed[Payload: BaseModel](model: type[Payload], found: Any, call: Call) -> Payload:
    """``found`` as ``model``. A shape we cannot read is like no answer at all; its values stay out of the error."""
    with suppress(ValidationError):
        return model.model_validate(found)
    raise unreadable(call)


def rows[Payload: BaseModel](model: type[Payload], reply: Json, name: str, call: Call) -> list[Payload]:
    """The list ``name`` of the reply, row by row; null and absence are an empty list."""
    return [parsed(model, row, call) for row in _list(reply, name, call)]


def texts(reply: Json, name: str, call: Call) -> list[str]:
    """The list ``name`` of the reply, ids as text."""
    found = _list(reply, name, call)
    if not all(isinstance(text, str) for text in found):
        raise unreadable(call)
    return found


def cursor_of(reply: Json) -> str:
    """Where the list goes on; empty at its end."""
    cursor = reply.get("next_cursor")
    return cursor if isinstance(cursor, str) else ""


def unreadable(call: Call) -> TransientError:
    """The error for an answer of a shape we cannot read."""
    return (TransientError if call.repeatable else OutcomeUnknownError)(None, call.path)


def pages(caller: Caller, first: Call) -> Iterator[tuple[Call, Json]]:
    """Every page of a list call, GET or POST, with the call it answers.

    The end is an empty ``next_cursor``, never a short page (docs/wecom.md 5.4).
    """
    call, cursor = first, ""
    while True:
        reply = caller.call(call)
        yield call, reply
        following = cursor_of(reply)
        if not following:
            return
        if following == cursor:  # would go round for ever
            raise unreadable(call)
        cursor = following
        call = with_cursor(first, cursor)


def all_rows[Payload: BaseModel](caller: Caller, first: Call, model: type[Payload], name: str) -> Iterator[Payload]:
    """The rows of every page."""
    for call, reply in pages(caller, first):
        yield from rows(model, reply, name, call)


def with_cursor(call: Call, cursor: str) -> Call:
    """The same call for the page at ``cursor``; the first page is asked without one."""
    if not cursor:
        return call
    if call.body is None:
        return call._replace(query={**(call.query or {}), "cursor": cursor})
    return call._replace(body={**call.body, "cursor": cursor})


def _list(reply: Json, name: str, call: Call) -> list[Any]:
    found = reply.get(name)
    if found is None:
        return []
    if not isinstance(found, list):
        raise unreadable(call)
    return found


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
