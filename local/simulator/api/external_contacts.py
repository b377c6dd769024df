"""Customers and who follows them (5.1 to 5.5)."""

import bisect
from collections.abc import Iterator
from itertools import islice
from typing import Any

from local.simulator import errors
from local.simulator.api import arguments, paging
from local.simulator.api.call import Body, Call, Endpoint
from local.simulator.errors import ApiError
from local.simulator.events import EXTERNAL_CONTACT, Event
from local.simulator.model import Customer, Relation
from local.simulator.world import fold

_FOLLOWERS_PER_PAGE = 500
_BATCH_DEFAULT, _BATCH_MAX = 50, 100
_WECHAT_USER = 1
_REMARK_CHARS, _DESCRIPTION_CHARS, _COMPANY_CHARS = 20, 150, 20
_REMARK_FIELDS = ("remark", "description", "remark_company", "remark_mobiles", "remark_pic_mediaid")


def follow_users(call: Call) -> Body:
    return {"follow_user": [member.userid for member in call.world.service_members(call.app)]}


def list_customers(call: Call) -> Body:
    userid = arguments.userid(call.args)
    check_service_member(call, userid)
    customers = [row.external_userid for row in call.world.relations_of(userid) if row.standing != "half"]
    if not customers:
        raise ApiError(errors.NO_RELATION)
    return {"external_userid": customers}


def get_customer(call: Call) -> Body:
    external_userid = arguments.text(call.args, "external_userid", missing=errors.EXTERNAL_USERID_MISSING)
    customer = call.world.customers.get(external_userid)
    if customer is None:
        raise ApiError(errors.EXTERNAL_USERID_INVALID)
    relations = [row for row in call.world.followers_of(external_userid) if row.standing != "half"]
    followers = sorted((row for row in relations if call.sees(row.userid)), key=lambda row: fold(row.userid))
    if not followers:
        raise ApiError(errors.EXTERNAL_USERID_INVALID if relations else errors.NO_RELATION)
    page, cursor = paging.page_of(
        call, followers, lambda row: fold(row.userid), limit=_FOLLOWERS_PER_PAGE, scan=external_userid
    )
    shown = [_follower(call, row) for row in page]
    reply: Body = {"external_contact": _customer(call, customer), "follow_user": shown}
    if cursor:
        reply["next_cursor"] = cursor
    return reply


def batch_by_user(call: Call) -> Body:
    userids = _batch_userids(call)
    for userid in userids:
        if call.world.member(userid) is None or not call.sees(userid):
            raise ApiError(errors.USER_UNKNOWN)
    limit = paging.asked_limit(call, default=_BATCH_DEFAULT, maximum=_BATCH_MAX)
    size = paging.page_size(call, limit)
    rows = _relations_after(call, userids, paging.position(call, userids), size + 1)
    page = rows[:size]
    cursor = ""
    if len(rows) > size:
        cursor = paging.next_cursor(call, userids, [page[-1][0], page[-1][1].external_userid])
    contacts = [
        {
            "external_contact": _customer(call, call.world.customers[row.external_userid]),
            "follow_info": _follow_info(row),
        }
        for _, row in page
    ]
    return {"external_contact_list": contacts, "next_cursor": cursor}


def _batch_userids(call: Call) -> list[str]:
    """``userid_list``, or the deprecated single ``userid`` that SDKs still send."""
    if call.args.get("userid_list") is None and isinstance(call.args.get("userid"), str):
        return [arguments.userid(call.args)]
    return arguments.text_list(call.args, "userid_list")


def _relations_after(call: Call, userids: list[str], after: Any, count: int) -> list[tuple[int, Relation]]:
    """Up to ``count`` rows from (number of the member in the request, external userid) on."""
    first, last_seen = after or (0, "")
    rows: list[tuple[int, Relation]] = []
    for number in range(first, len(userids)):
        floor = last_seen if number == first else ""
        later = _customers_after(call, userids[number], floor)
        rows.extend((number, row) for row in islice(later, count - len(rows)))
        if len(rows) >= count:
            break
    return rows


def _customers_after(call: Call, userid: str, floor: str) -> Iterator[Relation]:
    """The member's relations beyond an external userid, in order; half-added ones are no customers yet."""
    names = call.world.customers_of(userid)
    for place in range(bisect.bisect_right(names, floor), len(names)):
        row = call.world.relation(userid, names[place])
        if row is not None and row.standing != "half":
            yield row


