"""The content calendar, in the content library's table: ``CALENDAR#<node>``, ``<day>#<entry>``."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from scrm import clock
from scrm.aws.table import Condition, Table
from scrm.content.calendar import CalendarChannel, CalendarEntry, Planned

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
        planned = entry.planned
        self._table.put(
            {
                **_key(planned.node_id, planned.day, entry.entry_id),
                "schema_version": SCHEMA_VERSION,
                "entry_id": entry.entry_id,
                "node_id": planned.node_id,
                "day": planned.day.isoformat(),
                "channel": planned.channel.value,
                "target_kpi": planned.target_kpi,
                "activity_id": planned.activity_id,
                "note": planned.note,
                "made_by": entry.made_by,
                "made_at": clock.to_iso(entry.made_at),
            }
        )

    def remove(self, node_id: str, day: date, entry_id: str) -> bool:
        return self._table.delete(_key(node_id, day, entry_id), Condition("attribute_exists(pk)"))


def _key(node_id: str, day: date, entry_id: str) -> dict[str, str]:
    return {"pk": f"CALENDAR#{node_id}", "sk": f"{day.isoformat()}#{entry_id}"}


def _to_entry(item: dict[str, Any]) -> CalendarEntry:
    planned = Planned(
        node_id=item["node_id"],
        day=date.fromisoformat(item["day"]),
        channel=CalendarChannel(item["channel"]),
        target_kpi=item["target_kpi"],
        activity_id=item["activity_id"],
        note=item["note"],
    )
    return CalendarEntry(item["entry_id"], planned, item["made_by"], clock.from_iso(item["made_at"]))
