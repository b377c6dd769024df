"""What was counted on one business day in one shard of the bank, exactly once (design invariant 6).

A shard is a share of the branches, so that every node but the bank's root has one writer. Its counts keep which events
they hold: an event that is told again, in any order and however late, changes nothing.
"""

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import compress
from typing import Final

from scrm.kpi.facts import Amounts, Kind
from scrm.kpi.ports import CountedPack
from scrm.node_paths import branch_of

SHARDS: Final = 16
MEMBERS_IN_PACK: Final = 50
KEY: Final = 16
"""Of an event id its last characters: 80 bits of a hash."""
_ROOT_DEPTH: Final = 2
"""How many slashes the path of the root has."""

type Counts = dict[str, int]
type Groups = Mapping[Kind, Batch]
"""Facts of one day and shard, by kind."""
type _Place = tuple[str, dict[str, Counts], Counts]
"""A node, its members, what a node path gained."""
type Told = tuple[str, str, Amounts]
"""Of an event that can be corrected: when it was told, whose it is, what is counted of it."""
type PackName = tuple[str, int]
"""Node and part."""


def shard_of(node_path: str) -> int:
    """The shard that counts a node path."""
    return zlib.crc32(branch_of(node_path).encode()) % SHARDS


def node_of(node_path: str) -> str:
    """The node that a path leads to."""
    return node_path.rstrip("/").rpartition("/")[2]


@dataclass(slots=True)
class Batch:
    """Facts of one day, shard and kind, column by column: what the facts themselves take of memory is free again.

    ``amounts`` has nothing where every fact of the kind counts the same, ``told_at`` only those that can be corrected.
    """

    keys: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    userids: list[str] = field(default_factory=list)
    amounts: list[Amounts] = field(default_factory=list)
    told_at: list[str] = field(default_factory=list)


