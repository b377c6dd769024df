"""Who is archived, in memory, by the rules of the archive's table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from scrm.archive.coverage import Answer, ArchiveConsent, MemberCoverage


class FakeCoverageStore:
    def __init__(self) -> None:
        self.members: dict[str, MemberCoverage] = {}
        self.answers: dict[tuple[str, str], Answer] = {}

    def of(self, members: Sequence[str]) -> Mapping[str, MemberCoverage]:
        return {member: self.members[member] for member in members if member in self.members}

    def seated(self) -> Iterable[str]:
        return [member for member, known in self.members.items() if known.has_seat]

    def give_seat(self, member: str, at: datetime) -> None:
        self.members[member] = replace(self._member(member), has_seat=True)

    def take_seat(self, member: str, at: datetime) -> None:
        self.members[member] = replace(self._member(member), has_seat=False)

    def answer(self, member: str, external_userid: str) -> Answer | None:
        return self.answers.get((member, external_userid))

    def keep(self, answer: Answer, before: Answer | None) -> bool:
        place = answer.member, answer.external_userid
        if self.answers.get(place) != before:
            return False
        self.answers[place] = answer
        return True

    def mark(self, answer: Answer) -> None:
        known = self._member(answer.member)
        one = {answer.external_userid}
        refused = known.refused | one if answer.consent is ArchiveConsent.REFUSED else known.refused - one
        self.members[answer.member] = replace(known, refused=refused)

    def _member(self, member: str) -> MemberCoverage:
        return self.members.get(member, MemberCoverage(member, has_seat=False))
