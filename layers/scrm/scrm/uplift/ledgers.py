"""Ledgers by month and version: made when a month is published, and anew beside it when it is corrected (S18)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Protocol

from scrm.clock import BUSINESS_ZONE
from scrm.uplift.ledger import BranchCredits, Windows, month_before

MONTHS_BACK: Final = 3
"""So many months are looked at for corrections."""


@dataclass(frozen=True, slots=True)
class LedgerInputs:
    """Partitions of what was read, and by which windows. ``holdings``: empty while products are not published;
    ``relations``: those of the end of the month, empty where none are kept."""

    customers: str
    months: Mapping[str, str]
    touches: tuple[str, ...]
    holdings: Mapping[str, str] = field(default_factory=dict)
    windows: Windows = field(default_factory=Windows)
    relations: str = ""

    @property
    def without_customers(self) -> tuple[object, ...]:
        """What makes another version: neither tomorrow's master nor who follows whom does."""
        return (dict(self.months), dict(self.holdings), self.touches, self.windows)


class LedgerSources(Protocol):
    def inputs(self, month: str, windows: Windows, today: date) -> LedgerInputs | None:
        """None while the month, or the one before, is not published. Touches are told up to the month's last day, and
        once the word on its last sends has come, up to that."""
        ...

    def ledger(self, month: str, inputs: LedgerInputs) -> Iterator[BranchCredits]: ...

    def rows(self, month: str, inputs: LedgerInputs) -> Iterator[tuple[str, Sequence[Mapping[str, Any]]]]:
        """The largest changes, campaign by campaign."""
        ...


class LedgerDocuments(Protocol):
    def latest(self, month: str) -> tuple[int, LedgerInputs] | None: ...

    def keep(
        self,
        month: str,
        version: int,
        inputs: LedgerInputs,
        branches: Iterable[BranchCredits],
        rows: Iterable[tuple[str, Sequence[Mapping[str, Any]]]],
        at: datetime,
    ) -> None:
        """As they come; the figures of the bank last: a version that has them is whole."""
        ...


@dataclass(frozen=True, slots=True)
class LedgerRuns:
    """Use case: the last months, by schedule."""

    sources: LedgerSources
    documents: LedgerDocuments
    windows: Callable[[], Windows]

    def make(self, now: datetime, has_time: Callable[[], bool]) -> int:
        """Versions written."""
        written = 0
        today = now.astimezone(BUSINESS_ZONE).date()
        for month in _last_months(today):
            inputs = self.sources.inputs(month, self.windows(), today)
            if inputs is None or not has_time():
                continue
            known = self.documents.latest(month)
            if known is not None and known[1].without_customers == inputs.without_customers:
                continue
            version = known[0] + 1 if known else 1
            branches, rows = self.sources.ledger(month, inputs), self.sources.rows(month, inputs)
            self.documents.keep(month, version, inputs, branches, rows, now)
            written += 1
        return written


def _last_months(today: date) -> list[str]:
    """Those that are over, the latest first."""
    found = [month_before(today.isoformat()[:7])]
    while len(found) < MONTHS_BACK:
        found.append(month_before(found[-1]))
    return found
