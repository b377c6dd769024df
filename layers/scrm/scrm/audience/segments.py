"""Named segments (S22) with every version they ever had, made for a node and what lies below it.

A segment is an expression over what is known of customers, or a list that names them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol

from scrm import clock, ids
from scrm.audience.expressions import canonical, sensitive_fields
from scrm.audience.lists import CustomerList, ListStore
from scrm.audience.parsing import parse
from scrm.node_paths import covers
from scrm.paging import Page

LONGEST_NAME: Final = 64


class UnknownSegmentError(LookupError):
    """No segment has this id, or not one for this node."""


class StaleSegmentError(Exception):
    """Someone else wrote the segment in between; read it again and repeat."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One version of a segment. ``expression`` is in canonical form; ``version`` rises with every change.

    A list has none: ``listed`` are its customers, ``unusable`` rows of its file, whose hash is ``sha256``.
    """

    segment_id: str
    node_id: str
    node_path: str
    name: str
    expression: str
    made_by: str
    made_at: datetime
    version: int = 1
    listed: int = 0
    unusable: int = 0
    sha256: str = ""

    @property
    def is_list(self) -> bool:
        return self.sha256 != ""

    @property
    def sensitive_fields(self) -> tuple[str, ...]:
        """Of a list nobody knows how it was made: whoever brings it answers for that."""
        return () if self.is_list else sensitive_fields(parse(self.expression))

    def serves(self, node_path: str) -> bool:
        """Whether a campaign of the node may use it."""
        return covers(self.node_path, node_path)


class SegmentStore(Protocol):
    """Segments with all their versions. A foreign cursor raises InvalidCursorError."""

    def segment(self, segment_id: str) -> Segment | None:
        """The latest version."""

    def versions(self, segment_id: str) -> Sequence[Segment]:
        """Every version, the oldest first."""

    def add(self, segment: Segment) -> bool:
        """Store a version, which is the one after the latest; False when somebody was faster."""

    def at_node(self, node_id: str, cursor: str | None, limit: int) -> Page[Segment]:
        """The node's own segments, latest versions, by id."""


class SegmentJournal(Protocol):
    """Tells the audit log; once for each version."""

    def told(self, segment: Segment, action: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Segments:
    """Use cases of operators. A repeat of the same request finds what the first one made."""

    store: SegmentStore
    journal: SegmentJournal
    lists: ListStore
    now: Callable[[], datetime] = clock.now

    def create(
        self, node_id: str, node_path: str, name: str, wanted: str | CustomerList, maker: tuple[str, str]
    ) -> Segment:
        """``maker`` is who asks and his Idempotency-Key. Raises ExpressionError."""
        actor, key = maker
        segment_id = ids.derive("seg", node_id, actor, key)
        made = self._worded(Segment(segment_id, node_id, node_path, name, "", actor, self.now()), wanted)
        if not self.store.add(made):
            known = self.store.versions(segment_id)[0]
            if not _says_the_same(known, made):
                raise StaleSegmentError
            made = known
        self.journal.told(made, "created")
        return made

    def revise(self, segment_id: str, version: int, name: str, wanted: str | CustomerList, actor: str) -> Segment:
        """A new version over ``version``. Raises ExpressionError, UnknownSegmentError, StaleSegmentError."""
        known = self.found(segment_id)
        if known.version not in {version, version + 1}:
            raise StaleSegmentError
        following = replace(known, name=name, made_by=actor, made_at=self.now(), version=version + 1)
        made = self._worded(following, wanted)
        if known.version == version + 1:
            if _says_the_same(known, made) and known.made_by == actor:
                return known
            raise StaleSegmentError
        if not self.store.add(made):
            raise StaleSegmentError
        self.journal.told(made, "revised")
        return made

    def _worded(self, segment: Segment, wanted: str | CustomerList) -> Segment:
        """With its members. A list is kept before anybody can name it."""
        if isinstance(wanted, str):
            return replace(segment, expression=canonical(parse(wanted)), listed=0, unusable=0, sha256="")
        self.lists.put(segment.segment_id, wanted)
        counted = len(wanted.external_userids), len(wanted.unusable)
        return replace(segment, expression="", listed=counted[0], unusable=counted[1], sha256=wanted.sha256)

    def found(self, segment_id: str) -> Segment:
        """The latest version. Raises UnknownSegmentError."""
        found = self.store.segment(segment_id)
        if found is None:
            raise UnknownSegmentError(segment_id)
        return found


def _says_the_same(one: Segment, other: Segment) -> bool:
    return (one.name, one.expression, one.sha256) == (other.name, other.expression, other.sha256)
