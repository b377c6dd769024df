"""Every entry is in one rule of WeCom or told why only our scan sees it; rules keep WeCom's limits."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.lexicon.model import Action, Direction, Entry, Kind, Lexicon, Severity
from scrm.lexicon.packing import DetectOnlyCause, packed
from scrm.lexicon.standard import standard

BLOCKED = Entry("one", "保本", direction=Direction.TO_CUSTOMER, action=Action.BLOCK, severity=Severity.SERIOUS)


@pytest.mark.parametrize(
    ("entry", "cause"),
    [
        (replace(BLOCKED, action=Action.DETECT), DetectOnlyCause.DETECTED_ONLY),
        (replace(BLOCKED, text=r"\d{16}", kind=Kind.PATTERN), DetectOnlyCause.PATTERN),
        (replace(BLOCKED, direction=Direction.TO_STAFF), DetectOnlyCause.WORDS_OF_CUSTOMERS),
        (replace(BLOCKED, scope=tuple(f"/1/{n}/" for n in range(2, 1_003))), DetectOnlyCause.TOO_MANY_PLACES),
    ],
)
def test_what_wecom_cannot_hold_is_named(entry: Entry, cause: DetectOnlyCause) -> None:
    assert packed(Lexicon((entry,))).detect_only == {"one": cause}


def test_a_rule_has_one_range_and_one_kind_and_keeps_its_name() -> None:
    branch = replace(BLOCKED, entry_id="two", text="飞单", scope=("/1/12/", "/1/10/"))
    warned = replace(BLOCKED, entry_id="three", text="兜底", action=Action.WARN)

    rules = packed(Lexicon((warned, branch, BLOCKED))).rules
    other_words = packed(Lexicon((replace(BLOCKED, text="稳赚"),))).rules

    assert [(rule.words, rule.department_ids, rule.action) for rule in rules] == [
        (("保本",), (1,), Action.BLOCK),
        (("飞单",), (10, 12), Action.BLOCK),
        (("兜底",), (1,), Action.WARN),
    ]
    assert other_words[0].name == rules[0].name
    assert len({rule.name for rule in rules}) == 3


def test_the_least_serious_words_have_no_room() -> None:
    many = [replace(BLOCKED, entry_id=f"s{n}", text=f"词{n:05d}") for n in range(301)]
    notices = [replace(each, entry_id=f"n{each.entry_id}", severity=Severity.NOTICE) for each in many[:5]]

    found = packed(Lexicon((*notices, *many)), room=2)

    assert [len(rule.words) for rule in found.rules] == [300, 1]
    assert found.detect_only == dict.fromkeys([f"ns{n}" for n in range(5)], DetectOnlyCause.NO_ROOM)


ENTRIES = st.builds(
    Entry,
    entry_id=st.uuids().map(str),
    text=st.sampled_from([f"词语{n}" for n in range(40)]),
    kind=st.sampled_from(Kind),
    direction=st.sampled_from(Direction),
    severity=st.sampled_from(Severity),
    action=st.sampled_from(Action),
    scope=st.lists(st.sampled_from(["/1/", "/1/10/", "/1/12/"]), min_size=1, max_size=3).map(tuple),
)


@given(st.lists(ENTRIES, max_size=60, unique_by=lambda entry: entry.entry_id), st.integers(0, 6))
def test_every_entry_has_its_place_once(entries: list[Entry], room: int) -> None:
    found = packed(Lexicon(tuple(entries)), room)

    placed = [entry_id for rule in found.rules for entry_id in rule.entry_ids]
    assert sorted([*placed, *found.detect_only]) == sorted(entry.entry_id for entry in entries)
    assert len(found.rules) <= room
    assert all(len(rule.name) <= 20 and 1 <= len(rule.words) <= 300 for rule in found.rules)


def test_the_standard_lexicon_fits() -> None:
    found = packed(standard())

    assert len(found.rules) == 1
    assert DetectOnlyCause.NO_ROOM not in found.detect_only.values()
