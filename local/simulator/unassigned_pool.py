"""Leavers' customers who wait for somebody, in the two orders in which a list may show them."""

from collections.abc import Iterable, Iterator, Sequence

from local.simulator.model import Unassigned
from local.simulator.sorted_keys import SortedKeys

type RowKey = tuple[str, str]  # folded handover userid, external userid
type ListKey = tuple[int, str, str]  # dimission time or 0, external userid, folded handover userid


class UnassignedPool:
    """Half-added customers are held but not listed."""

    def __init__(self, rows: Iterable[Unassigned] = ()) -> None:
        self._rows: dict[RowKey, Unassigned] = {}
        self._by_time: SortedKeys[ListKey] = SortedKeys()
        self._by_customer: SortedKeys[ListKey] = SortedKeys()
        for row in rows:
            self.add(row)

    def __contains__(self, key: RowKey) -> bool:
        return key in self._rows

    def __iter__(self) -> Iterator[RowKey]:
        return iter(self._rows)

    def get(self, handover: str, external_userid: str) -> Unassigned | None:
        """``handover`` in any case."""
        return self._rows.get((handover.lower(), external_userid))

    def add(self, row: Unassigned) -> None:
        """Put a row in the place of one with the same members."""
        self.remove(row.handover_userid, row.external_userid)
        self._rows[row.handover_userid.lower(), row.external_userid] = row
        if _is_listed(row):
            self._by_time.added(_by_time(row))
            self._by_customer.added(_by_customer(row))

    def remove(self, handover: str, external_userid: str) -> Unassigned | None:
        row = self._rows.pop((handover.lower(), external_userid), None)
        if row is not None and _is_listed(row):
            self._by_time.removed(_by_time(row))
            self._by_customer.removed(_by_customer(row))
        return row

    def all_rows(self) -> list[Unassigned]:
        return list(self._rows.values())

    def listed(self) -> Iterator[Unassigned]:
        return (row for row in self._rows.values() if _is_listed(row))

    def in_order(self, *, by_time: bool) -> Sequence[ListKey]:
        """The keys of all listed rows; `at` finds the row of one."""
        if by_time:
            return self._by_time.read(_by_time(row) for row in self.listed())
        return self._by_customer.read(_by_customer(row) for row in self.listed())

    def at(self, key: ListKey) -> Unassigned:
        return self._rows[key[2], key[1]]


def _is_listed(row: Unassigned) -> bool:
    return row.relation.standing != "half"


def _by_time(row: Unassigned) -> ListKey:
    return row.dimission_time, row.external_userid, row.handover_userid.lower()


def _by_customer(row: Unassigned) -> ListKey:
    return 0, row.external_userid, row.handover_userid.lower()
