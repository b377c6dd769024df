"""A review of a pilot or a campaign (S14): registered before its answer can be known, run once the answer is there.

What it read is frozen with its first result: the customers as they were when the window began, whom they had added, and
which version of each month. A month that the bank corrects later makes another version of the result beside the first;
nothing that was told is ever changed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, Protocol

from scrm import ids
from scrm.clock import BUSINESS_ZONE
from scrm.sql import TooMuchSelectedError
from scrm.uplift.results import ReviewResult, review
from scrm.uplift.sums import Sums, TooManyCellsError
from scrm.uplift.terms import ReviewKind, ReviewTerms

DAYS_OF_CORRECTIONS: Final = 120
"""So long after a review was due the months it read are looked at for corrections."""


class UnknownReviewError(LookupError):
    """There is no such review, or no such version of its result."""


class StaleReviewError(Exception):
    """Somebody else wrote it in between; the next run does it again."""


class ReviewState(StrEnum):
    REGISTERED = "registered"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Review:
    """``customers_before``: the partition of the customer master that says who is alike, empty until the window begins.
    ``versions``: how many results there are. ``waits_for``: why a review that is due has no result yet."""

    review_id: str
    terms_sha256: str
    name: str
    kind: ReviewKind
    node_id: str
    node_path: str
    first: date
    due_on: date
    registered_by: str
    registered_at: datetime
    state: ReviewState = ReviewState.REGISTERED
    customers_before: str = ""
    versions: int = 0
    ran_at: datetime | None = None
    waits_for: str = ""
    revision: int = 0

    @property
    def is_late(self) -> bool:
        """Whether the answer could be known when the question was written down: no pre-registration then."""
        return self.registered_at.astimezone(BUSINESS_ZONE).date() >= self.due_on


@dataclass(frozen=True, slots=True)
class Inputs:
    """Partitions of what was read; of months by their name."""

    customers: str
    customers_before: str
    months: Mapping[str, str]
    relations: tuple[str, ...] = ()
    relations_before: tuple[str, ...] = ()
    touches: tuple[str, ...] = ()


class MissingInputError(Exception):
    """Something that the review reads is not there yet; the text names it."""


class ReviewStore(Protocol):
    def find(self, review_id: str) -> Review | None: ...

    def all(self) -> Iterator[Review]:
        """Of the bank; few."""
        ...

    def save(self, review: Review) -> Review:
        """Raises StaleReviewError."""
        ...


class ReviewDocuments(Protocol):
    def keep_terms(self, terms: ReviewTerms) -> None: ...

    def terms(self, sha256: str) -> ReviewTerms: ...

    def keep_result(self, review: Review, version: int, inputs: Inputs, result: ReviewResult, at: datetime) -> None:
        """Written once: a second time for the same version changes nothing."""
        ...

    def inputs(self, review_id: str, version: int) -> Inputs: ...

    def result(self, review_id: str, version: int) -> Mapping[str, Any]:
        """As it was told. Raises UnknownReviewError."""
        ...


class ReviewSources(Protocol):
    def customers(self) -> str | None:
        """The partition of the customer master as it is."""
        ...

    def inputs(self, review: Review, terms: ReviewTerms) -> Inputs:
        """What there is now. Raises MissingInputError."""
        ...

    def months(self, terms: ReviewTerms) -> Mapping[str, str]:
        """The latest versions of the months. Raises MissingInputError."""
        ...

    def sums(self, terms: ReviewTerms, inputs: Inputs) -> Sums:
        """Raises TooManyCellsError, TooMuchSelectedError."""
        ...


class ReviewJournal(Protocol):
    def told(self, review: Review, action: str, actor: str, at: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class ReviewDesk:
    """Use case: what operators do about reviews."""

    store: ReviewStore
    documents: ReviewDocuments
    journal: ReviewJournal

    def register(self, terms: ReviewTerms, actor: str, now: datetime) -> Review:
        """The same terms are the same review, whoever registers them again, or at the same moment."""
        review_id = ids.derive("uplift", terms.sha256)
        known = self.store.find(review_id)
        if known is not None:
            return known
        self.documents.keep_terms(terms)
        asked = Review(
            review_id=review_id,
            terms_sha256=terms.sha256,
            name=terms.name,
            kind=terms.kind,
            node_id=terms.node_id,
            node_path=terms.node_path,
            first=terms.first,
            due_on=terms.due_on,
            registered_by=actor,
            registered_at=now,
        )
        self.journal.told(asked, "registered", actor, now)
        try:
            return self.store.save(asked)
        except StaleReviewError:
            return self.find(review_id)

    def find(self, review_id: str) -> Review:
        """Raises UnknownReviewError."""
        found = self.store.find(review_id)
        if found is None:
            raise UnknownReviewError("There is no such review.")
        return found


@dataclass(frozen=True, slots=True)
class Ran:
    """Of one run: results written, reviews that are due and wait, reviews that have a result which may be corrected,
    and the day on which the next one has something to do."""

    results: int
    waiting: int
    settled: int
    next_on: date | None


@dataclass(frozen=True, slots=True)
class ReviewRuns:
    """Use case: reviews that are due, by schedule. A run that dies leaves what the next one does again."""

    store: ReviewStore
    documents: ReviewDocuments
    sources: ReviewSources
    journal: ReviewJournal
    actor: str

    def run_due(self, now: datetime, has_time: Callable[[], bool]) -> Ran:
        """Raises the first error of a review, when all others have run."""
        today = now.astimezone(BUSINESS_ZONE).date()
        results = waiting = settled = 0
        ahead: set[date] = set()
        failed: list[Exception] = []
        for one in sorted(self.store.all(), key=lambda each: (each.versions, each.due_on, each.review_id)):
            if not has_time():
                break
            try:
                frozen = self._with_customers(one, today)
                if today < frozen.due_on:
                    ahead.add(frozen.due_on if frozen.customers_before else max(frozen.first, today))
                    continue
                if frozen.versions and (today - frozen.due_on).days > DAYS_OF_CORRECTIONS:
                    continue
                done = self._run(frozen, now)
            except Exception as error:  # noqa: BLE001 - whatever it is, the other reviews are not to wait for it
                failed.append(error)
                continue
            results += done.versions - frozen.versions
            waiting += done.state is ReviewState.REGISTERED
            settled += done.versions == frozen.versions > 0
        if failed:
            raise failed[0]
        return Ran(results, waiting, settled, min(ahead, default=None))

    def _with_customers(self, one: Review, today: date) -> Review:
        """Who is alike is decided by what customers were before anything was done."""
        if one.customers_before or today < one.first:
            return one
        partition = self.sources.customers()
        return self.store.save(replace(one, customers_before=partition)) if partition else one

    def _run(self, one: Review, now: datetime) -> Review:
        terms = self.documents.terms(one.terms_sha256)
        try:
            inputs = self._inputs(one, terms)
        except MissingInputError as missing:
            text = str(missing)
            return one if one.versions or one.waits_for == text else self.store.save(replace(one, waits_for=text))
        if inputs is None:
            return one
        try:
            found = review(terms, self.sources.sums(terms, inputs))
        except (TooManyCellsError, TooMuchSelectedError) as too_much:  # the others are not to wait for it
            text = str(too_much)
            return one if one.waits_for == text else self.store.save(replace(one, waits_for=text))
        version = one.versions + 1
        self.documents.keep_result(one, version, inputs, found, now)
        self.journal.told(replace(one, versions=version), "ran", self.actor, now)
        done = replace(one, state=ReviewState.DONE, versions=version, ran_at=now, waits_for="")
        return self.store.save(done)

    def _inputs(self, one: Review, terms: ReviewTerms) -> Inputs | None:
        """None: the last result read the same."""
        if not one.versions:
            return self.sources.inputs(one, terms)
        before = self.documents.inputs(one.review_id, one.versions)
        months = self.sources.months(terms)
        return None if months == before.months else replace(before, months=months)


def listed(reviews: Sequence[Review]) -> list[Review]:
    """The latest registered first."""
    return sorted(reviews, key=lambda one: (one.registered_at, one.review_id), reverse=True)
