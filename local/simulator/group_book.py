"""All group chats, found by id and by owner, and in the order of their ids."""

from collections.abc import Iterable, Iterator, Sequence

from local.simulator.model import Group
from local.simulator.sorted_keys import SortedKeys


class GroupBook:
    """An owner is changed here and nowhere else."""

    def __init__(self, groups: Iterable[Group] = ()) -> None:
        self._groups: dict[str, Group] = {}
        self._by_owner: dict[str, dict[str, Group]] = {}
        self._order: SortedKeys[str] = SortedKeys()
        for group in groups:
            self.add(group)

    def __contains__(self, chat_id: str) -> bool:
        return chat_id in self._groups

    def __iter__(self) -> Iterator[Group]:
        return iter(self._groups.values())

    def __len__(self) -> int:
        return len(self._groups)

    def get(self, chat_id: str) -> Group | None:
        return self._groups.get(chat_id)

    def at(self, chat_id: str) -> Group:
        return self._groups[chat_id]

    def add(self, group: Group) -> None:
        self._groups[group.chat_id] = group
        self._by_owner.setdefault(group.owner.lower(), {})[group.chat_id] = group
        if group.external:
            self._order.added(group.chat_id)

    def remove(self, chat_id: str) -> None:
        group = self._groups.pop(chat_id)
        del self._by_owner[group.owner.lower()][chat_id]
        if group.external:
            self._order.removed(chat_id)

    def set_owner(self, group: Group, owner: str) -> None:
        del self._by_owner[group.owner.lower()][group.chat_id]
        group.owner = owner
        self._by_owner.setdefault(owner.lower(), {})[group.chat_id] = group

    def owned_by(self, userid: str) -> list[Group]:
        """Of a present or departed member, in any case."""
        return list(self._by_owner.get(userid.lower(), {}).values())

    def customer_groups(self) -> Sequence[str]:
        """The chat ids of all customer groups, in order."""
        return self._order.read(group.chat_id for group in self._groups.values() if group.external)

    def customer_groups_of(self, owners: Iterable[str]) -> list[str]:
        """The same of these owners only."""
        return sorted(group.chat_id for owner in owners for group in self.owned_by(owner) if group.external)
