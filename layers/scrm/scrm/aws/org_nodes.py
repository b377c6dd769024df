"""Nodes of the organisation's table, and the branch codes they hold."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from scrm.aws import cursors
from scrm.aws.org_items import NODES_PARTITION, SCHEMA_VERSION, code_key, from_node, node_key, to_node
from scrm.aws.table import ABSENT, Condition, Put, Table
from scrm.org.model import OrgNode
from scrm.paging import Page

if TYPE_CHECKING:
    from scrm.org.queries import NodeDetail


class DynamoNodes:
    """Implements `scrm.org.ports.NodeRepository` and the nodes' part of `scrm.org.queries.OrgQueries`.

    A branch code is unique because its item names the one node that holds it; given back, it names none.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def node(self, node_id: str) -> OrgNode | None:
        item = self._table.get(node_key(node_id))
        return to_node(item) if item else None

    def nodes(self, node_ids: Sequence[str]) -> dict[str, OrgNode]:
        items = self._table.get_many([node_key(node_id) for node_id in dict.fromkeys(node_ids) if node_id])
        return {item["node_id"]: to_node(item) for item in items}

    def all_nodes(self) -> Iterator[OrgNode]:
        everywhere = Condition("node_pk = :nodes", {":nodes": NODES_PARTITION})
        return map(to_node, self._table.query(everywhere, index="by_node"))

    def put_node(self, node: OrgNode, seen_version: int | None) -> bool:
        return self._table.put(from_node(node), _unchanged(seen_version))

    def put_node_with_code(self, node: OrgNode, seen: OrgNode) -> bool:
        mine_or_free = Condition(
            "attribute_not_exists(pk) OR node_id = :me OR node_id = :none", {":me": node.node_id, ":none": ""}
        )
        mine = Condition("node_id = :me", {":me": node.node_id})
        writes = [Put(from_node(node), _unchanged(seen.version))]
        for code, holder, condition in ((node.branch_code, node.node_id, mine_or_free), (seen.branch_code, "", mine)):
            if code:
                item = {**code_key(code), "schema_version": SCHEMA_VERSION, "node_id": holder}
                writes.append(Put(item, condition))
        return self._table.transact(writes)

    def holder_of_code(self, branch_code: str) -> str:
        item = self._table.get(code_key(branch_code))
        return str(item["node_id"]) if item else ""

    def node_detail(self, node_id: str) -> "NodeDetail | None":
        from scrm.org.nodes import effective_setting, ids_on  # noqa: PLC0415 - only operators ask for it
        from scrm.org.queries import NodeDetail  # noqa: PLC0415

        node = self.node(node_id)
        if node is None:
            return None
        return NodeDetail(node, effective_setting(node.path, self.nodes(ids_on(node.path))))

    def children(self, node_id: str, cursor: str | None, limit: int) -> Page[OrgNode]:
        scope = f"children/{node_id}"
        below = Condition(
            "node_pk = :nodes AND begins_with(node_sk, :parent)",
            {":nodes": NODES_PARTITION, ":parent": f"{node_id}#"},
        )
        start = cursors.key(cursors.decode(scope, cursor), "after")
        items, last = self._table.query_page(below, index="by_node", start=start, limit=limit)
        return Page(tuple(map(to_node, items)), cursors.encode(scope, {"after": last}) if last else None)


def _unchanged(seen_version: int | None) -> Condition:
    return ABSENT if seen_version is None else Condition("version = :seen", {":seen": seen_version})
