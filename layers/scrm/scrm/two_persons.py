"""What one person asks for and another one approves, for a time (S11, S40)."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol


class RequestState(StrEnum):
    """``requested`` -> ``approved`` -> ``revoked``, or ``rejected``."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    REVOKED = "revoked"


class RequestRefusedError(Exception):
    """It cannot be asked for or decided so; the text says why, for people."""


class StaleRequestError(Exception):
    """Somebody else decided in between; the text says so, for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What became of a request. ``version`` rises with each decision, 0 before it is stored."""

    state: RequestState = RequestState.REQUESTED
    decided_by: str = ""
    decided_at: datetime | None = None
    note: str = ""
    version: int = 0


class Wanted(Protocol):
    @property
    def valid_until(self) -> datetime: ...


class TwoPersonRequest(Protocol):
    """A dataclass that begins with `Decision`."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def wanted(self) -> Wanted: ...
    @property
    def requested_by(self) -> str: ...
    @property
    def requested_at(self) -> datetime: ...
    @property
    def state(self) -> RequestState: ...
    @property
    def decided_by(self) -> str: ...
    @property
    def decided_at(self) -> datetime | None: ...


class RequestStore[Request](Protocol):
    def find(self, request_id: str, /) -> Request | None: ...

    def save(self, request: Request, /) -> Request:
        """Write over the version that was read, 0 for a new one; raises StaleRequestError."""
        ...


class RequestJournal[Request](Protocol):
    """The audit log. Told again of the same state it is the same entry."""

    def told(self, request: Request, actor: str, at: datetime, /) -> None: ...


@dataclass(frozen=True, slots=True)
class TwoPersonDesk[Request: TwoPersonRequest]:
    """Use cases of both persons; how something is asked for, and when it may be, its own module says.

    ``CALLED`` is what people call such a request. Each raises RequestRefusedError and StaleRequestError.
    """

    CALLED: ClassVar[str] = "request"
    store: RequestStore[Request]
    journal: RequestJournal[Request]

    def approve(self, request: Request, actor: str, now: datetime, note: str = "") -> Request:
        """By anybody but who asked."""
        if actor == request.requested_by:
            raise RequestRefusedError(f"who asked for an {self.CALLED} does not approve it: somebody else has to")
        if now >= request.wanted.valid_until:
            raise RequestRefusedError("the time asked for has passed: ask anew")
        return self._decide(request, RequestState.APPROVED, actor, note, now)

    def reject(self, request: Request, actor: str, note: str, now: datetime) -> Request:
        return self._decide(request, RequestState.REJECTED, actor, note, now)

    def revoke(self, request: Request, actor: str, note: str, now: datetime) -> Request:
        """End an approved one before its time; what happened under it stays."""
        return self._decide(request, RequestState.REVOKED, actor, note, now)

    def _asked(self, request_id: str, request: Request) -> Request:
        """The one that is stored under the id; this one if there is none."""
        known = self.store.find(request_id) or self.store.save(request)
        self.journal.told(known, known.decided_by or known.requested_by, known.decided_at or known.requested_at)
        return known

    def _decide(self, request: Request, state: RequestState, actor: str, note: str, now: datetime) -> Request:
        before = RequestState.APPROVED if state is RequestState.REVOKED else RequestState.REQUESTED
        if request.state is state and request.decided_by == actor:
            self.journal.told(request, actor, request.decided_at or now)
            return request
        if request.state is not before:
            raise RequestRefusedError(f"the {self.CALLED} is {request.state.value}, not {before.value}")
        saved = self.store.save(replace(request, state=state, decided_by=actor, decided_at=now, note=note))
        self.journal.told(saved, actor, now)
        return saved
