"""WeCom's rules of words: what is sent, what is read, and whose failure an errcode is (docs/wecom.md 17)."""

from typing import Any

import pytest

from scrm.lexicon.intercept import HeldRule, RuleRefusedError, SyncOvertakenError
from scrm.lexicon.model import Action, Severity
from scrm.lexicon.packing import InterceptRule
from scrm.wecom.api.intercept_rules import InterceptType
from scrm.wecom.client import WecomClient
from scrm.wecom.errors import InvalidRequestError, PermissionDeniedError, error_for
from scrm.wecom.lexicon_rules import WecomRules
from tests.fakes.wecom import PagedWecom

ADD, LIST, GET, UPDATE, DELETE = (
    f"externalcontact/{name}"
    for name in (
        "add_intercept_rule",
        "get_intercept_rule_list",
        "get_intercept_rule",
        "update_intercept_rule",
        "del_intercept_rule",
    )
)
RULE = InterceptRule("scrm-严重拦截-abcdef-01", Action.BLOCK, Severity.SERIOUS, ("保本", "稳赚"), (1, 10), ("a", "b"))
HELD = HeldRule("r1", RULE.name, Action.WARN, ("保本",), (10, 20), ("rm_li",), (1,))


@pytest.fixture
def wecom() -> PagedWecom:
    return PagedWecom()


@pytest.fixture
def rules(wecom: PagedWecom) -> WecomRules:
    return WecomRules(WecomClient(wecom))


def test_a_rule_is_added_once_and_not_repeated_unseen(wecom: PagedWecom, rules: WecomRules) -> None:
    wecom.will_answer(ADD, {"rule_id": 7})

    assert rules.add(RULE) == "7"

    (call,) = wecom.calls
    assert call.body == {
        "rule_name": RULE.name,
        "word_list": ["保本", "稳赚"],
        "intercept_type": 1,
        "applicable_range": {"department_list": [1, 10]},
    }
    assert not call.repeatable


def test_a_change_makes_the_range_ours_and_clears_what_we_do_not_use(wecom: PagedWecom, rules: WecomRules) -> None:
    wecom.will_answer(UPDATE, {}, {})

    rules.change(HELD, RULE)
    rules.change(HeldRule("r1", RULE.name, Action.BLOCK, (), (1, 10)), RULE)

    words = {"rule_id": "r1", "word_list": ["保本", "稳赚"], "extra_rule": {"semantics_list": []}, "intercept_type": 1}
    added = {"add_applicable_range": {"department_list": [1]}}
    removed = {"remove_applicable_range": {"user_list": ["rm_li"], "department_list": [20]}}
    assert [call.body for call in wecom.calls] == [{**words, **added, **removed}, words]


@pytest.mark.parametrize("semantics", [{"semantics_list": [1, 3]}, {"extra_rule": {"semantics_list": [1, 3]}}])
def test_a_rule_is_read_from_either_shape(wecom: PagedWecom, rules: WecomRules, semantics: dict[str, Any]) -> None:
    shown = {"rule_id": 7, "rule_name": "n", "word_list": ["保本"], "intercept_type": 2, **semantics}
    wecom.will_answer(GET, {"rule": {**shown, "applicable_range": {"user_list": None, "department_list": [2]}}})

    assert rules.shown("7") == HeldRule("7", "n", Action.WARN, ("保本",), (2,), (), (1, 3))


def test_all_rules_are_listed(wecom: PagedWecom, rules: WecomRules) -> None:
    wecom.will_answer(LIST, {"rule_list": [{"rule_id": "r1", "rule_name": "n"}, {"rule_id": 2}]})

    assert [(each.rule_id, each.name) for each in rules.listed()] == [("r1", "n"), ("2", "")]
    assert wecom.calls[0].body is None


@pytest.mark.parametrize("code", [41070, 41071])
def test_a_rule_that_is_gone_is_no_error(wecom: PagedWecom, rules: WecomRules, code: int) -> None:
    wecom.will_answer(GET, error_for(code, GET))
    wecom.will_answer(DELETE, error_for(code, DELETE))

    assert rules.shown("r1") is None
    rules.delete("r1")


@pytest.mark.parametrize("code", [41068, 41069, 41076, 41083, 60011, 60123])
def test_what_is_wrong_with_one_rule_is_that_rules_failure(wecom: PagedWecom, rules: WecomRules, code: int) -> None:
    wecom.will_answer(ADD, error_for(code, ADD))
    wecom.will_answer(DELETE, error_for(code, DELETE))

    with pytest.raises(RuleRefusedError) as refused:
        rules.add(RULE)
    with pytest.raises(RuleRefusedError):
        rules.delete("r1")

    assert refused.value.errcode == code


def test_a_name_that_was_taken_meanwhile_is_looked_at_again(wecom: PagedWecom, rules: WecomRules) -> None:
    wecom.will_answer(ADD, error_for(41077, ADD))

    with pytest.raises(SyncOvertakenError):
        rules.add(RULE)


def test_an_app_without_the_right_to_rules_is_told_so(wecom: PagedWecom, rules: WecomRules) -> None:
    wecom.will_answer(LIST, error_for(48002, LIST))
    wecom.will_answer(GET, error_for(40058, GET))

    with pytest.raises(PermissionDeniedError):
        rules.listed()
    with pytest.raises(InvalidRequestError):
        rules.shown("r1")


@pytest.mark.parametrize(
    ("name", "words", "departments"),
    [
        ("长" * 21, ["保本"], [1]),
        ("", ["保本"], [1]),
        ("n", [], [1]),
        ("n", ["保本"] * 301, [1]),
        ("n", ["长" * 33], [1]),
        ("n", ["保本"], []),
        ("n", ["保本"], list(range(1_001))),
    ],
)
def test_what_wecom_would_refuse_is_not_sent(
    wecom: PagedWecom, name: str, words: list[str], departments: list[int]
) -> None:
    with pytest.raises(InvalidRequestError):
        WecomClient(wecom).intercept_rules.add(name, words, InterceptType.BLOCK, departments)

    assert wecom.calls == []
