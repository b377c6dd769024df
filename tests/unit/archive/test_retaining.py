"""Locks grow with what the bank wants kept: each certified object once, from wherever a run broke off, never back."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.archive import manifest as manifests
from scrm.archive import retaining as module
from scrm.archive.certificate import (
    Counts,
    DayCertificate,
    MediaCounts,
    NamedObject,
    certificate_key,
    root_of,
    signature_key,
    to_bytes,
)
from scrm.archive.certified_days import CertifiedDay
from scrm.archive.retaining import CertificateLostError, Extended, Progress, Retaining
from scrm.archive.retention import RecordClass, Retention
from scrm.archive.stores import StoredObject

FIRST = date(2026, 11, 25)
FLOOR = 10
NOW = datetime(2026, 12, 1, 18, 0, tzinfo=UTC)
SIGNATURE = b"signed"


@dataclass
class Bank:
    """Days that are certified, what lies in the bucket, and until when each version of it is locked."""

    written: dict[str, list[StoredObject]] = field(default_factory=dict)
    locked: dict[tuple[str, str], datetime] = field(default_factory=dict)
    certified: list[CertifiedDay] = field(default_factory=list)
    stands: dict[RecordClass, Progress] = field(default_factory=dict)
    calls: int = 0
    now: datetime = NOW

    def certify(self, objects: int = 3) -> date:
        day = FIRST + timedelta(days=len(self.certified))
        made_at = datetime(day.year, day.month, day.day, 16, 10, tzinfo=UTC)  # after midnight in Shanghai
        keys = [f"{('pages', 'media', 'segments')[number % 3]}/{day}-{number}" for number in range(objects)]
        named = tuple(NamedObject(key, self.put(key, key.encode()), manifests.checksum(key.encode())) for key in keys)
        counts, media = Counts(0, 0, 0, 0, 0, 0), MediaCounts(0, 0, 0, 0, 0, 0, 0)
        certificate = DayCertificate("ww1", day, made_at, "", 0, 0, "", counts, {}, named, media)
        self.put(certificate_key(day), to_bytes(certificate))
        self.put(signature_key(day), SIGNATURE)
        root = root_of(certificate)
        self.certified.append(CertifiedDay(day, made_at, root, "", SIGNATURE, counts, {}, len(named), media, None))
        return day

    def put(self, key: str, body: bytes) -> str:
        version = f"v{len(self.written.setdefault(key, []))}"
        self.written[key].insert(0, StoredObject(body, version))
        self.locked[key, version] = self.now + timedelta(days=FLOOR)
        return version

    def versions(self, key: str) -> Iterator[StoredObject]:
        return iter(self.written[key])

    def lock(self, objects: Sequence[NamedObject], until: datetime) -> Extended:
        self.calls += 1
        done = Extended()
        for each in objects:
            place = each.key, each.version_id
            if place not in self.locked:
                done += Extended(missing=(each.key,))
            elif self.locked[place] >= until:
                done += Extended(kept=1)
            else:
                self.locked[place] = until
                done += Extended(extended=1)
        return done

    def days_after(self, day: date | None) -> Iterator[CertifiedDay]:
        return (each for each in self.certified if day is None or each.day > day)

    def progress(self, record_class: RecordClass) -> Progress:
        return self.stands.get(record_class, Progress(record_class))

    def save(self, progress: Progress) -> None:
        self.stands[progress.record_class] = progress

    def keeps(self, **days: int) -> Retaining:
        chosen = {RecordClass(name): number for name, number in days.items()}
        return Retaining(self, self, self, lambda: Retention(FLOOR, chosen), lambda: self.now)


def always() -> bool:
    return True


def times(number: int) -> Callable[[], bool]:
    left = iter(range(number))
    return lambda: next(left, None) is not None


@pytest.fixture
def bank() -> Bank:
    made = Bank()
    for _ in range(3):
        made.certify()
    return made


def test_what_the_bucket_locks_by_itself_is_left_to_it(bank: Bank) -> None:
    before = dict(bank.locked)

    assert bank.keeps(chat=FLOOR).run(always) == Extended()
    assert (bank.locked, bank.calls, bank.keeps().waiting_for()) == (before, 0, timedelta(0))


def test_a_class_that_is_kept_longer_is_locked_from_midnight_after_its_certificate_and_no_other_class_is(
    bank: Bank,
) -> None:
    before = dict(bank.locked)

    done = bank.keeps(chat=100).run(always)

    assert (done.extended, done.kept, done.missing) == (6, 0, ())
    key = f"pages/{FIRST}-0"
    assert bank.locked[key, "v0"] == datetime(2026, 11, 26, 16, 0, tzinfo=UTC) + timedelta(days=100)
    changed = {key for key, until in bank.locked.items() if until != before[key]}
    assert {key.split("/")[0] for key, _ in changed} == {"pages", "segments"}


def test_certificates_and_signatures_are_a_class_of_their_own(bank: Bank) -> None:
    assert bank.keeps(certificate=100).run(always).extended == 6


def test_a_day_that_is_certified_later_is_locked_by_the_next_run_alone(bank: Bank) -> None:
    bank.keeps(chat=100).run(always)
    assert bank.keeps(chat=100).run(always) == Extended()
    bank.certify()

    assert bank.keeps(chat=100).run(always).extended == 2


def test_a_time_that_grows_again_begins_with_the_first_day(bank: Bank) -> None:
    bank.keeps(chat=100).run(always)

    assert bank.keeps(chat=200).run(always).extended == 6


def test_what_is_locked_longer_stays_so(bank: Bank) -> None:
    place = f"pages/{FIRST}-0", "v0"
    bank.locked[place] = NOW + timedelta(days=9_000)

    done = bank.keeps(chat=100).run(always)

    assert (done.extended, done.kept) == (5, 1)
    assert bank.locked[place] == NOW + timedelta(days=9_000)


def test_how_long_a_class_waits_is_known_until_every_day_has_its_lock(bank: Bank) -> None:
    bank.keeps(chat=100).run(times(1))
    bank.now += timedelta(days=8)

    assert bank.keeps(chat=100).waiting_for() == timedelta(days=8)

    bank.keeps(chat=100).run(always)
    assert bank.keeps(chat=100).waiting_for() == timedelta(0)


def test_an_object_that_is_gone_is_named_and_holds_up_nothing(bank: Bank) -> None:
    key = f"segments/{FIRST}-2"
    del bank.locked[key, "v0"]

    done = bank.keeps(chat=100).run(always)

    assert (done.missing, done.extended) == ((key,), 5)


def test_a_certificate_that_somebody_wrote_over_is_found_behind_it(bank: Bank) -> None:
    bank.put(certificate_key(FIRST), b"{}")

    assert bank.keeps(chat=100, certificate=100).run(always).extended == 12
    assert bank.locked[certificate_key(FIRST), "v1"] == NOW + timedelta(days=FLOOR)


def test_a_certificate_that_nobody_can_find_any_more_stops_the_run_where_it_is(bank: Bank) -> None:
    bank.written[certificate_key(FIRST)] = [StoredObject(b"{}", "v0")]

    with pytest.raises(CertificateLostError, match="days/2026-11-25"):
        bank.keeps(chat=100).run(always)

    assert bank.progress(RecordClass.CHAT).through is None


@given(
    runs=st.lists(st.tuples(st.integers(0, 4), st.sampled_from([100, 150, 200])), max_size=8),
    objects=st.integers(0, 9),
    at_once=st.integers(1, 4),
)
def test_however_runs_break_off_and_times_grow_everything_ends_locked_and_nothing_ever_gets_shorter(
    runs: list[tuple[int, int]], objects: int, at_once: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_AT_ONCE", at_once)
        bank, longest = Bank(), 100
        for _ in range(3):
            bank.certify(objects)
        for calls, days in runs:
            longest = max(longest, days)
            before = dict(bank.locked)
            bank.keeps(chat=longest, media=longest).run(times(calls))
            assert all(bank.locked[place] >= until for place, until in before.items())
        bank.keeps(chat=longest, media=longest).run(always)

    shortest = datetime(2026, 11, 26, 16, 0, tzinfo=UTC) + timedelta(days=longest)
    evidence = {place: until for place, until in bank.locked.items() if not place[0].startswith("days/")}
    assert all(until >= shortest for until in evidence.values())
    assert all(replace(each, days=0).since is None for each in bank.stands.values())