def remark(call: Call) -> Body:
    relation = followed(call)
    if not any(name in call.args for name in _REMARK_FIELDS):
        raise ApiError(errors.MISSING_PARAMETER)
    changes = {
        "remark": arguments.optional_text(call.args, "remark", chars=_REMARK_CHARS),
        "description": arguments.optional_text(call.args, "description", chars=_DESCRIPTION_CHARS),
        "remark_corp_name": arguments.optional_text(call.args, "remark_company", chars=_COMPANY_CHARS),
    }
    if "remark_mobiles" in call.args:
        mobiles = arguments.text_list(call.args, "remark_mobiles", required=False)
        relation.remark_mobiles = [mobile for mobile in mobiles if mobile]
    for name, value in changes.items():
        if value is not None:
            setattr(relation, name, value)
    call.note("relation_changed", userid=relation.userid, external_userid=relation.external_userid)
    if call.knobs.api_write_events:
        tell_edited(call, relation)
    return {}


def followed(call: Call) -> Relation:
    """The relation that ``userid`` and ``external_userid`` name.

    Raises:
        ApiError: 41009, 41035, 60111, 40096, 84061.
    """
    userid = arguments.userid(call.args)
    external_userid = arguments.text(call.args, "external_userid", missing=errors.EXTERNAL_USERID_MISSING)
    if call.world.member(userid) is None or not call.sees(userid):
        raise ApiError(errors.USER_UNKNOWN)
    if external_userid not in call.world.customers:
        raise ApiError(errors.EXTERNAL_USERID_INVALID)
    relation = call.world.relation(userid, external_userid)
    if relation is None or relation.standing == "half":
        raise ApiError(errors.NO_RELATION)
    return relation


def check_service_member(call: Call, userid: str) -> None:
    member = call.world.member(userid)
    if member is None or not call.sees(userid):
        raise ApiError(errors.USER_UNKNOWN)
    if not member.contact_service:
        raise ApiError(errors.NOT_SERVICE_MEMBER)


def tell_edited(call: Call, relation: Relation) -> None:
    fields = {"UserID": relation.userid, "ExternalUserID": relation.external_userid}
    call.engines.dispatcher.emit(Event(EXTERNAL_CONTACT, "edit_external_contact", fields, about=relation.userid))


def _customer(call: Call, customer: Customer) -> Body:
    row: Body = {
        "external_userid": customer.external_userid,
        "name": customer.name,
        "type": customer.type,
        "avatar": customer.avatar,
        "gender": customer.gender,
    }
    if customer.type == _WECHAT_USER:
        optional = {"unionid": customer.unionid if call.knobs.shows_unionids else None}
    else:
        optional = {
            "position": customer.position,
            "corp_name": customer.corp_name,
            "corp_full_name": customer.corp_full_name,
        }
    row.update({name: value for name, value in optional.items() if value is not None})
    return row


def _follower(call: Call, relation: Relation) -> Body:
    tags = [tag for tag in (_corp_tag(call, tag_id) for tag_id in relation.tag_ids) if tag]
    personal: list[Body] = [{"group_name": "个人标签", "tag_name": name, "type": 2} for name in relation.personal_tags]
    return {**_common_follow(relation), "tags": tags + personal}


def _corp_tag(call: Call, tag_id: str) -> Body | None:
    found = call.world.tag(tag_id)
    if found is None:
        return None
    group, tag = found
    return {"group_name": group.group_name, "tag_name": tag.name, "tag_id": tag_id, "type": 1}


def _follow_info(relation: Relation) -> Body:
    return {**_common_follow(relation), "tag_id": relation.tag_ids}


def _common_follow(relation: Relation) -> Body:
    row: Body = {
        "userid": relation.userid,
        "remark": relation.remark,
        "description": relation.description,
        "createtime": relation.createtime,
        "oper_userid": relation.oper_userid or relation.userid,
        "add_way": relation.add_way,
    }
    optional = {
        "remark_mobiles": relation.remark_mobiles,
        "remark_corp_name": relation.remark_corp_name,
        "state": relation.state,
    }
    row.update({name: value for name, value in optional.items() if value is not None})
    return row


ENDPOINTS = {
    "externalcontact/get_follow_user_list": Endpoint("GET", "customer", follow_users, {"follow_user": []}),
    "externalcontact/list": Endpoint("GET", "customer", list_customers, {"external_userid": []}),
    "externalcontact/get": Endpoint("GET", "customer", get_customer),
    "externalcontact/batch/get_by_user": Endpoint("POST", "customer", batch_by_user, {"external_contact_list": []}),
    "externalcontact/remark": Endpoint("POST", "customer", remark),
}
