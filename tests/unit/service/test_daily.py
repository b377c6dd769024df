"""Facts on service are made a day at a time, are the same when made again, and change when a late message comes."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from scrm.archive import index
from scrm.archive.merging import IndexMerger
from scrm.aws.duckdb_engine import DuckDbEngine
from scrm.runtime.service_joins import service_settings
from scrm.service import daily, quality
from scrm.service.daily import ServiceDays
from scrm.service.quality import ServiceSettings
from scrm.settings.service import ServiceDocument
from tests.fakes.parquet import FolderFiles
from tests.unit.service.test_quality import DAY, Talk


class Facts:
    """Implements `scrm.service.daily.ServiceFacts`."""

    def __init__(self) -> None:
        self.days: dict[date, list[bytes]] = {}

    def write(self, day: date, lines: Sequence[bytes]) -> None:
        self.days[day] = list(lines)


@pytest.fixture
def files(tmp_path: Path) -> FolderFiles:
    return FolderFiles(tmp_path)


@pytest.fixture
def talk(files: FolderFiles) -> Talk:
    return Talk(DuckDbEngine(files))


def days(files: FolderFiles, facts: Facts, settings: ServiceSettings | None = None) -> ServiceDays:
    return ServiceDays(DuckDbEngine(files), files, facts, settings or ServiceSettings())


def test_a_day_is_one_document_that_comes_out_the_same_again_merged_or_not(files: FolderFiles, talk: Talk) -> None:
    talk.say("10:00", "wmA1", "rm_li")
    talk.say("10:10", "rm_li", "wmA1")
    talk.say("11:00", "wmB2", "rm_li")
    facts = Facts()
    told = days(files, facts).measure(DAY)
    first = facts.days[DAY]
    IndexMerger(DuckDbEngine(files), files).merge(DAY)
    days(files, facts).measure(DAY)

    assert (told, facts.days[DAY]) == (1, first)
    line = json.loads(first[0])
    assert (line["userid"], line["node_path"], line["day"]) == ("rm_li", "/1/10/", "2026-11-26")
    assert (line["inquiries"], line["answered"], line["answered_in_time"], line["response_seconds"]) == (2, 1, 1, 600)


def test_a_large_day_measured_in_parts_is_the_same_day(
    files: FolderFiles, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        talk.say(f"10:0{number}", f"wmA{number}", "rm_li")
        talk.say(f"10:1{number}", "rm_li", f"wmA{number}")
    facts = Facts()
    days(files, facts).measure(DAY)
    whole = facts.days[DAY]
    monkeypatch.setattr(daily, "MOST_BYTES", 0)
    monkeypatch.setattr(index, "BUCKETS", 64)

    days(files, facts).measure(DAY)

    assert facts.days[DAY] == whole


def test_a_late_answer_changes_the_day_it_answers(files: FolderFiles, talk: Talk) -> None:
    talk.say("17:00", "wmA1", "rm_li")
    facts = Facts()
    days(files, facts).measure(DAY)
    before = json.loads(facts.days[DAY][0])
    talk.say("09:30", "rm_li", "wmA1", day=DAY + timedelta(days=1))

    days(files, facts).measure(DAY)

    after = json.loads(facts.days[DAY][0])
    assert (before["answered"], after["answered"], after["response_seconds"]) == (0, 1, 5400)


def test_only_days_that_are_over_and_may_still_change_are_measured(files: FolderFiles, talk: Talk) -> None:
    for back in (0, 1, 3, 7, 8):
        talk.say("10:00", "wmA1", "rm_li", day=DAY - timedelta(days=back))

    assert days(files, Facts()).days(DAY) == [DAY - timedelta(days=back) for back in (7, 3, 1)]


def test_the_bank_says_when_it_is_open(files: FolderFiles, talk: Talk) -> None:
    talk.say("08:45", "wmA1", "rm_li")
    talk.say("09:10", "rm_li", "wmA1")
    facts = Facts()
    longer = service_settings(ServiceDocument.model_validate({"opens": "08:30", "answer_within": "PT20M"}))

    days(files, facts, longer).measure(DAY)

    line = json.loads(facts.days[DAY][0])
    assert (line["response_seconds"], line["answered_in_time"]) == (1500, 0)


def test_counts_of_parts_are_added_by_member_and_place(files: FolderFiles, talk: Talk) -> None:
    talk.say("10:00", "wmA1", "rm_li")
    (one,) = quality.measure(DuckDbEngine(files), DAY, None, ServiceSettings())

    (two,) = quality.added([one, one])

    assert (two.inquiries, two.unanswered, two.member) == (2, 2, "rm_li")
