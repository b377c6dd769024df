"""What WeCom counts of a member's days (7.1), noted as it happens: who was added, who was lost, who wrote to whom."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

from local.simulator.clock import DAY_SECONDS, day_start
from local.simulator.model import ADD_WAY_ASSIGNED, Relation
from local.simulator.world import fold

HISTORY_DAYS = 180
OUTSIDE = ("wm", "wo")
_CONSENT = frozenset({"agree", "disagree"})  # archived like messages; nobody writes them
_MINUTE = 60


@dataclass(frozen=True, slots=True)
class TalkSum:
    """``chats`` in which the member wrote ``messages``; of those that customers ``began``, how many he ``answered`` the
    same day, and in how many seconds altogether."""

    chats: int = 0
    messages: int = 0
    began: int = 0
    answered: int = 0
    seconds: float = 0.0

    def __add__(self, other: Self) -> "TalkSum":
        return TalkSum(
            self.chats + other.chats,
            self.messages + other.messages,
            self.began + other.began,
            self.answered + other.answered,
            self.seconds + other.seconds,
        )

    @property
    def reply_percentage(self) -> float | None:
        """None when no customer began a chat."""
        return round(100 * self.answered / self.began, 2) if self.began else None

    @property
    def reply_minutes(self) -> int | None:
        """Mean time to the first answer; None when nobody was answered."""
        return int(self.seconds / self.answered / _MINUTE) if self.answered else None


@dataclass(slots=True)
class Talk:
    """One member and one customer on one day: when a line was written, and whether by the member."""

    lines: list[tuple[float, bool]] = field(default_factory=list)

    def sum(self) -> TalkSum:
        lines = sorted(self.lines)
        first_at, by_member_first = lines[0]
        by_member = [at for at, by_member in lines if by_member]
        if by_member_first:
            return TalkSum(chats=1, messages=len(by_member))
        if not by_member:
            return TalkSum(began=1)
        return TalkSum(1, len(by_member), 1, 1, by_member[0] - first_at)


@dataclass(slots=True)
class MemberDays:
    """Of one member, by the start of the day in Beijing."""

    added: Counter[int] = field(default_factory=Counter)
    applied: Counter[int] = field(default_factory=Counter)
    lost: Counter[int] = field(default_factory=Counter)
    talks: dict[int, dict[str, Talk]] = field(default_factory=dict)

    def talked(self, day: int) -> TalkSum:
        return sum((talk.sum() for talk in self.talks.get(day, {}).values()), TalkSum())


@dataclass(slots=True)
class BehaviourBook:
    """Transfers add nobody and lose nobody, and a half-added customer is not added."""

    _members: dict[str, MemberDays] = field(default_factory=dict)  # by folded userid

    def of_member(self, userid: str) -> MemberDays:
        return self._members.get(fold(userid)) or MemberDays()

    def load(self, relations: Iterable[Relation], now: float) -> None:
        """The adds of a loaded corp, as far back as statistics go."""
        oldest = now - (HISTORY_DAYS + 1) * DAY_SECONDS
        for relation in relations:
            if relation.createtime >= oldest:
                self.add(relation)

    def add(self, relation: Relation) -> None:
        """On the day of ``createtime``; whom the member asked himself is an application, too."""
        if relation.standing == "half" or relation.add_way == ADD_WAY_ASSIGNED:
            return
        days, day = self._noted(relation.userid), day_start(relation.createtime)
        days.added[day] += 1
        days.applied[day] += fold(relation.oper_userid) == fold(relation.userid)

    def lose(self, userid: str, now: float) -> None:
        """A customer deleted the member."""
        self._noted(userid).lost[day_start(now)] += 1

    def say(self, message: dict[str, Any]) -> None:
        """A line of a chat of two, as the archive would show it; everything else is passed over."""
        if not is_line(message) or message["roomid"]:
            return
        at, sender = message["msgtime"] / 1_000, message["from"]
        for other in message["tolist"]:
            by_member = not sender.startswith(OUTSIDE)
            if by_member == other.startswith(OUTSIDE):
                member, customer = (sender, other) if by_member else (other, sender)
                talks = self._noted(member).talks.setdefault(day_start(at), {})
                talks.setdefault(customer, Talk()).lines.append((at, by_member))

    def rename(self, old: str, new: str) -> None:
        if fold(old) in self._members:
            self._members[fold(new)] = self._members.pop(fold(old))

    def forget(self, userid: str) -> None:
        """Of somebody who left: who is taken on under the same userid has a new account."""
        self._members.pop(fold(userid), None)

    def _noted(self, userid: str) -> MemberDays:
        return self._members.setdefault(fold(userid), MemberDays())


def is_line(message: dict[str, Any]) -> bool:
    """Something that somebody wrote; no recall, no change of device, no word on the archive."""
    return message.get("action") == "send" and message.get("msgtype") not in _CONSENT
