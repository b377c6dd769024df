"""A version of the lexicon is drafted by one person, approved by another, and put in force (S71, R21)."""

from dataclasses import replace

import pytest

from scrm.lexicon import documents
from scrm.lexicon.model import Action, Direction, Entry, Kind, Lexicon
from scrm.lexicon.patterns import Check
from scrm.lexicon.standard import standard
from scrm.lexicon.versions import (
    InvalidLexiconError,
    Lexicons,
    StaleVersionError,
    StepRefusedError,
    UnknownVersionError,
    VersionState,
)
from tests.fakes.lexicon import FakeLexicons, ToldSteps

LEXICON = Lexicon((Entry("one", "保本"), Entry("two", "飞单")), ("不保本",))


@pytest.fixture
def store() -> FakeLexicons:
    return FakeLexicons()


@pytest.fixture
def journal() -> ToldSteps:
    return ToldSteps()


@pytest.fixture
def desk(store: FakeLexicons, journal: ToldSteps) -> Lexicons:
    return Lexicons(store, journal)


def in_force(desk: Lexicons, lexicon: Lexicon, key: str) -> int:
    number = desk.draft(lexicon, "", "maker", key).number
    desk.approve(number, "checker")
    return desk.put_in_force(number, "maker").number


def test_two_persons_bring_a_version_into_force(desk: Lexicons, store: FakeLexicons, journal: ToldSteps) -> None:
    number = desk.draft(LEXICON, "首版", "maker", "k1").number
    with pytest.raises(StepRefusedError):
        desk.approve(number, "maker")
    with pytest.raises(StepRefusedError):
        desk.put_in_force(number, "checker")

    desk.approve(number, "checker")
    desk.put_in_force(number, "maker")

    assert store.in_force() == 1
    assert desk.found(1).state is VersionState.IN_FORCE
    assert journal.steps == [(1, "drafted", "maker"), (1, "approved", "checker"), (1, "put_in_force", "maker")]


def test_the_next_version_retires_the_one_before_and_the_way_back_is_open(desk: Lexicons) -> None:
    first = in_force(desk, LEXICON, "k1")
    second = in_force(desk, Lexicon((Entry("one", "保本"),)), "k2")
    assert (desk.found(first).state, desk.found(second).state) == (VersionState.RETIRED, VersionState.IN_FORCE)

    desk.put_in_force(first, "maker")

    assert (desk.found(first).state, desk.found(second).state) == (VersionState.IN_FORCE, VersionState.RETIRED)


def test_a_repeated_step_is_answered_as_it_was(desk: Lexicons, journal: ToldSteps) -> None:
    made = [desk.draft(LEXICON, "", "maker", "k1") for _ in range(2)]
    decided = [desk.approve(1, "checker") for _ in range(2)]
    running = [desk.put_in_force(1, "maker") for _ in range(2)]

    assert made[0] == made[1]
    assert decided[0] == decided[1]
    assert running[0] == running[1]
    assert len(journal.steps) == 3


def test_another_lexicon_under_the_same_key_is_refused(desk: Lexicons) -> None:
    desk.draft(LEXICON, "", "maker", "k1")

    with pytest.raises(StaleVersionError):
        desk.draft(Lexicon((Entry("one", "稳赚"),)), "", "maker", "k1")


def test_a_rejected_version_stays_so(desk: Lexicons) -> None:
    desk.draft(LEXICON, "", "maker", "k1")
    rejected = desk.reject(1, "checker", "太宽")

    assert rejected.decision_note == "太宽"
    with pytest.raises(StepRefusedError):
        desk.approve(1, "checker")
    with pytest.raises(StepRefusedError):
        desk.put_in_force(1, "checker")


def test_who_comes_second_reads_again(desk: Lexicons, store: FakeLexicons) -> None:
    desk.draft(LEXICON, "", "maker", "k1")
    store.save(replace(store.versions[1], revision=2))
    stale = Lexicons(_Remembers(store), ToldSteps())

    with pytest.raises(StaleVersionError):
        stale.approve(1, "checker")


class _Remembers(FakeLexicons):
    """Shows the first revision, and saves over what is there."""

    def __init__(self, store: FakeLexicons) -> None:
        super().__init__({1: replace(store.versions[1], revision=1)}, store.lexicons)
        self.real = store

    def save(self, version: object) -> bool:
        return self.real.save(version)  # type: ignore[arg-type]


def test_changes_are_against_what_is_in_force(desk: Lexicons) -> None:
    desk.draft(LEXICON, "", "maker", "k0")
    assert desk.changes(1).added == ("one", "two")
    in_force(desk, LEXICON, "k1")
    after = Lexicon((Entry("one", "保本", action=Action.BLOCK), Entry("three", "稳赚")))

    found = desk.changes(desk.draft(after, "", "maker", "k2").number)

    assert (found.added, found.removed, found.changed) == (("three",), ("two",), ("one",))


def test_an_unknown_version_is_told_so(desk: Lexicons) -> None:
    with pytest.raises(UnknownVersionError):
        desk.found(7)
    with pytest.raises(UnknownVersionError):
        desk.lexicon(7)


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        (Entry("x", "保"), "length"),
        (Entry("x", "，。"), "length"),
        (Entry("x", "长" * 33), "length"),
        (Entry("x", "(a+)+", kind=Kind.PATTERN), "expression_refused"),
        (Entry("x", "保本", check=Check.BANK_CARD), "check_of_word"),
        (Entry("x", "投诉", action=Action.COMPLAINT), "direction"),
        (Entry("x", "保本", scope=()), "scope"),
    ],
)
def test_an_entry_that_cannot_be_used_is_named(desk: Lexicons, entry: Entry, kind: str) -> None:
    with pytest.raises(InvalidLexiconError) as refused:
        desk.draft(Lexicon((entry,)), "", "maker", "k")

    assert [(each.where, each.kind) for each in refused.value.problems] == [("x", kind)]


def test_limits_and_repeated_ids_are_named() -> None:
    many = Lexicon(tuple(Entry(f"e{n}", f"词语{n}") for n in range(10_001)), tuple(f"短语{n}" for n in range(5_001)))
    twice = Lexicon((Entry("one", "保本"), Entry("one", "稳赚")))

    assert [(each.where, each.kind) for each in documents.problems_of(many)] == [
        ("entries", "too_many"),
        ("allowed", "too_many"),
    ]
    assert [(each.where, each.kind) for each in documents.problems_of(twice)] == [("one", "repeated")]


def test_the_standard_lexicon_can_be_used_and_survives_storage() -> None:
    lexicon = standard()

    assert documents.problems_of(lexicon) == []
    assert documents.read(documents.written(lexicon)) == lexicon
    assert documents.sha256_of(documents.read(documents.written(lexicon))) == documents.sha256_of(lexicon)
    assert {entry.direction for entry in lexicon.entries} == set(Direction)
