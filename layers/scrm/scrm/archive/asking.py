"""What customers answered before the archive began, or while nobody listened: WeCom is asked, member by member (R20).

Answers that come later are archived messages themselves (`scrm.screening`); so only pairs without an answer are asked
about. What is known of each member's customers and groups is counted on the way, for the certificate of the day.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched
from typing import Final, Protocol

from scrm.archive.coverage import Answer, ArchiveConsent, Coverage

PAIRS_AT_ONCE: Final = 100
_FRESH_FOR: Final = timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class ConsentTally:
    """Customers, or groups, by what is known of them. Of a group one refusal counts, and it is agreed when all whom
    WeCom tells of agreed."""

    agreed: int = 0
    refused: int = 0
    unknown: int = 0

    def __add__(self, other: "ConsentTally") -> "ConsentTally":
        return ConsentTally(self.agreed + other.agreed, self.refused + other.refused, self.unknown + other.unknown)


@dataclass(frozen=True, slots=True)
class MemberTally:
    """A member with a seat; ``asked_at`` is None before the first time. ``groups`` are those he owns."""

    member: str
    asked_at: datetime | None = None
    customers: ConsentTally = ConsentTally()
    groups: ConsentTally = ConsentTally()


class Talks(Protocol):
    """Whom a member talks with, as far as we know."""

    def customers_of(self, member: str) -> Iterable[str]: ...

    def groups_of(self, member: str) -> Iterable[str]:
        """Groups that he owns."""
        ...


class AgreementsRefusedError(Exception):
    """WeCom does not answer about this member or group; nothing is known then."""


class Agreements(Protocol):
    """WeCom's answers; who was never asked is left out. Raises AgreementsRefusedError."""

    def of_customers(self, member: str, external_userids: Sequence[str]) -> Sequence[Answer]:
        """At most 100 at once."""
        ...

    def of_group(self, chat_id: str) -> Sequence[ArchiveConsent]:
        """One of each customer in it who answered."""
        ...


class Tallies(Protocol):
    def tallies(self) -> Iterator[MemberTally]:
        """Every member with a seat."""
        ...

    def answers_of(self, member: str) -> Mapping[str, ArchiveConsent]:
        """What is known, by customer."""
        ...

    def note(self, tally: MemberTally) -> None:
        """Nothing happens when the member has no seat any more; a seat that is given anew is asked about anew."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run did; it is not ``is_done`` when time ended it. ``refused``: questions that WeCom did not answer."""

    members: int
    answers: int
    refused: int
    is_done: bool


@dataclass(slots=True)
class Asking:
    """Use case; a run may break off anywhere. Who was asked longest ago comes first."""

    tallies: Tallies
    talks: Talks
    agreements: Agreements
    coverage: Coverage
    now: Callable[[], datetime]

    def run(self, has_time: Callable[[], bool]) -> Asked:
        members = answers = refused = 0
        for member in self._due():
            if not has_time():
                return Asked(members, answers, refused, is_done=False)
            heard, unanswered = self._ask(member)
            members, answers, refused = members + 1, answers + heard, refused + unanswered
        return Asked(members, answers, refused, is_done=True)

    def _due(self) -> list[str]:
        stale = self.now() - _FRESH_FOR
        found = [each for each in self.tallies.tallies() if each.asked_at is None or each.asked_at <= stale]
        return [each.member for each in sorted(found, key=lambda each: (each.asked_at is not None, each.asked_at))]

    def _ask(self, member: str) -> tuple[int, int]:
        customers = list(self.talks.customers_of(member))
        known = dict(self.tallies.answers_of(member))
        heard = refused = 0
        for some in batched([each for each in customers if each not in known], PAIRS_AT_ONCE, strict=False):
            try:
                answers = self.agreements.of_customers(member, some)
            except AgreementsRefusedError:
                refused += 1
                continue
            for answer in answers:
                self.coverage.hear(answer)
                known[answer.external_userid] = answer.consent
            heard += len(answers)
        groups, unanswered = self._groups(member)
        tally = _tally([known.get(each) for each in customers])
        self.tallies.note(MemberTally(member, self.now(), tally, groups))
        return heard, refused + unanswered

    def _groups(self, member: str) -> tuple[ConsentTally, int]:
        states: list[ArchiveConsent | None] = []
        refused = 0
        for chat_id in self.talks.groups_of(member):
            try:
                states.append(_of_group(self.agreements.of_group(chat_id)))
            except AgreementsRefusedError:
                refused += 1
                states.append(None)
        return _tally(states), refused


def _of_group(answers: Sequence[ArchiveConsent]) -> ArchiveConsent | None:
    if not answers:
        return None
    return ArchiveConsent.REFUSED if ArchiveConsent.REFUSED in answers else ArchiveConsent.AGREED


def _tally(states: Sequence[ArchiveConsent | None]) -> ConsentTally:
    return ConsentTally(states.count(ArchiveConsent.AGREED), states.count(ArchiveConsent.REFUSED), states.count(None))
