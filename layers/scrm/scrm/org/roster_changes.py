"""What one roster says differently from the last one."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from operator import itemgetter

from scrm.org.roster import RosterRow, RosterStatus

_LEAVING = frozenset({RosterStatus.DEPARTING, RosterStatus.DEPARTED})


class RosterChangeKind(StrEnum):
    """``corrected``: a departure is taken back. ``attributes``: post, languages, qualifications, capacity."""

    DEPARTED = "departed"
    DEPARTING = "departing"
    TRANSFERRED = "transferred"
    ON_LEAVE = "on_leave"
    RETURNED = "returned"
    CORRECTED = "corrected"
    ATTRIBUTES = "attributes"


_KIND_OF = {
    RosterStatus.DEPARTING: RosterChangeKind.DEPARTING,
    RosterStatus.DEPARTED: RosterChangeKind.DEPARTED,
    RosterStatus.ON_LEAVE: RosterChangeKind.ON_LEAVE,
}


@dataclass(frozen=True, slots=True)
class RosterChange:
    """One change of one member. ``row`` is the newest row about him; ``before`` the one before, None when he is new.

    ``from_absence``: he is no longer in the file, and ``row`` is the old one.
    """

    kind: RosterChangeKind
    userid: str
    row: RosterRow
    before: RosterRow | None = None
    from_absence: bool = False


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """What the new file says of a userid; ``row`` None: its row cannot be used, so the last one still holds."""

    userid: str
    row: RosterRow | None


@dataclass(frozen=True, slots=True)
class RosterStep:
    """One userid of either file: its row before, whether the new file names it, and its row from now on."""

    userid: str
    before: RosterRow | None
    listed: bool
    after: RosterRow | None

    @property
    def was_on_staff(self) -> bool:
        return self.before is not None and self.before.status is not RosterStatus.DEPARTED

    @property
    def is_missing(self) -> bool:
        return self.was_on_staff and not self.listed

    @property
    def departs(self) -> bool:
        """Whether the new file itself says that a member who was there has departed."""
        return self.was_on_staff and self.after is not None and self.after.status is RosterStatus.DEPARTED

    def changes(self) -> Iterator[RosterChange]:
        if self.after is not None and self.after != self.before:
            yield from _changes(self.userid, self.before, self.after)
        elif self.is_missing and self.before is not None:
            yield RosterChange(
                RosterChangeKind.DEPARTED, self.userid, self.before, before=self.before, from_absence=True
            )


def compared(last: Iterable[RosterRow], entries: Iterable[RosterEntry]) -> Iterator[RosterStep]:
    """Merge the last roster with the new one; both are sorted by userid and name each userid once."""
    old = ((row.userid, False, row) for row in last)
    new = ((entry.userid, True, entry.row) for entry in entries)
    merged: Iterable[tuple[str, bool, RosterRow | None]] = heapq.merge(old, new, key=itemgetter(0, 1))
    for userid, found in groupby(merged, key=itemgetter(0)):
        rows = {is_new: row for _, is_new, row in found}
        listed = True in rows
        after = (rows[True] or rows.get(False)) if listed else None
        yield RosterStep(userid, rows.get(False), listed=listed, after=after)


def _changes(userid: str, before: RosterRow | None, row: RosterRow) -> Iterator[RosterChange]:
    """A member who is new is compared with an active one in the same place."""

    def change(kind: RosterChangeKind) -> RosterChange:
        return RosterChange(kind, userid, row, before)

    old = before or RosterRow(userid, "", row.node_id, row.post, RosterStatus.ACTIVE)
    if old.status in _LEAVING and row.status not in _LEAVING:
        yield change(RosterChangeKind.CORRECTED)
    if old.status is RosterStatus.ON_LEAVE and row.status is RosterStatus.ACTIVE:
        yield change(RosterChangeKind.RETURNED)
    if row.status is not RosterStatus.ACTIVE and _terms(row) != _terms(old):
        yield change(_KIND_OF[row.status])
    if row.status not in _LEAVING and (row.node_id, row.post) != (old.node_id, old.post):
        yield change(RosterChangeKind.TRANSFERRED)
    if row.status is not RosterStatus.DEPARTED and (before is None or _attributes(row) != _attributes(old)):
        yield change(RosterChangeKind.ATTRIBUTES)


def _terms(row: RosterRow) -> tuple[object, ...]:
    return row.status, row.last_day, row.successor_userid


def _attributes(row: RosterRow) -> tuple[object, ...]:
    return row.post, row.languages, row.qualifications, row.capacity
