"""Where measures are kept: what was counted of facts, and snapshots, by node and business day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

type Measures = Mapping[str, int]
"""Measure -> value; one that is not there is not known, or nothing happened."""


@dataclass(frozen=True, slots=True)
class CountedPack:
    """What was counted at a node on a day, from the day's begin up to a window.

    ``total`` is that of all who are at the node or below it; ``members`` those directly in it. A node has several packs
    when it has many members, or members in several shards: their totals and members add up. ``window`` rises with every
    pack that replaces one; ``version`` rises when a closed day is changed.
    """

    node_id: str
    day: date
    shard: int
    part: int
    window: int
    version: int
    total: Measures = field(default_factory=dict)
    members: Mapping[str, Measures] = field(default_factory=dict)


class CountedMeasures(Protocol):
    """Written by the roll-up alone."""

    def count(self, packs: Iterable[CountedPack]) -> None:
        """Store packs; one whose window is not later than the stored one's changes nothing."""


class StandingMeasures(Protocol):
    """Snapshots of a day."""

    def stand(self, day: date, source: str, version: int, by_node: Mapping[str, Measures]) -> None:
        """Replace what a source told of a day; a lower version than the stored one changes nothing.

        ``by_node``: node id -> measures of all who are at the node or below it. Half of it may be stored when this
        raises; the same again, or a later version, completes it.
        """


class NodeMeasures(Protocol):
    """Reading."""

    def of_days(self, node_id: str, first: date, last: date) -> Mapping[date, Measures]:
        """Counted and standing measures of a node with all below it, from ``first`` to ``last`` with both.

        A day without any is not there.
        """

    def of_members(self, node_id: str, first: date, last: date) -> Mapping[str, Mapping[date, Measures]]:
        """Counted measures of the members who were directly in this node, by userid and day."""
