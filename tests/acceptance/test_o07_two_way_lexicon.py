"""O7, the two-way lexicon: evasions are found, harmless sentences are not, and each direction has its own words.

The sets are made from the lexicon by class, with a seed; the second set was written by hand after the engine was frozen
and is only reported. docs/lexicon.md shows the figures of both, and this file holds it to them.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

import pytest
from pypinyin import lazy_pinyin

from local.setup.repository_checks import ROOT
from local.simulator.server import RunningSimulator, running_simulator
from scrm.lexicon import folding
from scrm.lexicon.intercept import Passed, RuleSync
from scrm.lexicon.model import Direction, Kind, Lexicon
from scrm.lexicon.packing import packed
from scrm.lexicon.scanner import Scanner
from scrm.lexicon.standard import ALLOWED, standard
from scrm.wecom.api.intercept_rules import InterceptType
from scrm.wecom.errors import OutcomeUnknownError
from scrm.wecom.lexicon_rules import WecomRules
from tests.fakes.lexicon import FakeLexicons, FakeRuleSync
from tests.lexicon_benign import BOUNDARY, HOMOPHONE, PHRASE, Benign, benign
from tests.lexicon_evasions import evasions
from tests.lexicon_second_set import second_benign, second_evasions
from tests.simulated_corp import Corp, loaded
from tests.unit.screening import test_replay

NODE: Final = "/1/10/12/"
LEXICON: Final = standard()
SCANNER: Final = Scanner(LEXICON)
WORDS: Final = [entry.text for entry in LEXICON.entries if entry.kind is Kind.WORD]


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with running_simulator() as running:
        yield running


@pytest.fixture
def corp(simulator: RunningSimulator) -> Corp:
    return loaded(simulator)


def words_in(text: str, direction: Direction) -> set[str]:
    return {found.word for found in SCANNER.scan(text, direction, NODE)}


def found_of_evasions() -> Mapping[str, tuple[int, int]]:
    """By class: how many were found, of how many."""
    return {
        name: (sum(each.entry.text in words_in(each.text, each.direction) for each in samples), len(samples))
        for name, samples in evasions(LEXICON).items()
    }


def found_of_benign() -> Mapping[str, tuple[int, int]]:
    """By kind: how many were wrongly found, of how many."""
    sentences = benign()
    wrong = Counter(each.kind for each in sentences if words_in(each.text, each.direction))
    return {kind: (wrong[kind], count) for kind, count in Counter(each.kind for each in sentences).items()}


def test_ninety_five_of_a_hundred_evasions_are_found() -> None:
    by_class = found_of_evasions()

    assert set(by_class) == {"full_width", "zero_width", "pinyin_mix", "split", "homoglyph"}
    assert all(count >= 40 for _, count in by_class.values())
    assert all(found >= 0.95 * count for found, count in by_class.values()), by_class


def test_two_of_a_hundred_benign_sentences_are_found_at_most() -> None:
    by_kind = found_of_benign()

    assert sum(count for _, count in by_kind.values()) == 500
    assert sum(wrong for wrong, _ in by_kind.values()) <= 0.02 * 500, by_kind


def test_the_near_misses_are_near() -> None:
    """So that two hundred of them are no claim: each holds the signs, the phrase or the sound of a listed word."""
    near = {kind: [each for each in benign() if each.kind == kind] for kind in (BOUNDARY, PHRASE, HOMOPHONE)}

    assert sum(map(len, near.values())) >= 200
    assert [each.text for each in near[BOUNDARY] if not _holds_signs(each)] == []
    assert [each.text for each in near[PHRASE] if not any(phrase in each.text for phrase in ALLOWED)] == []
    assert [each.text for each in near[HOMOPHONE] if _holds_signs(each) or not _sounds_listed(each)] == []


def test_each_direction_has_its_own_words() -> None:
    assert words_in("我要投诉", Direction.TO_STAFF) == {"投诉"}
    assert words_in("我要投诉", Direction.TO_CUSTOMER) == set()
    assert words_in("这款保本", Direction.TO_CUSTOMER) == {"保本"}
    assert words_in("这款保本吗", Direction.TO_STAFF) == set()


def test_a_purchase_confirmed_in_chat_is_found_in_either_direction() -> None:
    """R10: the sale belongs to the official flow."""
    assert words_in("我确认购买", Direction.TO_STAFF) == {"确认购买", "我确认购买"}
    assert words_in("您回复1购买就可以", Direction.TO_CUSTOMER) == {"回复1购买"}


@pytest.mark.parametrize(
    ("number", "entry_id"),
    [
        ("4111 1111 1111 1111", "number:card"),
        ("11010519491231002X", "number:identity"),
        ("１３８-0013-8000", "number:mobile"),
    ],
)
def test_numbers_of_persons_are_found(number: str, entry_id: str) -> None:
    found = SCANNER.scan(f"我的是{number}，你记一下", Direction.TO_STAFF, NODE)

    assert [each.entry_id for each in found] == [entry_id]


def test_one_version_drives_wecoms_rules_and_an_interrupted_pass_repeats_nothing(corp: Corp) -> None:
    """Over the simulator: another app's rule stays, an answer is lost, somebody changes a rule by hand."""
    api = corp.client().intercept_rules
    api.add("外呼团队的规则", ["加微信"], InterceptType.WARN, [1])
    store = FakeLexicons(lexicons={1: LEXICON, 2: Lexicon(LEXICON.entries[5:], LEXICON.allowed)}, current=1)
    states = FakeRuleSync()

    def sync() -> Passed | None:
        return RuleSync(store, WecomRules(corp.client()), states, corp.time.now).run()

    corp.control.add_fault("drop_after", "externalcontact/add_intercept_rule", count=1)
    with pytest.raises(OutcomeUnknownError):
        sync()
    for version in (1, 1, 2):
        store.current = version
        done = sync()
        assert done is not None
        assert (done.version, done.drifted, done.refused) == (version, (), {})
        held = {name: words for name, words in rules_at(corp).items() if name.startswith("scrm-")}
        assert held == {rule.name: set(rule.words) for rule in packed(store.lexicons[version]).rules}
    name, rule_id = next((row.rule_name, row.rule_id) for row in api.listed() if row.rule_name.startswith("scrm-"))
    shown = api.details(rule_id)
    api.update(shown, ["别的词"], InterceptType.WARN, [1])
    repaired = sync()

    assert repaired is not None
    assert (repaired.changed, repaired.drifted) == (1, (name,))
    assert rules_at(corp)[name] == set(shown.word_list)
    assert rules_at(corp)["外呼团队的规则"] == {"加微信"}


