"""Whose conversations are archived: members with a seat, and customers who agreed (S70, R20).

WeCom archives a member only while he has a paid seat, and an outsider's talk with him only after the outsider agreed,
for each member anew. So everything here is told by member.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from scrm.ids import fold_userid

NOT_ARCHIVED: Final = "not_archived"
REFUSED: Final = "archive_refused"
"""Why a customer's talk with a member is not in the archive."""


class ArchiveConsent(StrEnum):
    """What a customer answered when WeCom asked him whether his talk with a member may be archived."""

    AGREED = "agreed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Answer:
    """``at``: when he answered, by WeCom's clock; of two answers the later one stands, of two at once the refusal."""

    member: str
    external_userid: str
    consent: ArchiveConsent
    at: datetime

    def stands_against(self, other: "Answer") -> bool:
        if self.at != other.at:
            return self.at > other.at
        return self.consent is ArchiveConsent.REFUSED and other.consent is not ArchiveConsent.REFUSED


@dataclass(frozen=True, slots=True)
class MemberCoverage:
    """``refused``: customers whose talk with this member is not archived because they said no."""

    member: str
    has_seat: bool
    refused: frozenset[str] = frozenset()


class CoverageStore(Protocol):
    def of(self, members: Sequence[str]) -> Mapping[str, MemberCoverage]:
        """Those of whom anything is known."""
        ...

    def seated(self) -> Iterable[str]:
        """Members who have a seat as far as we know."""
        ...

    def give_seat(self, member: str, at: datetime) -> None: ...

    def take_seat(self, member: str, at: datetime) -> None: ...

    def answer(self, member: str, external_userid: str) -> Answer | None: ...

    def keep(self, answer: Answer, before: Answer | None) -> bool:
        """Write an answer over ``before``, None where there was none; False when that is not what stands any more."""
        ...

    def mark(self, answer: Answer) -> None:
        """Have the customer among the member's refusals or not, as the answer says; repeatable."""
        ...


@dataclass(frozen=True, slots=True)
class SeatChange:
    given: int
    taken: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """Use cases: hear answers, take the list of seats over, say who is not archived."""

    store: CoverageStore

    def hear(self, answer: Answer) -> bool:
        """Whether it stands now. May come twice and out of order."""
        answer = Answer(fold_userid(answer.member), answer.external_userid, answer.consent, answer.at)
        while True:
            before = self.store.answer(answer.member, answer.external_userid)
            if before is not None and before != answer and not answer.stands_against(before):
                return False
            if before == answer or self.store.keep(answer, before):
                return self._mark(answer)

    def _mark(self, answer: Answer) -> bool:
        """Until the mark is that of the answer that stands: somebody may have heard a later one meanwhile."""
        standing = answer
        while True:
            self.store.mark(standing)
            now = self.store.answer(answer.member, answer.external_userid)
            if now is None or now == standing:
                return standing == answer
            standing = now

    def take_over(self, permitted: Iterable[str], at: datetime) -> SeatChange:
        """WeCom's list of archived members as of ``at``; whoever is not on it has no seat."""
        wanted, known = set(map(fold_userid, permitted)), set(self.store.seated())
        for member in sorted(wanted - known):
            self.store.give_seat(member, at)
        for member in sorted(known - wanted):
            self.store.take_seat(member, at)
        return SeatChange(len(wanted - known), len(known - wanted))

    def not_archived(
        self, member: str, external_userids: Sequence[str], reasons: Collection[str] = (NOT_ARCHIVED, REFUSED)
    ) -> Mapping[str, str]:
        """Of a member's customers those whose talk with him is not archived for one of these reasons, and which:
        ``not_archived`` for all of them where he has no seat, ``archive_refused`` for who said no."""
        member = fold_userid(member)
        known = self.store.of([member]).get(member, MemberCoverage(member, has_seat=False))
        has_none = NOT_ARCHIVED in reasons and not known.has_seat
        found = dict.fromkeys(external_userids, NOT_ARCHIVED) if has_none else {}
        refused = known.refused if REFUSED in reasons else ()
        return found | {one: REFUSED for one in external_userids if one in refused}
