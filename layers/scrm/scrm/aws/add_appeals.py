"""Appeals against judgements on adds, in the table of KPIs.

====================  ============================  ===================================================================
pk                    sk                            item
====================  ============================  ===================================================================
``APPEALS#<month>``   ``<day>.<branch>.<add>``      an appeal with its word of both persons, by the day of the add
====================  ============================  ===================================================================
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

from scrm import clock
from scrm.adds.appeals import Appeal, WantedAppeal
from scrm.adds.model import AddPlace, Rule
from scrm.aws import cursors
from scrm.aws.table import Condition, Item, Table, starts_with
from scrm.aws.two_person_items import as_read, decision_item, decision_of
from scrm.paging import Page
from scrm.two_persons import RequestState, StaleRequestError

SCHEMA_VERSION: Final = 1
_MONTH: Final = len("2027-03")
_MONTHS: Final = 12


class DynamoAddAppeals:
    """Implements `scrm.adds.appeals.AppealStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, appeal_id: str) -> Appeal | None:
        item = self._table.get(_key(appeal_id))
        return _to_appeal(item) if item else None

    def save(self, appeal: Appeal) -> Appeal:
        saved = replace(appeal, version=appeal.version + 1)
        if not self._table.put(_item(saved), as_read(appeal)):
            raise StaleRequestError("somebody else decided at the same time: read the add again")
        return saved

    def approved(self, first: date, last: date) -> list[Appeal]:
        found: list[Appeal] = []
        for month in _months(first, last):
            known = starts_with(f"APPEALS#{month}")
            values = {**known.values, ":approved": RequestState.APPROVED.value}
            condition = Condition(known.expression, values, {"#state": "state"})
            found += map(_to_appeal, self._table.query(condition, where="#state = :approved"))
        return [appeal for appeal in found if first <= appeal.wanted.place.day <= last]

    def of_day(self, day: date, branch_id: str) -> dict[str, Appeal]:
        known = starts_with(_pk(day.isoformat()), f"{day.isoformat()}.{branch_id}.")
        found = map(_to_appeal, self._table.query(known))
        return {appeal.wanted.place.add_id: appeal for appeal in found}

    def page(
        self, node_path: str, month: str, state: RequestState | None, cursor: str | None, limit: int
    ) -> Page[Appeal]:
        """By the day of the add: those of other nodes and states are left out after the read."""
        scope = f"add-appeals/{node_path}/{month}/{state or ''}"
        start = cursors.key(cursors.decode(scope, cursor), "after")
        known = starts_with(_pk(month))
        values, names, where = {**known.values, ":path": node_path}, {}, "begins_with(node_path, :path)"
        if state is not None:
            values[":state"], names["#state"] = state.value, "state"
            where += " AND #state = :state"
        condition = Condition(known.expression, values, names)
        items, last = self._table.query_page(condition, start=start, limit=limit, where=where)
        return Page(tuple(map(_to_appeal, items)), cursors.encode(scope, {"after": last}) if last else None)


def _pk(day: str) -> str:
    return f"APPEALS#{day[:_MONTH]}"


def _key(appeal_id: str) -> dict[str, str]:
    return {"pk": _pk(appeal_id), "sk": appeal_id}


def _months(first: date, last: date) -> Iterator[str]:
    for number in range(first.year * _MONTHS + first.month - 1, last.year * _MONTHS + last.month):
        yield f"{number // _MONTHS:04d}-{number % _MONTHS + 1:02d}"


def _item(appeal: Appeal) -> Item:
    wanted = appeal.wanted
    return {
        **_key(appeal.appeal_id),
        "schema_version": SCHEMA_VERSION,
        "appeal_id": appeal.appeal_id,
        "day": wanted.place.day.isoformat(),
        "branch_id": wanted.place.branch_id,
        "add_id": wanted.place.add_id,
        "node_path": wanted.node_path,
        "userid": wanted.userid,
        "rules": sorted(rule.value for rule in wanted.rules),
        "reason": wanted.reason,
        "valid_until": clock.to_iso(wanted.valid_until),
        "requested_by": appeal.requested_by,
        "requested_at": clock.to_iso(appeal.requested_at),
        "counted_on": appeal.counted_on.isoformat() if appeal.counted_on else None,
        **decision_item(appeal),
    }


def _to_appeal(item: Mapping[str, Any]) -> Appeal:
    return Appeal(
        appeal_id=item["appeal_id"],
        wanted=WantedAppeal(
            AddPlace(date.fromisoformat(item["day"]), item["branch_id"], item["add_id"]),
            item["node_path"],
            item["userid"],
            frozenset(map(Rule, item["rules"])),
            item["reason"],
            clock.from_iso(item["valid_until"]),
        ),
        requested_by=item["requested_by"],
        requested_at=clock.from_iso(item["requested_at"]),
        counted_on=date.fromisoformat(item["counted_on"]) if "counted_on" in item else None,
        **decision_of(item),
    )
