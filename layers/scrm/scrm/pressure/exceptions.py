"""Governed exceptions from the weekly caps (S40): asked for with a reason, approved by somebody else, for a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from scrm import clock, ids
from scrm.homes import key_of
from scrm.paging import Page
from scrm.pressure.model import Cap, PressureClass
from scrm.two_persons import Decision, RequestRefusedError, RequestState, RequestStore, TwoPersonDesk


class ExceptionScope(StrEnum):
    """For one customer under every campaign, or for one campaign with all its customers."""

    CUSTOMER = "customer"
    CAMPAIGN = "campaign"


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
class PressureException(Decision):
    """A request and what became of it. ``node_path`` is where it is seen: the customer's place, or the asker's."""

    exception_id: str
    wanted: Wanted
    node_path: str
    requested_by: str
    requested_at: datetime

    def is_in_force(self, now: datetime) -> bool:
        return self.state is RequestState.APPROVED and now < self.wanted.valid_until


class ExceptionStore(RequestStore[PressureException], Protocol):
    """Exceptions by id. A cursor of another list raises `scrm.paging.InvalidCursorError`."""

    def in_force(self, now: datetime) -> list[PressureException]:
        """Those that are approved and whose time has not ended."""

    def page(self, node_path: str, cursor: str | None, limit: int) -> Page[PressureException]:
        """Those at or below the node, in the order of their ids."""


@dataclass(frozen=True, slots=True)
class PressureExceptions(TwoPersonDesk[PressureException]):
    """Use cases of operators."""

    CALLED = "exception"
    store: ExceptionStore
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
        return self._asked(exception_id, PressureException(exception_id, wanted, node_path, actor, now))

    def _check(self, wanted: Wanted, now: datetime) -> None:
        rules = self.rules()
        usual = rules.caps.get(wanted.pressure_class)
        if usual is None:
            raise RequestRefusedError("service messages have no cap and need no exception")
        if not usual < wanted.weekly_cap <= rules.most_by_exception:
            most = rules.most_by_exception
            raise RequestRefusedError(f"an exception raises the weekly cap above {usual} and to {most} at most")
        if not now < wanted.valid_until <= now + rules.longest_exception:
            days = rules.longest_exception.days
            raise RequestRefusedError(f"an exception ends after now and within {days} days")
        if not wanted.reason.strip():
            raise RequestRefusedError("an exception needs a reason")


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
