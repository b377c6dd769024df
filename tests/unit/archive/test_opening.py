"""Rows are opened, parked or kept raw, none holds up the others, and parked ones open when their key comes (O6)."""

import base64
import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrm.archive.errors import SourceFailure
from scrm.archive.page_opening import PageChangedError, Requested
from scrm.archive.places import page_key, reopened_key, segment_key
from scrm.archive.segment import Line, RowState, read_lines
from scrm.archive.stores import ParkReason, StoredObject
from tests.fakes.archive import BEGINNING, MemoryArchive, SpeakingCorp, reply, row, text


def pulled(*rows: Any) -> MemoryArchive:
    """An archive with one page of these rows, not yet opened."""
    archive = MemoryArchive(SpeakingCorp([]))
    archive.corp.answers = [reply(rows)]
    archive.intake().run("one", lambda: True)
    return archive


def states(archive: MemoryArchive) -> list[tuple[int | None, str, str]]:
    return [(line.seq, line.state.value, line.reason) for line in archive.lines()]


def test_a_message_is_kept_byte_for_byte() -> None:
    odd = '{"msgid": "m1",\n "big":9223372036854775808, "a":1, "a":2, "nul":"\\u0000", "half":"\\ud83d"}'
    archive = pulled(row(2**64 - 1, odd.encode()))

    archive.open_all()

    line = archive.lines()[0]
    assert (line.seq, line.state) == (2**64 - 1, RowState.OPENED)
    assert line.message["big"] == 2**63
    assert odd.replace("\n", " ").encode() in _unpacked(archive, segment_key(0))


def test_what_is_no_message_is_kept_raw() -> None:
    archive = pulled(
        row(1, b"\x00\x01 no json"),
        row(2, b"\xff\xfe\xfd"),
        row(3, b"[1]"),
        {"seq": 4, "msgid": 4},
        "no row",
        row(5),
    )

    archive.open_all()

    assert states(archive) == [
        (1, "raw", "not_json"),
        (2, "raw", "not_utf8"),
        (3, "raw", "not_json"),
        (4, "raw", "bad_row"),
        (None, "raw", "bad_row"),
        (5, "opened", ""),
    ]
    messages = [line.message for line in archive.lines()]
    assert messages[:2] == ["\x00\x01 no json", {"base64": base64.b64encode(b"\xff\xfe\xfd").decode()}]
    assert messages[3:5] == [{"seq": 4, "msgid": 4}, "no row"]


def test_a_huge_row_is_opened_whole_beside_the_others() -> None:
    huge = {"msgid": "m1", "text": {"content": "保本" * 3_000_000}}
    archive = pulled(row(1, json.dumps(huge).encode()), row(2))

    archive.open_all()

    assert states(archive) == [(1, "opened", ""), (2, "opened", "")]
    assert archive.lines()[0].message == huge


def test_a_row_without_its_key_is_parked_and_opened_when_the_key_comes() -> None:
    archive = pulled(row(1), row(2, version=2), row(3), row(4, version=2))
    archive.open_all()
    assert states(archive)[1::2] == [(2, "parked", "key_missing"), (4, "parked", "key_missing")]
    assert archive.parked_rows().request(every=False) == Requested(pages=0, waiting=1)
    segment = archive.objects.objects[segment_key(0)]

    archive.keys.versions.add(2)
    assert archive.parked_rows().request(every=False) == Requested(pages=1, waiting=0)
    assert archive.parked_rows().reopen(0, 2, ParkReason.KEY_MISSING) == 2

    assert [line.seq for line in read_lines(archive.objects.objects[reopened_key(0, 2)].body)] == [2, 4]
    assert archive.objects.objects[segment_key(0)] == segment
    assert not archive.store.parked
    assert archive.parked_rows().reopen(0, 2, ParkReason.KEY_MISSING) == 0


def test_a_wrong_key_parks_its_rows_until_somebody_says_that_it_was_replaced() -> None:
    archive = pulled(row(1, version=2), row(2))
    archive.keys.versions.add(2)
    archive.keys.uses[2] = 1
    archive.open_all()
    assert states(archive) == [(1, "parked", "undecryptable"), (2, "opened", "")]

    archive.keys.uses.clear()
    assert archive.parked_rows().request(every=False) == Requested(pages=0, waiting=0)
    assert archive.parked_rows().request(every=True) == Requested(pages=1, waiting=0)
    assert archive.parked_rows().reopen(0, 2, ParkReason.UNDECRYPTABLE) == 1


def test_what_still_does_not_open_stays_parked() -> None:
    good, bad = row(1, version=2), row(2, version=2)
    bad["encrypt_chat_msg"] = base64.b64encode(b"short").decode()
    archive = pulled(good, bad)
    archive.open_all()

    archive.keys.versions.add(2)
    assert archive.parked_rows().reopen(0, 2, ParkReason.KEY_MISSING) == 1

    assert [part.seqs for part in archive.store.parked.values()] == [(2,)]


def test_rows_that_an_interrupted_run_reopened_are_not_reopened_again() -> None:
    archive = pulled(row(1, version=2), row(2, version=2))
    archive.open_all()
    archive.keys.versions.add(2)
    before = dict(archive.store.parked)
    archive.parked_rows().reopen(0, 2, ParkReason.KEY_MISSING)
    archive.store.parked = before  # it died before it could say so

    assert archive.parked_rows().reopen(0, 2, ParkReason.KEY_MISSING) == 2
    assert not archive.store.parked
    assert len([key for key in archive.objects.objects if key.startswith("reopened/")]) == 1


