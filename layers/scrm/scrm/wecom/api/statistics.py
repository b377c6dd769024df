"""Behaviour data of members and of customer groups (docs/wecom.md 18). Days are whole days in Shanghai."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from scrm.clock import BUSINESS_ZONE
from scrm.wecom import limits
from scrm.wecom.api.call import Call, Caller, require_ids, rows, unreadable
from scrm.wecom.errors import InvalidRequestError
from scrm.wecom.payloads.statistics import BehaviourDay, OwnerGroups

_GROUPS = "externalcontact/groupchat/statistic"


class Statistics:
    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def behaviour(self, userid: str, first: date, last: date) -> list[BehaviourDay]:
        """One member's days from ``first`` to ``last`` with both; several members would come as one sum (trap 23)."""
        path = "externalcontact/get_user_behavior_data"
        _require_span(path, first, last)
        body: dict[str, Any] = {"userid": [userid], "start_time": begin_of(first), "end_time": begin_of(last)}
        call = Call(path, body=body)
        return rows(BehaviourDay, self._caller.call(call), "behavior_data", call)

    def groups_of(self, owners: Sequence[str], day: date) -> Iterator[OwnerGroups]:
        """The groups of at most 100 owners on a day that is over, all pages; today WeCom refuses (600018)."""
        require_ids(_GROUPS, "owners", owners, limits.GROUP_OWNERS)
        body: dict[str, Any] = {
            "day_begin_time": begin_of(day),
            "owner_filter": {"userid_list": list(owners)},
            "limit": limits.GROUP_STATISTICS_PAGE,
        }
        offset = 0
        while True:
            call = Call(_GROUPS, body={**body, "offset": offset})
            reply = self._caller.call(call)
            yield from rows(OwnerGroups, reply, "items", call)
            total, following = _number(reply.get("total"), call), _number(reply.get("next_offset"), call)
            if following >= total:
                return
            if following <= offset:  # would go round for ever
                raise unreadable(call)
            offset = following


def begin_of(day: date) -> int:
    """00:00 in Shanghai, to which WeCom would round down anyway."""
    return int(datetime.combine(day, time.min, BUSINESS_ZONE).timestamp())


def _require_span(path: str, first: date, last: date) -> None:
    if not timedelta(0) <= last - first < timedelta(days=limits.STATISTICS_DAYS):
        raise InvalidRequestError(None, path, reason=f"ask for 1 to {limits.STATISTICS_DAYS} days, the first one first")


def _number(found: Any, call: Call) -> int:
    if found is None:
        return 0
    if not isinstance(found, int):
        raise unreadable(call)
    return found
