"""The audience's table.

================  ========================  =========================================================================
pk                sk                        item
================  ========================  =========================================================================
``HOME#<owner>``  ``BUCKET#<bits>``         facts of up to 1,000 customers; or the mark that the bucket was split
``HOME#<owner>``  ``NOTE#moved#<id>``       customers who went to another owner
``HOME#<owner>``  ``NOTE#arrived#<id>``     customers who came from another owner
``FEED``          ``LATEST``                the feed that was taken last
================  ========================  =========================================================================

A customer whom nobody owns has his home among ``~00`` to ``~ff``.
"""

from collections.abc import Sequence
from datetime import datetime

from scrm import clock
from scrm.audience.dossiers import Bucket, NoteKind, Shelf, notes_of
from scrm.audience.ports import FeedTaken
from scrm.aws import dossier_items as items
from scrm.aws.owner_changes import OwnerChange
from scrm.aws.table import Condition, Put, Table, starts_with
from scrm.aws.transactions import unless_crossed
from scrm.homes import OwnerMove

_FEED = {"pk": "FEED", "sk": "LATEST"}


class DynamoDossiers:
    """Implements `scrm.audience.ports.DossierStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def shelf(self, home: str) -> Shelf:
        found = list(self._table.query(starts_with(items.home_pk(home))))
        buckets = tuple(items.to_bucket(item) for item in found if item["sk"].startswith("BUCKET#"))
        return Shelf(home, buckets, tuple(items.to_note(item) for item in found if item["sk"].startswith("NOTE#")))

    def arrived(self, home: str, since: datetime) -> dict[str, set[str]]:
        """Implements `scrm.audience.ports.ArrivalNotes`: the notes alone, which are few."""
        found: dict[str, set[str]] = {}
        for item in self._table.query(starts_with(items.home_pk(home), f"NOTE#{NoteKind.ARRIVED.value}#")):
            note = items.to_note(item)
            if note.at >= since:
                for one in note.versions:
                    found.setdefault(one, set()).add(note.other)
        return found

    def save(self, buckets: Sequence[Bucket]) -> bool:
        """One bucket alone is a plain conditional write, which costs half of a transaction."""
        puts = [Put(items.bucket_item(bucket), items.bucket_as_read(bucket)) for bucket in buckets]
        if len(puts) == 1:
            return unless_crossed(lambda: self._table.put(puts[0].item, puts[0].condition)) is True
        return unless_crossed(lambda: self._table.transact(puts)) is True


class DynamoAudienceNotes:
    """Implements `scrm.aws.owner_changes.OwnerNotes`: what the transaction of an owner's change writes here."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def puts(self, changes: Sequence[OwnerChange]) -> list[Put]:
        moves = [OwnerMove(*change) for change in changes]
        return [Put(items.note_item(note)) for note in notes_of(moves, clock.now())]


class DynamoFeedRecord:
    """Implements `scrm.audience.ports.FeedRecord`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def latest(self) -> FeedTaken | None:
        item = self._table.get(_FEED)
        return FeedTaken(clock.from_iso(item["told_at"]), item["rows"]) if item else None

    def note(self, taken: FeedTaken) -> None:
        told_at = clock.to_iso(taken.told_at)
        older = Condition("attribute_not_exists(pk) OR told_at <= :told_at", {":told_at": told_at})
        self._table.put(
            {**_FEED, "schema_version": items.SCHEMA_VERSION, "told_at": told_at, "rows": taken.rows}, older
        )
