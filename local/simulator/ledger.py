"""The record of everything: calls, relation changes and callback deliveries. Ids only; never a token or a secret."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(slots=True, kw_only=True)
class CallRecord:
    """One API call. ``ids`` counts the ids in the request; ``fault`` names the injected fault; ``answered`` False
    means that the caller got no reply (``errcode`` is then what the work came to, None if it was not done)."""

    seq: int
    at: float
    path: str
    app: str | None
    source: str
    ids: int
    errcode: int | None
    duration_ms: float
    http_status: int = 200
    answered: bool = True
    fault: str | None = None


@dataclass(slots=True, kw_only=True)
class ChangeRecord:
    """One change of the corp's state, with what caused it, for example ``transfer:onjob`` or ``control``."""

    seq: int
    at: float
    kind: str
    cause: str
    userid: str | None = None
    external_userid: str | None = None
    chat_id: str | None = None
    detail: str | None = None


@dataclass(slots=True, kw_only=True)
class DeliveryRecord:
    """One attempt to deliver one event to one app. ``outcome``: delivered, failed, lost (by policy), abandoned."""

    seq: int
    at: float
    delivery_id: int
    app: str
    event: str
    change_type: str
    attempt: int
    outcome: str
    status: int | None = None
    error: str | None = None
    duration_ms: float = 0.0
    copy_of: int | None = None


class Numbered(Protocol):
    @property
    def seq(self) -> int: ...


@dataclass(slots=True)
class Ledger:
    calls: list[CallRecord] = field(default_factory=list)
    changes: list[ChangeRecord] = field(default_factory=list)
    deliveries: list[DeliveryRecord] = field(default_factory=list)

    def changed(
        self,
        at: float,
        kind: str,
        cause: str,
        *,
        userid: str | None = None,
        external_userid: str | None = None,
        chat_id: str | None = None,
        detail: str | None = None,
    ) -> None:
        record = ChangeRecord(
            seq=len(self.changes) + 1,
            at=at,
            kind=kind,
            cause=cause,
            userid=userid,
            external_userid=external_userid,
            chat_id=chat_id,
            detail=detail,
        )
        self.changes.append(record)


def page_after[T: Numbered](records: Sequence[T], since: int, limit: int) -> list[T]:
    """Records with ``seq > since``; a record's seq is its place in the sequence, so this is a slice."""
    return list(records[since : since + limit])
