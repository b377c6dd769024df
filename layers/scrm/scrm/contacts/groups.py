"""Group chats and their owners."""

from dataclasses import dataclass

from scrm.contacts.ports import ContactRepository, CustomerSource
from scrm.contacts.runs import PassCounts

# Each is a call to WeCom.
GROUPS_PER_STEP = 20


@dataclass(frozen=True, slots=True)
class GroupChanges:
    """Use case: keep the owners of group chats equal to WeCom's. The events carry too little, so a group is read."""

    source: CustomerSource
    repository: ContactRepository

    def changed(self, chat_id: str) -> bool:
        """Create, change of owner or name; False when the group is no longer a customer group."""
        group = self.source.group(chat_id)
        if group is None:
            self.repository.remove_group(chat_id)
            return False
        self.repository.put_group(group)
        return True

    def dismissed(self, chat_id: str) -> None:
        self.repository.remove_group(chat_id)

    def repair(self, userid: str, after: str = "") -> tuple[PassCounts, str]:
        """Compare the groups of one member: the next of those that differ, and where to go on; empty when done.

        A group keeps its row under an owner who left until someone owns it.
        """
        known = {group.chat_id for group in self.repository.groups_of(userid)}
        found = set(self.source.groups_of(userid))
        differing = sorted(chat_id for chat_id in found ^ known if chat_id > after)
        upcoming = differing[:GROUPS_PER_STEP]
        for chat_id in upcoming:
            self.changed(chat_id)
        kept = {group.chat_id for group in self.repository.groups_of(userid)} if upcoming else known
        counts = PassCounts(
            groups_seen=0 if after else len(found),
            groups_stored=len(kept - known),
            groups_removed=len(known - kept),
        )
        return counts, upcoming[-1] if len(differing) > len(upcoming) else ""
