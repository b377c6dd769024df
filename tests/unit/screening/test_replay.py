"""A version is tried on the last days: what it finds anew, and not any more, however often a step comes (O7)."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from scrm.archive.stores import ParkReason, StoredObject
from scrm.lexicon.model import Direction, Entry, Lexicon
from scrm.lexicon.replays import MOST_PLACES, EntryDiff, HitPlace, Replay, Replays, ReplayState, UnknownReplayError
from scrm.lexicon.versions import LexiconVersion, StepRefusedError, UnknownVersionError, VersionState
from scrm.screening.replay import TIME_OF_A_STEP, Replaying, StoredSegment
from tests.fakes.archive import BEGINNING, MemoryArchive, MemoryObjects, SpeakingCorp, row
from tests.fakes.lexicon import FakeLexicons, MemoryReplays, ToldSteps
from tests.fakes.screening import PLACES, InForce

TODAY = date(2026, 11, 26)
OLD = Lexicon((Entry("promise", "保本", direction=Direction.TO_CUSTOMER), Entry("sure", "稳赚")))
NEW = Lexicon(
    (
        Entry("promise", "保本", direction=Direction.TO_CUSTOMER),
        Entry("inside", "内幕", scope=("/1/10/",)),
        Entry("sure", "稳赚不赔"),
    )
)


class ListedObjects:
    """Implements `ReadableArchive`."""

    def __init__(self, objects: MemoryObjects) -> None:
        self._objects = objects.objects

    def read(self, key: str) -> StoredObject | None:
        return self._objects.get(key)

    def keys_below(self, prefix: str) -> Iterator[str]:
        return iter(sorted(key for key in self._objects if key.startswith(prefix)))


def said(seq: int, text: str, sender: str = "rm_li", to: str = "wmA1", version: int = 1) -> dict[str, Any]:
    message: dict[str, Any] = {
        "msgid": f"m{seq}_external",
        "action": "send",
        "from": sender,
        "tolist": [to],
        "roomid": "",
    }
    message |= {"msgtime": int(BEGINNING.timestamp() * 1000), "msgtype": "text", "text": {"content": text}}
    return row(seq, json.dumps(message, ensure_ascii=False).encode(), version=version)


class Corp:
    """Conversations, two versions of the lexicon and a replay; ``limit`` rows are a page."""

    def __init__(self, *rows: dict[str, Any], limit: int = 2) -> None:
        self.archive = MemoryArchive(SpeakingCorp(rows=list(rows)))
        self.archive.intake(limit).run("run", lambda: True)
        self.archive.open_all()
        versions = {
            number: LexiconVersion(number, VersionState.DRAFT, "", 3, "", "maker", BEGINNING, "c") for number in (1, 2)
        }
        self.lexicons = FakeLexicons(versions, {0: Lexicon(()), 1: OLD, 2: NEW}, current=1)
        self.store, self.journal = MemoryReplays(), ToldSteps()
        self.now = BEGINNING
        self.took = timedelta(0)

    def clock(self) -> datetime:
        self.now += self.took
        return self.now

    def after(self, day: date, asked_from: int) -> Sequence[StoredSegment]:
        pointers = sorted(self.archive.store.segments, key=lambda each: each.asked_from)
        found = [each for each in pointers if each.day == day and each.asked_from > asked_from]
        return [StoredSegment(each.asked_from, each.parked) for each in found[:2]]

    def node_paths(self, userids: Iterable[str]) -> Mapping[str, str]:
        return {userid: PLACES[userid] for userid in userids if userid in PLACES}

    def start(self, number: int = 2, days: int = 7, key: str = "k") -> Replay:
        return Replays(self.lexicons, self.store, self.store, self.journal, lambda: self.now).start(
            number, days, "operator:a", key
        )

    def step(self, replay: Replay) -> Replay | None:
        objects = ListedObjects(self.archive.objects)

        def compiled(number: int) -> InForce:
            return InForce(self.lexicons.lexicons[number])

        return Replaying(self.store, self, objects, self, compiled, self.clock).step(replay.version, replay.replay_id)

    def finished(self, replay: Replay) -> Replay:
        for _ in range(100):
            found = self.step(replay)
            assert found is not None
            if found.state is ReplayState.DONE:
                return found
        raise AssertionError("the replay does not end")


ROWS = [
    said(1, "这款保本"),
    said(2, "有内幕消息"),
    said(3, "有内幕消息", sender="rm_wu"),  # of another branch
    said(4, "稳赚的"),
    said(5, "稳赚不赔，保 本"),
]


def test_what_a_version_finds_anew_and_not_any_more_is_counted_with_its_places() -> None:
    corp = Corp(*ROWS)

    found = corp.finished(corp.start())

    assert (found.against, found.messages, found.changed, found.kept, found.segments) == (1, 5, 3, 2, 2)
    assert found.entries == {
        "inside": EntryDiff(added=1, added_at=(HitPlace(page=0, seq=2, line=1),)),
        "sure": EntryDiff(
            added=1,
            vanished=2,
            added_at=(HitPlace(page=2, seq=5, line=2),),
            vanished_at=(HitPlace(page=2, seq=4, line=1), HitPlace(page=2, seq=5, line=2)),
        ),
    }


def test_no_text_is_kept() -> None:
    corp = Corp(*ROWS)

    kept = repr(corp.finished(corp.start()))

    assert [word for word in ("保本", "内幕", "稳赚", "rm_li", "wmA1") if word in kept] == []


@pytest.mark.parametrize("repeats", [1, 2, 3])
def test_steps_that_come_again_or_die_before_they_are_stored_count_nothing_twice(repeats: int) -> None:
    corp = Corp(*ROWS)
    corp.took = TIME_OF_A_STEP  # each step comes on by one segment or one day
    replay = corp.start()
    whole = Corp(*ROWS)

    for _ in range(30):
        before = corp.store.replays[replay.replay_id]
        for _ in range(repeats):
            corp.store.replays[replay.replay_id] = before  # died before it was stored, or ran beside another
            corp.step(replay)

    found = corp.store.replays[replay.replay_id]
    assert found.state is ReplayState.DONE
    assert corp.step(replay) is None
    expected = whole.finished(whole.start())
    assert replace(found, updated_at=expected.updated_at) == expected


def test_only_the_days_that_were_asked_for_are_looked_at() -> None:
    corp = Corp(*ROWS)
    corp.now = BEGINNING + timedelta(days=3)

    assert corp.finished(corp.start(days=3, key="short")).messages == 0
    whole = corp.finished(corp.start(days=4, key="long"))
    assert (whole.messages, whole.first_day, whole.last_day) == (5, TODAY, TODAY + timedelta(days=3))


def test_rows_that_a_late_key_opened_are_looked_at_too() -> None:
    corp = Corp(said(1, "保本"), said(2, "内幕", version=2), said(3, "内幕", version=2))
    corp.archive.keys.versions = {1, 2}
    corp.archive.parked_rows().reopen(0, 2, ParkReason.KEY_MISSING)
    corp.archive.parked_rows().reopen(2, 2, ParkReason.KEY_MISSING)

    found = corp.finished(corp.start())

    assert found.entries["inside"].added_at == (HitPlace(0, 2, 0, 2), HitPlace(2, 3, 0, 3))


def test_a_segment_that_is_gone_is_counted_and_holds_up_nothing() -> None:
    corp = Corp(*ROWS)
    del corp.archive.objects.objects[next(key for key in corp.archive.objects.objects if key.startswith("segments/"))]

    found = corp.finished(corp.start())

    assert (found.missing, found.messages) == (1, 3)


def test_everything_is_new_while_no_version_is_in_force() -> None:
    corp = Corp(*ROWS)
    corp.lexicons.current = 0

    found = corp.finished(corp.start())

    assert (found.against, found.kept) == (0, 0)
    assert {entry_id: diff.added for entry_id, diff in found.entries.items()} == {"inside": 1, "promise": 2, "sure": 1}


def test_places_are_some_and_numbers_are_all() -> None:
    corp = Corp(*(said(seq, "内幕") for seq in range(1, 31)), limit=100)

    found = corp.finished(corp.start())

    assert (found.entries["inside"].added, len(found.entries["inside"].added_at)) == (30, MOST_PLACES)


def test_a_request_that_comes_again_is_the_same_replay_and_is_told_again_while_it_runs() -> None:
    corp = Corp(*ROWS)
    first = corp.start()
    corp.lexicons.current = 0

    again = corp.start()
    corp.finished(first)
    corp.start()

    assert again == first
    assert corp.store.told == [first.replay_id] * 2
    assert corp.journal.steps == [(2, "replayed", "operator:a")]
    assert corp.start(key="other").replay_id != first.replay_id


def test_what_cannot_be_compared_is_refused() -> None:
    corp = Corp()

    with pytest.raises(UnknownVersionError):
        corp.start(9)
    with pytest.raises(StepRefusedError):
        corp.start(1)
    with pytest.raises(UnknownReplayError):
        Replays(corp.lexicons, corp.store, corp.store, corp.journal).found(2, "replay_none")
