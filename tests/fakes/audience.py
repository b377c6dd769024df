"""The audience's ports in memory, by the rules of the table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from scrm.audience.dossiers import Bucket, Note, NoteKind, Shelf, notes_of
from scrm.audience.facts import Consent, CustomerFacts
from scrm.audience.heard import HeardNeed
from scrm.audience.lists import CustomerList, ListExpiredError
from scrm.audience.ports import FeedTaken, Owned
from scrm.audience.segments import Segment
from scrm.homes import OwnerMove
from scrm.paging import Page

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 26)


def facts(external_userid: str = "wm1", **told: Any) -> CustomerFacts:
    """Somebody who may get everything up to R3."""
    known: dict[str, Any] = {
        "told_at": NOW,
        "risk_class": 3,
        "assessed_on": TODAY,
        "born_on": date(1980, 5, 17),
        "consent": Consent.GIVEN,
    }
    return CustomerFacts(external_userid, **(known | told))


class FakeDossiers:
    """Implements DossierStore. ``reads`` counts shelves."""

    def __init__(self) -> None:
        self.buckets: dict[str, dict[str, Bucket]] = {}
        self.notes: dict[str, list[Note]] = {}
        self.reads = 0
        self.busy = 0

    def shelf(self, home: str) -> Shelf:
        self.reads += 1
        buckets = self.buckets.get(home, {})
        return Shelf(home, tuple(buckets[prefix] for prefix in sorted(buckets)), tuple(self.notes.get(home, [])))

    def arrived(self, home: str, since: datetime) -> dict[str, set[str]]:
        """Implements ArrivalNotes."""
        found: dict[str, set[str]] = {}
        for note in self.notes.get(home, []):
            if note.kind is NoteKind.ARRIVED and note.at >= since:
                for one in note.versions:
                    found.setdefault(one, set()).add(note.other)
        return found

    def save(self, buckets: Sequence[Bucket]) -> bool:
        if self.busy:
            self.busy -= 1
            return False
        for bucket in buckets:
            known = self.buckets.get(bucket.home, {}).get(bucket.prefix)
            if bucket.version != (known.version if known else 0):
                return False
        for bucket in buckets:
            self.buckets.setdefault(bucket.home, {})[bucket.prefix] = replace(bucket, version=bucket.version + 1)
        return True

    def note_owners(self, changes: Sequence[tuple[str, str, str, int]]) -> None:
        """What the transaction of an owner's change writes; FakeContacts calls it."""
        for note in notes_of([OwnerMove(*change) for change in changes], NOW):
            self.notes.setdefault(note.home, []).append(note)


class FakeOwned:
    """Implements OwnedCustomers; `move` changes an owner as the relation table does."""

    def __init__(self, dossiers: FakeDossiers, **owners: str) -> None:
        self.dossiers = dossiers
        self.by_id = {one: Owned(owner, 1) for one, owner in owners.items()}

    def owned(self, external_userids: Sequence[str]) -> dict[str, Owned]:
        return {one: self.by_id[one] for one in external_userids if one in self.by_id}

    def move(self, external_userid: str, to_userid: str) -> None:
        before = self.by_id[external_userid]
        after = Owned(to_userid, before.version + 1)
        self.by_id[external_userid] = after
        self.dossiers.note_owners([(external_userid, before.owner_userid, to_userid, after.version)])


class FakeFeeds:
    """Implements FeedRecord."""

    def __init__(self) -> None:
        self.taken: FeedTaken | None = None

    def latest(self) -> FeedTaken | None:
        return self.taken

    def note(self, taken: FeedTaken) -> None:
        if self.taken is None or self.taken.told_at <= taken.told_at:
            self.taken = taken


class FakeSegments:
    """Implements SegmentStore."""

    def __init__(self, *segments: Segment) -> None:
        self.rows: dict[str, list[Segment]] = {}
        for segment in segments:
            assert self.add(segment)

    def segment(self, segment_id: str) -> Segment | None:
        return self.rows[segment_id][-1] if segment_id in self.rows else None

    def versions(self, segment_id: str) -> Sequence[Segment]:
        return self.rows.get(segment_id, [])

    def add(self, segment: Segment) -> bool:
        known = self.rows.setdefault(segment.segment_id, [])
        if len(known) != segment.version - 1:
            return False
        known.append(segment)
        return True

    def at_node(self, node_id: str, cursor: str | None, limit: int) -> Page[Segment]:
        """One page holds all of them."""
        found = [rows[-1] for _, rows in sorted(self.rows.items()) if rows[-1].node_id == node_id]
        return Page(tuple(found))


class FakeLists:
    """Implements ListStore; who puts a file at its link puts it into ``files`` by the link's last part."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.kept: dict[tuple[str, str], CustomerList] = {}

    def upload_link(self, uploader: str, sha256: str, size: int) -> str:
        return f"https://bucket.example.com/audience/uploads/{uploader}-{sha256}"

    def uploaded(self, uploader: str, sha256: str) -> bytes | None:
        return self.files.get(f"{uploader}-{sha256}")

    def put(self, segment_id: str, found: CustomerList) -> None:
        self.kept[segment_id, found.sha256] = found

    def customers(self, segment_id: str, sha256: str) -> tuple[str, ...]:
        if (segment_id, sha256) not in self.kept:
            raise ListExpiredError
        return self.kept[segment_id, sha256].external_userids


class FakeSegmentJournal:
    """Implements SegmentJournal; once for each version, as the audit log keeps it."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, int, str]] = []

    def told(self, segment: Segment, action: str) -> None:
        entry = (segment.segment_id, segment.version, action)
        if entry not in self.entries:
            self.entries.append(entry)


class FakeHeardNeeds:
    """Implements `scrm.audience.heard.HeardNeeds`."""

    def __init__(self) -> None:
        self.needs: dict[tuple[str, str, str], HeardNeed] = {}

    def hear(self, need: HeardNeed) -> None:
        self.needs[need.member_userid, need.external_userid, need.entry_id] = need

    def of_member(self, userid: str) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for member, customer, entry in self.needs:
            if member == userid:
                found[customer] = (*found.get(customer, ()), entry)
        return found


class FakeKnown:
    """Implements KnownCustomers; ``refused`` want no marketing."""

    def __init__(
        self,
        by_owner: Mapping[str, Mapping[str, CustomerFacts | None]],
        tags: Mapping[str, Mapping[str, tuple[str, ...]]] | None = None,
    ) -> None:
        self.by_owner = by_owner
        self.tags = tags or {}
        self.refused: set[str] = set()
        self.tag_reads = 0

    def facts_of(self, owner_userid: str) -> Mapping[str, CustomerFacts | None]:
        return self.by_owner.get(owner_userid, {})

    def tags_of(self, owner_userid: str) -> Mapping[str, tuple[str, ...]]:
        self.tag_reads += 1
        return self.tags.get(owner_userid, {})

    def opted_out(self, owner_userid: str, external_userids: Sequence[str], at: datetime) -> Iterable[str]:
        return self.refused.intersection(external_userids)
