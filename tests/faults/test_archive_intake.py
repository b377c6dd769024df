"""The intake is killed, overtaken and refused at any call: never a gap, never a double, never a stuck cursor."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrm.archive.intake import RunEnd
from scrm.archive.page_opening import Opened
from tests.fakes.archive import MemoryArchive, SpeakingCorp, always, archive_of, assert_whole, row


class KilledError(BaseException):
    """The process ends here: nothing after it runs, no ``finally`` either."""


class At:
    """Does something at the n-th call of a run, before it or after it; a killed process makes no further call."""

    def __init__(self, place: int, act: Callable[[], None], *, after: bool) -> None:
        self.place, self.act, self.after = place, act, after
        self.calls = 0
        self.is_dead = False

    def __call__(self, call: Callable[[], Any]) -> Any:
        if self.is_dead:
            raise KilledError
        number, self.calls = self.calls, self.calls + 1
        if number == self.place and not self.after:
            self._do()
        answer = call()
        if number == self.place and self.after:
            self._do()
        return answer

    def _do(self) -> None:
        try:
            self.act()
        except KilledError:
            self.is_dead = True
            raise


def die() -> None:
    raise KilledError


def refuse() -> None:
    raise OSError("S3 refuses")


def calls_of_a_quiet_run() -> int:
    archive, seen = archive_of(*range(1, 6)), At(-1, die, after=False)
    archive.around = seen
    archive.intake(limit=2).run("one", always)
    archive.open_all()
    return seen.calls


PLACES = range(calls_of_a_quiet_run())


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("act", [die, refuse])
def test_a_fault_at_any_call_of_a_run_loses_nothing(act: Callable[[], None], after: bool) -> None:  # noqa: FBT001
    for place in PLACES:
        archive = archive_of(*range(1, 6))
        archive.around = At(place, act, after=after)
        try:
            archive.intake(limit=2).run("one", always)
            archive.open_all()
        except (KilledError, OSError):
            pass

        archive.around = lambda call: call()
        archive.pass_time(100)  # the dead one's lease ends
        assert archive.intake(limit=2).run("two", always).end is RunEnd.CAUGHT_UP
        assert_whole(archive)


fault = st.tuples(st.integers(0, 30), st.sampled_from(["die", "refuse", "overtake"]), st.booleans())


@settings(max_examples=60)
@given(
    seqs=st.lists(st.integers(1, 2**64 - 1), min_size=1, max_size=12, unique=True).map(sorted),
    faults=st.lists(fault, max_size=4),
    limits=st.lists(st.integers(1, 5), min_size=5, max_size=5),
)
def test_two_intakes_and_any_faults_end_in_one_whole_archive(
    seqs: list[int], faults: list[tuple[int, str, bool]], limits: list[int]
) -> None:
    """While one run is at a call, the clock may leap over its lease and another run pull; or it dies, or S3 refuses."""
    archive = MemoryArchive(SpeakingCorp([row(seq) for seq in seqs]))
    skew = timedelta(seconds=30)

    def overtake() -> None:
        around, archive.around = archive.around, lambda call: call()
        archive.moment += timedelta(seconds=100)
        archive.intake(limits[-1]).run("other", always)
        archive.moment -= skew  # the first one's clock is behind
        archive.around = around

    acts: dict[str, Callable[[], None]] = {"die": die, "refuse": refuse, "overtake": overtake}
    for limit, (place, act, after) in zip(limits, faults, strict=False):
        archive.around = At(place, acts[act], after=after)
        try:
            archive.intake(limit).run("one", always)
            archive.open_all()
        except (KilledError, OSError):
            pass
    archive.around = lambda call: call()
    archive.moment += timedelta(seconds=300)

    assert archive.intake().run("last", always).end is RunEnd.CAUGHT_UP
    assert_whole(archive)


def test_after_an_outage_of_36_hours_all_is_caught_up_at_the_budgets_rate() -> None:
    archive = archive_of(1)
    archive.intake().run("before", always)
    archive.open_all()
    archive.moment += timedelta(hours=36)
    archive.corp.rows += [row(seq) for seq in range(2, 400)]
    assert archive.care().silent_for() == timedelta(hours=36)

    while archive.intake(limit=20).run("after", lambda: len(archive.corp.asked) % 7 != 6).end is RunEnd.BEHIND:
        archive.corp.asked.append((0, 0))

    assert archive.store.at.seq == 399
    assert_whole(archive)


def test_a_page_whose_message_was_lost_is_told_again_and_opened_once() -> None:
    archive = archive_of(1, 2)
    archive.intake().run("one", always)
    archive.told.stored.clear()

    assert archive.care().sweep() == 0
    archive.moment += timedelta(minutes=15)
    assert archive.care().sweep() == 1
    assert archive.told.stored == [0]
    assert archive.opening().open(0).opened == 2
    assert archive.opening().open(0) == Opened()
    assert archive.care().sweep() == 0
