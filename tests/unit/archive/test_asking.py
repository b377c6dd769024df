"""Consents from before the archive: asked once a pair, the longest unasked first, counted, whatever a run survives."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from scrm.archive.asking import PAIRS_AT_ONCE, AgreementsRefusedError, Asking, ConsentTally, MemberTally
from scrm.archive.coverage import Answer, ArchiveConsent, Coverage
from tests.fakes.coverage import FakeCoverageStore

NOW = datetime(2026, 11, 27, 19, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=900)
YES, NO = ArchiveConsent.AGREED, ArchiveConsent.REFUSED


@dataclass
class Corp:
    """What customers answered, whom members talk with, and what is noted of members."""

    answered: dict[tuple[str, str], ArchiveConsent] = field(default_factory=dict)
    groups: dict[str, list[ArchiveConsent]] = field(default_factory=dict)
    talks: dict[str, list[str]] = field(default_factory=dict)
    owned: dict[str, list[str]] = field(default_factory=dict)
    unspeakable: set[str] = field(default_factory=set)
    noted: dict[str, MemberTally] = field(default_factory=dict)
    asked: list[tuple[str, int]] = field(default_factory=list)
    store: FakeCoverageStore = field(default_factory=FakeCoverageStore)
    now: datetime = NOW

    def seat(self, member: str, *customers: str) -> None:
        self.talks[member] = list(customers)
        self.noted[member] = MemberTally(member)

    def customers_of(self, member: str) -> Iterable[str]:
        return self.talks[member]

    def groups_of(self, member: str) -> Iterable[str]:
        return self.owned.get(member, ())

    def of_customers(self, member: str, external_userids: Sequence[str]) -> Sequence[Answer]:
        self.asked.append((member, len(external_userids)))
        if member in self.unspeakable:
            raise AgreementsRefusedError
        pairs = ((member, each) for each in external_userids)
        return [Answer(*pair, self.answered[pair], LONG_AGO) for pair in pairs if pair in self.answered]

    def of_group(self, chat_id: str) -> Sequence[ArchiveConsent]:
        if chat_id in self.unspeakable:
            raise AgreementsRefusedError
        return self.groups[chat_id]

    def tallies(self) -> Iterator[MemberTally]:
        return iter(self.noted.values())

    def answers_of(self, member: str) -> Mapping[str, ArchiveConsent]:
        return {customer: each.consent for (who, customer), each in self.store.answers.items() if who == member}

    def note(self, tally: MemberTally) -> None:
        self.noted[tally.member] = tally

    def asking(self) -> Asking:
        return Asking(self, self, self, Coverage(self.store), lambda: self.now)


@pytest.fixture
def corp() -> Corp:
    corp = Corp()
    corp.seat("rm_li", "wmA", "wmB", "wmC")
    corp.answered = {("rm_li", "wmA"): YES, ("rm_li", "wmB"): NO}
    return corp


def test_answers_from_before_are_heard_and_who_never_answered_is_unknown(corp: Corp) -> None:
    asked = corp.asking().run(lambda: True)

    assert (asked.members, asked.answers, asked.refused, asked.is_done) == (1, 2, 0, True)
    assert corp.noted["rm_li"] == MemberTally("rm_li", NOW, ConsentTally(1, 1, 1), ConsentTally())
    assert Coverage(corp.store).not_archived("rm_li", ["wmA", "wmB"], ["archive_refused"]) == {"wmB": "archive_refused"}


def test_an_answer_that_was_heard_later_stands_and_is_not_asked_for_again(corp: Corp) -> None:
    Coverage(corp.store).hear(Answer("rm_li", "wmB", YES, NOW))

    corp.asking().run(lambda: True)

    assert corp.asked == [("rm_li", 2)]
    assert corp.noted["rm_li"].customers == ConsentTally(2, 0, 1)


def test_a_member_is_asked_about_a_hundred_at_once_and_once_a_night(corp: Corp) -> None:
    corp.seat("rm_wu", *(f"wm{number}" for number in range(250)))

    corp.asking().run(lambda: True)
    corp.asking().run(lambda: True)
    assert corp.asked == [("rm_li", 3), ("rm_wu", PAIRS_AT_ONCE), ("rm_wu", PAIRS_AT_ONCE), ("rm_wu", 50)]

    corp.now += timedelta(days=1)
    corp.asking().run(lambda: True)
    assert corp.asked[4:] == [("rm_li", 1), ("rm_wu", 100), ("rm_wu", 100), ("rm_wu", 50)]


def test_a_run_without_time_goes_on_with_who_was_asked_longest_ago(corp: Corp) -> None:
    for member in ("rm_wu", "rm_he"):
        corp.seat(member, "wmX")
    times = iter([True, True, False])

    assert not corp.asking().run(lambda: next(times)).is_done
    assert corp.asking().run(lambda: True).is_done

    assert [member for member, _ in corp.asked] == ["rm_li", "rm_wu", "rm_he"]


def test_a_group_is_agreed_when_all_who_answered_agreed(corp: Corp) -> None:
    corp.owned["rm_li"] = ["wrA", "wrB", "wrC", "wrD"]
    corp.groups = {"wrA": [YES, YES], "wrB": [YES, NO], "wrC": []}
    corp.unspeakable = {"wrD"}

    asked = corp.asking().run(lambda: True)

    assert corp.noted["rm_li"].groups == ConsentTally(agreed=1, refused=1, unknown=2)
    assert asked.refused == 1


def test_a_member_whom_wecom_does_not_answer_about_holds_up_nobody(corp: Corp) -> None:
    corp.unspeakable = {"rm_li"}
    corp.seat("rm_wu", "wmX")

    asked = corp.asking().run(lambda: True)

    assert (asked.members, asked.refused, asked.is_done) == (2, 1, True)
    assert corp.noted["rm_li"].customers == ConsentTally(unknown=3)
