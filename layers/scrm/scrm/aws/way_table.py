"""Contact ways, in the table of welcome messages.

==================  ==============================  =============================================================
pk                  sk                              item
==================  ==============================  =============================================================
``WAY#<way>``       ``WAY``                         a contact way: what people want, and how it is at WeCom
``WAY#<way>``       ``CAME#<customer>``             a customer who came by it, and to whom; written with the count
``WAY#<way>``       ``DAY#<yyyy-mm-dd>``            how many came that day
``NODE#<node>``     ``WAY#<made_at>#<way>``         that the way is the node's; written with it
``WAYS``            ``<way>``                       that there is the way; as above
``MEMBER#<userid>`` ``SUCCESSOR``                   who took over the customers of a member first
==================  ==============================  =============================================================
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from scrm import clock, ids
from scrm.audit.log import AuditLog
from scrm.aws import cursors
from scrm.aws.day_counts import counted_once, per_day
from scrm.aws.table import ABSENT, Condition, Item, Put, Table, starts_with
from scrm.clock import BUSINESS_ZONE
from scrm.paging import Page
from scrm.ways.model import Arrival, AtWecom, ContactWay, WayKind, WayProblem, WayScene, WayWish
from scrm.ways.ports import WayBusyError

SCHEMA_VERSION: Final = 1
_ALL: Final = "WAYS"
_KEEP_SUCCESSOR: Final = timedelta(days=400)


class DynamoWays:
    """Implements `scrm.ways.ports.WayStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, way_id: str) -> ContactWay | None:
        item = self._table.get(_key(way_id))
        return _to_way(item) if item else None

    def add(self, way: ContactWay) -> bool:
        named = {"schema_version": SCHEMA_VERSION, "way_id": way.way_id}
        of_node = {"pk": f"NODE#{way.node_id}", "sk": f"WAY#{clock.to_iso(way.made_at)}#{way.way_id}", **named}
        listed = {"pk": _ALL, "sk": way.way_id, **named}
        return self._table.transact([Put(_item(way), ABSENT), Put(of_node), Put(listed)])

    def save(self, way: ContactWay) -> ContactWay | None:
        item = _item(way)
        as_read = Condition("version = :read", {":read": way.version})
        return _to_way(item) if self._table.put(item, as_read) else None

    def of_node(self, node_id: str, cursor: str | None, limit: int) -> Page[ContactWay]:
        scope = f"ways {node_id}"
        rows, last = self._table.query_page(
            starts_with(f"NODE#{node_id}", "WAY#"),
            start=cursors.key(cursors.decode(scope, cursor), "after"),
            limit=limit,
            newest_first=True,
        )
        following = cursors.encode(scope, {"after": last}) if last else None
        return Page(tuple(self._read([row["way_id"] for row in rows])), following)

    def after(self, way_id: str, limit: int) -> Sequence[ContactWay]:
        later = Condition("pk = :all AND sk > :after", {":all": _ALL, ":after": way_id or "0"})
        rows, _ = self._table.query_page(later, limit=limit)
        return self._read([row["way_id"] for row in rows])

    def _read(self, way_ids: Sequence[str]) -> list[ContactWay]:
        """In the order they are named."""
        found = {item["way_id"]: _to_way(item) for item in self._table.get_many([_key(each) for each in way_ids])}
        return [found[each] for each in way_ids]


class DynamoArrivals:
    """Implements `scrm.ways.ports.Arrivals`. The item and the count are one transaction, so a repeat counts nothing."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def count(self, arrival: Arrival, way: ContactWay) -> bool:
        came = {
            "pk": _pk(way.way_id),
            "sk": f"CAME#{arrival.external_userid}",
            "schema_version": SCHEMA_VERSION,
            "external_userid": arrival.external_userid,
            "userid": arrival.userid,
            "node_id": way.node_id,
            "at": clock.to_iso(arrival.at),
        }
        counted = counted_once(self._table, came, "came", arrival.at.astimezone(BUSINESS_ZONE).date())
        if counted is None:
            raise WayBusyError
        return counted

    def per_day(self, way_id: str) -> dict[date, int]:
        return per_day(self._table, _pk(way_id), "came")


class DynamoSuccessors:
    """Implements `scrm.ways.ports.Successors`.

    A handover tells its taker once for every 100 customers: this process writes a leaver's once.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._noted: set[str] = set()

    def took_over(self, handover_userid: str, takeover_userid: str, at: datetime) -> None:
        if handover_userid in self._noted:
            return
        item = {
            **_successor_key(handover_userid),
            "schema_version": SCHEMA_VERSION,
            "takeover_userid": takeover_userid,
            "at": clock.to_iso(at),
            "expires_at": int((at + _KEEP_SUCCESSOR).timestamp()),
        }
        self._table.put(item, ABSENT)
        self._noted.add(handover_userid)

    def successor_of(self, userid: str) -> str | None:
        item = self._table.get(_successor_key(userid))
        return item["takeover_userid"] if item else None


class AuditedWays:
    """Implements `scrm.ways.ports.WayJournal`."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    def told(self, way: ContactWay, action: str) -> None:
        subject = f"{way.way_id}/r{way.revision}"
        cause = ids.derive("evt", subject, action)
        self._audit.record(
            way.changed_by, f"contact_way.{action}", subject, way.node_path, "done", way.changed_at, cause=cause
        )


_ONE_MORE: Final = Condition("", {":one": 1})


def _pk(way_id: str) -> str:
    return f"WAY#{way_id}"


def _key(way_id: str) -> dict[str, str]:
    return {"pk": _pk(way_id), "sk": "WAY"}


def _successor_key(userid: str) -> dict[str, str]:
    return {"pk": f"MEMBER#{userid}", "sk": "SUCCESSOR"}


def _item(way: ContactWay) -> Item:
    """The next version of the way."""
    wish = way.wish
    return {
        **_key(way.way_id),
        "schema_version": SCHEMA_VERSION,
        "way_id": way.way_id,
        "node_id": way.node_id,
        "node_path": way.node_path,
        "kind": way.kind.value,
        "scene": way.scene.value,
        "name": wish.name,
        "userids": list(wish.userids),
        "department_ids": list(wish.department_ids),
        "skip_verify": wish.skip_verify,
        "last_day": wish.last_day.isoformat() if wish.last_day else None,
        "made_at": clock.to_iso(way.made_at),
        "changed_by": way.changed_by,
        "changed_at": clock.to_iso(way.changed_at),
        "revision": way.revision,
        "ended_at": _iso(way.ended_at),
        "at_wecom": _at_wecom_value(way.at_wecom),
        "version": way.version + 1,
    }


def _at_wecom_value(at: AtWecom) -> dict[str, Any]:
    return {
        "config_id": at.config_id,
        "qr_code": at.qr_code,
        "revision": at.revision,
        "userids": list(at.userids),
        "called_at": _iso(at.called_at),
        "problem": at.problem.value if at.problem else None,
        "errcode": at.errcode,
        "drift": list(at.drift),
        "looked_at": _iso(at.looked_at),
    }


def _to_way(item: Item) -> ContactWay:
    at = item["at_wecom"]
    return ContactWay(
        way_id=item["way_id"],
        node_id=item["node_id"],
        node_path=item["node_path"],
        kind=WayKind(item["kind"]),
        scene=WayScene(item["scene"]),
        wish=WayWish(
            name=item["name"],
            userids=tuple(item["userids"]),
            department_ids=tuple(item["department_ids"]),
            skip_verify=item["skip_verify"],
            last_day=date.fromisoformat(item["last_day"]) if item.get("last_day") else None,
        ),
        made_at=clock.from_iso(item["made_at"]),
        changed_by=item["changed_by"],
        changed_at=clock.from_iso(item["changed_at"]),
        revision=item["revision"],
        ended_at=_moment(item.get("ended_at")),
        at_wecom=AtWecom(
            config_id=at["config_id"],
            qr_code=at["qr_code"],
            revision=at["revision"],
            userids=tuple(at["userids"]),
            called_at=_moment(at.get("called_at")),
            problem=WayProblem(at["problem"]) if at.get("problem") else None,
            errcode=at["errcode"],
            drift=tuple(at["drift"]),
            looked_at=_moment(at.get("looked_at")),
        ),
        version=item["version"],
    )


def _iso(moment: datetime | None) -> str | None:
    return clock.to_iso(moment) if moment else None


def _moment(text: str | None) -> datetime | None:
    return clock.from_iso(text) if text else None
