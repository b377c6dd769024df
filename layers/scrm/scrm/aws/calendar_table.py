"""The content calendar, in the content library's table: ``CALENDAR#<node>``, ``<day>#<entry>``."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from scrm import clock
from scrm.aws.table import Condition, Table
from scrm.content.calendar import CalendarChannel, CalendarEntry

SCHEMA_VERSION: Final = 1
_AFTER_EVERY_ID: Final = "$"  # the sign after "#", which ends the day


class DynamoCalendar:
    """Implements `scrm.content.calendar.CalendarRepository`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def entries(self, node_id: str, first: date, last: date) -> Sequence[CalendarEntry]:
        condition = Condition(
            "pk = :pk AND sk BETWEEN :first AND :last",
            {
                ":pk": f"CALENDAR#{node_id}",
                ":first": f"{first.isoformat()}#",
                ":last": f"{last.isoformat()}{_AFTER_EVERY_ID}",
            },
        )
        return [_to_entry(item) for item in self._table.query(condition)]

    def put(self, entry: CalendarEntry) -> None:
        self._table.put(
            {
                **_key(entry.node_id, entry.day, entry.entry_id),
                "schema_version": SCHEMA_VERSION,
                "entry_id": entry.entry_id,
                "node_id": entry.node_id,
                "day": entry.day.isoformat(),
                "channel": entry.channel.value,
                "target_kpi": entry.target_kpi,
                "activity_id": entry.activity_id,
                "note": entry.note,
                "made_by": entry.made_by,
                "made_at": clock.to_iso(entry.made_at),
            }
        )

    def remove(self, node_id: str, day: date, entry_id: str) -> bool:
        return self._table.delete(_key(node_id, day, entry_id), Condition("attribute_exists(pk)"))


def _key(node_id: str, day: date, entry_id: str) -> dict[str, str]:
    return {"pk": f"CALENDAR#{node_id}", "sk": f"{day.isoformat()}#{entry_id}"}


def _to_entry(item: dict[str, Any]) -> CalendarEntry:
    return CalendarEntry(
        entry_id=item["entry_id"],
        node_id=item["node_id"],
        day=date.fromisoformat(item["day"]),
        channel=CalendarChannel(item["channel"]),
        target_kpi=item["target_kpi"],
        made_by=item["made_by"],
        made_at=clock.from_iso(item["made_at"]),
        activity_id=item["activity_id"],
        note=item["note"],
    )
