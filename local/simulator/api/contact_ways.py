"""Contact ways and temporary sessions (5.8)."""

from typing import Any

from local.simulator import errors
from local.simulator.api import arguments, paging
from local.simulator.api.call import Body, Call, Endpoint
from local.simulator.api.content import checked_conclusions
from local.simulator.clock import DAY_SECONDS, beijing_day
from local.simulator.contact_ways import ContactWay, people_of
from local.simulator.errors import ApiError

_ONE = 1
_SCENES = frozenset({1, 2})
_REMARK_CHARS, _STATE_CHARS, _UNIONID_BYTES = 30, 30, 128
_PEOPLE = 100
_WAYS, _TEMPORARY_PER_DAY = 500_000, 100_000
_LONGEST_SECONDS = 14 * DAY_SECONDS
_EXPIRES, _CHAT_EXPIRES = 7 * DAY_SECONDS, DAY_SECONDS
_PAGE_DEFAULT, _PAGE_MAX = 100, 1_000
_LIST_SECONDS = 90 * DAY_SECONDS
_LATEST_TIME = 2**32
_MOST_STYLE = 3


def add(call: Call) -> Body:
    kind = _choice(call, "type", missing=errors.WAY_TYPE_MISSING, invalid=errors.WAY_TYPE_INVALID)
    scene = _choice(call, "scene", missing=errors.WAY_SCENE_MISSING, invalid=errors.WAY_SCENE_INVALID)
    fields = _changeable(call)
    users, parties = _people(call, kind)
    book = call.engines.simulation.state.contact_ways
    is_temp = _flag(call, "is_temp", default=False)
    if len(book.by_id) >= _WAYS or (is_temp and book.temporary_on_day[beijing_day(call.now)] >= _TEMPORARY_PER_DAY):
        raise ApiError(errors.WAY_CAP)
    way = book.add(
        call.now,
        type=kind,
        scene=scene,
        user=users,
        party=parties,
        is_temp=is_temp,
        **{"skip_verify": True, "remark": "", "state": "", **fields},
        **(_temporary(call) if is_temp else {}),
    )
    call.note("contact_way_added", detail=way.config_id)
    return {"config_id": way.config_id} | ({"qr_code": way.qr_code} if way.qr_code else {})


def get(call: Call) -> Body:
    return {"contact_way": _row(_named(call))}


def list_ways(call: Call) -> Body:
    """Temporary ones are in no list."""
    end = arguments.integer(call.args, "end_time", default=int(call.now), maximum=_LATEST_TIME)
    start = arguments.integer(call.args, "start_time", default=max(0, end - _LIST_SECONDS), maximum=_LATEST_TIME)
    limit = paging.asked_limit(call, default=_PAGE_DEFAULT, maximum=_PAGE_MAX)
    book = call.engines.simulation.state.contact_ways

    def is_listed(number: int) -> bool:
        way = book.by_number[number]
        return not way.is_temp and start <= int(way.created_at) <= end

    page, cursor = paging.page_of(
        call, book.in_order(), lambda number: number, limit=limit, scan=[start, end], keep=is_listed
    )
    rows = [{"config_id": book.by_number[number].config_id} for number in page]
    return {"contact_way": rows} | ({"next_cursor": cursor} if cursor else {})


def update(call: Call) -> Body:
    """Members, departments and remark are overwritten, the rest only where it is given."""
    way = _named(call)
    fields = _changeable(call)
    if call.args.get("user") is not None or call.args.get("party") is not None:
        way.user, way.party = _people(call, way.type)
    way.remark = ""
    for name, value in fields.items():
        setattr(way, name, value)
    for name, value in (_temporary(call, given_only=True) if way.is_temp else {}).items():
        setattr(way, name, value)
    call.note("contact_way_changed", detail=way.config_id)
    return {}


def delete(call: Call) -> Body:
    way = _named(call)
    call.engines.simulation.state.contact_ways.remove(way)
    call.note("contact_way_deleted", detail=way.config_id)
    return {}


def close_temporary_chat(call: Call) -> Body:
    userid = arguments.userid(call.args)
    customer = arguments.text(call.args, "external_userid", missing=errors.EXTERNAL_USERID_MISSING)
    chat = call.engines.simulation.state.contact_ways.open_chat(userid, customer, call.now)
    if chat is None:
        raise ApiError(errors.NO_RELATION)
    chat.ends_at = call.now
    call.note("temporary_chat_closed", userid=userid, external_userid=customer)
    return {}