def test_a_new_version_replays_the_past_and_shows_the_difference() -> None:
    """What was written in every way of evasion, under a version that lacks some words and has others."""
    texts = [each.text for samples in evasions(LEXICON).values() for each in samples]
    spoken = test_replay.Corp(*(test_replay.said(seq, text) for seq, text in enumerate(texts, 1)), limit=50)
    before = Lexicon(LEXICON.entries[5:], LEXICON.allowed)
    after = Lexicon(LEXICON.entries[:-5], LEXICON.allowed)
    spoken.lexicons.lexicons |= {1: before, 2: after}

    found = spoken.finished(spoken.start())

    scanners = Scanner(before), Scanner(after)
    added, vanished = Counter[str](), Counter[str]()
    for text in texts:
        old, new = (
            {(hit.entry_id, hit.start) for hit in scanner.scan(text, Direction.TO_CUSTOMER, "/1/10/12/")}
            for scanner in scanners
        )
        added.update(entry_id for entry_id, _ in new - old)
        vanished.update(entry_id for entry_id, _ in old - new)
    assert len(added) >= 3
    assert {entry_id: diff.added for entry_id, diff in found.entries.items() if diff.added} == added
    assert {entry_id: diff.vanished for entry_id, diff in found.entries.items() if diff.vanished} == vanished
    assert found.messages == len(texts)


def rules_at(corp: Corp) -> dict[str, set[str]]:
    """Words of every rule of the corp, by name."""
    api = corp.client().intercept_rules
    return {row.rule_name: set(api.details(row.rule_id).word_list) for row in api.listed()}


def test_the_documented_figures_of_both_sets_are_the_measured_ones() -> None:
    second = {
        name: (sum(word in words_in(text, Direction.BOTH) for word, text in samples), len(samples))
        for name, samples in second_evasions().items()
    }
    second_wrong = sum(bool(words_in(text, direction)) for text, direction in second_benign())
    first, wrong = found_of_evasions(), found_of_benign()
    rows = {
        f"| `{name}` | {first[name][0]} of {first[name][1]} | {second[name][0]} of {second[name][1]} |"
        for name in first
    }
    rows |= {f"| `{kind}` | {count[0]} of {count[1]} | |" for kind, count in wrong.items()}
    rows.add(
        f"| all benign | {sum(each for each, _ in wrong.values())} of 500 | {second_wrong} of {len(second_benign())} |"
    )

    written = set((ROOT / "docs" / "lexicon.md").read_text(encoding="utf-8").splitlines())

    assert sorted(rows - written) == []


def _holds_signs(sentence: Benign) -> bool:
    plain = folding.shared().plain(sentence.text)
    return any(folding.shared().plain(word) in plain for word in WORDS)


def _sounds_listed(sentence: Benign) -> bool:
    sound = " ".join(lazy_pinyin(re.sub(r"[^\u4e00-\u9fff]", "", sentence.text)))
    return any(f" {' '.join(lazy_pinyin(word))} " in f" {sound} " for word in WORDS)
