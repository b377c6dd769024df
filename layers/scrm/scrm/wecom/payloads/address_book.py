"""What the address book answers (docs/wecom.md 4)."""

from enum import IntEnum
from typing import Self

from scrm.wecom.payloads.base import Items, Payload, Text


class MemberStatus(IntEnum):
    """docs/wecom.md 4. A value nobody has described reads as UNKNOWN."""

    UNKNOWN = 0
    ACTIVE = 1
    DISABLED = 2
    NOT_ACTIVATED = 4
    LEFT = 5

    @classmethod
    def _missing_(cls, value: object) -> Self:  # noqa: ARG003 - the enum's own hook
        return cls(0)


class MemberBrief(Payload):
    """A row of user/simplelist."""

    userid: str
    name: Text = ""
    department: Items[int] = ()


class Member(MemberBrief):
    """user/get and user/list. Mobile, email and the like are not asked for (docs/wecom.md 4)."""

    main_department: int = 0
    is_leader_in_dept: Items[int] = ()
    direct_leader: Items[str] = ()
    position: Text = ""
    status: MemberStatus = MemberStatus.UNKNOWN


class MemberDepartment(Payload):
    """A row of user/list_id; a member of two departments has two rows."""

    userid: str
    department: int


class Department(Payload):
    """``parentid`` of the root is 0; a larger ``order`` sorts first."""

    id: int
    name: Text = ""
    parentid: int = 0
    order: int = 0
    department_leader: Items[str] = ()
