"""Customer groups (5.7) and their transfer (6.6)."""

from typing import Any

from local.simulator import errors
from local.simulator.api import arguments, paging
from local.simulator.api.call import Body, Call, Endpoint
from local.simulator.errors import ApiError
from local.simulator.group_chats import member_version
from local.simulator.model import EXTERNAL, GROUP_INHERITED, Group, GroupMember, TransferKind
from local.simulator.world import fold

_GROUPS_PER_PAGE = 1_000
_MEMBERS_WITHOUT_FILTER = 1_000
_ALL = 0


def list_groups(call: Call) -> Body:
    limit = arguments.integer(call.args, "limit", minimum=1, maximum=_GROUPS_PER_PAGE)
    status = arguments.integer(call.args, "status_filter", default=_ALL, maximum=GROUP_INHERITED)
    owners = _owner_filter(call)
    if owners is None and len(call.world.service_members(call.app)) > _MEMBERS_WITHOUT_FILTER:
        raise ApiError(errors.TOO_MANY_ITEMS)
    book = call.world.groups
    chat_ids = book.customer_groups() if owners is None else book.customer_groups_of(owners)
    scan = [status, sorted(owners) if owners is not None else None]

    def is_listed(chat_id: str) -> bool:
        group = book.at(chat_id)
        return status in {_ALL, group.status} and call.sees(group.owner)

    page, cursor = paging.page_of(call, chat_ids, lambda chat_id: chat_id, limit=limit, scan=scan, keep=is_listed)
    rows = [{"chat_id": chat_id, "status": book.at(chat_id).status} for chat_id in page]
    return {"group_chat_list": rows, "next_cursor": cursor}


def _owner_filter(call: Call) -> set[str] | None:
    """The owners asked for; a departed or unknown one is 40003, as it is at WeCom."""
    owner_filter = arguments.mapping(call.args, "owner_filter")
    userids = arguments.text_list(owner_filter, "userid_list", required=False)
    if not userids:
        return None
    if any(call.world.member(userid) is None or not call.sees(userid) for userid in userids):
        raise ApiError(errors.BAD_USERID)
    return {fold(userid) for userid in userids}


def get_group(call: Call) -> Body:
    group = _visible_group(call, arguments.text(call.args, "chat_id"))
    with_names = arguments.integer(call.args, "need_name", default=0, maximum=1) == 1
    row: Body = {
        "chat_id": group.chat_id,
        "name": group.name,
        "owner": group.owner,
        "create_time": group.create_time,
        "notice": group.notice,
        "member_list": [_group_member(call, member, with_names=with_names) for member in group.members],
        "admin_list": [{"userid": userid} for userid in group.admins],
        "member_version": member_version(group),
    }
    return {"group_chat": row}


def opengid_to_chatid(call: Call) -> Body:
    opengid = arguments.text(call.args, "opengid")
    group = next((group for group in call.world.groups if group.opengid == opengid), None)
    if group is None or not group.external:
        raise ApiError(errors.BAD_OPENGID)
    return {"chat_id": group.chat_id}


def transfer_resigned(call: Call) -> Body:
    return _transfer(call, "resigned")


def transfer_onjob(call: Call) -> Body:
    return _transfer(call, "onjob")


def _transfer(call: Call, kind: TransferKind) -> Body:
    chat_ids = arguments.text_list(call.args, "chat_id_list")
    new_owner = arguments.userid(call.args, "new_owner", missing=errors.MISSING_PARAMETER)
    return {"failed_chat_list": call.engines.group_transfers.start(kind, call.app, chat_ids, new_owner)}


def _visible_group(call: Call, chat_id: str) -> Group:
    group = call.world.groups.get(chat_id)
    if group is None or not group.external:
        raise ApiError(errors.NOT_CUSTOMER_GROUP)
    if not call.sees(group.owner):
        raise ApiError(errors.NO_RIGHT)
    return group


def _group_member(call: Call, member: GroupMember, *, with_names: bool) -> Body:
    row: dict[str, Any] = {
        "userid": member.userid,
        "type": member.type,
        "join_time": member.join_time,
        "join_scene": member.join_scene,
        "group_nickname": member.group_nickname,
    }
    optional = {"unionid": member.unionid if call.knobs.shows_unionids else None, "state": member.state}
    row.update({name: value for name, value in optional.items() if value is not None})
    if member.invitor is not None:
        row["invitor"] = {"userid": member.invitor}
    if with_names:
        row["name"] = _name(call, member)
    return row


def _name(call: Call, member: GroupMember) -> str:
    if member.type == EXTERNAL:
        customer = call.world.customers.get(member.userid)
        return customer.name if customer else ""
    colleague = call.world.member(member.userid)
    return colleague.name if colleague else ""


ENDPOINTS = {
    "externalcontact/groupchat/list": Endpoint("POST", "customer", list_groups, {"group_chat_list": []}),
    "externalcontact/groupchat/get": Endpoint("POST", "customer", get_group),
    "externalcontact/opengid_to_chatid": Endpoint("POST", "customer", opengid_to_chatid),
    "externalcontact/groupchat/transfer": Endpoint("POST", "customer", transfer_resigned, {"failed_chat_list": []}),
    "externalcontact/groupchat/onjob_transfer": Endpoint("POST", "customer", transfer_onjob, {"failed_chat_list": []}),
}
