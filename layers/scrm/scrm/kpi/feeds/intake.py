"""A delivery of the bank: judged as a whole, then published as one version, or refused with reasons.

Whatever is told twice, or killed anywhere and told again, ends in the same version: files are named by the delivery,
and what makes them the period's latest is one document that is written last, if nobody was faster.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from scrm.kpi.feeds import links, standing
from scrm.kpi.feeds import manifest as manifests
from scrm.kpi.feeds.columns import Judgement
from scrm.kpi.feeds.datasets import CURRENT, Feed
from scrm.kpi.feeds.manifest import DeliveryRefusedError, Manifest
from scrm.kpi.feeds.publications import Publication, Publications, selection_of
from scrm.kpi.ports import StandingMeasures
from scrm.sql import Selection, SqlEngine

type Place = tuple[str, str, str]
"""Branch code or node id, node id, node path."""

_RULES_TOLD: Final = 3
_FIRST: Final = 1


class FeedBusyError(Exception):
    """Another delivery of the same period was published in this moment; look again."""


class Outcome(StrEnum):
    """What became of a delivery.

    ``UNCHANGED``: its files are those of the latest version, of which no row was left out. ``OUTDATED``: a later
    delivery was published before.
    """

    PUBLISHED = "published"
    UNCHANGED = "unchanged"
    OUTDATED = "outdated"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """When a delivery is refused whole, and what a row may hold.

    ``bad_percent`` of its rows may be unusable; it has ``least_percent`` of the rows of the version before at least.
    """

    bad_percent: int = 1
    least_percent: int = 70
    negative_money: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """What the first pass found: rows of each file, sums by column of all rows, unusable rows by rule broken, rows that
    repeat another one in the same words.

    ``unsummed``: columns with a number that nobody can read, whose sum can therefore not be compared with the bank's.
    """

    rows: tuple[int, ...]
    totals: Mapping[str, int]
    unusable: Mapping[str, int]
    repeated: int = 0
    unsummed: frozenset[str] = frozenset()

    @property
    def bad(self) -> int:
        return sum(self.unusable.values())


@dataclass(frozen=True, slots=True)
class Written:
    """What the second pass wrote: rows, and their sums by column."""

    rows: int
    totals: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a manifest. ``reason`` is a sentence for the bank; ``report_key`` lists unusable rows."""

    manifest_key: str
    received_at: datetime
    outcome: Outcome
    feed: str = ""
    period: str = ""
    delivery_id: str = ""
    version: int | None = None
    rows: int = 0
    quarantined: int = 0
    repeated: int = 0
    reason: str = ""
    report_key: str = ""
    rules: Mapping[str, int] = field(default_factory=dict)


class OpenFeed(Protocol):
    """A delivery's files, ready to be read as often as needed."""

    def check(self) -> Checked: ...

    def report(self) -> bytes:
        """CSV: file, line and reason of each row that `check` found unusable; if they are too many, the first, and how
        many there are."""
        ...

    def publish(self, version: int) -> Written:
        """Write the usable rows, each key once, where the version lies; readers do not see them yet."""
        ...


class FeedTables(Protocol):
    def open(
        self, manifest: Manifest, folder: str, judged_by: Judgement, nodes: Iterable[Place]
    ) -> AbstractContextManager[OpenFeed]:
        """Fetch the files named by the manifest from ``folder``, a key with its slash. Raises DeliveryRefusedError."""
        ...


class IncomingFiles(Protocol):
    def beginning(self, key: str, most: int, version_id: str = "") -> bytes | None: ...


class DeliveryLog(Protocol):
    def keep_report(self, delivery: Delivery, report: bytes) -> str:
        """Where it lies now."""
        ...

    def note(self, delivery: Delivery) -> None:
        """Once for each manifest that was put; a repeat replaces it, unless it only came after something later."""
        ...


