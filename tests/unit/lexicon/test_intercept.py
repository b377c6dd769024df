"""WeCom's rules follow the version in force, whatever breaks off and whoever changes them (S71, O7)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.lexicon.intercept import HeldRule, ListedRule, Passed, RuleSync, SyncOvertakenError
from scrm.lexicon.model import Action, Direction, Entry, Lexicon, Severity
from scrm.lexicon.packing import packed
from tests.fakes.lexicon import FakeLexicons, FakeRules, FakeRuleSync

AT = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
FOREIGN = HeldRule("x1", "其他应用的规则", Action.WARN, ("加微信",), (1,))


def entry(word: str, action: Action = Action.BLOCK, scope: str = "/1/") -> Entry:
    return Entry(word, word, direction=Direction.TO_CUSTOMER, severity=Severity.SERIOUS, action=action, scope=(scope,))


FIRST = Lexicon((entry("保本"), entry("稳赚"), entry("重仓", Action.WARN), Entry("投诉", "投诉")))
SECOND = Lexicon((entry("保本"), entry("刚兑"), entry("内幕", scope="/1/10/")))


class Corp:
    """A lexicon, WeCom's rules and what is known of them."""

    def __init__(self, *lexicons: Lexicon) -> None:
        self.lexicons = FakeLexicons(lexicons=dict(enumerate(lexicons, 1)), current=1)
        self.rules = FakeRules({FOREIGN.rule_id: FOREIGN})
        self.states = FakeRuleSync()
        self.now = AT

    def sync(self) -> Passed | None:
        self.now += timedelta(hours=1)
        return RuleSync(self.lexicons, self.rules, self.states, lambda: self.now).run()

    def name_of(self, word: str) -> str:
        return next(rule.name for rule in self.rules.held.values() if word in rule.words)


def test_rules_are_those_of_the_version_in_force_and_others_stay() -> None:
    corp = Corp(FIRST, SECOND)

    first, again = corp.sync(), corp.sync()
    held_first = corp.rules.words()
    corp.lexicons.current = 2
    second = corp.sync()

    assert first == Passed(1, added=2, changed=0, deleted=0, drifted=(), refused={})
    assert again == Passed(1, added=0, changed=0, deleted=0, drifted=(), refused={})
    assert held_first == {"保本", "稳赚", "重仓", "加微信"}
    assert second == Passed(2, added=1, changed=1, deleted=1, drifted=(), refused={})
    assert corp.rules.words() == {"保本", "刚兑", "内幕", "加微信"}
    assert corp.rules.held[FOREIGN.rule_id] == FOREIGN
    assert (corp.states.state.is_of(2), corp.states.state.others) == (True, 1)


def test_nothing_is_written_while_no_version_is_in_force() -> None:
    corp = Corp(FIRST)
    corp.lexicons.current = 0

    assert corp.sync() is None
    assert corp.rules.writes == []


@given(st.integers(0, 3), st.integers(0, 3))
def test_a_pass_that_breaks_off_is_completed_by_the_next_and_is_nobodys_change(first: int, second: int) -> None:
    corp = Corp(FIRST, SECOND)
    for version, dies_after in ((1, first), (2, second)):
        corp.lexicons.current = version
        corp.rules.dies_after = len(corp.rules.writes) + dies_after
        try:
            corp.sync()
        except ConnectionError:
            finished = corp.sync()
            assert finished is not None
            assert finished.drifted == ()
        expected = packed(corp.lexicons.lexicons[version]).rules
        assert corp.rules.words() == {word for rule in expected for word in rule.words} | {"加微信"}
        assert len(corp.rules.held) == len(expected) + 1
    assert corp.states.state.drifted == ()


def test_a_rule_changed_or_deleted_by_hand_is_told_and_made_right() -> None:
    corp = Corp(FIRST)
    corp.sync()
    changed, deleted = corp.name_of("保本"), corp.name_of("重仓")
    corp.rules.by_hand(changed, "保本")
    corp.rules.by_hand(deleted)

    found, after = corp.sync(), corp.sync()

    assert found is not None
    assert after is not None
    assert (found.drifted, after.drifted) == (tuple(sorted([changed, deleted])), ())
    assert corp.rules.words() == {"保本", "稳赚", "重仓", "加微信"}
    assert corp.states.state.drifted_at == AT + timedelta(hours=2)


def test_a_change_by_hand_is_told_even_if_the_pass_that_saw_it_died() -> None:
    corp = Corp(FIRST)
    corp.sync()
    corp.rules.by_hand(corp.name_of("保本"), "保本")
    corp.rules.dies_after = len(corp.rules.writes)

    with pytest.raises(ConnectionError):
        corp.sync()
    corp.sync()

    assert corp.states.state.drifted == (corp.name_of("保本"),)


def test_words_that_are_shown_otherwise_are_not_written_each_hour() -> None:
    corp = Corp(FIRST)
    corp.rules.shouts = True

    corp.sync()
    again = corp.sync()

    assert again == Passed(1, added=0, changed=0, deleted=0, drifted=(), refused={})


def test_a_rule_that_is_refused_keeps_none_of_the_others() -> None:
    corp = Corp(SECOND)
    corp.rules.refusals = {10: 60011}

    found = corp.sync()

    assert found is not None
    assert list(found.refused.values()) == [60011]
    assert corp.rules.words() == {"保本", "刚兑", "加微信"}
    assert not corp.states.state.is_of(1)
    corp.rules.refusals = {}
    corp.sync()
    assert corp.states.state.is_of(1)


def test_somebody_elses_rule_of_our_name_is_refused_and_told() -> None:
    corp = Corp(FIRST)
    name = next(rule.name for rule in packed(FIRST).rules if "保本" in rule.words)
    corp.rules.held["x2"] = replace(FOREIGN, rule_id="x2", name=name)
    corp.rules.theirs = {name}

    found = corp.sync()

    assert found is not None
    assert found.refused == {name: 60011}


def test_other_apps_rules_leave_less_room_and_what_has_none_is_counted() -> None:
    corp = Corp(FIRST)
    others = (replace(FOREIGN, rule_id=f"x{number}", name=f"规则{number}") for number in range(99))
    corp.rules.held = {rule.rule_id: rule for rule in others}

    corp.sync()

    assert len(corp.rules.held) == 100
    assert {"保本", "稳赚"} <= corp.rules.words()
    assert "重仓" not in corp.rules.words()
    assert corp.states.state.no_room == 1


def test_old_rules_go_first_where_there_is_no_room_for_new_ones() -> None:
    corp = Corp(FIRST, Lexicon((entry("内幕", scope="/1/10/"), entry("代客", scope="/1/20/"))))
    others = (replace(FOREIGN, rule_id=f"x{number}", name=f"规则{number}") for number in range(98))
    corp.rules.held = {rule.rule_id: rule for rule in others}
    corp.sync()
    corp.lexicons.current = 2

    found = corp.sync()

    assert found == Passed(2, added=2, changed=0, deleted=2, drifted=(), refused={})
    assert {"内幕", "代客"} <= corp.rules.words()


def test_two_passes_at_once_are_noticed() -> None:
    corp = Corp(FIRST)

    class Overtaken(FakeRules):
        def listed(self) -> list[ListedRule]:
            corp.states.state = replace(corp.states.state, revision=corp.states.state.revision + 1)
            return []

    with pytest.raises(SyncOvertakenError):
        RuleSync(corp.lexicons, Overtaken(), corp.states, lambda: AT).run()
