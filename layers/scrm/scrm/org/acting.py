"""Who acts for members on leave; apart from the leaves themselves (`scrm.org.leave`), which few functions take in."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from scrm.clock import BUSINESS_ZONE
from scrm.org.model import Member, MemberStatus
from scrm.org.ports import CoverRepository


class LeaveRepository(CoverRepository, Protocol):
    """Covers, and the members they name."""

    def member(self, userid: str) -> Member | None: ...


@dataclass(frozen=True, slots=True)
class ActingMembers:
    """Who acts for whom at a moment."""

    repository: LeaveRepository

    def acting_for(self, userid: str, at: datetime) -> str:
        """The member himself, or the cover at the end of the chain; empty when nobody acts for him."""
        day = business_day(at)
        seen = {userid}
        acting = userid
        while (cover := self.repository.cover(acting)) is not None and cover.holds_on(day):
            if not cover.cover_userid or cover.cover_userid in seen:
                return ""
            acting = cover.cover_userid
            seen.add(acting)
        if acting == userid:
            return userid
        member = self.repository.member(acting)
        return acting if member is not None and member.status is MemberStatus.ACTIVE else ""

    def acts_for(self, userid: str, at: datetime) -> list[str]:
        """Whom the member acts for: those he covers, and those whom they cover, nearest first."""
        day = business_day(at)
        found: list[str] = []
        waiting = [userid]
        while waiting:
            for cover in self.repository.covers_by(waiting.pop(0)):
                if cover.holds_on(day) and cover.userid != userid and cover.userid not in found:
                    found.append(cover.userid)
                    waiting.append(cover.userid)
        return found


def business_day(moment: datetime) -> date:
    return moment.astimezone(BUSINESS_ZONE).date()
