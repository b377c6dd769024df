"""The manifest of a delivery: which files there are, what must be in them, and for which time they speak."""

import calendar
import math
import re
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from scrm import clock, ids
from scrm.kpi.feeds.datasets import Feed

MOST_BYTES: Final = 256 * 1024
MOST_FILES: Final = 100
_MINUTE: Final = timedelta(minutes=1)
MOST_AHEAD: Final = 5 * _MINUTE
"""So far a bank's clock may be ahead of ours: as long, at most, a delivery keeps later ones out."""
_MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
BY_DAY: Final = frozenset({Feed.BANK_CUSTOMERS, Feed.CUSTOMER_DAYS})

type Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
type FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.(csv|parquet)$")]


def _as_stored(moment: datetime) -> datetime:
    """UTC, cut to the millisecond, so that it equals what a version says of it."""
    try:
        return clock.from_iso(clock.to_iso(moment))
    except OverflowError:
        raise PydanticCustomError("moment", "no calendar has this time") from None


class DeliveryRefusedError(Exception):
    """The whole delivery is refused; the text says why and what to do, and never what a row held."""


class DeliveredFile(BaseModel):
    """One file beside the manifest. ``rows`` without the header."""

    model_config = ConfigDict(frozen=True)

    name: FileName
    rows: int = Field(ge=0)
    sha256: Sha256


class Manifest(BaseModel):
    """``manifest.json``, put into the bucket after its files. Members nobody knows are skipped."""

    model_config = ConfigDict(frozen=True, title="KpiFeedManifest")

    schema_version: Literal[1]
    feed: Feed
    period: str = Field(description="A month (2027-03), or the day for bank_customers and customer_days (2027-03-31).")
    delivered_at: Annotated[AwareDatetime, AfterValidator(_as_stored)] = Field(
        description="When the bank made it, with its zone; a later one corrects."
    )
    encoding: Literal["utf-8", "gb18030"] = Field(default="utf-8", description="Of CSV files.")
    files: tuple[DeliveredFile, ...] = Field(min_length=1, max_length=MOST_FILES)
    totals: dict[str, int] = Field(default_factory=dict, description="Sum of each numeric column over all rows.")
    smaller_is_meant: bool = Field(default=False, description="Far fewer rows than the version before are right.")

    @model_validator(mode="after")
    def period_fits_the_feed(self) -> Self:
        by_day = self.feed in BY_DAY
        try:
            fits = bool((_DAY if by_day else _MONTH).fullmatch(self.period) and self.first_day)
        except ValueError:
            fits = False
        if not fits:
            wanted = "a day like 2027-03-31" if by_day else "a month like 2027-03"
            raise PydanticCustomError("period", "of this feed it must be {wanted}", {"wanted": wanted})
        return self

    @model_validator(mode="after")
    def files_are_of_one_kind(self) -> Self:
        names = [file.name for file in self.files]
        if len(set(names)) != len(names):
            raise PydanticCustomError("files", "each file must be named once")
        if len({name.rsplit(".", 1)[1] for name in names}) != 1:
            raise PydanticCustomError("files", "all must be CSV, or all Parquet")
        return self

    @property
    def first_day(self) -> date:
        return date.fromisoformat(self.period if self.feed in BY_DAY else f"{self.period}-01")

    @property
    def last_day(self) -> date:
        """The day at whose end the facts hold."""
        return last_day_of(self.period)

    @property
    def is_csv(self) -> bool:
        return self.files[0].name.endswith(".csv")

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)

    @property
    def content_id(self) -> str:
        """The same for the same files of the same period, whenever and under which names they come."""
        return ids.derive("feed", self.feed.value, self.period, *sorted(file.sha256 for file in self.files))

    @property
    def delivery_id(self) -> str:
        return ids.derive("dlv", self.content_id, clock.to_iso(self.delivered_at))

    def check_times(self, now: datetime) -> None:
        """Raises DeliveryRefusedError for a time that has not come."""
        today = now.astimezone(clock.BUSINESS_ZONE).date()
        if self.last_day > today:
            raise DeliveryRefusedError(
                f"period: it ends on {self.last_day.isoformat()}, which lies in the future (today is "
                f"{today.isoformat()} in Shanghai). Deliver it once it is over."
            )
        ahead = self.delivered_at - now
        if ahead > MOST_AHEAD:
            raise DeliveryRefusedError(
                f"delivered_at: {clock.to_iso(self.delivered_at)} lies {math.ceil(ahead / _MINUTE)} minutes ahead of "
                f"our clock ({clock.to_iso(now)}); {MOST_AHEAD // _MINUTE} are tolerated, because it would keep out "
                "every correction until then. Correct the clock or the zone, and put the manifest again with the right "
                "time."
            )


def last_day_of(period: str) -> date:
    """Of a month, or the day itself."""
    if _DAY.fullmatch(period):
        return date.fromisoformat(period)
    year, month = map(int, period.split("-"))
    return date(year, month, calendar.monthrange(year, month)[1])


def read(body: bytes) -> Manifest:
    """Raises DeliveryRefusedError."""
    if len(body) > MOST_BYTES:
        raise DeliveryRefusedError(f"The manifest is larger than {MOST_BYTES // 1024} KiB; it must name files only.")
    try:
        return Manifest.model_validate_json(body.removeprefix(b"\xef\xbb\xbf"))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the manifest"
        raise DeliveryRefusedError(f"{place}: {first['msg']} ({error.error_count()} problems in all).") from None


def schema() -> dict[str, Any]:
    """JSON Schema of a manifest, as it is published."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Manifest.model_json_schema()}
