"""WeCom's statistics in the collector's words (docs/wecom.md 18)."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from scrm import clock, ids
from scrm.clock import BUSINESS_ZONE
from scrm.collect.model import GroupDay, MemberDay
from scrm.collect.ports import NotNowError
from scrm.wecom.client import WecomClient
from scrm.wecom.errors import (
    MEMBER_INVISIBLE,
    MEMBER_UNKNOWN,
    UNKNOWN_USERID,
    CallPostponedError,
    InvalidRequestError,
    RateLimitedError,
    TokenExpiredError,
    TransientError,
)
from scrm.wecom.payloads.statistics import BehaviourDay, OwnerGroups

_GONE: Final = frozenset({UNKNOWN_USERID, MEMBER_UNKNOWN, MEMBER_INVISIBLE})
_OUTAGE_PAUSE: Final = timedelta(minutes=1)
_POINTS: Final = 100  # hundredths of a percent


class WecomMemberStatistics:
    """Implements `scrm.collect.ports.MemberStatistics`."""

    def __init__(self, client: WecomClient, now: Callable[[], datetime] = clock.now) -> None:
        self._api = client.statistics
        self._now = now

    def of_member(self, userid: str, first: date, last: date) -> list[MemberDay]:
        try:
            return [_member_day(userid, row) for row in self._asked(lambda: self._api.behaviour(userid, first, last))]
        except InvalidRequestError as error:
            if error.errcode in _GONE:
                return []
            raise

    def of_groups(self, userids: Sequence[str], day: date) -> list[GroupDay]:
        """One owner whom WeCom does not know refuses all (trap 21): halves are asked until he is alone."""
        try:
            found = self._asked(lambda: list(self._api.groups_of(userids, day)))
        except InvalidRequestError as error:
            if error.errcode not in _GONE:
                raise
            if len(userids) == 1:
                return []
            middle = len(userids) // 2
            return [*self.of_groups(userids[:middle], day), *self.of_groups(userids[middle:], day)]
        return [_group_day(row, day) for row in found]

    def _asked[Answer](self, ask: Callable[[], Answer]) -> Answer:
        try:
            return ask()
        except (CallPostponedError, RateLimitedError) as error:
            raise NotNowError(error.not_before) from error
        except (TransientError, TokenExpiredError) as error:
            raise NotNowError(self._now() + _OUTAGE_PAUSE) from error


def _member_day(userid: str, row: BehaviourDay) -> MemberDay:
    chats = row.chat_cnt
    share, minutes = row.reply_percentage, row.avg_reply_time
    return MemberDay(
        userid=userid,
        day=datetime.fromtimestamp(row.stat_time, UTC).astimezone(BUSINESS_ZONE).date(),
        messages=row.message_cnt,
        chats=chats,
        reply_points=None if share is None or not chats else round(share * _POINTS) * chats,
        reply_minutes=None if minutes is None or not chats else minutes * chats,
        added=row.new_contact_cnt,
        applied=row.new_apply_cnt,
        lost=row.negative_feedback_cnt,
    )


def _group_day(row: OwnerGroups, day: date) -> GroupDay:
    return GroupDay(
        userid=ids.fold_userid(row.owner),
        day=day,
        groups=row.data.chat_total,
        groups_active=row.data.chat_has_msg,
        group_customers=row.data.member_total,
        group_messages=row.data.msg_total,
    )
