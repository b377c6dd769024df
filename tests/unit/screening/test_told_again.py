"""A message that WeCom tells in another page is counted once, all the way from the page to the counters."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from scrm import clock
from scrm.aws.message_facts import BucketMessageFacts
from tests.fakes.archive import BEGINNING
from tests.fakes.rollup import FakeRollupStores
from tests.unit.screening.test_segments import DAY, At, said

type Told = dict[str, int]


class Counted(At):
    """Pages are screened into facts, and facts counted."""

    def __init__(self, folder: Path) -> None:
        self.stores = FakeRollupStores()
        super().__init__(folder)

    def put(self, key: str, body: bytes, _content_type: str) -> None:
        self.stores.files[key] = body

    def exchanged(self, *told: Any) -> None:
        BucketMessageFacts(self).exchanged(*told)

    def screen(self, asked_from: int) -> None:
        self.screening.screen(asked_from)
        list(self.stores.rollup(clock.now).run(lambda: True))

    def counted(self, day: date = DAY) -> Told:
        return self.stores.measures.of_days("1", day, day).get(day, {})


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    monkeypatch.setattr(clock, "now", lambda: BEGINNING)
    return lambda later: monkeypatch.setattr(clock, "now", lambda: BEGINNING + later)


@pytest.fixture
def at(tmp_path: Path, passes: Callable[[timedelta], None]) -> Counted:
    passes(timedelta())
    return Counted(tmp_path)


def again(line: dict[str, Any], seq: int) -> dict[str, Any]:
    return line | {"seq": seq}


@pytest.mark.parametrize("later", [timedelta(), timedelta(hours=3), timedelta(days=2)])
def test_a_message_of_another_page_counts_once(
    at: Counted, passes: Callable[[timedelta], None], later: timedelta
) -> None:
    at.tell(said("您好", 1), said("好的", 2, "wmA1", "rm_li"))
    at.screen(0)
    assert at.counted() == {"messages_out": 1, "messages_in": 1}

    passes(later)
    at.tell(again(said("您好", 1), 3), again(said("好的", 2, "wmA1", "rm_li"), 4), said("再见", 5), keep=True)
    at.screen(2)

    assert at.counted() == {"messages_out": 2, "messages_in": 1}


def test_a_message_that_a_page_tells_in_two_ways_counts_once(at: Counted) -> None:
    at.tell(said("您好", 1), again(said("您好", 1, to="wmB2"), 2), again(said("您好", 1), 3))

    at.screen(0)

    assert at.counted() == {"messages_out": 1}
