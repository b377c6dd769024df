"""Governed exceptions from the weekly caps (S40): asked for with a reason, approved by somebody else, for a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from scrm import clock, ids
from scrm.homes import key_of
from scrm.paging import Page
from scrm.pressure.model import Cap, PressureClass


class ExceptionScope(StrEnum):
    """For one customer under every campaign, or for one campaign with all its customers."""

    CUSTOMER = "customer"
    CAMPAIGN = "campaign"


class ExceptionState(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    REVOKED = "revoked"


class ExceptionRefusedError(Exception):
    """The text says why, for people."""


class StaleExceptionError(Exception):
    """Somebody else decided in between."""


@dataclass(frozen=True, slots=True)
class PressureRules:
    """The bank's caps by class, and how far and how long an exception may go beyond them."""

    caps: dict[PressureClass, int]
    most_by_exception: int
    longest_exception: timedelta


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asks for. ``reason`` is his own word and may name people: never logged."""

    scope: ExceptionScope
    subject_id: str
    pressure_class: PressureClass
    weekly_cap: int
    valid_until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class PressureException:
    """A request and what became of it. ``node_path`` is where it is seen: the customer's place, or the asker's."""

    exception_id: str
    wanted: Wanted
    node_path: str
    requested_by: str
    requested_at: datetime
    state: ExceptionState = ExceptionState.REQUESTED
    decided_by: str = ""
    decided_at: datetime | None = None
    note: str = ""
    version: int = 0

    def is_in_force(self, now: datetime) -> bool:
        return self.state is ExceptionState.APPROVED and now < self.wanted.valid_until


class ExceptionStore(Protocol):
    """Exceptions by id. A cursor of another list raises `scrm.paging.InvalidCursorError`."""

    def find(self, exception_id: str) -> PressureException | None: ...

    def save(self, exception: PressureException) -> PressureException:
        """Write over the version that was read, 0 for a new one; raises StaleExceptionError."""

    def in_force(self, now: datetime) -> list[PressureException]:
        """Those that are approved and whose time has not ended."""

    def page(self, node_path: str, cursor: str | None, limit: int) -> Page[PressureException]:
        """Those at or below the node, in the order of their ids."""


class ExceptionJournal(Protocol):
    """The audit log. Told again of the same state it is the same entry."""

    def told(self, exception: PressureException, actor: str, at: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class PressureExceptions:
    """Use cases of operators. Each raises ExceptionRefusedError and StaleExceptionError."""

    store: ExceptionStore
    journal: ExceptionJournal
    rules: Callable[[], PressureRules]

    def ask(self, wanted: Wanted, node_path: str, actor: str, now: datetime) -> PressureException:
        """Ask for a higher cap. The same request of the same person is the same exception."""
        self._check(wanted, now)
        exception_id = ids.derive(
            "pexc",
            wanted.scope.value,
            wanted.subject_id,
            wanted.pressure_class.value,
            str(wanted.weekly_cap),
            clock.to_iso(wanted.valid_until),
            actor,
        )
        known = self.store.find(exception_id)
        if known is None:
            known = self.store.save(PressureException(exception_id, wanted, node_path, actor, now))
        self.journal.told(known, actor, known.requested_at)
        return known

    def approve(self, exception: PressureException, actor: str, now: datetime) -> PressureException:
        """By anybody but who asked."""
        if actor == exception.requested_by:
            raise ExceptionRefusedError("who asked for an exception does not approve it: somebody else has to")
        if now >= exception.wanted.valid_until:
            raise ExceptionRefusedError("the time asked for has passed: ask anew")
        return self._decide(exception, ExceptionState.APPROVED, actor, "", now)

    def reject(self, exception: PressureException, actor: str, note: str, now: datetime) -> PressureException:
        return self._decide(exception, ExceptionState.REJECTED, actor, note, now)

    def revoke(self, exception: PressureException, actor: str, note: str, now: datetime) -> PressureException:
        """End an approved one; what was reserved under it keeps its place."""
        return self._decide(exception, ExceptionState.REVOKED, actor, note, now)

    def _decide(
        self, exception: PressureException, state: ExceptionState, actor: str, note: str, now: datetime
    ) -> PressureException:
        before = ExceptionState.APPROVED if state is ExceptionState.REVOKED else ExceptionState.REQUESTED
        if exception.state is state and exception.decided_by == actor:
            self.journal.told(exception, actor, exception.decided_at or now)
            return exception
        if exception.state is not before:
            raise ExceptionRefusedError(f"the exception is {exception.state.value}, not {before.value}")
        decided = replace(exception, state=state, decided_by=actor, decided_at=now, note=note)
        saved = self.store.save(decided)
        self.journal.told(saved, actor, now)
        return saved

    def _check(self, wanted: Wanted, now: datetime) -> None:
        rules = self.rules()
        usual = rules.caps.get(wanted.pressure_class)
        if usual is None:
            raise ExceptionRefusedError("service messages have no cap and need no exception")
        if not usual < wanted.weekly_cap <= rules.most_by_exception:
            most = rules.most_by_exception
            raise ExceptionRefusedError(f"an exception raises the weekly cap above {usual} and to {most} at most")
        if not now < wanted.valid_until <= now + rules.longest_exception:
            days = rules.longest_exception.days
            raise ExceptionRefusedError(f"an exception ends after now and within {days} days")
        if not wanted.reason.strip():
            raise ExceptionRefusedError("an exception needs a reason")


class GovernedCaps:
    """Implements `scrm.pressure.ports.CapsInForce`: the bank's caps, and exceptions, which it reads once a minute."""

    def __init__(
        self,
        rules: Callable[[], PressureRules],
        store: ExceptionStore,
        now: Callable[[], datetime],
        kept_for: timedelta = timedelta(minutes=1),
    ) -> None:
        self._rules = rules
        self._store = store
        self._now = now
        self._kept_for = kept_for
        self._kept: tuple[list[PressureException], datetime] | None = None

    def cap(self, pressure_class: PressureClass, campaign_id: str, external_userids: Sequence[str]) -> Cap:
        """The highest that is in force: of the bank, of the campaign, and of each customer."""
        usual = self._rules().caps[pressure_class]
        customers: dict[str, int] = {}
        for wanted in (found.wanted for found in self._in_force() if found.wanted.pressure_class is pressure_class):
            if wanted.scope is ExceptionScope.CUSTOMER:
                customers[wanted.subject_id] = max(wanted.weekly_cap, customers.get(wanted.subject_id, 0))
            elif wanted.subject_id == campaign_id:
                usual = max(usual, wanted.weekly_cap)
        raised = {key_of(name): customers[name] for name in external_userids if customers.get(name, 0) > usual}
        return Cap(usual, raised)

    def _in_force(self) -> list[PressureException]:
        now = self._now()
        if self._kept is None or now - self._kept[1] >= self._kept_for:
            self._kept = self._store.in_force(now), now
        return [found for found in self._kept[0] if found.is_in_force(now)]
