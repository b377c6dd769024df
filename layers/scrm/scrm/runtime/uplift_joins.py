"""Joins reviews to the bank's published feeds, to relations by day, and to what became of each send."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from scrm.aws.touches import TOUCHES, TouchDays
from scrm.collect.datasets import RELATIONS
from scrm.kpi.feeds.datasets import BANK_CUSTOMERS, CURRENT, CUSTOMER_MONTHS, Feed, PublishedFeeds
from scrm.runtime.relation_days import Files, relations_on
from scrm.sql import Dataset, Selection, SqlEngine, TooMuchSelectedError
from scrm.uplift import sums, unlinked
from scrm.uplift.reviews import Inputs, MissingInputError, Review
from scrm.uplift.sums import Sums
from scrm.uplift.terms import ReviewKind, ReviewTerms

_BETWEEN: Final = 7
_LATE_WORD: Final = 30
"""So many days after a send its end may be told, or told otherwise."""
_TOO_MUCH: Final = (
    "The bank's customers and months are more than one question holds: ask for fewer months before, or have Athena "
    "answer (parameter SqlEngine; with it, raise SqlScanLimitGigabytes)."
)


class BankSources:
    """Implements `scrm.uplift.reviews.ReviewSources`."""

    def __init__(self, files: Files, feeds: PublishedFeeds, touches: TouchDays, engine: SqlEngine) -> None:
        self._files = files
        self._feeds = feeds
        self._touches = touches
        self._engine = engine

    def customers(self) -> str | None:
        found = self._feeds.selection(Feed.BANK_CUSTOMERS, CURRENT)
        return found.partitions[0] if found else None

    def inputs(self, review: Review, terms: ReviewTerms) -> Inputs:
        customers = self.customers()
        if customers is None or not review.customers_before:
            raise MissingInputError("the customer master has not been published")
        months = self.months(terms)
        reviewed = terms.last + timedelta(days=terms.days_after)
        found = Inputs(customers=customers, customers_before=review.customers_before, months=months)
        in_window = self._relations_in(terms.first, terms.last)
        if terms.kind is ReviewKind.ADDED:
            now = relations_on(self._files, reviewed, terms.last)
            if now is None:
                raise MissingInputError(f"no relations are kept of {terms.last} to {reviewed}")
            return replace(found, relations=(now,), relations_before=in_window)
        touches = self._touches.partitions(terms.first, terms.last + timedelta(days=_LATE_WORD))
        return replace(found, relations=in_window, touches=touches)

    def months(self, terms: ReviewTerms) -> Mapping[str, str]:
        found = {}
        for month in (*terms.months_of_level, terms.month_after):
            selection = self._feeds.selection(Feed.CUSTOMER_MONTHS, month)
            if selection is None:
                raise MissingInputError(f"the customers' facts of {month} have not been published")
            found[month] = selection.partitions[0]
        return found

    def sums(self, terms: ReviewTerms, inputs: Inputs) -> Sums:
        try:
            return self._sums(terms, _selections(terms, inputs))
        except TooMuchSelectedError as too_much:
            raise TooMuchSelectedError(_TOO_MUCH) from too_much

    def _sums(self, terms: ReviewTerms, selections: Sequence[Selection]) -> Sums:
        statement = sums.statement(terms.kind, terms.kpis)
        found = sums.read(self._engine.query(statement, selections, sums.parameters(terms)))
        if terms.kind is not ReviewKind.ADDED:
            return found
        some = [one for one in selections if one.dataset.name in unlinked.TABLES]
        rows = self._engine.query(unlinked.STATEMENT, some, unlinked.parameters(terms))
        return replace(found, in_wecom=unlinked.read(rows))

    def _relations_in(self, first: date, last: date) -> tuple[str, ...]:
        """Looks at the window, week by week: who came and left between two of them was never there."""
        looks = range(0, (last - first).days + 1, _BETWEEN)
        found = {relations_on(self._files, last - timedelta(days=back), first) for back in looks}
        return tuple(sorted(one for one in found if one))


def _selections(terms: ReviewTerms, inputs: Inputs) -> list[Selection]:
    level = [inputs.months[month] for month in terms.months_of_level]
    half = terms.months_before // 2
    tables: list[tuple[Dataset, str, Sequence[str]]] = [
        (BANK_CUSTOMERS, "bank_customers", [inputs.customers]),
        (BANK_CUSTOMERS, "customers_before", [inputs.customers_before]),
        (CUSTOMER_MONTHS, "months_earlier", level[:half]),
        (CUSTOMER_MONTHS, "months_later", level[half:]),
        (CUSTOMER_MONTHS, "months_after", [inputs.months[terms.month_after]]),
    ]
    tables.append((RELATIONS, "relations", inputs.relations))
    if terms.kind is ReviewKind.ADDED:
        tables.append((RELATIONS, "relations_before", inputs.relations_before))
    else:
        tables.append((TOUCHES, "touches", inputs.touches))
    return [Selection(replace(dataset, name=name), tuple(partitions)) for dataset, name, partitions in tables]