@dataclass(frozen=True, slots=True)
class FeedIntake:
    """Use case of ``kpi_ingest``.

    ``places`` are the nodes of the organisation, closed ones too; ``relations`` the latest day's (`links.RELATIONS`),
    None: nobody has written any yet.
    """

    files: IncomingFiles
    tables: FeedTables
    publications: Publications
    measures: StandingMeasures
    engine: SqlEngine
    log: DeliveryLog
    places: Callable[[], Iterable[Place]]
    relations: Callable[[], Selection | None]
    settings: Callable[[], FeedSettings]
    now: Callable[[], datetime]

    def take(self, manifest_key: str, received_at: datetime, version_id: str = "") -> Delivery:
        """A manifest that was put, the very one though another has its key by now. Raises FeedBusyError."""
        delivery = Delivery(manifest_key, received_at, Outcome.REFUSED)
        try:
            manifest = self._manifest(manifest_key, version_id)
            delivery = replace(
                delivery, feed=manifest.feed.value, period=manifest.period, delivery_id=manifest.delivery_id
            )
            manifest.check_times(self.now())
            delivery = self._take(manifest, delivery)
        except DeliveryRefusedError as refused:
            delivery = replace(delivery, outcome=Outcome.REFUSED, reason=str(refused))
        self.log.note(delivery)
        return delivery

    def _manifest(self, key: str, version_id: str) -> Manifest:
        """Raises DeliveryRefusedError."""
        body = self.files.beginning(key, manifests.MOST_BYTES + 1, version_id)
        if body is None:
            raise DeliveryRefusedError("The manifest is no longer in the bucket; put it there again.")
        return manifests.read(body)

    def _take(self, manifest: Manifest, delivery: Delivery) -> Delivery:
        latest = self.publications.latest(manifest.feed, _filed_under(manifest))
        if latest is not None and (outcome := _told_before(manifest, latest)) is not None:
            if outcome is Outcome.UNCHANGED:
                latest = self._said_again(latest, manifest.delivered_at)
            self._stand(latest, is_overtaken=outcome is Outcome.OUTDATED)
            if outcome is Outcome.OUTDATED:  # nobody read its rows
                return replace(delivery, outcome=outcome, version=latest.version)
            return _as_published(delivery, latest, outcome)
        folder = delivery.manifest_key.rsplit("/", 1)[0] + "/"
        settings = self.settings()
        judged_by = Judgement(manifest.period, manifest.last_day, settings.negative_money)
        places = self.places() if manifest.feed is Feed.BANK_CUSTOMERS else ()
        with self.tables.open(manifest, folder, judged_by, places) as opened:
            checked = opened.check()
            delivery = replace(
                delivery, quarantined=checked.bad, repeated=checked.repeated, rules=dict(checked.unusable)
            )
            if checked.bad:
                delivery = replace(delivery, report_key=self.log.keep_report(delivery, opened.report()))
            try:
                self._refuse_what_is_implausible(manifest, checked, latest, settings)
            except DeliveryRefusedError as refused:
                return replace(delivery, reason=str(refused))
            version = latest.number + 1 if latest else _FIRST
            written = opened.publish(version)
        publication = self._with_links(self._publication(manifest, version, delivery, written))
        if not self.publications.publish(publication):
            raise FeedBusyError
        self._stand(publication)
        return _as_published(delivery, publication, Outcome.PUBLISHED)

    def _said_again(self, latest: Publication, delivered_at: datetime) -> Publication:
        """The same files, later: no new version, but what the bank made in between does not come after it any more.

        Raises FeedBusyError.
        """
        if delivered_at == latest.delivered_at:
            return latest
        again = replace(latest, delivered_at=delivered_at, said_again=latest.said_again + 1)
        if not self.publications.publish(again):
            raise FeedBusyError
        return again

    def _refuse_what_is_implausible(
        self, manifest: Manifest, checked: Checked, latest: Publication | None, settings: FeedSettings
    ) -> None:
        """Raises DeliveryRefusedError."""
        for file, rows in zip(manifest.files, checked.rows, strict=True):
            if file.rows != rows:
                raise DeliveryRefusedError(
                    f"{file.name} has {rows} rows, the manifest says {file.rows}. Deliver both again from one run."
                )
        if checked.bad * 100 > settings.bad_percent * manifest.rows:
            worst = sorted(checked.unusable.items(), key=lambda found: -found[1])[:_RULES_TOLD]
            told = "; ".join(f"{count} times {rule}" for rule, count in worst)
            raise DeliveryRefusedError(
                f"{checked.bad} of {manifest.rows} rows cannot be used; more than {settings.bad_percent} % is a "
                f"mix-up. Most often: {told}."
            )
        for name, value in checked.totals.items():
            if name not in manifest.totals:
                raise DeliveryRefusedError(f"totals: name the sum of {name}, over all rows.")
            if manifest.totals[name] != value and name not in checked.unsummed:
                raise DeliveryRefusedError(
                    f"totals: {name} adds up to another sum than the manifest's. Deliver both again from one run."
                )
        if not manifest.rows:
            raise DeliveryRefusedError("The delivery has no row.")
        before = latest or self._version_before(manifest.feed)
        if before and not manifest.smaller_is_meant and manifest.rows * 100 < settings.least_percent * before.rows:
            raise DeliveryRefusedError(
                f"The delivery has {manifest.rows} rows, the version before had {before.rows}; fewer than "
                f"{settings.least_percent} % look like a cut file. Say smaller_is_meant if they are right."
            )

    def _version_before(self, feed: Feed) -> Publication | None:
        period = self.publications.latest_period(feed)
        return None if period is None else self.publications.latest(feed, period)

    def _publication(self, manifest: Manifest, version: int, judged: Delivery, written: Written) -> Publication:
        master = self.publications.latest(Feed.BANK_CUSTOMERS, CURRENT)
        return Publication(
            feed=manifest.feed,
            period=manifest.period,
            version=version,
            delivery_id=manifest.delivery_id,
            content_id=manifest.content_id,
            delivered_at=manifest.delivered_at,
            published_at=self.now(),
            rows=written.rows,
            quarantined=judged.quarantined,
            repeated=judged.repeated,
            totals=written.totals,
            customers_version=master.version if master else None,
            rules=judged.rules,
            report_key=judged.report_key,
        )

    def _with_links(self, publication: Publication) -> Publication:
        """How its customers are linked, of a customer master."""
        if publication.feed is not Feed.BANK_CUSTOMERS:
            return publication
        relations = self.relations() or Selection(links.RELATIONS, ())
        rows = self.engine.query(links.STATEMENT, (selection_of(publication), relations), {})
        return replace(publication, links=links.counted(rows))

    def _stand(self, publication: Publication, *, is_overtaken: bool = False) -> None:
        """Facts make measures of their day; the first master makes those of facts that came before it.

        ``is_overtaken``: an earlier delivery is told again, which may be a first master that was killed before that.
        """
        if publication.feed in standing.STATEMENTS:
            self._measure(publication)
        elif publication.feed is Feed.BANK_CUSTOMERS and (publication.version == _FIRST or is_overtaken):
            self._measure_what_came_before()

    def _measure_what_came_before(self) -> None:
        for feed in standing.STATEMENTS:
            for period in reversed(self.publications.periods(feed)):
                latest = self.publications.latest(feed, period)
                if latest is not None and latest.customers_version is None:
                    self._measure(latest)

    def _measure(self, facts: Publication) -> None:
        """By the master that was current when the facts were published, so that a repeat finds the same."""
        if self._is_told_by_the_month(facts):
            return
        master = self.publications.of_version(Feed.BANK_CUSTOMERS, CURRENT, facts.customers_version or _FIRST)
        if master is not None:
            rows = self.engine.query(standing.STATEMENTS[facts.feed], (selection_of(facts), selection_of(master)), {})
            nodes = [node_id for _, node_id, _ in self.places()] if self._stood_before(facts) else ()
            rank = standing.rank(facts.feed, facts.version)
            day = manifests.last_day_of(facts.period)
            self.measures.stand(day, standing.SOURCE, rank, standing.by_node(rows, nodes))

    def _is_told_by_the_month(self, facts: Publication) -> bool:
        """Facts of a month's last day, where the month's own are published: of a node that has none the day's would
        stand beside them."""
        if facts.feed is not Feed.CUSTOMER_DAYS:
            return False
        month = facts.period[: len("2027-03")]
        is_last = manifests.last_day_of(month) == manifests.last_day_of(facts.period)
        return is_last and self.publications.latest(Feed.CUSTOMER_MONTHS, month) is not None

    def _stood_before(self, facts: Publication) -> bool:
        """Whether a node may have figures of that day that these facts do not replace: an earlier version's, or those
        of the month's last day."""
        if facts.version > _FIRST:
            return True
        if facts.feed is not Feed.CUSTOMER_MONTHS:
            return False
        last_day = manifests.last_day_of(facts.period).isoformat()
        return self.publications.latest(Feed.CUSTOMER_DAYS, last_day) is not None


def _as_published(delivery: Delivery, publication: Publication, outcome: Outcome) -> Delivery:
    return replace(
        delivery,
        outcome=outcome,
        version=publication.version,
        rows=publication.rows,
        quarantined=publication.quarantined,
        repeated=publication.repeated,
        rules=publication.rules,
        report_key=publication.report_key,
    )


def _filed_under(manifest: Manifest) -> str:
    return CURRENT if manifest.feed is Feed.BANK_CUSTOMERS else manifest.period


def _told_before(manifest: Manifest, latest: Publication) -> Outcome | None:
    """None: it makes a new version. Raises DeliveryRefusedError when nobody can tell which of two is the later."""
    if manifest.delivery_id == latest.delivery_id:
        return Outcome.PUBLISHED
    if (manifest.period, manifest.delivered_at) < (latest.period, latest.delivered_at):
        return Outcome.OUTDATED
    if manifest.content_id == latest.content_id and not latest.quarantined:  # else it may be settings or nodes of ours
        return Outcome.UNCHANGED
    if (manifest.period, manifest.delivered_at) == (latest.period, latest.delivered_at):
        raise DeliveryRefusedError(
            "delivered_at: another delivery of this period has the same time. Write when this one was made."
        )
    return None
