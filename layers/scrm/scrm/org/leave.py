"""Members on leave and who acts for them (S54): tasks and approvals go to the cover, relations stay."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

from scrm.org.acting import LeaveRepository, business_day
from scrm.org.model import Cover, Member, MemberStatus

_ATTEMPTS = 5


class LeaveConflictError(Exception):
    """Several writers changed one member's leave again and again; the message should be tried later."""


@dataclass(frozen=True, slots=True)
class LeaveTold:
    """HR says that a member is away from ``first_day`` on; ``last_day`` None: until he is back.

    ``hand_over`` and ``successor_userids``: whether and to whom his customers go; None lets the length decide.
    """

    userid: str
    first_day: date
    last_day: date | None
    event_id: str
    said_at: datetime
    cover_userid: str = ""
    hand_over: bool | None = None
    successor_userids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReturnTold:
    """HR says that a member is back; ``returned_on`` None: on the day HR said so; ``date.min``: he never went."""

    userid: str
    event_id: str
    said_at: datetime
    returned_on: date | None = None


@dataclass(frozen=True, slots=True)
class LeaveResult:
    """What became of HR's word: ``stored`` is False when a later one, or the same, is known already.

    ``refused`` is a sentence that says why the cover, or the whole word, cannot be used. A leave whose cover is refused
    is stored with the manager as cover, or without one, because the member is away all the same.
    """

    stored: bool
    cover: Cover | None = None
    refused: str = ""


def _nobody(_: Member) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Leaves:
    """Use case of HR's words on leaves; they come twice, late and in any order, the latest by ``said_at`` holds.

    ``manager_of``: who acts for a member when HR names nobody who can; empty when nobody does.
    """

    repository: LeaveRepository
    manager_of: Callable[[Member], str] = _nobody

    def on_leave(self, told: LeaveTold) -> LeaveResult:
        member = self.repository.member(told.userid)
        if member is None:
            return LeaveResult(stored=False, refused="userid: no member of this corp is known by it; check it")
        told = replace(told, userid=member.userid)
        known = self.repository.member(told.cover_userid) if told.cover_userid else None
        if known is not None:
            told = replace(told, cover_userid=known.userid)
        refused = self._refusal(told, known) if told.cover_userid else ""
        cover = Cover(
            userid=told.userid,
            said_at=told.said_at,
            event_id=told.event_id,
            cover_userid=told.cover_userid if told.cover_userid and not refused else self._manager(told, member),
            first_day=told.first_day,
            last_day=told.last_day,
        )
        result = self._store(cover)
        return replace(result, refused=refused) if _is_this_word(result, cover) else result

    def _manager(self, told: LeaveTold, member: Member) -> str:
        userid = self.manager_of(member)
        if not userid or self._refusal(replace(told, cover_userid=userid), self.repository.member(userid)):
            return ""
        return userid

    def returned(self, told: ReturnTold) -> LeaveResult:
        member = self.repository.member(told.userid)
        if member is None:
            return LeaveResult(stored=False, refused="userid: no member of this corp is known by it; check it")
        back = told.returned_on or business_day(told.said_at)
        # Kept even if no leave is known: it may come late, and is then known to be over.
        return self._store(Cover(member.userid, told.said_at, told.event_id, returned_on=back))

    def _store(self, cover: Cover) -> LeaveResult:
        for _ in range(_ATTEMPTS):
            seen = self.repository.cover(cover.userid)
            if seen is not None and (cover.said_at, cover.event_id) <= (seen.said_at, seen.event_id):
                return LeaveResult(stored=False, cover=seen)
            stored = _ended(seen, cover) if cover.first_day is None and seen is not None else cover
            if self.repository.put_cover(stored, seen):
                return LeaveResult(stored=True, cover=stored)
        raise LeaveConflictError(f"the leave of {cover.userid} is being changed by others; try again")

    def _refusal(self, told: LeaveTold, cover: Member | None) -> str:
        """Why the cover named cannot act during the leave; empty when he can."""
        if told.cover_userid == told.userid:
            return "cover_userid: it is the member himself; name somebody else"
        if cover is None:
            return "cover_userid: no member of this corp is known by it; name somebody else"
        return _account_problem(cover) or self._absence_problem(told)

    def _absence_problem(self, told: LeaveTold) -> str:
        if self._leads_back(told):
            return "cover_userid: the covers form a circle; name somebody outside it"
        theirs = self.repository.cover(told.cover_userid)
        if theirs is not None and theirs.overlaps(told.first_day, told.last_day):
            return "cover_userid: the cover is on leave himself in these days; name somebody else"
        return ""

    def _leads_back(self, told: LeaveTold) -> bool:
        seen: set[str] = set()
        userid = told.cover_userid
        while userid and userid not in seen:
            seen.add(userid)
            known = self.repository.cover(userid)
            if known is None or not known.overlaps(told.first_day, told.last_day):
                return False
            userid = known.cover_userid
            if userid == told.userid:
                return True
        return False


def _account_problem(cover: Member) -> str:
    if cover.status is MemberStatus.LEFT:
        return "cover_userid: the cover has left; name somebody else"
    if cover.status is not MemberStatus.ACTIVE:
        return "cover_userid: the cover's account is not active; activate it or name somebody else"
    return ""


def _is_this_word(result: LeaveResult, cover: Cover) -> bool:
    """Stored now, or just like this before: a repeat gets the same answer, because the first may have been lost."""
    return result.stored or result.cover == cover


def _ended(leave: Cover, back: Cover) -> Cover:
    """The leave as HR told it, with its end; the later word's time and id."""
    return replace(leave, said_at=back.said_at, event_id=back.event_id, returned_on=back.returned_on)
