"""The contact-pressure ledger's table.

================  ========================  =========================================================================
pk                sk                        item
================  ========================  =========================================================================
``HOME#<owner>``  ``BUCKET#<bits>``         up to 1,000 customers whose keys begin with these bits; or the mark that
                                            the bucket was split
``HOME#<owner>``  ``NOTE#moved#<id>``       customers who went to another owner
``HOME#<owner>``  ``NOTE#arrived#<id>``     customers who came from another owner, until their entries are brought over
================  ========================  =========================================================================

A customer whom nobody owns has his home among ``~00`` to ``~ff``.
"""

from collections.abc import Sequence

from scrm import clock
from scrm.aws import pressure_items as items
from scrm.aws.owner_changes import OwnerChange
from scrm.aws.table import Delete, Put, Table, starts_with
from scrm.aws.transactions import unless_crossed
from scrm.homes import OwnerMove
from scrm.pressure.shelf import Edit, Note, Shelf, notes_of


class DynamoPressureStore:
    """Implements `scrm.pressure.ports.PressureStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def shelf(self, home: str) -> Shelf:
        found = list(self._table.query(starts_with(items.home_pk(home))))
        buckets = tuple(items.to_bucket(item) for item in found if item["sk"].startswith("BUCKET#"))
        return Shelf(home, buckets, tuple(items.to_note(item) for item in found if item["sk"].startswith("NOTE#")))

    def notes(self, home: str) -> tuple[Note, ...]:
        return tuple(map(items.to_note, self._table.query(starts_with(items.home_pk(home), "NOTE#"))))

    def save(self, edit: Edit) -> bool:
        """One bucket alone is a plain conditional write, which costs half of a transaction."""
        now = clock.now()
        puts = [Put(items.bucket_item(bucket, now), items.bucket_as_read(bucket)) for bucket in edit.buckets]
        if len(puts) == 1 and not edit.notes:
            return unless_crossed(lambda: self._table.put(puts[0].item, puts[0].condition)) is True
        used: list[Put | Delete] = []
        for note in edit.notes:
            read = items.note_as_read(note)
            used.append(Put(items.note_item(note), read) if note.versions else Delete(items.note_key(note), read))
        return unless_crossed(lambda: self._table.transact([*puts, *used])) is True


class DynamoOwnerNotes:
    """Implements `scrm.aws.owner_changes.OwnerNotes`: what the transaction of an owner's change writes here."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def puts(self, changes: Sequence[OwnerChange]) -> list[Put]:
        moves = [OwnerMove(*change) for change in changes]
        return [Put(items.note_item(note)) for note in notes_of(moves, clock.now())]
