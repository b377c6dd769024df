"""New customers get the tags that released rules want, and never one that only others may set (S22)."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.runtime.tagging_joins import MAINTAINED_GROUPS, KeptTags
from scrm.tagging.marking import AutoTags, Tagged, TagOutcome
from scrm.tagging.model import ANY_WAY, LibraryTag, MissingTag, Newcomer, RuleState, RuleWish, TagRule
from scrm.tagging.ports import RelationGoneError, TagsRefusedError
from tests.fakes.tagging import FakeSubjects, FakeTagLibrary, FakeTagRules

AT = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
WAY = "way_" + "a" * 26
OPT_OUT = LibraryTag("et_no", "营销", "勿扰")
(CEILINGS,) = MAINTAINED_GROUPS


@dataclass
class Bank:
    rules: FakeTagRules = field(default_factory=FakeTagRules)
    library: FakeTagLibrary = field(default_factory=lambda: FakeTagLibrary([OPT_OUT]))
    subjects: FakeSubjects = field(default_factory=lambda: FakeSubjects({"rm_a": "/1/10/12/"}))

    def rule(self, node_id: str = "10", state: RuleState = RuleState.RELEASED, **wish: Any) -> TagRule:
        wanted: dict[str, Any] = {"name": "规则", "group": "来源", "tags": ("网点",), **wish}
        rule_id = f"tagrule_{len(self.rules.rows)}"
        rule = TagRule(rule_id, node_id, f"/1/{node_id}/", RuleWish(**wanted), state, AT, "operator:op", AT)
        assert self.rules.save(rule)
        return rule

    def comes(self, came_by: str = "", customer: str = "wm1", userid: str = "rm_a") -> Tagged:
        tags = AutoTags(self.rules, self.library, self.subjects, KeptTags(lambda: [OPT_OUT.tag_id]), self.rules)
        return tags.tag(Newcomer(userid, customer, came_by, AT))

    @property
    def marked(self) -> set[str]:
        return self.library.marks.get(("rm_a", "wm1"), set())


def test_rules_of_all_nodes_above_the_member_tag_in_one_call_and_count_once() -> None:
    bank = Bank()
    first, second = bank.rule("1", tags=("总行活动",)), bank.rule("12", group="渠道", tags=("支行",))
    bank.rule("20", tags=("别的分行",))

    bank.comes()
    bank.comes()

    assert bank.marked == {"et_来源_总行活动", "et_渠道_支行"}
    assert bank.library.calls == ["add", "add", "mark", "mark"]
    assert set(bank.rules.done) == {(first.rule_id, "wm1"), (second.rule_id, "wm1")}
    assert bank.subjects.read_again[0] == ("rm_a", "wm1")


@pytest.mark.parametrize(
    ("conditions", "came_by", "tier", "fits"),
    [
        ({}, "", "", True),
        ({"came_by": (WAY,)}, WAY, "", True),
        ({"came_by": (WAY,)}, "other", "", False),
        ({"came_by": (ANY_WAY,)}, "other", "", True),
        ({"came_by": (ANY_WAY,)}, "", "", False),
        ({"tiers": ("gold",)}, "", "gold", True),
        ({"tiers": ("gold",)}, "", "", False),
        ({"came_by": (WAY,), "tiers": ("gold",)}, WAY, "silver", False),
    ],
)
def test_conditions_hold_together_and_what_is_unknown_matches_none(
    conditions: dict[str, Any],
    came_by: str,
    tier: str,
    fits: bool,  # noqa: FBT001 - a row's answer
) -> None:
    bank = Bank()
    bank.subjects.tiers["wm1"] = tier
    bank.rule(**conditions)

    assert (bank.comes(came_by).outcome is TagOutcome.TAGGED) == fits
    assert bool(bank.marked) == fits
    assert bool(bank.subjects.asked_tiers) == ("tiers" in conditions)


@pytest.mark.parametrize("state", [RuleState.DRAFT, RuleState.RETIRED])
def test_only_a_released_rule_tags(state: RuleState) -> None:
    bank = Bank()
    bank.rule(state=state)

    assert bank.comes() == Tagged(TagOutcome.WITHOUT_RULE)
    assert bank.library.calls == []


def test_a_member_nobody_knows_has_no_rules() -> None:
    bank = Bank()
    bank.rule()

    assert bank.comes(userid="rm_unknown").outcome is TagOutcome.WITHOUT_RULE


def test_a_tag_that_lacks_is_made_or_left_out_as_the_rule_says() -> None:
    bank = Bank()
    bank.rule(tags=("有", "无"), missing=MissingTag.SKIP)
    assert bank.comes() == Tagged(TagOutcome.MISSING, missing=2)
    bank.library.living.append(LibraryTag("et_1", "来源", "有"))
    bank.library.shown = None

    assert bank.comes() == Tagged(TagOutcome.TAGGED, missing=1)
    assert bank.marked == {"et_1"}


def test_a_tag_that_was_deleted_meanwhile_is_made_anew() -> None:
    bank = Bank()
    bank.rule()
    bank.comes()
    bank.library.shown = list(bank.library.living)
    bank.library.living.clear()

    assert bank.comes(customer="wm2").outcome is TagOutcome.TAGGED
    assert [tag.name for tag in bank.library.living] == ["网点"]


@pytest.mark.parametrize(("group", "name"), [("营销", "勿扰"), (CEILINGS, "可至R5")])
def test_no_rule_sets_an_opt_out_or_a_tag_that_the_product_maintains(group: str, name: str) -> None:
    bank = Bank()
    bank.library.living.append(LibraryTag("et_ceiling", CEILINGS, "可至R5"))
    bank.rule(group=group, tags=(name,))
    assert bank.comes().outcome is TagOutcome.PROTECTED
    bank.rule(tags=("网点",))

    assert bank.comes().outcome is TagOutcome.TAGGED
    assert bank.marked == {"et_来源_网点"}


@pytest.mark.parametrize(
    ("failure", "found"),
    [
        (RelationGoneError(), Tagged(TagOutcome.RELATION_GONE)),
        (TagsRefusedError(40071), Tagged(TagOutcome.REFUSED, 40071)),
    ],
)
def test_a_refusal_ends_it_and_counts_nobody(failure: Exception, found: Tagged) -> None:
    bank = Bank()
    bank.rule()
    bank.library.failures = [failure]

    assert bank.comes() == found
    assert bank.rules.done == {}


def test_what_has_to_wait_is_raised_and_a_repeat_does_it() -> None:
    bank = Bank()
    bank.rule()
    bank.library.failures = [TimeoutError()]
    with pytest.raises(TimeoutError):
        bank.comes()

    assert bank.comes().outcome is TagOutcome.TAGGED


@given(
    st.lists(st.sampled_from(["网点", "勿扰", "可至R5"]), min_size=1, max_size=3, unique=True),
    st.sampled_from(["来源", "营销", CEILINGS]),
    st.sampled_from(list(MissingTag)),
)
def test_whatever_a_rule_names_protected_tags_are_never_set(names: list[str], group: str, missing: MissingTag) -> None:
    bank = Bank()
    ceiling = LibraryTag("et_ceiling", CEILINGS, "可至R5")
    bank.library.living.append(ceiling)
    bank.rule(group=group, tags=tuple(names), missing=missing)

    bank.comes()

    known = {tag.tag_id: tag for tag in bank.library.living}
    assert not bank.marked & {OPT_OUT.tag_id, ceiling.tag_id}
    assert all(known[tag_id].group not in MAINTAINED_GROUPS for tag_id in bank.marked)
