"""What the demo bank's core system tells of its customers."""

from collections import Counter
from datetime import UTC, date, datetime

from local.bank import demo_world
from local.bank.facts import COLUMNS, facts_csv, facts_rows
from scrm.audience.facts import CustomerFacts
from scrm.audience.feed import FeedColumns
from scrm.audience.rules import ExclusionReason, Offer, RuleSettings, exclusion

WORLD, DAY = demo_world(), date(2026, 11, 27)
NOON = datetime(2026, 11, 27, 4, tzinfo=UTC)


def told() -> dict[str, CustomerFacts]:
    """The file as the product reads it."""
    head, *lines = facts_csv(facts_rows(WORLD, DAY)).encode().splitlines()
    columns = FeedColumns.of(head)
    return {facts.external_userid: facts for facts in (columns.facts(line, NOON) for line in lines)}


def test_every_customer_is_told_of_once_beside_the_others_of_his_member() -> None:
    rows = facts_rows(WORLD, DAY)

    first: dict[str, str] = {}
    for relation in WORLD["relations"]:
        first.setdefault(relation["external_userid"], relation["userid"])
    assert sorted(row["external_userid"] for row in rows) == sorted(first)
    members = [first[row["external_userid"]] for row in rows]
    assert members == sorted(members)
    assert rows == facts_rows(demo_world(), DAY)
    assert all(tuple(row) == COLUMNS for row in rows)


def test_the_product_reads_every_row_and_each_rule_bars_somebody() -> None:
    facts = told()
    offer, settings = Offer(is_product=True, risk=3), RuleSettings()

    barred = Counter(exclusion(each, offer, settings, NOON) for each in facts.values())

    assert len(facts) == len(facts_rows(WORLD, DAY))
    assert barred[None] > len(facts) // 4
    for reason in (
        ExclusionReason.OPTED_OUT,
        ExclusionReason.PROTECTED_MINOR,
        ExclusionReason.PROTECTED_CUSTOMER,
        ExclusionReason.PROTECTED_SENIOR,
        ExclusionReason.ASSESSMENT_EXPIRED,
        ExclusionReason.RISK_ABOVE_PROFILE,
    ):
        assert barred[reason] > 0, reason
