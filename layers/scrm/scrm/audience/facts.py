"""What the bank tells of a customer: only what selecting and protecting him needs, in classes rather than figures."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Activity(StrEnum):
    """How the customer uses the bank's own channels, as the bank sees it."""

    NEW = "new"
    ACTIVE = "active"
    SILENT = "silent"
    DORMANT = "dormant"


class Consent(StrEnum):
    """The bank's record of his word on marketing (R1, R18); ``unknown`` is no consent."""

    GIVEN = "given"
    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """One row of the bank's feed. Empty and None mean: the bank does not know.

    ``aum_band`` is the bank's own class of assets, 0 the lowest; ``holdings`` are product ids, ``labels`` the bank's
    marks, ``pool`` whose care he is in. ``risk_class`` is 1 to 5 for C1 to C5, ``assessed_on`` the day it was found.
    ``is_protected`` marks a vulnerable customer (R23). ``told_at`` is the file's time.
    """

    external_userid: str
    told_at: datetime
    tier: str = ""
    aum_band: int | None = None
    holdings: tuple[str, ...] = field(default=(), repr=False)
    labels: tuple[str, ...] = field(default=(), repr=False)
    activity: Activity | None = None
    is_long_tail: bool | None = None
    pool: str = ""
    risk_class: int | None = field(default=None, repr=False)
    assessed_on: date | None = field(default=None, repr=False)
    born_on: date | None = field(default=None, repr=False)
    consent: Consent = Consent.UNKNOWN
    is_protected: bool = False

    def age_on(self, day: date) -> int | None:
        """Completed years; somebody born on 29 February completes one on 1 March of other years."""
        if self.born_on is None:
            return None
        had_birthday = (day.month, day.day) >= (self.born_on.month, self.born_on.day)
        return day.year - self.born_on.year - (not had_birthday)
