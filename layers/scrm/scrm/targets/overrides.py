"""A gate is opened for a node against its figures (S11, S45): asked for with a reason, approved by somebody else, for a
time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from scrm import clock, ids
from scrm.paging import Page
from scrm.targets.stages import GateOverride
from scrm.two_persons import Decision, RequestRefusedError, RequestState, RequestStore, TwoPersonDesk

LONGEST: Final = timedelta(days=92)
ROLLOUT: Final = "rollout"
"""In the place of a KPI: the gate that a node passes to become formal (`scrm.targets.rollout`)."""


@dataclass(frozen=True, slots=True)
class WantedOverride:
    """Which KPI shall count, or whether `ROLLOUT` is open, at or below which node, until when and why. ``reason`` is
    somebody's own word: never logged."""

    kpi: str
    node_id: str
    node_path: str
    valid_until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Override(Decision):
    """A request and what became of it."""

    override_id: str
    wanted: WantedOverride
    requested_by: str
    requested_at: datetime

    def is_in_force(self, now: datetime) -> bool:
        return self.state is RequestState.APPROVED and now < self.wanted.valid_until

    def as_gate(self) -> GateOverride:
        return GateOverride(self.override_id, self.wanted.kpi, self.wanted.valid_until)


class OverrideStore(RequestStore[Override], Protocol):
    def at_or_above(self, node_path: str) -> list[Override]:
        """Approved ones whose node is the node or lies above it."""

    def page(self, node_path: str, cursor: str | None, limit: int) -> Page[Override]:
        """Those at or below the node. A cursor of another list raises `scrm.paging.InvalidCursorError`."""


@dataclass(frozen=True, slots=True)
class GateOverrides(TwoPersonDesk[Override]):
    """Use cases of operators. ``gated``: the KPIs that a stage unlocks."""

    CALLED = "override"
    store: OverrideStore
    gated: Callable[[], frozenset[str]]

    def ask(self, wanted: WantedOverride, actor: str, now: datetime) -> Override:
        """The same request of the same person is the same override."""
        self._check(wanted, now)
        override_id = ids.derive("gate", wanted.kpi, wanted.node_id, clock.to_iso(wanted.valid_until), actor)
        return self._asked(override_id, Override(override_id, wanted, actor, now))

    def _check(self, wanted: WantedOverride, now: datetime) -> None:
        if not wanted.reason.strip():
            raise RequestRefusedError("an override needs a reason: say why the node is assessed before it is ready")
        if wanted.kpi != ROLLOUT and wanted.kpi not in self.gated():
            raise RequestRefusedError(f"no stage locks {wanted.kpi}: it is assessed already")
        if not now < wanted.valid_until <= now + LONGEST:
            raise RequestRefusedError(f"an override ends after now and within {LONGEST.days} days")
