"""Behaviour data of members and customer groups (section 7): what happened here, by calendar day of Beijing."""

from local.simulator import errors
from local.simulator.api import arguments
from local.simulator.api.call import Body, Call, Endpoint
from local.simulator.background import drawn_talks
from local.simulator.behaviour_book import HISTORY_DAYS, TalkSum
from local.simulator.clock import DAY_SECONDS, day_start
from local.simulator.errors import ApiError
from local.simulator.model import Group
from local.simulator.world import fold

_MOST_DAYS = 30
_LATEST_TIME = 2**32
_OWNERS = 100
_MEMBERS_WITHOUT_FILTER = 1_000
_DEFAULT_LIMIT, _MOST_ROWS = 500, 1_000
_ORDER = {1: "new_chat_cnt", 2: "chat_total", 3: "new_member_cnt", 4: "member_total"}


def user_behaviour(call: Call) -> Body:
    """Several members give one sum per day, not a row each."""
    userids = _behaviour_members(call)
    start, end = _days(call, "start_time", "end_time")
    rows = [_behaviour_row(call, userids, day) for day in range(start, end + 1, DAY_SECONDS)]
    return {"behavior_data": rows}


def group_statistics(call: Call) -> Body:
    """One row of the whole range for each owner; whoever owns no group at its end has none."""
    wanted = _wanted_owners(call)
    start, end = _group_days(call)
    by_owner = _groups_by_owner(call, wanted, end)
    figures = {owner: _group_data(call, by_owner[owner], start, end) for owner in sorted(by_owner)}
    ordered_by = _ORDER[arguments.integer(call.args, "order_by", default=1, minimum=1, maximum=len(_ORDER))]
    descending = not arguments.integer(call.args, "order_asc", default=0, maximum=1)
    owners = sorted(figures, key=lambda owner: figures[owner][ordered_by], reverse=descending)
    limit = min(arguments.integer(call.args, "limit", default=_DEFAULT_LIMIT, minimum=1), _MOST_ROWS)
    offset = arguments.integer(call.args, "offset", default=0)
    page = [{"owner": owner, "data": figures[owner]} for owner in owners[offset : offset + limit]]
    return {"total": len(owners), "next_offset": offset + len(page), "items": page}


def group_statistics_by_day(call: Call) -> Body:
    """One row a day, the sum of all owners."""
    wanted = _wanted_owners(call)
    first, last = _group_days(call)
    items = []
    for day in range(first, last + 1, DAY_SECONDS):
        groups = [group for owned in _groups_by_owner(call, wanted, day).values() for group in owned]
        items.append({"stat_time": day, "data": _group_data(call, groups, day, day)})
    return {"items": items}


def _behaviour_members(call: Call) -> list[str]:
    userids = arguments.text_list(call.args, "userid", required=False)
    parties = arguments.integer_list(call.args, "partyid")
    if not userids and not parties:
        raise ApiError(errors.MISSING_PARAMETER, "userid, partyid")
    if any(call.world.member(userid) is None or not call.sees(userid) for userid in userids):
        raise ApiError(errors.USER_UNKNOWN)
    tree = {number for party in parties for number in call.world.subtree(party)}
    serving = call.world.service_members(call.app)
    chosen = {fold(member.userid) for member in serving if tree.intersection(member.department)}
    return sorted(chosen | {fold(userid) for userid in userids})


def _behaviour_row(call: Call, userids: list[str], day: int) -> Body:
    """All zeros while the nightly job has not run: today, and yesterday before the knob's hour."""
    ready_at = day + DAY_SECONDS + call.knobs.statistics_ready_hour * 3_600
    counted = userids if call.now >= ready_at else []
    book = call.engines.simulation.state.behaviour
    days = [book.of_member(userid) for userid in counted]
    said = sum((of_member.talked(day) for of_member in days), TalkSum())
    talks = sum((drawn_talks(call.knobs, userid, day) for userid in counted), said)
    row: Body = {
        "stat_time": day,
        "chat_cnt": talks.chats,
        "message_cnt": talks.messages,
        "reply_percentage": talks.reply_percentage,
        "avg_reply_time": talks.reply_minutes,
        "negative_feedback_cnt": sum(of_member.lost[day] for of_member in days),
        "new_apply_cnt": sum(of_member.applied[day] for of_member in days),
        "new_contact_cnt": sum(of_member.added[day] for of_member in days),
    }
    return {name: figure for name, figure in row.items() if figure is not None}


def _days(call: Call, first: str, last: str) -> tuple[int, int]:
    """The first and the last day asked for, each at 00:00 in Beijing."""
    start = day_start(arguments.integer(call.args, first, maximum=_LATEST_TIME))
    end = day_start(arguments.integer(call.args, last, default=start, maximum=_LATEST_TIME))
    span = (end - start) // DAY_SECONDS
    if span < 0 or span >= _MOST_DAYS or start < call.now - (HISTORY_DAYS + 1) * DAY_SECONDS or end > call.now:
        raise ApiError(errors.BAD_STATISTICS_TIME)
    return start, end


def _group_days(call: Call) -> tuple[int, int]:
    start, end = _days(call, "day_begin_time", "day_end_time")
    if end >= day_start(call.now):  # today is refused for groups
        raise ApiError(errors.BAD_STATISTICS_TIME)
    return start, end


def _wanted_owners(call: Call) -> set[str]:
    """Folded; empty for all in the app's range."""
    owner_filter = arguments.mapping(call.args, "owner_filter")
    wanted = arguments.text_list(owner_filter, "userid_list", required=False, maximum=_OWNERS)
    if not wanted and len(call.world.service_members(call.app)) > _MEMBERS_WITHOUT_FILTER:
        raise ApiError(errors.TOO_MANY_ITEMS)
    if any(call.world.member(userid) is None for userid in wanted):
        raise ApiError(errors.BAD_USERID)
    return {fold(userid) for userid in wanted}


def _groups_by_owner(call: Call, wanted: set[str], day: int) -> dict[str, list[Group]]:
    """As of the end of the day."""
    history, moment = call.engines.simulation.state.group_history, day + DAY_SECONDS
    found: dict[str, list[Group]] = {}
    for group in history.groups_at(call.world.groups, moment):
        owner = history.owner_at(group, moment)
        if (not wanted or fold(owner) in wanted) and call.sees(owner):
            found.setdefault(owner, []).append(group)
    return found


def _group_data(call: Call, groups: list[Group], first: int, last: int) -> Body:
    """Of groups there were at the end of ``last``: what was new since ``first``, and how they stood."""
    history, end = call.engines.simulation.state.group_history, last + DAY_SECONDS
    since = first if call.knobs.group_lines_counted == "day" else 0
    written = [history.written(group, since, end) for group in groups]
    return {
        "new_chat_cnt": sum(first <= group.create_time for group in groups),
        "chat_total": len(groups),
        "chat_has_msg": sum(bool(lines) for lines in written),
        "new_member_cnt": sum(history.joined(group, first, end) for group in groups),
        "member_total": sum(len(history.members_at(group, end)) for group in groups),
        "member_has_msg": sum(len(lines) for lines in written),
        "msg_total": sum(lines.total() for lines in written),
    }


ENDPOINTS = {
    "externalcontact/get_user_behavior_data": Endpoint("POST", "customer", user_behaviour, {"behavior_data": []}),
    "externalcontact/groupchat/statistic": Endpoint("POST", "customer", group_statistics, {"items": []}),
    "externalcontact/groupchat/statistic_group_by_day": Endpoint(
        "POST", "customer", group_statistics_by_day, {"items": []}
    ),
}
