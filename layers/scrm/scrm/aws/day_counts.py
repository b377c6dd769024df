"""Who was counted once and for all, and how many a day: an item of each, and a counter of the day beside it.

The item and the count are one transaction, so a repeat counts nothing.
"""

from datetime import date
from typing import Final

from scrm.aws.table import ABSENT, Condition, Item, Put, Table, Update, starts_with
from scrm.aws.transactions import transacted

_CROSSINGS: Final = 5
_ONE_MORE: Final = Condition("", {":one": 1})
_DAY: Final = "DAY#"


def counted_once(table: Table, item: Item, counter: str, day: date) -> bool | None:
    """Whether the item is new and was counted for its ``pk`` in the attribute ``counter`` of the day; None when others
    kept counting at the same moment."""
    of_day = {"pk": item["pk"], "sk": f"{_DAY}{day.isoformat()}"}
    for _ in range(_CROSSINGS):
        counted = transacted(table, [Put(item, ABSENT), Update(of_day, f"ADD {counter} :one", _ONE_MORE)])
        if counted is not None:
            return counted
    return None


def per_day(table: Table, pk: str, counter: str) -> dict[date, int]:
    """Counts by day, of the days that have one."""
    items = table.query(starts_with(pk, _DAY))
    return {date.fromisoformat(item["sk"].removeprefix(_DAY)): item[counter] for item in items}
