"""A day's certificate: made once, in order, and never right again after somebody touched anything (O6)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from scrm.archive import manifest as manifests
from scrm.archive.asking import ConsentTally
from scrm.archive.certificate import (
    Consents,
    DayIncompleteError,
    DayMedia,
    Fault,
    FaultKind,
    MediaCounts,
    NamedObject,
    Seats,
    from_bytes,
    to_bytes,
)
from scrm.archive.certifying import ArchiveFaultyError, Certifying, Verifying
from scrm.archive.places import manifest_key, page_key, segment_key
from scrm.archive.segment import SegmentWriter
from scrm.archive.stores import StoredObject
from tests.fakes.archive import BEGINNING, CORP, MemoryArchive, SpeakingCorp, row
from tests.fakes.certificates import Days, Key

DAY = date(2026, 11, 26)
NEXT_DAY = DAY + timedelta(days=1)
CONSENTS = Consents(ConsentTally(7, 1, 2), ConsentTally(1, 0, 1), unasked=1)
SEATS = Seats(roster=3, permitted=2, without=("rm_wu",))


class Roster:
    def seats(self) -> Seats | None:
        return SEATS

    def consents(self) -> Consents | None:
        return CONSENTS


class Certified:
    """An archive whose days are certified as they end."""

    def __init__(self, rows: int = 30, page: int = 10) -> None:
        self.archive = MemoryArchive(SpeakingCorp(rows=[row(seq) for seq in range(1, rows + 1)]))
        self.page = page
        self.key, self.days = Key(), Days(self.archive)
        self.certifying = Certifying(
            self.archive.objects, self.days, self.key, Roster(), CORP, lambda: self.archive.moment
        )
        self.verifying = Verifying(self.archive.objects, self.key)

    def pull(self, *, and_open: bool = True) -> None:
        self.archive.intake(limit=self.page).run("run", lambda: True)
        if and_open:
            self.archive.open_all()

    def say(self, *seqs: int, version: int = 1) -> None:
        self.archive.corp.rows += [row(seq, version=version) for seq in seqs]

    def on(self, day: date) -> None:
        self.archive.moment = datetime(day.year, day.month, day.day, 3, 0, tzinfo=UTC)

    def change(self, key: str, body: bytes | None = None, version_id: str = "") -> None:
        """As somebody who can write the bucket; the last byte but two is flipped."""
        stored = self.archive.objects.objects[key]
        raw = bytearray(stored.body)
        raw[-3] ^= 1
        changed = bytes(raw) if body is None else body
        self.archive.objects.objects[key] = StoredObject(changed, version_id or stored.version_id)


@pytest.fixture
def at() -> Certified:
    made = Certified()
    made.pull()
    made.on(NEXT_DAY)
    return made


def test_a_day_that_is_over_is_certified_with_everything_counted(at: Certified) -> None:
    (made,) = at.certifying.run()

    assert (made.day, made.corp_id, made.first_manifest, made.previous_root) == (DAY, CORP, 1, "")
    assert (made.counts.rows, made.counts.opened, made.counts.parked, made.counts.raw) == (30, 30, 0, 0)
    assert made.counts.pages == made.last_manifest
    assert len(made.objects) == 3 * made.counts.pages
    assert made.seats == SEATS
    assert made.consents == CONSENTS
    assert at.verifying.verify(DAY) == []


def test_a_certificate_says_its_own_words_again_also_one_from_before_consents_were_counted(at: Certified) -> None:
    (made,) = at.certifying.run()
    without = replace(made, consents=None)

    assert from_bytes(to_bytes(made)) == made
    assert from_bytes(to_bytes(without)) == without
    assert b"consents" not in to_bytes(without)


def test_rows_that_a_segment_has_no_line_for_are_told() -> None:
    at = Certified(rows=3)
    at.pull(and_open=False)
    at.archive.objects.objects[segment_key(0)] = StoredObject(SegmentWriter().finish(), "v1")
    at.archive.open_all()
    at.on(NEXT_DAY)

    at.certifying.run()

    assert at.verifying.verify(DAY) == [Fault(FaultKind.NOT_COUNTED, "days/2026-11-26.json")]


def test_today_is_not_certified(at: Certified) -> None:
    at.archive.moment = BEGINNING + timedelta(hours=3)

    assert at.certifying.run() == []


def test_a_day_whose_pages_are_not_all_opened_waits() -> None:
    at = Certified()
    at.pull(and_open=False)
    at.on(NEXT_DAY)

    with pytest.raises(DayIncompleteError):
        at.certifying.run()

    at.archive.open_all()
    assert [made.day for made in at.certifying.run()] == [DAY]


def test_days_name_the_day_before_also_over_days_without_a_message(at: Certified) -> None:
    at.on(DAY + timedelta(days=3))
    at.say(31, 32)
    at.pull()
    at.on(DAY + timedelta(days=4))

    days = at.certifying.run()

    assert [made.day for made in days] == [DAY + timedelta(days=number) for number in range(4)]
    assert [made.counts.rows for made in days] == [30, 0, 0, 2]
    assert days[3].first_manifest == days[0].last_manifest + 1
    assert [at.verifying.verify(made.day) for made in days] == [[]] * 4


def test_parked_rows_are_told_by_their_key(at: Certified) -> None:
    at.say(31, 32, 33, version=2)
    at.pull()
    at.on(DAY + timedelta(days=2))

    days = at.certifying.run()

    assert (days[1].counts.parked, days[1].parked) == (3, {"2": 3})
    assert at.verifying.verify(NEXT_DAY) == []


def test_jumps_of_wecom_are_listed_and_are_no_gap(at: Certified) -> None:
    at.say(40, 50)
    at.pull()
    at.on(DAY + timedelta(days=2))

    assert at.certifying.run()[1].counts.jumps == 2
    assert at.verifying.verify(NEXT_DAY) == []


def test_certifying_again_changes_nothing(at: Certified) -> None:
    at.certifying.run()
    before = dict(at.archive.objects.objects)
    at.days.last = None

    at.certifying.run()

    assert at.archive.objects.objects == before


@pytest.mark.parametrize("place", [page_key(10), manifest_key(2), segment_key(10)])
def test_a_flipped_byte_is_named(at: Certified, place: str) -> None:
    at.certifying.run()

    at.change(place)

    assert place in {fault.key for fault in at.verifying.verify(DAY)}


@pytest.mark.parametrize("place", [page_key(0), manifest_key(1), segment_key(10), "days/2026-11-26.sig"])
def test_an_object_that_is_gone_is_named(at: Certified, place: str) -> None:
    at.certifying.run()

    del at.archive.objects.objects[place]

    assert Fault(FaultKind.MISSING, place) in at.verifying.verify(DAY)


def test_the_same_bytes_written_over_are_seen_by_their_version(at: Certified) -> None:
    at.certifying.run()

    at.change(page_key(10), at.archive.objects.objects[page_key(10)].body, "v999")

    assert at.verifying.verify(DAY) == [Fault(FaultKind.REPLACED, page_key(10))]


def test_who_rebuilds_the_whole_chain_has_no_signature_for_it(at: Certified) -> None:
    at.certifying.run()
    forged = Certified(rows=29)
    forged.pull()
    forged.on(NEXT_DAY)
    forged.certifying.run()

    at.archive.objects.objects = dict(forged.archive.objects.objects)
    found = Verifying(forged.archive.objects, at.key).verify(DAY)

    assert found == [Fault(FaultKind.SIGNATURE, "days/2026-11-26.sig")]


def test_a_certificate_of_the_past_cannot_be_exchanged(at: Certified) -> None:
    at.on(DAY + timedelta(days=2))
    at.certifying.run()
    forged = Certified(rows=29)
    forged.pull()
    forged.on(NEXT_DAY)
    forged.certifying.run()

    at.archive.objects.objects["days/2026-11-26.json"] = forged.archive.objects.objects["days/2026-11-26.json"]

    assert Fault(FaultKind.CHAIN_BROKEN, "days/2026-11-26.json") in at.verifying.verify(NEXT_DAY)


def test_a_page_that_was_not_asked_from_the_end_of_the_one_before_is_a_gap(at: Certified) -> None:
    second = manifests.from_bytes(at.archive.objects.objects[manifest_key(2)].body)
    moved = replace(second, page=replace(second.page, asked_from=second.page.asked_from - 1))
    at.change(manifest_key(2), manifests.to_bytes(moved))

    with pytest.raises(ArchiveFaultyError) as refused:
        at.certifying.run()

    assert Fault(FaultKind.GAP, page_key(10)) in refused.value.faults


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff"])
def test_an_unreadable_manifest_is_named_and_nothing_is_certified(at: Certified, body: bytes) -> None:
    at.change(manifest_key(2), body)

    with pytest.raises(ArchiveFaultyError, match="000000000002"):
        at.certifying.run()


def test_a_day_that_was_never_certified_says_so(at: Certified) -> None:
    assert at.verifying.verify(DAY) == [Fault(FaultKind.MISSING, "days/2026-11-26.json")]


def test_an_archive_without_a_page_has_nothing_to_certify() -> None:
    at = Certified(rows=0)
    at.on(NEXT_DAY)

    assert at.certifying.run() == []


@pytest.mark.parametrize("step", range(8))
def test_a_crash_at_any_step_leaves_one_certificate_and_its_signature(step: int) -> None:
    class CrashError(Exception):
        pass

    at = Certified(rows=10)
    at.pull()
    at.on(NEXT_DAY)
    calls = 0

    def crash(call: Callable[[], object]) -> object:
        nonlocal calls
        calls += 1
        if calls == step + 1:
            raise CrashError
        done = call()
        if calls == step + 2:
            raise CrashError
        return done

    at.archive.around = crash
    far = replace(at.certifying, objects=at.archive._far(at.archive.objects), days=at.archive._far(at.days))
    for _ in range(3):
        try:
            far.run()
        except CrashError:
            continue
    at.archive.around = lambda call: call()
    at.certifying.run()

    assert at.days.last == DAY
    assert at.verifying.verify(DAY) == []


def test_how_long_the_oldest_day_waits_is_told_from_its_end_in_shanghai(at: Certified) -> None:
    at.archive.moment = datetime(2026, 11, 26, 15, 0, tzinfo=UTC)
    assert at.certifying.waiting_for() == timedelta(0)  # the day is not over
    at.archive.moment = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)
    assert at.certifying.waiting_for() == timedelta(hours=12)

    at.certifying.run()

    assert at.certifying.waiting_for() == timedelta(0)
    assert at.certifying.next_due() == datetime(2026, 11, 27, 16, 0, tzinfo=UTC)


def test_before_the_first_page_nothing_waits() -> None:
    at = Certified(rows=0)

    assert (at.certifying.next_due(), at.certifying.waiting_for()) == (None, timedelta(0))


def test_the_signature_that_was_stored_first_is_the_one_that_is_noted(at: Certified) -> None:
    at.certifying.run()
    at.days.last = None

    at.certifying.run()

    assert at.days.signatures[DAY] == at.archive.objects.objects["days/2026-11-26.sig"].body


def test_rows_that_were_opened_later_are_named_by_the_day_on_which_they_were(at: Certified) -> None:
    at.say(31, 32, version=2)
    at.pull()
    at.certifying.run()
    at.archive.keys.versions.add(2)
    at.archive.parked_rows().request(every=False)
    for page in at.archive.told.parked:
        at.archive.parked_rows().reopen(page.asked_from, page.key_version, page.reason)
    at.on(NEXT_DAY + timedelta(days=1))

    [made] = at.certifying.run()

    [key] = [key for key in at.archive.objects.objects if key.startswith("reopened/")]
    assert made.counts.reopened == 2
    assert key in {named.key for named in made.objects}
    at.change(key)
    assert Fault(FaultKind.CHANGED, key) in at.verifying.verify(NEXT_DAY)


def test_files_that_came_are_named_by_the_day_and_the_others_are_counted(at: Certified) -> None:
    version_id = at.archive.objects.put_once("media/file_1", b"content", "application/octet-stream") or ""
    file = NamedObject("media/file_1", version_id, manifests.checksum(b"content"))
    counts = MediaCounts(pages_unread=0, named=3, stored=1, mismatched=0, lost=1, refused=0, open=1)
    at.days.media[DAY] = DayMedia(counts, (file,))

    [made] = at.certifying.run()

    assert made.media == counts
    assert at.verifying.verify(DAY) == []
    at.change("media/file_1")
    assert at.verifying.verify(DAY) == [Fault(FaultKind.CHANGED, "media/file_1")]