@dataclass(slots=True)
class DayCounts:
    """``seen``: events that hold for ever; ``told``: by node path and event those that can be corrected.

    ``members``: by node and member, in the order in which they came up, so that each keeps his pack. ``below``: by node
    what the nodes under it have together. ``window`` is the last that changed something, ``version`` the last that did
    so after the day was closed, 0 when none did; ``news`` are the events that ``window`` brought, ``touched`` the packs
    that it changed. ``retold``: events that were told anew and say the same.
    """

    day: date
    shard: int
    window: int = 0
    version: int = 0
    news: int = 0
    retold: int = 0
    seen: set[str] = field(default_factory=set)
    told: dict[str, dict[str, Told]] = field(default_factory=dict)
    members: dict[str, dict[str, Counts]] = field(default_factory=dict)
    below: dict[str, Counts] = field(default_factory=dict)
    touched: set[PackName] = field(default_factory=set)

    def take(self, groups: Groups) -> None:
        """Count what is new: ``news`` and ``touched`` gain how many events that is, and their packs."""
        places: dict[str, _Place] = {}
        for kind, batch in groups.items():
            if kind.can_be_corrected:
                self._take_told(batch, places)
            else:
                self._take_once(kind, batch, places)
        for node_id, members, _ in places.values():
            if len(members) > MEMBERS_IN_PACK:
                self._touch_parts(node_id, groups)
        self._carry_up({path: gained for path, (_, _, gained) in places.items()})

    def packs(self, named: set[PackName]) -> Iterator[CountedPack]:
        """Packs as they are now."""
        for node_id, part in sorted(named):
            members = self.members.get(node_id, {})
            userids = list(members)[part * MEMBERS_IN_PACK : (part + 1) * MEMBERS_IN_PACK]
            total = _without_zeros({"": self.total(node_id)}).get("", {}) if part == 0 else {}
            here = _without_zeros({userid: members[userid] for userid in userids})
            yield CountedPack(node_id, self.day, self.shard, part, self.window, self.version, total, here)

    def all_packs(self) -> set[PackName]:
        packs = {(node_id, 0) for node_id in (*self.below, *self.members)}
        for node_id, members in self.members.items():
            packs |= {(node_id, part) for part in range(1, -(-len(members) // MEMBERS_IN_PACK))}
        return packs

    def total(self, node_id: str) -> Counts:
        """What a node has with all below it."""
        total = dict(self.below.get(node_id, {}))
        for counts in self.members.get(node_id, {}).values():
            _add(total, counts.items())
        return total

    def emptied(self, window: int) -> "DayCounts":
        """Nothing is counted, and each member keeps his pack: what a recount begins with."""
        members: dict[str, dict[str, Counts]] = {
            node_id: {userid: {} for userid in members} for node_id, members in self.members.items()
        }
        below: dict[str, Counts] = {node_id: {} for node_id in self.below}
        return DayCounts(self.day, self.shard, window, self.version, members=members, below=below)

    def has_same_counts(self, other: "DayCounts") -> bool:
        return self._counts() == other._counts()

    def _counts(self) -> tuple[dict[str, dict[str, Counts]], dict[str, Counts]]:
        members = {node_id: _without_zeros(members) for node_id, members in self.members.items()}
        return {node_id: one for node_id, one in members.items() if one}, _without_zeros(self.below)

    def _take_once(self, kind: Kind, batch: Batch, places: dict[str, _Place]) -> None:
        """The hot path, ten million times a day, and of a member hardly one fact in a window.

        Node path by node path, so that the cache is asked for a team's counts once.
        """
        seen, see = self.seen, self.seen.add
        is_new = [key not in seen and not see(key) for key in batch.keys]
        for path, amounts, userids in _told_of(kind, batch, is_new):
            _, members, gained = places.get(path) or self._place(path, places)
            for measure, amount in amounts:
                for userid in userids:
                    counts = members.get(userid)
                    if counts is None:
                        members[userid] = {measure: amount}
                    else:
                        counts[measure] = counts.get(measure, 0) + amount
                gained[measure] = gained.get(measure, 0) + amount * len(userids)
        self.news += sum(is_new)

    def _take_told(self, batch: Batch, places: dict[str, _Place]) -> None:
        columns = zip(batch.keys, batch.paths, batch.told_at, batch.userids, batch.amounts, strict=True)
        for key, path, told_at, userid, amounts in columns:
            known = self.told.setdefault(path, {})
            told: Told = (told_at, userid, amounts)
            before = known.get(key)
            if before is not None and before >= told:
                continue
            known[key] = told
            if before is not None and before[1:] == told[1:]:
                self.retold += 1
                continue
            node_id, members, gained = places.get(path) or self._place(path, places)
            if before is not None:
                taken_back = [(measure, -amount) for measure, amount in before[2]]
                _add(members[before[1]], taken_back)
                _add(gained, taken_back)
                self._touch_member(node_id, before[1])
            _add(members.setdefault(userid, {}), amounts)
            _add(gained, amounts)
            self.news += 1

    def _place(self, path: str, places: dict[str, _Place]) -> _Place:
        """Of a path where something is new: the node's members, and what they gain together."""
        node_id = node_of(path)
        place = places[path] = (node_id, self.members.setdefault(node_id, {}), {})
        self.touched.add((node_id, 0))
        return place

    def _touch_parts(self, node_id: str, groups: Groups) -> None:
        """Of a node with several packs those whose members were told of."""
        told = {
            userid
            for batch in groups.values()
            for path, userid in zip(batch.paths, batch.userids, strict=True)
            if node_of(path) == node_id
        }
        for number, userid in enumerate(self.members[node_id]):
            if userid in told:
                self.touched.add((node_id, number // MEMBERS_IN_PACK))

    def _touch_member(self, node_id: str, userid: str) -> None:
        self.touched.add((node_id, list(self.members[node_id]).index(userid) // MEMBERS_IN_PACK))

    def _carry_up(self, gained: Mapping[str, Counts]) -> None:
        """Level by level from the deepest, so that each node is added to the one above it once."""
        levels: defaultdict[int, dict[str, Counts]] = defaultdict(dict)
        for path, counts in gained.items():
            if any(counts.values()):
                levels[path.count("/")][path] = counts
        for depth in range(max(levels, default=0), _ROOT_DEPTH, -1):
            rising: dict[str, Counts] = {}
            for path, counts in levels[depth].items():
                _add(rising.setdefault(path[: path.rindex("/", 0, -1) + 1], {}), counts.items())
            for path, counts in rising.items():
                node_id = node_of(path)
                _add(self.below.setdefault(node_id, {}), counts.items())
                _add(levels[depth - 1].setdefault(path, {}), counts.items())
                self.touched.add((node_id, 0))


def _told_of(kind: Kind, batch: Batch, is_new: Iterable[bool]) -> Iterator[tuple[str, Amounts, list[str]]]:
    """Of what is new, by node path and by what a fact counts, whose the facts are: a userid for each fact."""
    if kind.constant:
        alike: defaultdict[str, list[str]] = defaultdict(list)
        for path, userid in compress(zip(batch.paths, batch.userids, strict=True), is_new):
            alike[path].append(userid)
        yield from ((path, kind.constant, userids) for path, userids in alike.items())
    else:
        various: defaultdict[tuple[str, Amounts], list[str]] = defaultdict(list)
        columns = zip(batch.paths, batch.amounts, batch.userids, strict=True)
        for path, amounts, userid in compress(columns, is_new):
            various[path, amounts].append(userid)
        yield from ((path, amounts, userids) for (path, amounts), userids in various.items())


def _add(counts: Counts, amounts: Iterable[tuple[str, int]]) -> None:
    for measure, amount in amounts:
        counts[measure] = counts.get(measure, 0) + amount


def _without_zeros(counts: Mapping[str, Counts]) -> dict[str, Counts]:
    found = {name: {measure: n for measure, n in one.items() if n} for name, one in counts.items()}
    return {name: one for name, one in found.items() if one}
