"""Which content fits a customer, and why (S26): exclusions first, the most pressing need next."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from scrm.audience.facts import Consent
from scrm.audience.needs import NeedRule, OfferedContent, Recommender
from scrm.audience.parsing import parse
from scrm.audience.rules import RuleSettings
from scrm.content.model import ContentKind
from scrm.runtime.needs_joins import rules_of
from scrm.settings.needs import Kind, NeedsDocument
from tests.fakes.audience import NOW, FakeKnown, facts

FUND = OfferedContent("act_fund", 2, "稳健理财", "product", "aum", NOW + timedelta(days=9), "fund_01", 2)
CARD = OfferedContent("act_card", 1, "绑卡有礼", "activity", "card_binding", NOW + timedelta(days=5))
COURSE = OfferedContent("act_course", 1, "理财课堂", "investor_education", "aum", NOW + timedelta(days=3))
NO_FUND = NeedRule(
    "no_fund", parse("aum_band >= 3"), 80, "资产较高，尚未持有稳健理财", product_ids=frozenset({"fund_01"})
)
SILENT = NeedRule(
    "silent", parse("activity = silent"), 60, "近期不活跃，适合绑卡唤醒", target_kpis=frozenset({"card_binding"})
)
VIP = NeedRule("vip", parse("tags has any of (vip)"), 90, "贵宾客户", kinds=frozenset({"investor_education"}))


@dataclass
class Shelf:
    """Implements OfferedContents."""

    contents: Sequence[OfferedContent] = (COURSE, CARD, FUND)

    def of_member(self, userid: str, node_path: str, at: datetime) -> Sequence[OfferedContent]:
        return self.contents


def recommender(known: FakeKnown, *rules: NeedRule) -> Recommender:
    return Recommender(known, Shelf(), lambda: rules or (NO_FUND, SILENT), RuleSettings, lambda: NOW)


def chosen(known: FakeKnown, *rules: NeedRule, customer: str = "wm1") -> list[tuple[str, str]]:
    found = recommender(known, *rules).of_customer(customer, "rm_li", "/1/10/")
    return [(each.content.activity_id, each.need.reason) for each in found]


def test_each_content_comes_with_the_most_pressing_reason_in_order_of_need() -> None:
    known = FakeKnown({"rm_li": {"wm1": facts("wm1", aum_band=4, activity="silent")}})
    mild = replace(NO_FUND, rule_id="mild", score=10, reason="资产较高")

    found = recommender(known, mild, SILENT, NO_FUND).of_customer("wm1", "rm_li", "/1/10/")

    assert [(each.content.activity_id, each.need.score, each.need.rule_id) for each in found] == [
        ("act_fund", 80, "no_fund"),
        ("act_card", 60, "silent"),
    ]
    assert found[0].because == "资产档位不低于3"


def test_what_is_excluded_is_never_recommended() -> None:
    rich = {"aum_band": 4}
    unfit: dict[str, dict[str, Any]] = {
        "below": {"risk_class": 1},
        "expired": {"assessed_on": NOW.date() - timedelta(days=365)},
        "unassessed": {"risk_class": None},
        "stale": {"told_at": NOW - timedelta(days=7)},
        "minor": {"born_on": NOW.date() - timedelta(days=17 * 365)},
        "withdrawn": {"consent": Consent.WITHDRAWN},
        "protected": {"is_protected": True},
    }
    known = FakeKnown({"rm_li": {one: facts(one, **rich, **told) for one, told in unfit.items()}})

    assert {one: chosen(known, customer=one) for one in unfit} == {one: [] for one in unfit}


def test_who_refused_and_who_is_unknown_get_nothing() -> None:
    known = FakeKnown({"rm_li": {"wm1": facts("wm1", aum_band=4), "wm2": None}})
    known.refused = {"wm1"}

    assert chosen(known) == chosen(known, customer="wm2") == chosen(known, customer="wm9") == []


def test_who_holds_the_product_does_not_need_it_unless_the_rule_says_so() -> None:
    known = FakeKnown({"rm_li": {"wm1": facts("wm1", aum_band=4, holdings=("fund_01",))}})

    assert chosen(known) == []
    assert chosen(known, replace(NO_FUND, unless_held=False)) == [("act_fund", NO_FUND.reason)]


def test_tags_are_read_only_for_a_rule_that_asks_for_them() -> None:
    known = FakeKnown({"rm_li": {"wm1": facts("wm1")}}, {"rm_li": {"wm1": ("vip",)}})

    assert chosen(known) == []
    assert known.tag_reads == 0
    assert chosen(known, VIP) == [("act_course", "贵宾客户")]


def test_a_members_most_pressing_customers_come_first() -> None:
    known = FakeKnown(
        {
            "rm_li": {
                "wm1": facts("wm1", activity="silent"),
                "wm2": facts("wm2", aum_band=5, activity="silent"),
                "wm3": facts("wm3"),
                "wm4": facts("wm4", aum_band=5),
            }
        }
    )

    found = recommender(known).of_member("rm_li", "/1/10/", 2)

    assert [(one, best.content.activity_id) for one, best in found] == [("wm2", "act_fund"), ("wm4", "act_fund")]


def test_rules_of_a_document_are_understood() -> None:
    document = NeedsDocument.model_validate(
        {
            "impact_assessment_id": "PIA-1",
            "rules": [
                {"rule_id": "a", "when": "tier=gold", "score": 5, "reason": "黄金", "kinds": ["investor_education"]}
            ],
        }
    )

    (rule,) = rules_of(document)

    assert rule == NeedRule("a", parse("tier = gold"), 5, "黄金", kinds=frozenset({"investor_education"}))


RULE = {"rule_id": "a", "when": "tier = gold", "score": 5, "reason": "黄金", "kinds": ["product"]}


@pytest.mark.parametrize(
    "given",
    [
        {"rules": [RULE]},  # no impact assessment
        {"impact_assessment_id": "  ", "rules": [RULE]},
        {"impact_assessment_id": "PIA-1", "rules": [RULE, RULE]},
        {"impact_assessment_id": "PIA-1", "rules": [{**RULE, "kinds": []}]},
        {"impact_assessment_id": "PIA-1", "rules": [{**RULE, "score": 101}]},
    ],
)
def test_rules_that_nobody_assessed_or_that_name_nothing_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        NeedsDocument.model_validate(given)


def test_the_documents_kinds_are_the_librarys() -> None:
    assert set(get_args(Kind.__value__)) == {kind.value for kind in ContentKind}
