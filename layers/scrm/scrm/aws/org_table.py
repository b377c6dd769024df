"""The organisation's table: nodes, members, rejected messages."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from scrm import clock, ids
from scrm.aws import cursors
from scrm.aws.table import ABSENT, Condition, Item, Table
from scrm.node_paths import ROOT_PATH, branch_of
from scrm.org.model import Member, MemberStatus, OrgNode
from scrm.org.queries import Rejection
from scrm.paging import Page

SCHEMA_VERSION = 1


class DynamoOrgRepository:
    """Keys: NODE#id/NODE, MEMBER#userid/MEMBER, REJECTED#id/REJECTED.

    Index by_node lists members under BRANCH#id by userid, and rejections under REJECTED#month by time.

    ``joined_at`` of a member moves only when an account that had left comes back.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def node(self, node_id: str) -> OrgNode | None:
        item = self._table.get(_node_key(node_id))
        return _to_node(item) if item else None

    def member(self, userid: str) -> Member | None:
        item = self._table.get(_member_key(userid))
        return _to_member(item) if item else None

    def members_of_branch(self, branch_id: str) -> Iterator[Member]:
        of_branch = Condition("node_pk = :branch", {":branch": f"BRANCH#{branch_id}"})
        for item in self._table.query(of_branch, index="by_node"):
            yield _to_member(item)

    def put_nodes(self, nodes: Sequence[OrgNode]) -> None:
        self._table.batch_write(
            puts=[
                {
                    **_node_key(node.node_id),
                    "schema_version": SCHEMA_VERSION,
                    "node_id": node.node_id,
                    "name": node.name,
                    "path": node.path,
                    "parent_id": node.parent_id,
                    "manager_userid": node.manager_userid,
                }
                for node in nodes
            ]
        )

    def put_member(self, member: Member) -> bool:
        known = self._table.get(_member_key(member.userid))
        changed_at = clock.to_iso(member.changed_at)
        item: Item = {
            **_member_key(member.userid),
            "schema_version": SCHEMA_VERSION,
            "node_pk": f"BRANCH#{branch_of(member.node_path)}",
            "node_sk": member.userid,
            "userid": member.userid,
            "name": member.name,
            "node_id": member.node_id,
            "node_path": member.node_path,
            "status": member.status.value,
            "serves_customers": member.serves_customers,
            "changed_at": changed_at,
            "rejoined_at": _rejoined_at(known, member, changed_at),
        }
        not_newer = Condition("attribute_not_exists(pk) OR changed_at <= :changed_at", {":changed_at": changed_at})
        return self._table.put(item, not_newer)

    def members(self, node_id: str, cursor: str | None, limit: int) -> Page[Member]:
        node = self.node(node_id)
        scope = f"members/{node_id}"
        start = cursors.decode(scope, cursor)
        if node is None:
            return Page(())
        in_node = Condition("node_pk = :branch", {":branch": f"BRANCH#{branch_of(node.path)}", ":node": node_id})
        items, last = self._table.query_page(
            in_node, index="by_node", start=start or None, limit=limit, where="node_id = :node"
        )
        return Page(tuple(map(_to_member, items)), cursors.encode(scope, last) if last else None)

    def reject(self, source: str, event_id: str, reason: str, received_at: datetime, payload: str) -> str:
        """Keep a message nobody could use, with the reason, where operators look; a repeat is kept once."""
        rejection_id = ids.derive("rej", source, payload)
        moment = clock.to_iso(received_at)
        month = moment[:7]
        self._table.put(
            {
                "pk": f"REJECTED#{rejection_id}",
                "sk": "REJECTED",
                "schema_version": SCHEMA_VERSION,
                "node_pk": f"REJECTED#{month}",
                "node_sk": f"{moment}#{rejection_id}",
                "rejection_id": rejection_id,
                "source": source,
                "event_id": event_id,
                "reason": reason,
                "received_at": moment,
                "node_path": ROOT_PATH,
                "payload": payload,
            },
            ABSENT,
        )
        self._table.add_to_set({"pk": "INDEX", "sk": "REJECTED_MONTHS"}, "months", month)
        return rejection_id

    def rejections(self, node_path: str, cursor: str | None, limit: int) -> Page[Rejection]:
        scope = f"rejections/{node_path}"
        position = cursors.decode(scope, cursor)
        index = self._table.get({"pk": "INDEX", "sk": "REJECTED_MONTHS"}) or {}
        from_month = cursors.text(position, "month", "9999")
        months = sorted((m for m in index.get("months", set()) if m <= from_month), reverse=True)
        found: list[Rejection] = []
        start = cursors.key(position, "after")
        for month in months:
            if len(found) >= limit:
                return Page(tuple(found), cursors.encode(scope, {"month": month}))
            condition = Condition("node_pk = :month", {":month": f"REJECTED#{month}", ":path": node_path})
            items, last = self._table.query_page(
                condition,
                index="by_node",
                start=start,
                limit=limit - len(found),
                newest_first=True,
                where="begins_with(node_path, :path)",
            )
            found += map(_to_rejection, items)
            start = None
            if last is not None:
                return Page(tuple(found), cursors.encode(scope, {"month": month, "after": last}))
        return Page(tuple(found))


def _node_key(node_id: str) -> dict[str, str]:
    return {"pk": f"NODE#{node_id}", "sk": "NODE"}


def _member_key(userid: str) -> dict[str, str]:
    folded = ids.fold_userid(userid)
    return {"pk": f"MEMBER#{folded}", "sk": "MEMBER"}


def _rejoined_at(known: Item | None, member: Member, changed_at: str) -> str | None:
    """An account seen alive after it had left has come back; a later departure is then a new one."""
    if known is None:
        return None
    came_back = known["status"] == MemberStatus.LEFT.value and member.status is not MemberStatus.LEFT
    return changed_at if came_back else known.get("rejoined_at")


def _to_node(item: Item) -> OrgNode:
    return OrgNode(item["node_id"], item["name"], item["path"], item["parent_id"], item.get("manager_userid", ""))


def _to_member(item: Item) -> Member:
    return Member(
        userid=item["userid"],
        name=item["name"],
        node_id=item["node_id"],
        node_path=item["node_path"],
        status=MemberStatus(item["status"]),
        serves_customers=item["serves_customers"],
        changed_at=clock.from_iso(item["changed_at"]),
        rejoined_at=clock.from_iso(item["rejoined_at"]) if "rejoined_at" in item else None,
    )


def _to_rejection(item: Item) -> Rejection:
    return Rejection(
        rejection_id=item["rejection_id"],
        source=item["source"],
        received_at=clock.from_iso(item["received_at"]),
        reason=item["reason"],
        event_id=item["event_id"],
        node_path=item["node_path"],
    )