def _choice(call: Call, name: str, *, missing: int, invalid: int) -> int:
    value = arguments.integer(call.args, name, missing=missing)
    if value not in _SCENES:  # 1 and 2 for both
        raise ApiError(invalid)
    return value


def _changeable(call: Call) -> dict[str, Any]:
    """Of what can be set and changed, that which the request names."""
    fields: dict[str, Any] = {
        "remark": arguments.optional_text(call.args, "remark", chars=_REMARK_CHARS),
        "state": arguments.optional_text(call.args, "state", chars=_STATE_CHARS),
        "unionid": arguments.optional_text(call.args, "unionid", chars=_UNIONID_BYTES),
        "skip_verify": _flag(call, "skip_verify", default=None),
        "style": _style(call),
        "conclusions": checked_conclusions(call),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _style(call: Call) -> int | None:
    if call.args.get("style") is None:
        return None
    style = arguments.integer(call.args, "style")
    if not 1 <= style <= _MOST_STYLE:
        raise ApiError(errors.WAY_STYLE_INVALID)
    return style


def _flag(call: Call, name: str, *, default: bool | None) -> Any:
    value = call.args.get(name)
    if value is not None and not isinstance(value, bool):
        raise ApiError(errors.INVALID_PARAMETER, name)
    return default if value is None else value


def _people(call: Call, kind: int) -> tuple[list[str], list[int]]:
    """Exactly one member, or members and departments of at most 100 people together."""
    users = arguments.text_list(call.args, "user", required=False, maximum=_PEOPLE * 10)
    parties = arguments.integer_list(call.args, "party", maximum=_PEOPLE)
    if kind == _ONE and (len(users) != 1 or parties):
        raise ApiError(errors.INVALID_PARAMETER, "user")
    if not users and not parties:
        raise ApiError(errors.MISSING_PARAMETER, "user, party")
    world = call.world
    for userid in users:
        member = world.member(userid)
        if member is None or not call.sees(userid):
            raise ApiError(errors.USER_UNKNOWN)
        if not member.contact_service:
            raise ApiError(errors.NOT_SERVICE_MEMBER)
        if not member.real_named:
            raise ApiError(errors.NOT_ACTIVATED)
    if any(not world.sees_department(call.app, number) for number in parties):
        raise ApiError(errors.DEPARTMENT_UNKNOWN)
    if len(people_of(world, users, parties)) > _PEOPLE:
        raise ApiError(errors.WAY_TOO_MANY_PEOPLE)
    return users, parties


def _temporary(call: Call, *, given_only: bool = False) -> dict[str, int]:
    """How long the code and the session live."""
    found = {}
    for name, default in (("expires_in", _EXPIRES), ("chat_expires_in", _CHAT_EXPIRES)):
        if not given_only or call.args.get(name) is not None:
            seconds = arguments.integer(call.args, name, default=default, minimum=1, maximum=_LONGEST_SECONDS)
            found[f"{name}_seconds"] = seconds
    return found


def _named(call: Call) -> ContactWay:
    config_id = arguments.text(call.args, "config_id", missing=errors.WAY_ID_MISSING)
    way = call.engines.simulation.state.contact_ways.by_id.get(config_id)
    if way is None:
        raise ApiError(errors.WAY_ID_INVALID)
    return way


def _row(way: ContactWay) -> Body:
    row: Body = {
        "config_id": way.config_id,
        "type": way.type,
        "scene": way.scene,
        "is_temp": way.is_temp,
        "remark": way.remark,
        "skip_verify": way.skip_verify,
        "state": way.state,
        "user": way.user,
        "party": way.party,
        "conclusions": way.conclusions,
    }
    optional: dict[str, Any] = {"style": way.style, "qr_code": way.qr_code or None, "unionid": way.unionid or None}
    if way.is_temp:
        optional |= {"expires_in": way.expires_in_seconds, "chat_expires_in": way.chat_expires_in_seconds}
    return row | {name: value for name, value in optional.items() if value is not None}


ENDPOINTS = {
    "externalcontact/add_contact_way": Endpoint("POST", "customer", add),
    "externalcontact/get_contact_way": Endpoint("POST", "customer", get),
    "externalcontact/list_contact_way": Endpoint("POST", "customer", list_ways, {"contact_way": []}),
    "externalcontact/update_contact_way": Endpoint("POST", "customer", update),
    "externalcontact/del_contact_way": Endpoint("POST", "customer", delete),
    "externalcontact/close_temp_chat": Endpoint("POST", "customer", close_temporary_chat),
}
