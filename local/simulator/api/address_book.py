"""Members and departments (section 4)."""

from typing import Any

from local.simulator import errors
from local.simulator.api import arguments, paging
from local.simulator.api.call import Body, Call, Endpoint
from local.simulator.errors import ApiError
from local.simulator.model import Department, Member
from local.simulator.world import fold

_ROWS_PER_REPLY = 5_000  # more is 45029: page by department
_IDS_PER_PAGE = 10_000


def get_user(call: Call) -> Body:
    userid = arguments.userid(call.args)
    member = call.world.member(userid)
    if member is None:
        raise ApiError(errors.USER_UNKNOWN)
    if not call.sees(userid):
        raise ApiError(errors.NO_RIGHT)
    return _member(call, member)


def simple_list(call: Call) -> Body:
    members = _members_in(call, {_department_id(call)})
    rows = [
        {"userid": member.userid, "name": member.name, "department": member.department, "open_userid": _open_id(member)}
        for member in members
    ]
    return {"userlist": rows}


def list_users(call: Call) -> Body:
    department_id = _department_id(call)
    whole_tree = arguments.integer(call.args, "fetch_child", default=0, maximum=1) == 1
    members = _members_in(call, call.world.subtree(department_id) if whole_tree else {department_id})
    if len(members) > _ROWS_PER_REPLY:
        raise ApiError(errors.REPLY_TOO_LARGE)
    return {"userlist": [_member(call, member) for member in members]}


def list_ids(call: Call) -> Body:
    limit = paging.asked_limit(call, default=_IDS_PER_PAGE, maximum=_IDS_PER_PAGE)
    rows = sorted((member.userid, number) for member in call.world.members.values() for number in member.department)
    page, cursor = paging.page_of(call, rows, lambda row: row, limit=limit, scan="list_id")
    return {"next_cursor": cursor, "dept_user": [{"userid": userid, "department": number} for userid, number in page]}


def list_departments(call: Call) -> Body:
    return {"department": [_department(call, department) for department in _departments_below(call)]}


def simple_departments(call: Call) -> Body:
    rows = [
        {"id": department.id, "parentid": department.parentid, "order": department.order}
        for department in _departments_below(call)
    ]
    return {"department_id": rows}


def get_department(call: Call) -> Body:
    department_id = arguments.integer(call.args, "id")
    return {"department": _department(call, _visible_department(call, department_id))}


def _department_id(call: Call) -> int:
    return _visible_department(call, arguments.integer(call.args, "department_id")).id


def _visible_department(call: Call, department_id: int) -> Department:
    department = call.world.departments.get(department_id)
    if department is None:
        raise ApiError(errors.DEPARTMENT_UNKNOWN)
    if not call.world.sees_department(call.app, department_id):
        raise ApiError(errors.NO_RIGHT)
    return department


def _departments_below(call: Call) -> list[Department]:
    visible = call.world.visible_departments(call.app)
    if call.args.get("id") in (None, ""):
        return visible
    department = _visible_department(call, arguments.integer(call.args, "id"))
    tree = call.world.subtree(department.id)
    return [row for row in visible if row.id in tree]


def _members_in(call: Call, departments: set[int]) -> list[Member]:
    found = (member for member in call.world.members.values() if departments.intersection(member.department))
    return sorted((member for member in found if call.sees(member.userid)), key=lambda member: fold(member.userid))


def _member(call: Call, member: Member) -> Body:
    """As a self-built app made after 2022-06-20 sees it: no avatar, gender, mobile, email, code, address."""
    row: dict[str, Any] = {
        "userid": member.userid,
        "name": member.name,
        "department": member.department,
        "order": member.order or [0] * len(member.department),
        "position": member.position,
        "is_leader_in_dept": member.is_leader_in_dept or [0] * len(member.department),
        "direct_leader": member.direct_leader,
        "main_department": member.main_department or (member.department[0] if member.department else 0),
        "status": member.status,
        "telephone": member.telephone,
        "alias": member.alias,
        "extattr": {"attrs": []},
        "open_userid": _open_id(member),
    }
    if member.external_position:
        row["external_position"] = member.external_position
        row["external_profile"] = {"external_corp_name": call.world.corp_name, "external_attr": []}
    return row


def _open_id(member: Member) -> str:
    return f"woOPEN{fold(member.userid)}"


def _department(call: Call, department: Department) -> Body:
    row: dict[str, Any] = {
        "id": department.id,
        "name": department.name,
        "name_en": department.name_en,
        "parentid": department.parentid,
        "order": department.order,
    }
    if department.department_leader:
        row["department_leader"] = [userid for userid in department.department_leader if call.world.member(userid)]
    return row


ENDPOINTS = {
    "user/get": Endpoint("GET", "address_book", get_user),
    "user/simplelist": Endpoint("GET", "address_book", simple_list, {"userlist": []}),
    "user/list": Endpoint("GET", "address_book", list_users, {"userlist": []}),
    "user/list_id": Endpoint("POST", "member_ids", list_ids, {"dept_user": []}),
    "department/list": Endpoint("GET", "address_book", list_departments, {"department": []}),
    "department/simplelist": Endpoint("GET", "address_book", simple_departments, {"department_id": []}),
    "department/get": Endpoint("GET", "address_book", get_department),
}
