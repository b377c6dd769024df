"""The contact-pressure ledger's ports in memory, by the rules of the table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import RLock

from scrm.homes import OwnerMove, key_of
from scrm.node_paths import covers
from scrm.paging import Page
from scrm.pressure.bucket import Bucket
from scrm.pressure.exceptions import PressureException
from scrm.pressure.model import Cap, PressureClass
from scrm.pressure.ports import ITEMS_PER_EDIT
from scrm.pressure.shelf import Edit, Note, NoteKind, Shelf, notes_of
from scrm.two_persons import StaleRequestError

NOTED_AT = datetime(2026, 12, 30, tzinfo=UTC)
CAPS = {PressureClass.PUSH: 2, PressureClass.MOMENTS: 7, PressureClass.GROUP: 3}


class FakePressureStore:
    """Implements PressureStore for many threads. ``before_save`` lets somebody be faster; ``requests`` counts."""

    def __init__(self) -> None:
        self.buckets: dict[str, dict[str, Bucket]] = {}
        self.stored_notes: dict[str, dict[tuple[NoteKind, str], Note]] = {}
        self.requests = 0
        self.refused = 0
        self.before_save: Callable[[], None] = lambda: None
        self.lock = RLock()

    def shelf(self, home: str) -> Shelf:
        with self.lock:
            buckets = self.buckets.get(home, {})
            self.requests += 1
            return Shelf(home, tuple(buckets[prefix] for prefix in sorted(buckets)), self._notes(home))

    def notes(self, home: str) -> tuple[Note, ...]:
        with self.lock:
            self.requests += 1
            return self._notes(home)

    def save(self, edit: Edit) -> bool:
        assert 0 < edit.items <= ITEMS_PER_EDIT
        self.before_save()
        with self.lock:
            self.requests += 1
            if not (all(map(self._is_current, edit.buckets)) and all(map(self._is_as_read, edit.notes))):
                self.refused += 1
                return False
            for bucket in edit.buckets:
                stored = replace(bucket, version=bucket.version + 1)
                self.buckets.setdefault(bucket.home, {})[bucket.prefix] = stored
            for note in edit.notes:
                notes = self.stored_notes[note.home]
                if note.versions:
                    notes[note.kind, note.note_id] = note
                else:
                    del notes[note.kind, note.note_id]
            return True

    def add(self, notes: Sequence[Note]) -> None:
        """What the transaction of an owner's change writes."""
        with self.lock:
            for note in notes:
                self.stored_notes.setdefault(note.home, {})[note.kind, note.note_id] = note

    def note_owners(self, changes: Sequence[tuple[str, str, str, int]]) -> None:
        """For FakeContacts: what an owner's change writes."""
        self.add(notes_of([OwnerMove(*change) for change in changes], NOTED_AT))

    def _notes(self, home: str) -> tuple[Note, ...]:
        found = self.stored_notes.get(home, {})
        return tuple(replace(found[name], read=len(found[name].versions)) for name in sorted(found))

    def _is_current(self, bucket: Bucket) -> bool:
        known = self.buckets.get(bucket.home, {}).get(bucket.prefix)
        return bucket.version == (known.version if known else 0)

    def _is_as_read(self, note: Note) -> bool:
        known = self.stored_notes.get(note.home, {}).get((note.kind, note.note_id))
        return known is not None and len(known.versions) == note.read


class FakeExceptions:
    """Implements ExceptionStore."""

    def __init__(self) -> None:
        self.rows: dict[str, PressureException] = {}

    def find(self, exception_id: str) -> PressureException | None:
        return self.rows.get(exception_id)

    def save(self, exception: PressureException) -> PressureException:
        known = self.rows.get(exception.exception_id)
        if exception.version != (known.version if known else 0):
            raise StaleRequestError(exception.exception_id)
        self.rows[exception.exception_id] = replace(exception, version=exception.version + 1)
        return self.rows[exception.exception_id]

    def in_force(self, now: datetime) -> list[PressureException]:
        return [self.rows[name] for name in sorted(self.rows) if self.rows[name].is_in_force(now)]

    def page(self, node_path: str, cursor: str | None, limit: int) -> Page[PressureException]:
        after = cursor or ""
        names = [name for name in sorted(self.rows) if name > after]
        items = [self.rows[name] for name in names[:limit] if covers(node_path, self.rows[name].node_path)]
        return Page(tuple(items), names[limit - 1] if len(names) > limit else None)


@dataclass
class FakeCaps:
    """Implements CapsInForce; ``raised`` by customer."""

    usual: Mapping[PressureClass, int] = field(default_factory=lambda: dict(CAPS))
    raised: dict[str, int] = field(default_factory=dict)

    def cap(self, pressure_class: PressureClass, campaign_id: str, external_userids: Sequence[str]) -> Cap:
        del campaign_id
        raised = {key_of(name): self.raised[name] for name in external_userids if name in self.raised}
        return Cap(self.usual[pressure_class], raised)
