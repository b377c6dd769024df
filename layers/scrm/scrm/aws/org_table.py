"""The organisation's table: nodes, members, covers, rejected messages, how far a roster was told."""

from datetime import date
from typing import TYPE_CHECKING

from scrm import node_paths
from scrm.aws import cursors
from scrm.aws.org_covers import DynamoCovers
from scrm.aws.org_items import COVERS_PARTITION, SCHEMA_VERSION, to_cover, to_member
from scrm.aws.org_members import DynamoMembers
from scrm.aws.org_nodes import DynamoNodes
from scrm.aws.org_rejections import DynamoRejections
from scrm.aws.table import Condition, Item
from scrm.org.model import Member, MemberDetail
from scrm.paging import Page

if TYPE_CHECKING:
    from scrm.org.queries import CoverRow

_PROGRESS = {"pk": "ROSTER", "sk": "PROGRESS"}


class DynamoOrgRepository(DynamoNodes, DynamoMembers, DynamoCovers, DynamoRejections):
    """Implements `scrm.org.ports.OrgRepository`, `scrm.org.queries.OrgQueries`, `scrm.org.roster_ports.RosterProgress`.

    Index by_node lists nodes under NODES by parent, members under BRANCH#id by userid, leaves under COVERS by their
    last day, rejections under REJECTED#month by time.
    """

    def members(self, node_id: str, cursor: str | None, limit: int) -> Page[MemberDetail]:
        node = self.node(node_id)
        scope = f"members/{node_id}"
        start = cursors.key(cursors.decode(scope, cursor), "after")
        if node is None:
            return Page(())
        in_node = Condition(
            "node_pk = :branch", {":branch": f"BRANCH#{node_paths.branch_of(node.path)}", ":node": node_id}
        )
        items, last = self._table.query_page(
            in_node, index="by_node", start=start, limit=limit, where="node_id = :node"
        )
        found = self.with_details(map(to_member, items))
        return Page(tuple(found), cursors.encode(scope, {"after": last}) if last else None)

    def covers(self, node_path: str, today: date, cursor: str | None, limit: int) -> "Page[CoverRow]":
        scope = f"covers/{node_path}"
        start = cursors.key(cursors.decode(scope, cursor), "after")
        not_over = Condition(
            "node_pk = :covers AND node_sk >= :today", {":covers": COVERS_PARTITION, ":today": today.isoformat()}
        )
        items, last = self._table.query_page(not_over, index="by_node", start=start, limit=limit)
        rows = self._placed(items, node_path)
        return Page(tuple(rows), cursors.encode(scope, {"after": last}) if last else None)

    def mark(self, sha256: str, against: str) -> str:
        item = self._table.get(_PROGRESS)
        return str(item["mark"]) if item and (item["sha256"], item["against"]) == (sha256, against) else ""

    def save_mark(self, sha256: str, against: str, mark: str) -> None:
        self._table.put(
            {**_PROGRESS, "schema_version": SCHEMA_VERSION, "sha256": sha256, "against": against, "mark": mark}
        )

    def _placed(self, items: list[Item], node_path: str) -> "list[CoverRow]":
        """Where the members belong now counts, not where they belonged when HR told of the leave."""
        from scrm.org.queries import CoverRow  # noqa: PLC0415 - only operators ask for it

        found = list(map(to_cover, items))
        people = self.stored_members([cover.userid for cover in found])
        placed = [(cover, people.get(cover.userid)) for cover in found]
        return [
            CoverRow(cover, member.node_id, member.node_path)
            for cover, member in placed
            if isinstance(member, Member) and node_paths.covers(node_path, member.node_path)
        ]
