"""Contact ways (5.8): a QR code or mini-program button through which customers add a member, and whom it leads to."""

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from local.simulator.clock import beijing_day
from local.simulator.model import Member
from local.simulator.sorted_keys import SortedKeys
from local.simulator.world import World, fold

_QR = 2


@dataclass(slots=True, kw_only=True)
class ContactWay:
    """``type`` 1 one member, 2 several, who take turns; ``scene`` 1 mini-program, 2 QR code."""

    number: int
    config_id: str
    created_at: float
    type: int
    scene: int
    style: int | None = None
    remark: str = ""
    skip_verify: bool = True
    state: str = ""
    user: list[str] = field(default_factory=list)
    party: list[int] = field(default_factory=list)
    is_temp: bool = False
    expires_in_seconds: int = 0
    chat_expires_in_seconds: int = 0
    unionid: str = ""
    conclusions: dict[str, Any] = field(default_factory=dict)
    turns: int = 0

    @property
    def qr_code(self) -> str:
        return f"https://wework.qpic.cn/wwpic/{self.config_id}/0" if self.scene == _QR else ""

    def is_alive(self, now: float) -> bool:
        return not self.is_temp or now < self.created_at + self.expires_in_seconds


@dataclass(slots=True, kw_only=True)
class TemporaryChat:
    """A session that a temporary contact way opened; nobody becomes a customer by it alone."""

    config_id: str
    userid: str
    external_userid: str
    ends_at: float


@dataclass(slots=True)
class ContactWayBook:
    by_id: dict[str, ContactWay] = field(default_factory=dict)
    numbers: SortedKeys[int] = field(default_factory=SortedKeys)
    by_number: dict[int, ContactWay] = field(default_factory=dict)
    temporary_on_day: Counter[int] = field(default_factory=Counter)  # by day of Beijing
    chats: list[TemporaryChat] = field(default_factory=list)
    made: int = 0

    def add(self, now: float, **fields: Any) -> ContactWay:
        self.made += 1
        way = ContactWay(number=self.made, config_id=secrets.token_hex(16), created_at=now, **fields)
        self.by_id[way.config_id] = way
        self.by_number[way.number] = way
        self.numbers.added(way.number)
        if way.is_temp:
            self.temporary_on_day[beijing_day(now)] += 1
        return way

    def remove(self, way: ContactWay) -> None:
        del self.by_id[way.config_id], self.by_number[way.number]
        self.numbers.removed(way.number)

    def in_order(self) -> Sequence[int]:
        """The numbers of all contact ways, in the order they were made."""
        return self.numbers.read(self.by_number)

    def open_chat(self, userid: str, external_userid: str, now: float) -> TemporaryChat | None:
        """The running temporary session of the two."""
        for chat in reversed(self.chats):
            if fold(chat.userid) == fold(userid) and chat.external_userid == external_userid and now < chat.ends_at:
                return chat
        return None

    def rename(self, old: str, new: str) -> None:
        for way in self.by_id.values():
            way.user = [new if fold(userid) == fold(old) else userid for userid in way.user]
        for chat in self.chats:
            chat.userid = new if fold(chat.userid) == fold(old) else chat.userid


def people_of(world: World, users: Sequence[str], parties: Sequence[int]) -> list[Member]:
    """The members whom a contact way leads to, departments expanded; those who serve customers now."""
    named = {fold(userid) for userid in users}
    trees = {number for party in parties for number in world.subtree(party)}
    return [
        member
        for folded, member in world.members.items()
        if member.contact_service and (folded in named or trees.intersection(member.department))
    ]
