"""Who must not get what, and for which reason."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.audience.facts import Consent, CustomerFacts
from scrm.audience.rules import ExclusionReason, Offer, RuleSettings, exclusion, exclusions, first_bar
from tests.fakes.audience import NOW, TODAY, facts

SETTINGS = RuleSettings()
PLAIN, R1, R3 = Offer(), Offer(is_product=True, risk=1), Offer(is_product=True, risk=3)


@pytest.mark.parametrize("offer", [PLAIN, R3])
@pytest.mark.parametrize(
    ("known", "reason"),
    [
        (facts(consent=Consent.WITHDRAWN, is_protected=True), ExclusionReason.OPTED_OUT),
        (facts(is_protected=True, told_at=NOW - timedelta(days=30)), ExclusionReason.PROTECTED_CUSTOMER),
        (facts(consent=Consent.UNKNOWN), None),
        (facts(is_protected=True), ExclusionReason.PROTECTED_CUSTOMER),
        (facts(born_on=date(2008, 11, 27)), ExclusionReason.PROTECTED_MINOR),
        (facts(born_on=date(2008, 11, 26)), None),
        (facts(told_at=NOW - timedelta(days=7) + timedelta(milliseconds=1)), None),
    ],
)
def test_protection_and_consent_come_first_whatever_is_offered(
    known: CustomerFacts | None, offer: Offer, reason: ExclusionReason | None
) -> None:
    assert exclusion(known, offer, SETTINGS, NOW) is reason


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"risk_class": None}, ExclusionReason.ASSESSMENT_MISSING),
        ({"assessed_on": None}, ExclusionReason.ASSESSMENT_MISSING),
        ({"assessed_on": TODAY - timedelta(days=364)}, None),
        ({"assessed_on": TODAY - timedelta(days=365)}, ExclusionReason.ASSESSMENT_EXPIRED),
        ({"risk_class": 2}, ExclusionReason.RISK_ABOVE_PROFILE),
        ({"born_on": None}, ExclusionReason.AGE_UNKNOWN),
        ({"born_on": date(1961, 11, 26)}, ExclusionReason.PROTECTED_SENIOR),
        ({"born_on": date(1961, 11, 27)}, None),
    ],
)
def test_a_product_needs_an_assessment_in_force_that_covers_it(
    told: dict[str, Any], reason: ExclusionReason | None
) -> None:
    assert exclusion(facts(**told), R3, SETTINGS, NOW) is reason
    assert exclusion(facts(**told), PLAIN, SETTINGS, NOW) is None


def test_who_is_unknown_gets_no_product() -> None:
    for known in (None, facts(told_at=NOW - timedelta(days=7))):
        assert exclusion(known, R1, SETTINGS, NOW) is ExclusionReason.NOT_IN_FACTS
        assert exclusion(known, PLAIN, SETTINGS, NOW) is None


def test_days_are_those_of_shanghai() -> None:
    before_midnight = datetime(2026, 11, 25, 15, 59, tzinfo=UTC)
    born = facts(born_on=date(2008, 11, 26))

    assert exclusion(born, PLAIN, SETTINGS, before_midnight) is ExclusionReason.PROTECTED_MINOR
    assert exclusion(born, PLAIN, SETTINGS, before_midnight + timedelta(minutes=1)) is None


def test_the_rule_for_seniors_is_the_banks() -> None:
    senior = facts(born_on=date(1950, 1, 1))

    assert exclusion(senior, R1, SETTINGS, NOW) is None
    assert exclusion(senior, R3, RuleSettings(senior_highest_risk=None), NOW) is None


def test_a_product_of_unknown_risk_fits_nobody() -> None:
    assert exclusion(facts(risk_class=5), Offer(is_product=True), SETTINGS, NOW) is ExclusionReason.RISK_ABOVE_PROFILE


def test_what_everybody_sees_holds_no_product_unless_the_bank_said_how_risky() -> None:
    def barred(risk: int | None, settings: RuleSettings) -> bool:
        return bool(exclusions({}, ["wr1"], Offer(is_product=True, risk=risk, is_public=True), settings, NOW))

    assert [barred(risk, SETTINGS) for risk in (1, 5, None)] == [True, True, True]
    assert [barred(risk, RuleSettings(public_highest_risk=2)) for risk in (2, 3, None)] == [False, True, True]
    assert exclusions({}, ["wr1"], Offer(is_public=True), SETTINGS, NOW) == {}


DAYS = st.dates(min_value=TODAY - timedelta(days=400), max_value=TODAY)
BIRTHDAYS = st.dates(min_value=date(1955, 1, 1), max_value=date(1968, 12, 31)) | st.just(date(1964, 2, 29))
MOMENTS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=800)).map(lambda span: NOW + span)


@given(
    assessed_on=DAYS,
    born_on=BIRTHDAYS,
    told_at=MOMENTS,
    at=MOMENTS,
    risk=st.sampled_from([1, 2, 3]),
    highest=st.sampled_from([None, 1, 2]),
    facts_days=st.sampled_from([7, 5_000]),
    assessment_days=st.sampled_from([365, 5_000]),
)
def test_the_first_bar_is_the_first_moment_at_which_a_date_bars_him(  # noqa: PLR0913 - one argument a fact
    *,
    assessed_on: date,
    born_on: date,
    told_at: datetime,
    at: datetime,
    risk: int,
    highest: int | None,
    facts_days: int,
    assessment_days: int,
) -> None:
    settings = RuleSettings(assessment_days, facts_days, senior_highest_risk=highest)
    known = facts(risk_class=5, assessed_on=assessed_on, born_on=born_on, told_at=told_at)
    offer = Offer(is_product=True, risk=risk)

    end = first_bar(known, offer, settings, at)

    if exclusion(known, offer, settings, at) is None:
        assert end is not None
        assert exclusion(known, offer, settings, end) is not None
        assert exclusion(known, offer, settings, max(at, end - timedelta(milliseconds=1))) is None
        assert exclusion(known, offer, settings, at + (end - at) / 2) is None


@pytest.mark.parametrize(("known", "offer"), [(facts(), PLAIN), (None, R1), (facts(assessed_on=None), R1)])
def test_no_date_ends_what_is_no_product_or_was_never_allowed(known: CustomerFacts | None, offer: Offer) -> None:
    assert first_bar(known, offer, SETTINGS, NOW) is None
