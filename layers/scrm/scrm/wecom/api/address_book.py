"""Members and departments (docs/wecom.md 4)."""

from collections.abc import Iterator

from scrm.wecom import limits
from scrm.wecom.api.call import Call, Caller, all_rows, parsed, rows
from scrm.wecom.payloads.address_book import Department, Member, MemberBrief, MemberDepartment


class AddressBook:
    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def user(self, userid: str) -> Member:
        """One member; a deleted or invisible one is `InvalidRequestError` 60111."""
        call = Call("user/get", {"userid": userid})
        return parsed(Member, self._caller.call(call), call)

    def departments(self, below: int | None = None) -> list[Department]:
        """The department ``below`` and all under it, with names; without an id every visible one."""
        call = Call("department/list", _id(below))
        return rows(Department, self._caller.call(call), "department", call)

    def department_tree(self, below: int | None = None) -> list[Department]:
        """As `departments`, but ids and parents only: the fast call for large corps."""
        call = Call("department/simplelist", _id(below))
        return rows(Department, self._caller.call(call), "department_id", call)

    def department(self, department_id: int) -> Department:
        """One department, with its leaders."""
        call = Call("department/get", {"id": department_id})
        return parsed(Department, self._caller.call(call).get("department"), call)

    def department_members(self, department_id: int) -> list[Member]:
        """The direct members with status and position. Page by department: fetch_child ends in 45029."""
        call = Call("user/list", {"department_id": department_id, "fetch_child": 0})
        return rows(Member, self._caller.call(call), "userlist", call)

    def department_member_briefs(self, department_id: int) -> list[MemberBrief]:
        """The direct members, userid and name only."""
        call = Call("user/simplelist", {"department_id": department_id})
        return rows(MemberBrief, self._caller.call(call), "userlist", call)

    def member_ids(self) -> Iterator[MemberDepartment]:
        """Every (member, department) of the corp. Only the contacts-sync secret may ask."""
        first = Call("user/list_id", body={"limit": limits.MEMBER_IDS_PAGE})
        return all_rows(self._caller, first, MemberDepartment, "dept_user")


def _id(department_id: int | None) -> dict[str, str | int] | None:
    return None if department_id is None else {"id": department_id}
