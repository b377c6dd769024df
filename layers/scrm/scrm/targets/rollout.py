"""From pilot to bank (S13, S44, S45): a pilot's exit is looked at, recorded with its evidence, and opens the gate.

A record is frozen: it keeps every figure it went by, and the settings it was compared with. Recorded for a branch it
lets the whole bank follow; for a node below one it lets that node, and what lies below it, go on. Against the figures
the gate is opened as any other is (`scrm.targets.overrides`): two persons, a reason, an end.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import Enum, StrEnum
from fractions import Fraction
from typing import Any, Final, Protocol

from scrm import ids
from scrm.clock import BUSINESS_ZONE
from scrm.node_paths import branch_path, covers
from scrm.targets.errors import TargetError
from scrm.targets.figures import FigureStore, MonthFigure, month_before, month_of
from scrm.targets.overrides import ROLLOUT, OverrideStore
from scrm.targets.pilot import ExitTerms, ExitVerdict, NamedReview, PilotExit, asked_for, lasting
from scrm.targets.stages import StageLadder

_TREND: Final = 12
"""Months that are shown."""


class OpenMonthError(TargetError):
    """The month is not over, so that nothing can be said of it yet."""


class ExitNotReadyError(TargetError):
    """Only an exit that is ready is recorded; the text says so, for people."""


@dataclass(frozen=True, slots=True)
class Looked:
    """``trend``: figures of the last year by KPI and month, for the eye."""

    exit: PilotExit
    trend: Mapping[str, Mapping[str, MonthFigure]]


@dataclass(frozen=True, slots=True)
class RecordedExit:
    """``evidence``: all of the exit as JSON, ``sha256`` its checksum."""

    exit_id: str
    node_id: str
    node_path: str
    evidence: str
    recorded_by: str
    recorded_at: datetime

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.evidence.encode()).hexdigest()

    @property
    def opens_the_bank(self) -> bool:
        """A regional branch is what a pilot is (S45): the bank follows it. Anything smaller speaks for itself."""
        return branch_path(self.node_path) == self.node_path

    def opens(self, node_path: str) -> bool:
        return self.opens_the_bank or covers(self.node_path, node_path)


class ExitStore(Protocol):
    """Records; few."""

    def find(self, exit_id: str) -> RecordedExit | None: ...

    def add(self, recorded: RecordedExit) -> bool:
        """Store; False when there is one with this id."""

    def all(self) -> Sequence[RecordedExit]:
        """The latest recorded first."""


class ExitJournal(Protocol):
    """The audit log. Told again of the same record it is the same entry."""

    def told(self, recorded: RecordedExit, actor: str, at: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class PilotExits:
    """Use cases of operators. ``ladder`` and ``terms`` give the bank's settings in force."""

    figures: FigureStore
    exits: ExitStore
    journal: ExitJournal
    ladder: Callable[[], StageLadder]
    terms: Callable[[], ExitTerms]

    def look(self, node_id: str, review: NamedReview | None, now: datetime, through: str | None = None) -> Looked:
        """Over the closed months up to ``through``, the last closed one if None. Raises OpenMonthError."""
        this_month = month_of(now.astimezone(BUSINESS_ZONE).date())
        last = through or month_before(this_month, 1)
        if last >= this_month:
            raise OpenMonthError(f"{last} is not over: an exit is looked at over closed months")
        ladder, terms = self.ladder(), self.terms()
        first = month_before(last, max(_TREND, terms.months) - 1)
        told = {kpi: self.figures.latest(node_id, kpi, first, last) for kpi in asked_for(ladder, terms)}
        months = [month_before(last, back) for back in reversed(range(terms.months))]
        return Looked(PilotExit(node_id, last, terms, lasting(ladder, terms, months, told), review), told)

    def record(self, found: PilotExit, node_path: str, actor: str, now: datetime) -> RecordedExit:
        """The same evidence is the same record, whoever records it again. Raises ExitNotReadyError."""
        if found.verdict is not ExitVerdict.READY:
            text = f"the exit is {found.verdict.value}, and only one that is ready is recorded: look at its reasons"
            raise ExitNotReadyError(text)
        evidence = json.dumps(told(found), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        made = RecordedExit(ids.derive("exit", evidence), found.node_id, node_path, evidence, actor, now)
        recorded = made if self.exits.add(made) else self.exits.find(made.exit_id) or made
        self.journal.told(recorded, recorded.recorded_by, recorded.recorded_at)
        return recorded


class GateToFormal(StrEnum):
    """Whether a node may become formal, and by what."""

    OFF = "off"
    SHUT = "shut"
    RECORDED = "recorded"
    OVERRIDDEN = "overridden"


@dataclass(frozen=True, slots=True)
class RolloutGate:
    """Use case; implements `scrm.org.ports.FormalGate`. ``is_on``: what the bank decided."""

    exits: ExitStore
    overrides: OverrideStore
    is_on: Callable[[], bool]
    now: Callable[[], datetime]

    def state(self, node_path: str) -> GateToFormal:
        if not self.is_on():
            return GateToFormal.OFF
        if any(one.opens(node_path) for one in self.exits.all()):
            return GateToFormal.RECORDED
        now, above = self.now(), self.overrides.at_or_above(node_path)
        is_held = any(one.wanted.kpi == ROLLOUT and one.is_in_force(now) for one in above)
        return GateToFormal.OVERRIDDEN if is_held else GateToFormal.SHUT

    def is_open(self, node_path: str) -> bool:
        return self.state(node_path) is not GateToFormal.SHUT


def told(found: PilotExit) -> dict[str, Any]:
    """All of an exit as plain values: what was asked, what was found, and what follows."""
    content: dict[str, Any] = _plain(asdict(found))
    content |= {
        "verdict": found.verdict.value,
        "reasons": [_plain(asdict(one)) for one in found.reasons],
        "results": [_plain(asdict(one)) for one in found.results],
    }
    if found.review is not None:
        content["review"].pop("lines")  # they are the results
    return content


def _plain(value: Any) -> Any:
    """Dates as ISO 8601, fractions as ``4/5``, enumerations by their value."""
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Fraction) else value
