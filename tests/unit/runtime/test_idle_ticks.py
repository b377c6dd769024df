"""Hourly looks that find nothing do nothing, and tell that nothing is due as long as nobody writes."""

import pytest

from scrm.archive.page_opening import Requested
from scrm.runtime.ticks import NOTHING_DUE_UNTIL
from scrm.runtime.wiring import archive_pages as pages_wiring
from scrm.runtime.wiring import lexicon_rules as rules_wiring
from scrm.runtime.work import archive_pages, lexicon_rules

RESTS: list[str] = [NOTHING_DUE_UNTIL]
GOES_ON: list[str] = []


class Lexicons:
    def __init__(self, number: int) -> None:
        self.number = number

    def in_force(self) -> int:
        return self.number


class Passes:
    def __init__(self) -> None:
        self.requested = 0

    def request(self) -> None:
        self.requested += 1


class Parked:
    def __init__(self, found: Requested) -> None:
        self.found = found
        self.asked: list[bool] = []

    def request(self, *, every: bool) -> Requested:
        self.asked.append(every)
        return self.found


@pytest.fixture(autouse=True)
def _local_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOCK_URL", "http://127.0.0.1:9/clock")


@pytest.mark.parametrize(("in_force", "passes", "told"), [(0, 0, RESTS), (3, 1, GOES_ON)])
def test_rules_of_words_are_compared_once_a_version_is_in_force(
    monkeypatch: pytest.MonkeyPatch, in_force: int, passes: int, told: list[str]
) -> None:
    asked = Passes()
    monkeypatch.setattr(rules_wiring, "lexicons", lambda: Lexicons(in_force))
    monkeypatch.setattr(rules_wiring, "requests", lambda: asked)

    answer = lexicon_rules.request()

    assert (asked.requested, list(answer)) == (passes, told)


@pytest.mark.parametrize(("pages", "waiting", "told"), [(0, 0, RESTS), (1, 0, GOES_ON), (0, 1, GOES_ON)])
def test_rows_that_wait_for_a_key_are_looked_for_again_for_a_key_comes_without_a_word(
    monkeypatch: pytest.MonkeyPatch, pages: int, waiting: int, told: list[str]
) -> None:
    parked = Parked(Requested(pages, waiting))
    monkeypatch.setattr(pages_wiring, "parked_rows", lambda: parked)

    answer = archive_pages.request_those_with_a_key()

    assert (parked.asked, list(answer)) == ([False], told)