def test_a_segment_of_an_interrupted_run_decides_what_is_parked() -> None:
    archive = pulled(row(1, version=2))
    waiting = dict(archive.store.pages)
    archive.open_all()
    archive.store.pages, archive.store.parked = waiting, {}  # it died after the segment
    archive.keys.versions.add(2)

    opened = archive.opening().open(0)

    assert (opened.opened, opened.parked) == (0, {ParkReason.KEY_MISSING: 1})
    assert archive.parked_rows().reopen(0, 2, ParkReason.KEY_MISSING) == 1


def test_a_row_that_crashes_the_library_costs_that_row() -> None:
    archive = pulled(row(1), row(2, b"poison"), row(3))
    archive.corp.crashes_on = row(2, b"poison")["encrypt_chat_msg"]

    archive.open_all()

    assert states(archive) == [(1, "opened", ""), (2, "parked", "crashed"), (3, "opened", "")]


def test_a_library_that_crashes_on_every_row_is_not_the_rows_fault() -> None:
    archive = pulled(*(row(seq, b"poison") for seq in range(1, 20)))
    archive.corp.crashes_on = row(1, b"poison")["encrypt_chat_msg"]

    with pytest.raises(SourceFailure):
        archive.open_all()
    assert 0 in archive.store.pages


def test_a_page_that_was_changed_is_named_and_not_opened() -> None:
    archive = pulled(row(1))
    archive.objects.objects[page_key(0)] = StoredObject(reply([row(1, text("other"))]), "v9")

    with pytest.raises(PageChangedError, match=page_key(0)):
        archive.open_all()
    assert 0 in archive.store.pages


def test_the_newest_message_is_kept_and_no_time_ahead_of_ours() -> None:
    archive = pulled(
        row(1, text("m1", BEGINNING - timedelta(hours=1))), row(2, text("m2", BEGINNING - timedelta(hours=2)))
    )
    archive.open_all()
    assert archive.store.newest == BEGINNING - timedelta(hours=1)

    archive = pulled(row(1, text("m1", datetime(2999, 1, 1, tzinfo=UTC))))
    archive.open_all()
    assert archive.store.newest == BEGINNING


def test_what_the_page_or_an_earlier_one_said_is_marked() -> None:
    archive = pulled(row(3), row(3), row(4, msgid="m3_external"), row(5))
    archive.open_all()
    assert [line.repeated for line in archive.lines()] == [False, True, True, False]


def test_a_row_that_the_page_tells_readably_too_does_not_wait_in_whichever_order() -> None:
    damaged = row(3, msgid="m3") | {"encrypt_random_key": "AAAA"}
    archive = pulled(damaged, row(3, msgid="m3"), row(4, msgid="m4"), row(4, msgid="m4", version=2))

    archive.open_all()

    assert states(archive) == [
        (3, "parked", "undecryptable"),
        (3, "opened", ""),
        (4, "opened", ""),
        (4, "parked", "key_missing"),
    ]
    assert archive.store.parked == {}


def test_a_row_that_was_no_row_when_it_was_told_first_waits_for_its_key() -> None:
    archive = pulled({"seq": 3, "msgid": "m3"}, row(3, msgid="m3", version=2))
    archive.open_all()

    archive.keys.versions.add(2)

    assert archive.parked_rows().reopen(0, 2, ParkReason.KEY_MISSING) == 1


def test_of_two_tellings_that_waited_for_one_key_the_readable_one_is_kept() -> None:
    damaged = row(3, version=2) | {"encrypt_chat_msg": base64.b64encode(b"damaged text").decode()}
    archive = pulled(damaged, row(3, version=2))
    archive.open_all()

    archive.keys.versions.add(2)

    assert archive.parked_rows().reopen(0, 2, ParkReason.KEY_MISSING) == 1
    assert archive.store.parked == {}


scalar = st.none() | st.booleans() | st.integers() | st.text(max_size=20)
anything = st.recursive(
    scalar, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)


@settings(max_examples=40)
@given(
    plains=st.lists(
        st.binary(max_size=40) | anything.map(lambda value: json.dumps(value).encode()), min_size=1, max_size=5
    )
)
def test_every_row_has_one_line_whatever_it_holds(plains: list[bytes]) -> None:
    archive = pulled(*(row(seq, plain) for seq, plain in enumerate(plains, 1)))

    archive.open_all()

    lines: list[Line] = archive.lines()
    assert [line.seq for line in lines] == list(range(1, len(plains) + 1))
    for line, plain in zip(lines, plains, strict=True):
        assert _kept(line, plain)


def _kept(line: Line, plain: bytes) -> bool:
    if line.state is RowState.OPENED:
        return bool(line.message == json.loads(plain))
    if isinstance(line.message, dict):
        return base64.b64decode(line.message["base64"]) == plain
    return bool(line.message.encode() == plain)


def _unpacked(archive: MemoryArchive, key: str) -> bytes:
    return gzip.decompress(archive.objects.objects[key].body)
