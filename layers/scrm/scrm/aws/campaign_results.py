"""A campaign's tasks and customers page by page, for operators."""

from scrm.aws import cursors
from scrm.aws import send_task_items as items
from scrm.aws.send_task_table import DynamoTaskRepository
from scrm.aws.table import Condition, Item, Table
from scrm.campaign.ports import TaskSummary
from scrm.campaign.results import RecipientRow, rows_of
from scrm.paging import InvalidCursorError, Page


class DynamoCampaignResults:
    """Implements `scrm.campaign.results.ResultPages`: one part of the campaign's tasks after the other."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._tasks = DynamoTaskRepository(table)

    def tasks(self, campaign_id: str, cursor: str | None, limit: int) -> Page[TaskSummary]:
        scope = f"campaign-tasks/{campaign_id}"
        position = cursors.decode(scope, cursor)
        found, part, after = self._some(campaign_id, position, limit)
        return Page(tuple(map(items.to_summary, found)), _following(scope, part, after))

    def recipients(self, campaign_id: str, cursor: str | None, limit: int) -> Page[RecipientRow]:
        """Task by task; a task of many customers takes several pages."""
        scope = f"campaign-recipients/{campaign_id}"
        position = cursors.decode(scope, cursor)
        found, part, after = self._some(campaign_id, position, 1)
        if not found:
            return Page((), _following(scope, part, after))
        task = self._tasks.load(found[0]["task_id"])
        rows = rows_of(task) if task else []
        first = cursors.number(position, "row")
        page = tuple(rows[first : first + limit])
        if first + limit < len(rows):
            stay = {name: value for name, value in position.items() if name != "row"}
            return Page(page, cursors.encode(scope, {**stay, "row": first + limit}))
        return Page(page, _following(scope, part, after))

    def _some(self, campaign_id: str, position: dict[str, object], limit: int) -> tuple[list[Item], int, Item | None]:
        part = cursors.number(position, "part")
        if part >= items.SHARDS:
            raise InvalidCursorError("the cursor is not one of ours; start again without it")
        condition = Condition("campaign_pk = :pk", {":pk": items.campaign_pk(campaign_id, part)})
        found, after = self._table.query_page(
            condition, index="by_campaign", start=cursors.key(position, "after"), limit=limit
        )
        return found, part, after


def _following(scope: str, part: int, after: Item | None) -> str | None:
    if after is not None:
        return cursors.encode(scope, {"part": part, "after": after})
    return cursors.encode(scope, {"part": part + 1}) if part + 1 < items.SHARDS else None
