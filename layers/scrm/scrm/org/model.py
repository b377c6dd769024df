"""The organisation as WeCom's address book tells it: nodes (departments) and members."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class MemberStatus(StrEnum):
    """WeCom's member status (user/get: 1, 2, 4, 5) by name; ``left`` is also a deleted account."""

    ACTIVE = "active"
    DISABLED = "disabled"
    NOT_ACTIVATED = "not_activated"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class OrgNode:
    """One department. ``path`` holds the ids from the root down, ``/1/10/12/``."""

    node_id: str
    name: str
    path: str
    parent_id: str
    manager_userid: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """One account of the address book; ``userid`` is folded to lower case.

    ``rejoined_at`` is when an account that had left was seen alive again; the repository keeps it.
    """

    userid: str
    name: str
    node_id: str
    node_path: str
    status: MemberStatus
    serves_customers: bool
    changed_at: datetime
    rejoined_at: datetime | None = None

    @property
    def can_take_over(self) -> bool:
        """Active and allowed to hold customers (客户联系); WeCom refuses anyone else (84083, 40098)."""
        return self.status is MemberStatus.ACTIVE and self.serves_customers
