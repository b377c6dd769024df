"""Who follows whom: relations between members and customers, and who owns which group chat."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RelationState(StrEnum):
    """How a member and a customer stand (docs/wecom.md 3.1).

    An ``ended`` row is kept for a while, so that a late "added" is recognised as older than the end.
    """

    ACTIVE = "active"
    HALF_ADDED = "half_added"
    DELETED_BY_CUSTOMER = "deleted_by_customer"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Relation:
    """One (member, customer) pair. ``changed_at`` is when WeCom changed it: older news never overwrites newer."""

    userid: str
    external_userid: str
    state: RelationState
    since: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class GroupChat:
    """A customer group chat and its owner."""

    chat_id: str
    owner_userid: str
    name: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What one pass over some members changed; zero everywhere means the table already was right."""

    relations_seen: int = 0
    relations_stored: int = 0
    relations_removed: int = 0
    groups_seen: int = 0
    groups_stored: int = 0
    groups_removed: int = 0

    @property
    def drift(self) -> int:
        """How many rows differed from WeCom."""
        return self.relations_stored + self.relations_removed + self.groups_stored + self.groups_removed

    def __add__(self, other: "SyncResult") -> "SyncResult":
        return SyncResult(
            *(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__),
        )
