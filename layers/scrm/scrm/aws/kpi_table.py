"""Measures by node and day: packs of what was counted, and snapshots.

=============  ======================================  ============================================================
pk             sk                                      item
=============  ======================================  ============================================================
``NODE#<id>``  ``<day>#COUNTED#<shard>#<part>``        counted up to a window: the node's total and up to 50 members
``NODE#<id>``  ``<day>#STANDING#<source>``             a snapshot of the day
=============  ======================================  ============================================================

A pack is JSON text: a tenth of what a map of maps would cost to write and to read.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from itertools import batched
from typing import Any, Final

from scrm.aws.table import Condition, Item, Table
from scrm.kpi.ports import CountedPack, Measures

SCHEMA_VERSION: Final = 1
_COUNTED: Final = "COUNTED"
_STANDING: Final = "STANDING"
_AFTER_ALL: Final = "~"
_AT_ONCE: Final = 16
_BATCH: Final = 1_000


class DynamoKpiMeasures:
    """Implements `scrm.kpi.ports.CountedMeasures`, `StandingMeasures` and `NodeMeasures`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def count(self, packs: Iterable[CountedPack]) -> None:
        _each(self._count, packs)

    def stand(self, day: date, source: str, version: int, by_node: Mapping[str, Measures]) -> None:
        not_older = Condition(
            "attribute_not_exists(pk) OR #version <= :version", {":version": version}, {"#version": "version"}
        )

        def put(told: tuple[str, Measures]) -> None:
            node_id, measures = told
            self._table.put(_standing_item(node_id, day, source, version, measures), not_older)

        _each(put, by_node.items())

    def of_days(self, node_id: str, first: date, last: date) -> dict[date, dict[str, int]]:
        days: dict[date, dict[str, int]] = {}
        for day, kind, item in self._items(node_id, first, last):
            measures = item["measures"] if kind == _STANDING else json.loads(item["total"])
            _add(days.setdefault(day, {}), measures)
        return days

    def of_members(self, node_id: str, first: date, last: date) -> dict[str, dict[date, dict[str, int]]]:
        members: dict[str, dict[date, dict[str, int]]] = {}
        for day, kind, item in self._items(node_id, first, last):
            if kind == _COUNTED:
                for userid, measures in _unpacked(item["pack"]):
                    _add(members.setdefault(userid, {}).setdefault(day, {}), measures)
        return members

    def _count(self, pack: CountedPack) -> None:
        newer = Condition(
            "attribute_not_exists(pk) OR #window < :window", {":window": pack.window}, {"#window": "window"}
        )
        self._table.put(counted_item(pack), newer)

    def _items(self, node_id: str, first: date, last: date) -> Iterator[tuple[date, str, Item]]:
        between = Condition(
            "pk = :pk AND sk BETWEEN :first AND :last",
            {":pk": f"NODE#{node_id}", ":first": first.isoformat(), ":last": f"{last.isoformat()}{_AFTER_ALL}"},
        )
        for item in self._table.query(between):
            day, kind, *_ = item["sk"].split("#")
            yield date.fromisoformat(day), kind, item


def counted_item(pack: CountedPack) -> Item:
    """A pack as it is stored; of the members only measures that one of them has."""
    measures = sorted({measure for one in pack.members.values() for measure in one})
    members = {userid: [one.get(measure, 0) for measure in measures] for userid, one in pack.members.items()}
    return {
        "pk": f"NODE#{pack.node_id}",
        "sk": f"{pack.day.isoformat()}#{_COUNTED}#{pack.shard:02d}#{pack.part:03d}",
        "schema_version": SCHEMA_VERSION,
        "window": pack.window,
        "version": pack.version,
        "total": _text({measure: pack.total[measure] for measure in sorted(pack.total)}),
        "pack": _text({"measures": measures, "members": members}),
    }


def _standing_item(node_id: str, day: date, source: str, version: int, measures: Measures) -> Item:
    return {
        "pk": f"NODE#{node_id}",
        "sk": f"{day.isoformat()}#{_STANDING}#{source}",
        "schema_version": SCHEMA_VERSION,
        "version": version,
        "measures": dict(measures),
    }


def _unpacked(text: str) -> Iterator[tuple[str, dict[str, int]]]:
    found = json.loads(text)
    names: Sequence[str] = found["measures"]
    for userid, values in found["members"].items():
        yield userid, {name: value for name, value in zip(names, values, strict=True) if value}


def _add(total: dict[str, int], measures: Measures) -> None:
    for measure, value in measures.items():
        total[measure] = total.get(measure, 0) + value


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False)


def _each[T](work: Callable[[T], None], things: Iterable[T]) -> None:
    """Do it for each, several at once; the first error is raised when those before it are done."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for batch in batched(things, _BATCH, strict=False):
            for done in [pool.submit(work, one) for one in batch]:
                done.result()
