"""What group chats were on a day that is over, and what was written in them: who left, changed hands, was dismissed."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from local.simulator.behaviour_book import is_line
from local.simulator.clock import day_start
from local.simulator.group_book import GroupBook
from local.simulator.model import Group, GroupMember
from local.simulator.world import fold


@dataclass(slots=True)
class GroupHistory:
    """Only the past is here: whoever is in a group, owns it or keeps it stands in the group itself."""

    dismissed: list[tuple[float, Group]] = field(default_factory=list)
    left: dict[str, list[tuple[float, GroupMember]]] = field(default_factory=dict)  # by chat id
    owners: dict[str, list[tuple[float, str]]] = field(default_factory=dict)  # by chat id, until when in order
    lines: dict[str, dict[int, Counter[str]]] = field(default_factory=dict)  # by chat id, day and who wrote them

    def say(self, message: dict[str, Any]) -> None:
        """A line in a group, as the archive would show it; everything else is passed over."""
        if is_line(message) and message["roomid"]:
            days = self.lines.setdefault(message["roomid"], {})
            days.setdefault(day_start(message["msgtime"] / 1_000), Counter())[message["from"]] += 1

    def dismiss(self, group: Group, now: float) -> None:
        self.dismissed.append((now, group))

    def leave(self, group: Group, rows: Iterable[GroupMember], now: float) -> None:
        self.left.setdefault(group.chat_id, []).extend((now, row) for row in rows)

    def change_owner(self, group: Group, now: float) -> None:
        """To be called while the group still has its old owner."""
        self.owners.setdefault(group.chat_id, []).append((now, group.owner))

    def groups_at(self, groups: GroupBook, moment: float) -> Iterator[Group]:
        """The customer groups that there were."""
        gone = (group for until, group in self.dismissed if until >= moment)
        for group in (*groups, *gone):
            if group.external and group.create_time < moment:
                yield group

    def owner_at(self, group: Group, moment: float) -> str:
        changes = self.owners.get(group.chat_id, ())
        return next((owner for until, owner in changes if until >= moment), group.owner)

    def members_at(self, group: Group, moment: float) -> list[GroupMember]:
        gone = [row for until, row in self.left.get(group.chat_id, ()) if until >= moment]
        return [row for row in (*group.members, *gone) if row.join_time < moment]

    def joined(self, group: Group, start: float, end: float) -> int:
        """How many came from ``start`` on and before ``end``, whether or not they stayed."""
        gone = (row for _, row in self.left.get(group.chat_id, ()))
        return sum(start <= row.join_time < end for row in (*group.members, *gone))

    def written(self, group: Group, start: float, end: float) -> Counter[str]:
        """Who wrote how many lines from ``start`` on and before ``end``."""
        days = self.lines.get(group.chat_id, {})
        return sum((lines for day, lines in days.items() if start <= day < end), Counter[str]())

    def rename(self, old: str, new: str) -> None:
        for changes in self.owners.values():
            changes[:] = [(until, new if fold(owner) == fold(old) else owner) for until, owner in changes]
        for rows in self.left.values():
            for _, row in rows:
                if fold(row.userid) == fold(old):
                    row.userid = new
        for days in self.lines.values():
            for lines in days.values():
                if old in lines:
                    lines[new] = lines.pop(old)
