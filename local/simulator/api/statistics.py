"""Behaviour data of members and customer groups (section 7); figures are drawn from member and day, and repeat."""

from dataclasses import dataclass
from datetime import datetime

from local.simulator import errors
from local.simulator.api import arguments
from local.simulator.api.call import Body, Call, Endpoint
from local.simulator.clock import BEIJING, DAY_SECONDS
from local.simulator.decisions import percent_of
from local.simulator.errors import ApiError
from local.simulator.model import INTERNAL, Group
from local.simulator.world import fold

_MOST_DAYS, _HISTORY_DAYS = 30, 180
_LATEST_TIME = 2**32
_OWNERS = 100
_MEMBERS_WITHOUT_FILTER = 1_000
_DEFAULT_LIMIT, _MOST_ROWS = 500, 1_000
_SILENT_PERCENT = 20
_WEEKEND = 5


@dataclass(frozen=True, slots=True)
class _Day:
    """One member's day, or the sum of several."""

    chats: int
    messages: int
    answered_percent: float
    reply_minutes: int
    negative: int
    applied: int
    added: int


def user_behaviour(call: Call) -> Body:
    """Several members give one sum per day, not a row each."""
    userids = _behaviour_members(call)
    start, end = _days(call, "start_time", "end_time")
    rows = [_behaviour_row(call, userids, day) for day in range(start, end + 1, DAY_SECONDS)]
    return {"behavior_data": rows}


def group_statistics(call: Call) -> Body:
    owners = _owners(call)
    _group_days(call)
    limit = min(arguments.integer(call.args, "limit", default=_DEFAULT_LIMIT, minimum=1), _MOST_ROWS)
    offset = arguments.integer(call.args, "offset", default=0)
    page = owners[offset : offset + limit]
    items = [{"owner": owner, "data": _group_data(call, [owner])} for owner in page]
    return {"total": len(owners), "next_offset": offset + len(page), "items": items}


def group_statistics_by_day(call: Call) -> Body:
    owners = _owners(call)
    start, end = _group_days(call)
    days = range(start, end + 1, DAY_SECONDS)
    return {"items": [{"stat_time": day, "data": _group_data(call, owners)} for day in days]}


def _behaviour_members(call: Call) -> list[str]:
    userids = arguments.text_list(call.args, "userid", required=False)
    parties = arguments.integer_list(call.args, "partyid")
    if not userids and not parties:
        raise ApiError(errors.MISSING_PARAMETER, "userid, partyid")
    if any(call.world.member(userid) is None or not call.sees(userid) for userid in userids):
        raise ApiError(errors.USER_UNKNOWN)
    tree = {number for party in parties for number in call.world.subtree(party)}
    chosen = {member.userid for member in call.world.service_members(call.app) if tree.intersection(member.department)}
    return sorted(chosen | {fold(userid) for userid in userids})


def _behaviour_row(call: Call, userids: list[str], day: int) -> Body:
    figures = [_figures(call, userid, day) for userid in userids]
    chats = sum(figure.chats for figure in figures)
    row: Body = {
        "stat_time": day,
        "chat_cnt": chats,
        "message_cnt": sum(figure.messages for figure in figures),
        "negative_feedback_cnt": sum(figure.negative for figure in figures),
        "new_apply_cnt": sum(figure.applied for figure in figures),
        "new_contact_cnt": sum(figure.added for figure in figures),
    }
    if chats:  # both are absent on a silent day
        row["reply_percentage"] = round(sum(figure.answered_percent * figure.chats for figure in figures) / chats, 2)
        row["avg_reply_time"] = sum(figure.reply_minutes * figure.chats for figure in figures) // chats
    return row


def _figures(call: Call, userid: str, day: int) -> _Day:
    """All zeros while the nightly job has not run: today, and yesterday before the knob's hour."""
    silent = _Day(0, 0, 0.0, 0, 0, 0, 0)
    ready_at = day + DAY_SECONDS + call.knobs.statistics_ready_hour * 3_600
    if call.now < ready_at or datetime.fromtimestamp(day, BEIJING).weekday() >= _WEEKEND:
        return silent
    if fold(userid) in {fold(silent_member) for silent_member in call.knobs.silent_members}:
        return silent
    drawn = [percent_of(day, fold(userid), figure) for figure in ("silent", "chats", "answered", "minutes", "new")]
    if drawn[0] < _SILENT_PERCENT:
        return silent
    chats = 1 + int(drawn[1] // 5)
    added = int(drawn[4] // 25)
    return _Day(chats, chats * 6, round(50 + drawn[2] / 2, 2), 1 + int(drawn[3] // 10), added // 3, added + 1, added)


def _days(call: Call, first: str, last: str) -> tuple[int, int]:
    """The first and the last day asked for, each at 00:00 in Beijing."""
    start = _midnight(arguments.integer(call.args, first, maximum=_LATEST_TIME))
    end = _midnight(arguments.integer(call.args, last, default=start, maximum=_LATEST_TIME))
    span = (end - start) // DAY_SECONDS
    if span < 0 or span >= _MOST_DAYS or start < call.now - (_HISTORY_DAYS + 1) * DAY_SECONDS or end > call.now:
        raise ApiError(errors.BAD_STATISTICS_TIME)
    return start, end


def _group_days(call: Call) -> tuple[int, int]:
    start, end = _days(call, "day_begin_time", "day_end_time")
    if end >= _midnight(int(call.now)):  # today is refused for groups
        raise ApiError(errors.BAD_STATISTICS_TIME)
    return start, end


def _midnight(moment: int) -> int:
    day = datetime.fromtimestamp(moment, BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
    return int(day.timestamp())


def _owners(call: Call) -> list[str]:
    owner_filter = arguments.mapping(call.args, "owner_filter")
    wanted = arguments.text_list(owner_filter, "userid_list", required=False, maximum=_OWNERS)
    if not wanted and len(call.world.service_members(call.app)) > _MEMBERS_WITHOUT_FILTER:
        raise ApiError(errors.TOO_MANY_ITEMS)
    if any(call.world.member(userid) is None for userid in wanted):
        raise ApiError(errors.BAD_USERID)
    owners = {group.owner for group in call.world.groups if group.external and call.sees(group.owner)}
    folded = {fold(userid) for userid in wanted}
    return sorted(owner for owner in owners if not folded or fold(owner) in folded)


def _group_data(call: Call, owners: list[str]) -> Body:
    groups = [group for owner in owners for group in call.world.groups.owned_by(owner)]
    members = sum(_customers_in(group) for group in groups)
    return {
        "new_chat_cnt": 0,
        "chat_total": len(groups),
        "chat_has_msg": len(groups),
        "new_member_cnt": 0,
        "member_total": members,
        "member_has_msg": members // 3,
        "msg_total": members * 2,
    }


def _customers_in(group: Group) -> int:
    return sum(row.type != INTERNAL for row in group.members)


ENDPOINTS = {
    "externalcontact/get_user_behavior_data": Endpoint("POST", "customer", user_behaviour, {"behavior_data": []}),
    "externalcontact/groupchat/statistic": Endpoint("POST", "customer", group_statistics, {"items": []}),
    "externalcontact/groupchat/statistic_group_by_day": Endpoint(
        "POST", "customer", group_statistics_by_day, {"items": []}
    ),
}
