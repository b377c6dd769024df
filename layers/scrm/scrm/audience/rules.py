"""Who must not get what (O5, R1, R7, R8, R18, R23): pure rules over what the bank tells of a customer.

Each question has one answer, the first rule that bars him, from the gravest on. What is not known bars products.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from scrm.audience.facts import Consent, CustomerFacts
from scrm.clock import BUSINESS_ZONE

HIGHEST_RISK: Final = 5  # R5, C5
HIGHEST_ADULT_AGE: Final = 21  # no bank's setting goes beyond


class ExclusionReason(StrEnum):
    """Why a customer is left out.

    ``not_in_facts``: the bank's feed does not tell of him, or has not for too long; it and ``age_unknown`` bar products
    only.
    ``public_content_risk``: a post that cannot be narrowed to fitting customers carries a product above the public
    level. Of one that is narrowed by tags: ``no_ceiling_tag`` when he has none that shows it to him, and
    ``ceiling_tags_unsynced`` for all customers of a member whose tags would show it to somebody who must not see it.
    """

    OPTED_OUT = "opted_out"
    NOT_IN_FACTS = "not_in_facts"
    PROTECTED_MINOR = "protected_minor"
    PROTECTED_SENIOR = "protected_senior"
    PROTECTED_CUSTOMER = "protected_customer"
    AGE_UNKNOWN = "age_unknown"
    ASSESSMENT_MISSING = "assessment_missing"
    ASSESSMENT_EXPIRED = "assessment_expired"
    RISK_ABOVE_PROFILE = "risk_above_profile"
    PUBLIC_CONTENT_RISK = "public_content_risk"
    NO_CEILING_TAG = "no_ceiling_tag"
    CEILING_TAGS_UNSYNCED = "ceiling_tags_unsynced"


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """What the bank decides.

    An assessment counts on ``assessment_days`` days, its own the first of them. Facts count for ``facts_days`` after
    their file. From ``senior_age`` on a product may have ``senior_highest_risk`` at most, whatever the customer's
    class; None: no such rule. ``public_highest_risk`` is for posts nobody can narrow; None: no product in them.
    ``ceiling_tags``: each customer's risk ceiling is kept as a corp tag, by which Moments can be narrowed.
    """

    assessment_days: int = 365
    facts_days: int = 7
    adult_age: int = 18
    senior_age: int = 65
    senior_highest_risk: int | None = 2
    public_highest_risk: int | None = None
    ceiling_tags: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """What is to be sent, as far as the rules care. ``risk`` is 1 to 5 for R1 to R5.

    ``is_product`` with an unknown ``risk`` fits nobody. ``is_public``: it goes to whole groups or to a member's
    Moments, so no customer can be left out. ``is_narrowed``: only those of a member's customers see it whose tags say
    so.
    """

    is_product: bool = False
    risk: int | None = None
    is_public: bool = False
    is_narrowed: bool = False


def exclusion(
    facts: CustomerFacts | None, offer: Offer, settings: RuleSettings, at: datetime
) -> ExclusionReason | None:
    """Why this customer must not get the offer at that moment; None: he may.

    Who is unknown may get what holds no product. What was told too long ago still protects him, and allows nothing.
    """
    if facts is None:
        return ExclusionReason.NOT_IN_FACTS if offer.is_product else None
    today = at.astimezone(BUSINESS_ZONE).date()
    protection = _protection(facts, settings, today)
    if protection is not None or not offer.is_product:
        return protection
    if at - facts.told_at >= timedelta(days=settings.facts_days):
        return ExclusionReason.NOT_IN_FACTS
    return _suitability(facts, offer, settings, today)


def first_bar(facts: CustomerFacts | None, offer: Offer, settings: RuleSettings, at: datetime) -> datetime | None:
    """When a date first bars somebody who may get the offer at ``at``; None: none does.

    His assessment or what the bank tells of him runs out, or he comes to the age of the rule for seniors. Nobody hears
    of such a day: whoever has something waiting asks for it.
    """
    if facts is None or not offer.is_product or facts.assessed_on is None:
        return None
    ends = [
        facts.told_at + timedelta(days=settings.facts_days),
        _midnight(facts.assessed_on + timedelta(days=settings.assessment_days)),
    ]
    highest = settings.senior_highest_risk
    if facts.born_on is not None and highest is not None and (offer.risk is None or offer.risk > highest):
        ends.append(_midnight(_birthday(facts.born_on, settings.senior_age)))
    return min((end for end in ends if end > at), default=None)


def risk_ceiling(facts: CustomerFacts | None, settings: RuleSettings, at: datetime) -> int:
    """The highest product risk that every rule lets him have at that moment, 1 to 5; 0: no product."""
    offers = (Offer(is_product=True, risk=risk) for risk in range(HIGHEST_RISK, 0, -1))
    return next((offer.risk or 0 for offer in offers if exclusion(facts, offer, settings, at) is None), 0)


def restricts(before: CustomerFacts | None, after: CustomerFacts) -> bool:
    """Whether what the bank tells now may bar him from something that it did not bar him from before.

    Of whom it told nothing yet got only what holds no product.
    """
    if before is None:
        age = after.age_on(after.told_at.astimezone(BUSINESS_ZONE).date())
        is_young = age is not None and age < HIGHEST_ADULT_AGE
        return after.is_protected or after.consent is Consent.WITHDRAWN or is_young
    if before.born_on != after.born_on or (after.is_protected and not before.is_protected):
        return True
    if after.consent is not before.consent and after.consent is not Consent.GIVEN:
        return True
    if before.risk_class is None or before.assessed_on is None:
        return False
    if after.risk_class is None or after.assessed_on is None:
        return True
    return after.risk_class < before.risk_class or after.assessed_on < before.assessed_on


def exclusions(
    facts: Mapping[str, CustomerFacts], target_ids: Iterable[str], offer: Offer, settings: RuleSettings, at: datetime
) -> dict[str, ExclusionReason]:
    """Reason by customer, of those who must not get the offer."""
    if offer.is_public:
        barred = target_ids if barred_in_public(offer, settings) else ()
        return dict.fromkeys(barred, ExclusionReason.PUBLIC_CONTENT_RISK)
    found = ((one, exclusion(facts.get(one), offer, settings, at)) for one in target_ids)
    return {one: reason for one, reason in found if reason is not None}


def barred_in_public(offer: Offer, settings: RuleSettings) -> bool:
    """Whether a post that reaches everybody may not carry the offer."""
    highest = settings.public_highest_risk
    return offer.is_product and (offer.risk is None or highest is None or offer.risk > highest)


def _midnight(day: date) -> datetime:
    """When the day begins in Shanghai."""
    return datetime.combine(day, time.min, BUSINESS_ZONE)


def _birthday(born_on: date, age: int) -> date:
    """The day on which he completes that many years; see `CustomerFacts.age_on`."""
    try:
        return born_on.replace(year=born_on.year + age)
    except ValueError:
        return date(born_on.year + age, 3, 1)


def _protection(facts: CustomerFacts, settings: RuleSettings, today: date) -> ExclusionReason | None:
    """What bars him from every marketing."""
    if facts.consent is Consent.WITHDRAWN:
        return ExclusionReason.OPTED_OUT
    if facts.is_protected:
        return ExclusionReason.PROTECTED_CUSTOMER
    age = facts.age_on(today)
    return ExclusionReason.PROTECTED_MINOR if age is not None and age < settings.adult_age else None


def _suitability(facts: CustomerFacts, offer: Offer, settings: RuleSettings, today: date) -> ExclusionReason | None:
    """R <= C with an assessment in force."""
    if facts.risk_class is None or facts.assessed_on is None:
        return ExclusionReason.ASSESSMENT_MISSING
    if today - facts.assessed_on >= timedelta(days=settings.assessment_days):
        return ExclusionReason.ASSESSMENT_EXPIRED
    if offer.risk is None or offer.risk > facts.risk_class:
        return ExclusionReason.RISK_ABOVE_PROFILE
    age = facts.age_on(today)
    if age is None:
        return ExclusionReason.AGE_UNKNOWN
    highest = settings.senior_highest_risk
    if highest is not None and age >= settings.senior_age and offer.risk > highest:
        return ExclusionReason.PROTECTED_SENIOR
    return None
