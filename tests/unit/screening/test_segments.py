"""A segment is screened once, whatever happens in between."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from scrm.archive import search
from scrm.archive.coverage import Answer
from scrm.archive.search import Search
from scrm.archive.stores import WaitingSegment
from scrm.aws.duckdb_engine import DuckDbEngine
from scrm.review.desk import ReviewDesk, ReviewRules
from scrm.screening.screen import CustomerSignal
from scrm.screening.segments import SegmentGoneError, SegmentScreening
from scrm.screening.tally import Exchanged
from tests.fakes.archive import BEGINNING, MemoryArchive, SpeakingCorp, reply, row
from tests.fakes.parquet import FolderFiles
from tests.fakes.review import FakeReviewCases
from tests.fakes.screening import LEXICON, PLACES, InForce

DAY = date(2026, 11, 26)


def said(text: str, seq: int, sender: str = "rm_li", to: str = "wmA1", version: int = 1) -> dict[str, Any]:
    message = {
        "msgid": f"m{seq}_external",
        "action": "send",
        "from": sender,
        "tolist": [to],
        "roomid": "",
        "msgtime": int(BEGINNING.timestamp() * 1000),
        "msgtype": "text",
        "text": {"content": text},
    }
    return row(seq, json.dumps(message, ensure_ascii=False).encode(), version=version)


class Segments:
    def __init__(self) -> None:
        self.open: dict[tuple[int, int | None], WaitingSegment] = {}

    def waiting(self, asked_from: int, reopened_from: int | None) -> WaitingSegment | None:
        return self.open.get((asked_from, reopened_from))

    def screened(self, segment: WaitingSegment) -> None:
        self.open.pop((segment.asked_from, segment.reopened_from), None)


class Staff:
    def node_paths(self, userids: Iterable[str]) -> Mapping[str, str]:
        return {userid: PLACES[userid] for userid in userids if userid in PLACES}


class Ear:
    def __init__(self) -> None:
        self.opt_outs: set[CustomerSignal] = set()
        self.needs: set[CustomerSignal] = set()
        self.answers: set[Answer] = set()

    def opted_out(self, signal: CustomerSignal) -> None:
        self.opt_outs.add(signal)

    def has_need(self, signal: CustomerSignal) -> None:
        self.needs.add(signal)

    def answered(self, answer: Answer) -> None:
        self.answers.add(answer)


class At:
    def __init__(self, folder: Path) -> None:
        rows = [
            said("这款保本", 1),
            said("不要再发了", 2, "wmA1", "rm_li"),
            said("想贷款", 3, "wmB2", "rm_li"),
            said("您好", 4),
            said("保本", 5, version=2),
        ]
        self.archive = MemoryArchive(SpeakingCorp(rows=rows))
        self.archive.intake().run("run", lambda: True)
        self.archive.open_all()
        self.segments, self.cases, self.ear = Segments(), FakeReviewCases(), Ear()
        self._wait_for(0)
        self.engine = DuckDbEngine(FolderFiles(folder))
        desk = ReviewDesk(self.cases, lambda: ReviewRules(sample_share=0.0), lambda: datetime.now(UTC))
        self._desk = desk
        self.exchanges: dict[str, list[Exchanged]] = {}
        self.screening = self._screening()

    def tell(self, *rows: Any, keep: bool = False) -> None:
        """A page of these rows, in an archive of its own or after what is there."""
        if not keep:
            self.archive = MemoryArchive(SpeakingCorp())
        before = self.archive.store.at.seq
        self.archive.corp.answers = [reply(rows)]
        self.archive.corp.rows = []
        self.archive.intake().run("run", lambda: True)
        self.archive.open_all()
        self._wait_for(before)
        self.screening = self._screening()

    def _wait_for(self, asked_from: int) -> None:
        self.segments.open[asked_from, None] = WaitingSegment(asked_from, BEGINNING)

    def _screening(self) -> SegmentScreening:
        return SegmentScreening(
            self.segments,
            self.archive.objects,
            Staff(),
            lambda: InForce(LEXICON),
            self._desk,
            self.engine,
            self.ear,
            self,
        )

    def exchanged(self, segment: str, told: Sequence[Exchanged], _: Mapping[str, str]) -> None:
        """Implements `scrm.screening.tally.MessageFacts`."""
        self.exchanges[segment] = list(told)

    def found(self) -> list[str]:
        return [each.msgid for each in search.find(self.engine, Search("/1/", DAY, DAY)).items]


@pytest.fixture
def at(tmp_path: Path) -> At:
    return At(tmp_path)


def test_messages_are_found_hits_are_cases_and_customers_are_heard(at: At) -> None:
    screened, new_cases = at.screening.screen(0)

    assert at.found() == ["m1_external", "m2_external", "m3_external", "m4_external"]
    assert at.exchanges == {
        "00000000000000000000": [
            Exchanged("m1_external", "rm_li", BEGINNING, is_sent=True),
            Exchanged("m2_external", "rm_li", BEGINNING, is_sent=False),
            Exchanged("m3_external", "rm_li", BEGINNING, is_sent=False),
            Exchanged("m4_external", "rm_li", BEGINNING, is_sent=True),
        ]
    }
    assert new_cases == len(at.cases.stored) == 1
    assert {each.external_userid for each in at.ear.opt_outs} == {"wmA1"}
    assert {each.external_userid for each in at.ear.needs} == {"wmB2"}
    assert len(screened.index_rows) == 4


def test_a_segment_that_was_screened_is_not_screened_again(at: At) -> None:
    at.screening.screen(0)

    screened, new_cases = at.screening.screen(0)

    assert (screened.index_rows, new_cases) == ([], 0)


def test_rows_that_a_late_key_opened_are_screened_too(at: At) -> None:
    at.screening.screen(0)
    at.archive.keys.versions.add(2)
    parked = at.archive.parked_rows()
    for page in list(at.archive.store.parked_pages()):
        parked.reopen(page.asked_from, page.key_version, page.reason)
    at.segments.open[0, 5] = WaitingSegment(0, BEGINNING, reopened_from=5)

    _, new_cases = at.screening.screen(0, 5)

    assert new_cases == 1
    assert "m5_external" in at.found()


def test_a_segment_that_is_gone_is_named(at: At) -> None:
    at.archive.objects.objects = {}

    with pytest.raises(SegmentGoneError, match="segments/0"):
        at.screening.screen(0)


@pytest.mark.parametrize("step", range(5))
def test_a_crash_at_any_step_screens_again_and_doubles_nothing(
    at: At, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class CrashError(Exception):
        pass

    def crash(*_: object, **__: object) -> Any:
        raise CrashError

    places: list[tuple[object, str]] = [
        (at.engine, "write"),
        (at.cases, "add"),
        (at.ear, "opted_out"),
        (at.ear, "has_need"),
        (at.segments, "screened"),
    ]
    with monkeypatch.context() as crashing:
        crashing.setattr(*places[step], crash)
        with pytest.raises(CrashError):
            at.screening.screen(0)

    at.screening.screen(0)

    assert at.found() == ["m1_external", "m2_external", "m3_external", "m4_external"]
    assert len(at.cases.stored) == len(at.ear.opt_outs) == len(at.ear.needs) == 1
    assert at.segments.open == {}


def test_where_members_stood_decides_who_finds_it(at: At) -> None:
    at.screening.screen(0)

    other_branch = search.find(at.engine, replace(Search("/1/", DAY, DAY), node_path="/1/20/"))

    assert other_branch.items == ()


def test_a_talk_of_members_whom_nobody_knows_is_found_by_head_office_alone(at: At) -> None:
    at.tell(said("您好", 9, "rm_nobody", "wmZ9"))

    at.screening.screen(0)

    assert at.found() == ["m9_external"]
    assert search.find(at.engine, Search("/1/10/", DAY, DAY)).items == ()


DAMAGED = {"encrypt_random_key": "AAAA"}


@pytest.mark.parametrize(
    "unreadable", [said("保本", 1) | DAMAGED, said("保本", 1, version=2), {"seq": 1, "msgid": "m1_external"}]
)
@pytest.mark.parametrize("readable_first", [True, False])
def test_a_message_told_readably_once_is_screened_in_whichever_order(
    at: At, unreadable: dict[str, Any], *, readable_first: bool
) -> None:
    rows = [said("保本", 1), unreadable]
    at.tell(*(rows if readable_first else reversed(rows)))

    _, new_cases = at.screening.screen(0)

    assert (new_cases, at.found()) == (1, ["m1_external"])


def test_a_message_that_an_earlier_page_told_unreadably_is_screened_when_it_is_told_again(at: At) -> None:
    at.tell({"seq": 1, "msgid": "m1_external"})
    at.screening.screen(0)
    at.tell(said("保本", 1), said("您好", 2), keep=True)

    _, new_cases = at.screening.screen(1)

    assert (new_cases, at.found()) == (1, ["m1_external", "m2_external"])
