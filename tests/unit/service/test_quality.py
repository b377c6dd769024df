"""First response, unanswered and reply rate, as a person would count them from the talk."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from scrm.archive import index, message
from scrm.archive.index import Place
from scrm.archive.message import Party
from scrm.aws.duckdb_engine import DuckDbEngine
from scrm.clock import BUSINESS_ZONE
from scrm.service import quality
from scrm.service.quality import ServiceQuality, ServiceSettings
from scrm.service.working_time import WorkingTime
from tests.fakes.parquet import FolderFiles

DAY = date(2026, 11, 26)  # a Thursday
SETTINGS = ServiceSettings()


@pytest.fixture
def engine(tmp_path: Path) -> DuckDbEngine:
    return DuckDbEngine(FolderFiles(tmp_path))


class Talk:
    """A day's messages, as they are said: ``say("10:00", "wmA1", "rm_li")``."""

    def __init__(self, engine: DuckDbEngine) -> None:
        self._engine = engine
        self._count = 0
        self.pairs: set[tuple[Party, Party]] = set()

    def say(self, at: str, sender: str, to: str, *, day: date = DAY, **more: Any) -> None:
        self._count += 1
        moment = datetime.combine(day, time.fromisoformat(at), BUSINESS_ZONE)
        raw = {
            "msgid": f"m{self._count}",
            "action": "send",
            "from": sender,
            "tolist": [to],
            "roomid": "",
            "msgtime": int(moment.timestamp() * 1000),
            "msgtype": "text",
            "text": {"content": "在吗"},
            **more,
        }
        said = message.read(raw)
        self.pairs.add((said.parties[0], said.parties[1]))
        row = index.row_of(said, Place(1, self._count, self._count, moment), ["/1/10/"], [])
        self._engine.write(index.MESSAGES, index.part_partition(day), f"p{self._count}", [row])


@pytest.fixture
def talk(engine: DuckDbEngine) -> Talk:
    return Talk(engine)


def measured(engine: DuckDbEngine, day: date = DAY, settings: ServiceSettings = SETTINGS) -> list[ServiceQuality]:
    return quality.measure(engine, day, None, settings)


def test_an_answer_is_measured_from_the_first_question(engine: DuckDbEngine, talk: Talk) -> None:
    talk.say("10:00", "wmA1", "rm_li")
    talk.say("10:01", "wmA1", "rm_li")
    talk.say("10:10", "rm_li", "wmA1")
    talk.say("10:11", "rm_li", "wmA1")

    (only,) = measured(engine)

    assert (only.member, only.node_path, only.day) == ("rm_li", "/1/10/", DAY)
    assert (only.inquiries, only.answered, only.answered_in_time, only.unanswered) == (1, 1, 1, 0)
    assert only.response_seconds == 600
    assert only.responses == (0, 0, 1, 0, 0, 0, 0, 0, 0)


def test_a_late_answer_counts_as_answered_but_not_in_time(engine: DuckDbEngine, talk: Talk) -> None:
    talk.say("10:00", "wmA1", "rm_li")
    talk.say("11:00", "rm_li", "wmA1")

    (only,) = measured(engine)

    assert (only.answered, only.answered_in_time, only.response_seconds) == (1, 0, 3600)


def test_a_question_without_an_answer_is_unanswered(engine: DuckDbEngine, talk: Talk) -> None:
    talk.say("09:00", "rm_li", "wmA1")
    talk.say("10:00", "wmA1", "rm_li")

    (only,) = measured(engine)

    assert (only.inquiries, only.unanswered, only.response_seconds) == (1, 1, 0)


def test_the_night_is_not_held_against_the_member(engine: DuckDbEngine, talk: Talk) -> None:
    talk.say("22:00", "wmA1", "rm_li")
    talk.say("09:05", "rm_li", "wmA1", day=DAY + timedelta(days=1))

    (only,) = measured(engine)

    assert (only.answered_in_time, only.response_seconds) == (1, 300)


def test_an_inquiry_of_the_day_before_is_not_counted_again(engine: DuckDbEngine, talk: Talk) -> None:
    talk.say("23:59", "wmA1", "rm_li", day=DAY - timedelta(days=1))
    talk.say("00:01", "wmA1", "rm_li")
    talk.say("09:10", "rm_li", "wmA1")

    assert measured(engine) == []
    (before,) = measured(engine, DAY - timedelta(days=1))
    assert (before.inquiries, before.answered, before.response_seconds) == (1, 1, 600)


def test_a_recall_a_consent_record_and_a_group_are_neither_question_nor_answer(
    engine: DuckDbEngine, talk: Talk
) -> None:
    talk.say("09:30", "wmA1", "rm_li", msgtype="agree", agree={"userid": "wmA1"})
    talk.say("09:40", "wmA1", "rm_li", roomid="wrR1")
    talk.say("10:00", "wmA1", "rm_li")
    talk.say("10:01", "rm_li", "wmA1", action="recall", msgtype="revoke", revoke={"pre_msgid": "m0"})

    (only,) = measured(engine)

    assert (only.inquiries, only.answered) == (1, 0)


def test_members_talking_to_each_other_ask_nothing(engine: DuckDbEngine, talk: Talk) -> None:
    talk.say("10:00", "rm_wu", "rm_li")

    assert measured(engine) == []


def test_a_message_told_twice_is_one_question(engine: DuckDbEngine, talk: Talk) -> None:
    talk.say("10:00", "wmA1", "rm_li", msgid="same")
    talk.say("10:00", "wmA1", "rm_li", msgid="same")

    (only,) = measured(engine)

    assert only.inquiries == 1


def test_members_are_counted_apart_and_the_buckets_of_a_day_add_up_to_it(engine: DuckDbEngine, talk: Talk) -> None:
    for number in range(6):
        talk.say("10:00", f"wmC{number}", f"rm_{number % 3}")
    talk.say("10:05", "rm_0", "wmC0")

    whole = measured(engine)
    used = {index.bucket_of(message.conversation_id("", (member, customer))) for member, customer in talk.pairs}
    apart = [each for bucket in used for each in quality.measure(engine, DAY, bucket, SETTINGS)]

    assert [(each.member, each.inquiries, each.answered) for each in whole] == [
        ("rm_0", 2, 1),
        ("rm_1", 2, 0),
        ("rm_2", 2, 0),
    ]
    assert sum(each.inquiries for each in apart) == 6
    assert sum(each.answered for each in apart) == 1


@pytest.mark.parametrize(
    ("start", "end", "seconds"),
    [
        ("2026-11-26 10:00", "2026-11-26 10:10", 600),
        ("2026-11-26 17:50", "2026-11-27 09:10", 1200),
        ("2026-11-27 17:50", "2026-11-30 09:10", 1200),  # over a weekend
        ("2026-11-28 10:00", "2026-11-28 12:00", 0),
        ("2026-10-01 10:00", "2026-10-01 12:00", 0),  # a holiday
        ("2026-10-10 10:00", "2026-10-10 12:00", 7200),  # a Saturday made up for it
        ("2026-11-26 10:10", "2026-11-26 10:00", 0),
    ],
)
def test_only_open_time_counts(start: str, end: str, seconds: int) -> None:
    working = WorkingTime(holidays=frozenset({date(2026, 10, 1)}), working_weekends=frozenset({date(2026, 10, 10)}))
    moments = [datetime.fromisoformat(each).replace(tzinfo=BUSINESS_ZONE).astimezone(UTC) for each in (start, end)]

    assert working.seconds_between(*moments) == seconds
