"""Pages are pulled, stored, chained and counted, whatever WeCom answers (O6)."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from scrm.archive.errors import SourceFailure, failure
from scrm.archive.intake import ChainBrokenError, RunEnd
from scrm.archive.places import manifest_key, page_key
from scrm.archive.stores import StoredObject
from tests.fakes.archive import always, archive_of, assert_whole, reply, row


def test_pages_are_stored_as_they_came_and_chained() -> None:
    archive = archive_of(5, 6, 9)

    run = archive.intake(limit=2).run("one", always)

    assert (run.end, run.rows) == (RunEnd.CAUGHT_UP, 3)
    assert archive.objects.objects[page_key(0)].body == reply(archive.corp.rows[:2])
    assert archive.told.stored == [0, 6]
    assert [manifest.page.jumps for manifest in archive.chain()] == [(), ((6, 9),)]
    assert_whole(archive)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>busy</html>",
        reply([row(1), row(2)])[:-40],
        b"[]",
        b'{"errcode":0,"chatdata":{"seq":1}}',
        b'{"errcode":0,"chatdata":[{"msgid":"x"}]}',
        b'{"errcode":40014,"errmsg":"invalid access_token"}',
        failure(10001),
        failure(10002),
        failure(10003),
        b"\xff\xfe\x00",
    ],
)
def test_what_passes_is_asked_again_from_the_same_place(answer: bytes | SourceFailure) -> None:
    archive = archive_of(1, 2, 3)
    archive.corp.answers = [answer, answer]

    run = archive.intake().run("one", always)

    assert run.end is RunEnd.CAUGHT_UP
    assert [seq for seq, _ in archive.corp.asked] == [0, 0, 0, 3]
    assert_whole(archive)


@pytest.mark.parametrize(
    ("answers", "seconds"), [([failure(42001)], 0), ([failure(42001)] * 2, 4), ([failure(10001)], 2)]
)
def test_a_token_that_ran_out_is_replaced_at_once_and_other_faults_are_waited_for(
    answers: list[bytes | SourceFailure], seconds: int
) -> None:
    archive = archive_of(1)
    began, archive.corp.answers = archive.now(), answers

    run = archive.intake().run("one", always)

    assert run.end is RunEnd.CAUGHT_UP
    assert archive.now() - began == timedelta(seconds=seconds)


@pytest.mark.parametrize("answer", [failure(10001), failure(301042), failure(10009), failure(10010), failure(48002)])
def test_what_does_not_pass_ends_the_run_and_moves_nothing(answer: SourceFailure) -> None:
    archive = archive_of(1)
    archive.corp.answers = [answer] * 3

    run = archive.intake().run("one", always)

    assert (run.end, run.failure) == (RunEnd.REFUSED, answer)
    assert archive.store.at.seq == 0
    assert archive.intake().run("two", always).end in {RunEnd.CAUGHT_UP, RunEnd.REFUSED}


@pytest.mark.parametrize("empty", [b'{"errcode":0}', b'{"errcode":0,"chatdata":[]}', b'{"errcode":0,"chatdata":null}'])
def test_an_empty_page_leaves_the_cursor_where_it_is(empty: bytes) -> None:
    archive = archive_of(1, 2)
    archive.intake().run("one", always)
    archive.corp.answers = [empty]

    run = archive.intake().run("two", always)

    assert (run.end, run.pages, archive.store.at.seq) == (RunEnd.CAUGHT_UP, 0, 2)


def test_a_page_that_only_repeats_is_not_stored_and_one_that_leads_on_is() -> None:
    archive = archive_of(7, 8)
    archive.intake().run("one", always)
    archive.corp.rows += [row(9)]
    archive.corp.answers = [reply([row(7), row(8)]), reply([row(8), row(9), row(9), row(7)])]

    run = archive.intake().run("two", always)

    assert (run.end, run.rows, archive.store.at.seq) == (RunEnd.CAUGHT_UP, 4, 9)
    assert_whole(archive)
    assert sum(line.repeated for line in archive.lines()) == 3


def test_a_page_that_is_too_big_is_asked_for_in_parts() -> None:
    archive = archive_of(*range(1, 41))
    archive.corp.most_bytes = len(reply(archive.corp.rows[:6]))

    run = archive.intake(limit=40).run("one", always)

    assert run.end is RunEnd.CAUGHT_UP
    assert_whole(archive)


def test_a_row_that_wecom_does_not_give_even_alone_is_named_and_holds_up_nothing() -> None:
    archive = archive_of(1, 2, 5, 6, 7)
    archive.corp.withheld = {5, 6}

    run = archive.intake(limit=4).run("one", always)
    archive.open_all()

    assert (run.end, run.withheld, archive.store.at.seq) == (RunEnd.CAUGHT_UP, 1, 7)
    assert [(line.seq, line.state.value, line.reason) for line in archive.lines()] == [
        (1, "opened", ""),
        (2, "opened", ""),
        (6, "raw", "bad_row"),
        (7, "opened", ""),
    ]
    assert archive.lines()[2].message == {"seq": 6, "withheld": "too_big"}
    assert [manifest.page.jumps for manifest in archive.chain()] == [(), ((2, 6),), ()]


def test_a_last_row_that_is_withheld_is_named_too() -> None:
    archive = archive_of(1, 2)
    archive.corp.withheld = {2}

    assert archive.intake(limit=4).run("one", always).withheld == 1
    assert archive.store.at.seq == 2


def test_a_passing_fault_withholds_no_row() -> None:
    archive = archive_of(1, 2)
    archive.corp.answers = [b'{"errcode":301058,"errmsg":"too big"}']

    run = archive.intake(limit=1).run("one", always)

    assert (run.end, run.withheld, run.rows) == (RunEnd.CAUGHT_UP, 0, 2)
    assert_whole(archive)


def test_a_corp_that_gives_nothing_at_all_loses_no_row() -> None:
    archive = archive_of(1)
    archive.corp.most_bytes = 10

    run = archive.intake(limit=4).run("one", always)

    assert (run.end, run.withheld, archive.store.at.seq) == (RunEnd.REFUSED, 0, 0)
    assert run.failure is not None
    assert run.failure.code == 301058


def test_too_often_waits_as_long_as_the_budget_says() -> None:
    archive = archive_of(1)
    archive.corp.answers = [b'{"errcode":45009,"errmsg":"too often"}']

    run = archive.intake().run("one", always)
    assert (run.end, run.not_before) == (RunEnd.WAITING, archive.moment + timedelta(minutes=1))
    assert archive.intake().run("two", always).end is RunEnd.WAITING
    assert len(archive.corp.asked) == 1

    archive.pass_time(60)
    assert archive.intake().run("three", always).end is RunEnd.CAUGHT_UP


def test_a_run_ends_with_its_time_and_the_next_goes_on() -> None:
    archive = archive_of(*range(1, 7))
    times = iter([True, True, False])

    assert archive.intake(limit=1).run("one", lambda: next(times)).end is RunEnd.BEHIND
    assert archive.store.at.seq > 0
    assert archive.intake(limit=1).run("two", always).end is RunEnd.CAUGHT_UP
    assert_whole(archive)


def test_one_run_pulls_and_the_other_is_told_so() -> None:
    archive = archive_of(1)
    ends = []

    def another_comes(call: Callable[[], Any]) -> Any:
        archive.around = lambda inner: inner()
        ends.append(archive.intake().run("two", always).end)
        return call()

    archive.store.take_lease("one", archive.moment, archive.moment + timedelta(seconds=90))
    archive.around = another_comes
    assert archive.intake().run("three", always).end is RunEnd.HELD
    assert ends == [RunEnd.HELD]


def test_an_overtaken_run_writes_nothing_more() -> None:
    archive = archive_of(1, 2)
    calls = iter(range(100))

    def overtaken_at_the_fifth(call: Callable[[], Any]) -> Any:
        if next(calls) == 4:  # the manifest is stored, the cursor not yet moved
            archive.around = lambda inner: inner()
            archive.pass_time(100)
            assert archive.intake().run("two", always).adopted == 1
        return call()

    archive.around = overtaken_at_the_fifth
    assert archive.intake().run("one", always).end is RunEnd.OUTRUN
    assert_whole(archive)


@pytest.mark.parametrize("key", [page_key(0), manifest_key(1)])
@pytest.mark.parametrize("body", [b"", b"{}", reply([]), json.dumps({"page": {"jumps": []}}).encode()])
def test_what_does_not_belong_to_the_chain_is_named(key: str, body: bytes) -> None:
    archive = archive_of(1)
    archive.objects.objects[key] = StoredObject(body, "v0")

    with pytest.raises(ChainBrokenError, match=key):
        archive.intake().run("one", always)
    assert archive.store.at.seq == 0


def test_a_sweep_tells_so_many_pages_and_in_time_all_of_them() -> None:
    archive = archive_of(*range(1, 251))
    intake = archive.intake(limit=1)
    pulls = 0
    while pulls < 250:
        intake.limit = 1
        pulls += intake.run("one", iter([True, False]).__next__).pages
    archive.pass_time(3600)

    told: set[int] = set()
    for _ in range(5):
        archive.told.stored.clear()
        assert archive.care().sweep() == len(archive.told.stored) == 100
        told |= set(archive.told.stored)
        archive.pass_time(300)

    assert told == set(archive.store.pages)
