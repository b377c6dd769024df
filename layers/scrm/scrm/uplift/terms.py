"""What a review will ask, written down before it is answered (S14): frozen, and known by the checksum of its words."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final

from scrm import clock
from scrm.clock import BUSINESS_ZONE
from scrm.uplift.verdict import Bar

KPIS: Final = ("aum_fen", "holdings", "cards_bound", "active", "mobile_active")
"""Columns of the bank's monthly facts that a review may ask for."""
DAYS_AFTER: Final = 30
USUAL_BAR: Final = Bar()
MOST_MONTHS_BEFORE: Final = 12
MOST_BANDS: Final = 20
_DECEMBER: Final = 12
_EARLIEST, _LATEST = date(2000, 1, 1), date(2099, 12, 31)


class ReviewKind(StrEnum):
    """``added``: who added an RM in the window against who did not. ``holdout``: whom chance assigned to a campaign,
    reached or not, against whom it kept back. ``channel``: whom a channel reached against whom nothing reached.
    """

    ADDED = "added"
    HOLDOUT = "holdout"
    CHANNEL = "channel"


class Stratum(StrEnum):
    """By what customers are alike, besides the level of the KPI before."""

    TIER = "tier"
    AGE_BAND = "age_band"
    BRANCH = "branch"


class InvalidTermsError(ValueError):
    """The terms contradict each other; ``field`` names the first that does."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True)
class ReviewTerms:
    """``first`` to ``last``: business days in which customers were added, or a campaign or channel worked. The KPI is
    read of the month in which ``last`` lies ``days_after`` days back, its level before of the ``months_before`` whole
    months before ``first``. ``treated_share``: of a holdout review, what was planned."""

    name: str
    kind: ReviewKind
    node_id: str
    node_path: str
    kpis: tuple[str, ...]
    first: date
    last: date
    days_after: int = DAYS_AFTER
    months_before: int = 6
    strata: tuple[Stratum, ...] = (Stratum.TIER, Stratum.AGE_BAND, Stratum.BRANCH)
    segments: tuple[Stratum, ...] = (Stratum.BRANCH, Stratum.TIER)
    bands: int = 8
    bar: Bar = USUAL_BAR
    confidence: float = 0.95
    campaign_id: str = ""
    treated_share: float = 0.0

    def __post_init__(self) -> None:
        for field, fits, text in (
            ("name", bool(self.name.strip()), "a review needs a name"),
            ("kpis", bool(self.kpis) and set(self.kpis) <= set(KPIS), f"KPIs are some of {', '.join(KPIS)}"),
            ("kpis", len(set(self.kpis)) == len(self.kpis), "a KPI is named once"),
            ("first", self.first >= _EARLIEST, "days are of this century"),
            ("last", self.last <= _LATEST, "days are of this century"),
            ("last", self.first <= self.last, "the window ends before it begins"),
            ("days_after", 1 <= self.days_after <= 366, "1 to 366 days"),  # noqa: PLR2004 - said in the sentence
            ("months_before", 2 <= self.months_before <= MOST_MONTHS_BEFORE, "2 to 12 months: a trend needs two"),  # noqa: PLR2004
            ("strata", len(set(self.strata)) == len(self.strata), "a stratum is named once"),
            ("segments", len(set(self.segments)) == len(self.segments), "a stratum is named once"),
            ("bands", 1 <= self.bands <= MOST_BANDS, "1 to 20 bands"),
            ("confidence", 0.5 <= self.confidence < 1, "between 0.5 and 1"),  # noqa: PLR2004
            ("campaign_id", (self.kind is ReviewKind.HOLDOUT) == bool(self.campaign_id), "of a holdout, and only then"),
            ("treated_share", self._has_share, "of a holdout between 0 and 1, else 0"),
        ):
            if not fits:
                raise InvalidTermsError(field, text)

    @property
    def _has_share(self) -> bool:
        return 0 < self.treated_share < 1 if self.kind is ReviewKind.HOLDOUT else self.treated_share == 0

    @property
    def window(self) -> tuple[str, str]:
        """The moments at which it begins and is over, as texts."""
        begins = datetime.combine(self.first, time(), BUSINESS_ZONE)
        ends = datetime.combine(self.last + timedelta(days=1), time(), BUSINESS_ZONE)
        return clock.to_iso(begins), clock.to_iso(ends)

    @property
    def month_after(self) -> str:
        """``2027-03``: whose figures answer."""
        return _month(self.last + timedelta(days=self.days_after))

    @property
    def due_on(self) -> date:
        """The first business day on which the month that answers is over."""
        return _next_month(self.last + timedelta(days=self.days_after))

    @property
    def months_of_level(self) -> tuple[str, ...]:
        """The months before, the earliest first."""
        found: list[str] = []
        day = self.first.replace(day=1)
        for _ in range(self.months_before):
            day = (day - timedelta(days=1)).replace(day=1)
            found.insert(0, _month(day))
        return tuple(found)

    @property
    def sha256(self) -> str:
        """Of the terms as they are kept."""
        return hashlib.sha256(self.written()).hexdigest()

    def written(self) -> bytes:
        """The same terms are the same bytes."""
        return json.dumps(self._content(), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    def _content(self) -> dict[str, Any]:
        return {
            "schema_version": 1,
            "name": self.name,
            "kind": self.kind.value,
            "node_id": self.node_id,
            "node_path": self.node_path,
            "kpis": list(self.kpis),
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "days_after": self.days_after,
            "months_before": self.months_before,
            "strata": [one.value for one in self.strata],
            "segments": [one.value for one in self.segments],
            "bands": self.bands,
            "bar": {
                "uplift": self.bar.uplift,
                "least": self.bar.least,
                "least_compared": self.bar.least_compared,
                "placebo_p": self.bar.placebo_p,
                "tolerated_trend": self.bar.tolerated_trend,
                "tolerated_unlinked": self.bar.tolerated_unlinked,
            },
            "confidence": self.confidence,
            "campaign_id": self.campaign_id,
            "treated_share": self.treated_share,
        }

    @classmethod
    def read(cls, content: dict[str, Any]) -> "ReviewTerms":
        """The inverse of `written`, of its JSON."""
        told = {name: value for name, value in content.items() if name != "schema_version"}
        return cls(
            **told
            | {
                "kind": ReviewKind(content["kind"]),
                "kpis": tuple(content["kpis"]),
                "first": date.fromisoformat(content["first"]),
                "last": date.fromisoformat(content["last"]),
                "strata": tuple(map(Stratum, content["strata"])),
                "segments": tuple(map(Stratum, content["segments"])),
                "bar": Bar(**content["bar"]),
            }
        )


def _month(day: date) -> str:
    return f"{day.year:04d}-{day.month:02d}"


def _next_month(day: date) -> date:
    if day.month == _DECEMBER:
        return date(day.year + 1, 1, 1)
    return date(day.year, day.month + 1, 1)
