"""Joins the review of cases to its table and to the bank's settings, kept for a minute by each process."""

import functools
from typing import TYPE_CHECKING

from scrm import clock
from scrm.aws.review_table import DynamoReviewCases
from scrm.review.desk import ReviewDesk
from scrm.review.overdue import OverdueCases
from scrm.runtime.review_joins import RulesInForce
from scrm.runtime.wiring import bank_settings
from scrm.runtime.wiring.tables import table
from scrm.settings.reader import SettingsReader
from scrm.settings.review import TOPIC, ReviewDocument

if TYPE_CHECKING:
    from scrm.review.ports import ReviewJournal


@functools.cache
def reader() -> SettingsReader[ReviewDocument]:
    return SettingsReader(bank_settings.store(), TOPIC, ReviewDocument, bank_settings.report_invalid)


@functools.cache
def cases() -> DynamoReviewCases:
    return DynamoReviewCases(table("REVIEW_TABLE"))


@functools.cache
def rules() -> RulesInForce:
    """Gives what is in force when it is called."""
    return RulesInForce(reader(), cases())


def desk(journal: "ReviewJournal | None" = None) -> ReviewDesk:
    return ReviewDesk(cases(), rules(), clock.now, journal)


def overdue_cases() -> OverdueCases:
    return OverdueCases(cases(), rules(), clock.now)


def reset() -> None:
    """Forget every built object; for tests."""
    for factory in (reader, cases, rules):
        factory.cache_clear()
