"""The gate is opened for a node against its figures (S11): asked for with a reason, approved by somebody else, for a
time."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from scrm import clock, ids
from scrm.paging import Page
from scrm.targets.errors import TargetError
from scrm.targets.stages import GateOverride

LONGEST: Final = timedelta(days=92)


class OverrideState(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    REVOKED = "revoked"


class OverrideRefusedError(TargetError):
    """It cannot be asked for or decided so."""


class StaleOverrideError(TargetError):
    """Somebody else decided in between."""


@dataclass(frozen=True, slots=True)
class WantedOverride:
    """Which KPI shall count at or below which node, until when and why. ``reason`` is somebody's own word: never
    logged."""

    kpi: str
    node_id: str
    node_path: str
    valid_until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Override:
    """A request and what became of it. ``version`` rises with each decision, 0 before it is stored."""

    override_id: str
    wanted: WantedOverride
    requested_by: str
    requested_at: datetime
    state: OverrideState = OverrideState.REQUESTED
    decided_by: str = ""
    decided_at: datetime | None = None
    note: str = ""
    version: int = 0

    def is_in_force(self, now: datetime) -> bool:
        return self.state is OverrideState.APPROVED and now < self.wanted.valid_until

    def as_gate(self) -> GateOverride:
        return GateOverride(self.override_id, self.wanted.kpi, self.wanted.valid_until)


class OverrideStore(Protocol):
    def find(self, override_id: str) -> Override | None: ...

    def save(self, override: Override) -> Override:
        """Write over the version that was read, 0 for a new one; raises StaleOverrideError."""

    def at_or_above(self, node_path: str) -> list[Override]:
        """Approved ones whose node is the node or lies above it."""

    def page(self, node_path: str, cursor: str | None, limit: int) -> Page[Override]:
        """Those at or below the node. A cursor of another list raises `scrm.paging.InvalidCursorError`."""


class OverrideJournal(Protocol):
    """The audit log. Told again of the same state it is the same entry."""

    def told(self, override: Override, actor: str, at: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class GateOverrides:
    """Use cases of operators. ``gated``: the KPIs that a stage unlocks. Each raises OverrideRefusedError and
    StaleOverrideError."""

    store: OverrideStore
    journal: OverrideJournal
    gated: Callable[[], frozenset[str]]

    def ask(self, wanted: WantedOverride, actor: str, now: datetime) -> Override:
        """The same request of the same person is the same override."""
        self._check(wanted, now)
        override_id = ids.derive("gate", wanted.kpi, wanted.node_id, clock.to_iso(wanted.valid_until), actor)
        known = self.store.find(override_id) or self.store.save(Override(override_id, wanted, actor, now))
        self.journal.told(known, actor, known.requested_at)
        return known

    def approve(self, override: Override, actor: str, now: datetime) -> Override:
        """By anybody but who asked."""
        if actor == override.requested_by:
            raise OverrideRefusedError("who asked for an override does not approve it: somebody else has to")
        if now >= override.wanted.valid_until:
            raise OverrideRefusedError("the time asked for has passed: ask anew")
        return self._decide(override, OverrideState.APPROVED, actor, "", now)

    def reject(self, override: Override, actor: str, note: str, now: datetime) -> Override:
        return self._decide(override, OverrideState.REJECTED, actor, note, now)

    def revoke(self, override: Override, actor: str, note: str, now: datetime) -> Override:
        """End an approved one before its time."""
        return self._decide(override, OverrideState.REVOKED, actor, note, now)

    def _decide(self, override: Override, state: OverrideState, actor: str, note: str, now: datetime) -> Override:
        before = OverrideState.APPROVED if state is OverrideState.REVOKED else OverrideState.REQUESTED
        if override.state is state and override.decided_by == actor:
            self.journal.told(override, actor, override.decided_at or now)
            return override
        if override.state is not before:
            raise OverrideRefusedError(f"the override is {override.state.value}, not {before.value}")
        saved = self.store.save(replace(override, state=state, decided_by=actor, decided_at=now, note=note))
        self.journal.told(saved, actor, now)
        return saved

    def _check(self, wanted: WantedOverride, now: datetime) -> None:
        if not wanted.reason.strip():
            raise OverrideRefusedError("an override needs a reason: say why the node is assessed before it is ready")
        if wanted.kpi not in self.gated():
            raise OverrideRefusedError(f"no stage locks {wanted.kpi}: it is assessed already")
        if not now < wanted.valid_until <= now + LONGEST:
            raise OverrideRefusedError(f"an override ends after now and within {LONGEST.days} days")
