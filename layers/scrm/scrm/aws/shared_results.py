"""What of a campaign falls to the members at or below a node, for operators placed below the campaign's own."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol

from scrm.aws import cursors
from scrm.aws import send_task_items as items
from scrm.aws.send_task_table import DynamoTaskRepository
from scrm.aws.table import Condition, Item, Table
from scrm.campaign.ports import TaskSummary
from scrm.campaign.results import RecipientRow, rows_of
from scrm.node_paths import covers
from scrm.paging import InvalidCursorError, Page

_TOGETHER: Final = 200
_MOST_READS: Final = 25  # of a request; a small node's tasks lie far apart among those of the whole bank
_KEY: Final = ("campaign_pk", "pk", "sk")
_AT_OR_BELOW: Final = "begins_with(node_path, :path) OR node_path = :unknown"


class MemberPaths(Protocol):
    def paths_of(self, userids: list[str]) -> Mapping[str, str]:
        """The node path of those who are known."""


class DynamoSharedResults:
    """Implements `scrm.campaign.results.ResultPages` and `scrm.campaign.stopping.CampaignTasks` for one node.

    A task belongs to where its member stood when it was planned; one that went to a new owner to where he is now.
    """

    def __init__(self, table: Table, node_path: str, places: MemberPaths) -> None:
        self._table = table
        self._tasks = DynamoTaskRepository(table)
        self._path = node_path
        self._places = places

    def of_campaign(self, campaign_id: str, part: int | None = None) -> Iterator[TaskSummary]:
        for shard in range(items.SHARDS) if part is None else (part,):
            after: Item | None = None
            while True:
                found, after = self._read(campaign_id, shard, after, 0)
                yield from map(items.to_summary, found)
                if after is None:
                    break

    def tasks(self, campaign_id: str, cursor: str | None, limit: int) -> Page[TaskSummary]:
        scope = f"shared-tasks/{self._path}/{campaign_id}"
        found, following = self._some(campaign_id, cursors.decode(scope, cursor), limit)
        return Page(tuple(map(items.to_summary, found)), cursors.encode(scope, following) if following else None)

    def recipients(self, campaign_id: str, cursor: str | None, limit: int) -> Page[RecipientRow]:
        """Task by task; a task of many customers takes several pages."""
        scope = f"shared-recipients/{self._path}/{campaign_id}"
        position = cursors.decode(scope, cursor)
        found, following = self._some(campaign_id, position, _TOGETHER)
        if found:
            task = self._tasks.load(found[0]["task_id"])
            rows = rows_of(task) if task else []
            first = cursors.number(position, "row")
            page = tuple(rows[first : first + limit])
            if first + limit < len(rows):
                following = {**position, "row": first + limit}
            elif len(found) > 1:
                following = {"part": _part_of(found[0]), "after": {name: found[0][name] for name in _KEY}}
        else:
            page = ()
        return Page(page, cursors.encode(scope, following) if following else None)

    def _some(self, campaign_id: str, position: dict[str, Any], limit: int) -> tuple[list[Item], dict[str, Any] | None]:
        """The next tasks of the node, and where to go on; none after so many reads that found nothing."""
        part, after = cursors.number(position, "part"), cursors.key(position, "after")
        if part >= items.SHARDS:
            raise InvalidCursorError("the cursor is not one of ours; start again without it")
        following: dict[str, Any] | None = None
        for _ in range(_MOST_READS):
            found, after = self._read(campaign_id, part, after, limit)
            if after is None:
                part += 1
            following = {"part": part, "after": after} if part < items.SHARDS else None
            if found or following is None:
                return found, following
        return [], following

    def _read(self, campaign_id: str, part: int, after: Item | None, limit: int) -> tuple[list[Item], Item | None]:
        values = {":pk": items.campaign_pk(campaign_id, part), ":path": self._path, ":unknown": ""}
        found, following = self._table.query_page(
            Condition("campaign_pk = :pk", values), index="by_campaign", start=after, limit=limit, where=_AT_OR_BELOW
        )
        return self._ours(found), following

    def _ours(self, found: list[Item]) -> list[Item]:
        unplaced = [item["owner_userid"] for item in found if not item["node_path"]]
        paths = self._places.paths_of(unplaced) if unplaced else {}
        return [item for item in found if covers(self._path, item["node_path"] or paths.get(item["owner_userid"], ""))]


def _part_of(item: Item) -> int:
    return int(item["campaign_pk"].rpartition("#")[2])
