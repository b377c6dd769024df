"""Needs that customers told, in the audience's table.

===================  =======================  ========================================================================
pk                   sk                       item
===================  =======================  ========================================================================
``HEARD#<member>``   ``<customer>#<entry>``   a need told to this member, when last, in which message; ends by itself
===================  =======================  ========================================================================
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from scrm import clock
from scrm.audience.heard import KEPT, HeardNeed
from scrm.aws.table import Condition, Table, starts_with
from scrm.ids import fold_userid

SCHEMA_VERSION: Final = 1


class DynamoHeardNeeds:
    """Implements `scrm.audience.heard.HeardNeeds`."""

    def __init__(self, table: Table, now: Callable[[], datetime]) -> None:
        self._table = table
        self._now = now

    def hear(self, need: HeardNeed) -> None:
        said_at = clock.to_iso(need.said_at)
        item = {
            "pk": _pk(need.member_userid),
            "sk": f"{need.external_userid}#{need.entry_id}",
            "schema_version": SCHEMA_VERSION,
            "external_userid": need.external_userid,
            "entry_id": need.entry_id,
            "msgid": need.msgid,
            "said_at": said_at,
            "expires_at": int((need.said_at + KEPT).timestamp()),
        }
        later = Condition("attribute_not_exists(pk) OR said_at < :said_at", {":said_at": said_at})
        self._table.put(item, later)

    def of_member(self, userid: str) -> Mapping[str, tuple[str, ...]]:
        """DynamoDB removes what has ended within days, so what is still there is asked for its time."""
        since = clock.to_iso(self._now() - KEPT)
        found: dict[str, tuple[str, ...]] = {}
        for item in self._table.query(starts_with(_pk(userid))):
            if item["said_at"] > since:
                one = item["external_userid"]
                found[one] = (*found.get(one, ()), item["entry_id"])
        return found


def _pk(userid: str) -> str:
    return f"HEARD#{fold_userid(userid)}"
