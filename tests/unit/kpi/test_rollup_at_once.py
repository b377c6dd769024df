"""Two runs of the roll-up at once, in any order of their calls and dying at any: figures are those of the facts.

Counts go through the adapter, call by call of the bucket, since what lies between two of its calls is another's time.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, cast

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from scrm.aws.kpi_windows import BucketCounts
from scrm.kpi.rollup import RollUp
from tests.fakes.rollup import FakeRollupStores, FaultyMeasures, InjectedFaultError
from tests.unit.kpi.test_rollup import DAY, fact
from tests.unit.kpi.test_rollup_properties import BEGIN, Stories

if TYPE_CHECKING:
    from scrm.aws.documents import DocumentStore

type Work = Callable[[], object]
_PATIENCE_S = 30


class Bucket:
    """Documents of counts; every call is a step. Implements what `BucketCounts` needs of a `DocumentStore`."""

    def __init__(self, step: Callable[[], None]) -> None:
        self.documents: dict[str, bytes] = {}
        self._step = step
        self.at_get: Callable[[], None] = lambda: None

    def sizes_below(self, prefix: str) -> Iterator[tuple[str, int]]:
        self._step()
        return iter([(key, len(body)) for key, body in sorted(self.documents.items()) if key.startswith(prefix)])

    def get(self, key: str) -> bytes | None:
        self._step()
        self.at_get()
        return self.documents.get(key)

    def put(self, key: str, body: bytes, _content_type: str, *, if_absent: bool) -> bool:
        self._step()
        if if_absent and key in self.documents:
            return False
        self.documents[key] = body
        return True

    def delete(self, keys: Sequence[str]) -> None:
        self._step()
        for key in keys:
            self.documents.pop(key, None)


class AtOnce:
    """Several works, of which one goes on at a time, from a step to its next one, as ``turns`` say."""

    def __init__(self, works: Sequence[Work], dies_after: Sequence[int | None]) -> None:
        self._back = threading.Semaphore(0)
        self._go = [threading.Semaphore(0) for _ in works]
        self._steps_left = list(dies_after)
        self._threads = [threading.Thread(target=self._live, args=each, daemon=True) for each in enumerate(works)]
        self.errors: list[BaseException] = []

    def run(self, turns: Sequence[int]) -> None:
        """Those that ``turns`` leave alive end one after the other."""
        for thread in self._threads:
            thread.start()
        alive, pending = list(range(len(self._threads))), iter(turns)
        while alive:
            turn = alive[next(pending, 0) % len(alive)]
            self._go[turn].release()
            assert self._back.acquire(timeout=_PATIENCE_S)
            if self._steps_left[turn] == _ENDED:
                alive.remove(turn)

    def step(self) -> None:
        """Called by a work before what another one might see."""
        me = self._threads.index(threading.current_thread())
        self._back.release()
        self._go[me].acquire()
        left = self._steps_left[me]
        if left is not None:
            if left == 0:
                raise InjectedFaultError
            self._steps_left[me] = left - 1

    def _live(self, me: int, work: Work) -> None:
        self._go[me].acquire()
        try:
            with contextlib.suppress(InjectedFaultError):
                work()
        except BaseException as error:  # noqa: BLE001 - told where the test sees it
            self.errors.append(error)
        finally:
            self._steps_left[me] = _ENDED
            self._back.release()


_ENDED = -1


class StoriesAtOnce(Stories):
    """The stories, with two that run at once."""

    @initialize()
    def begin(self) -> None:
        super().begin()
        self.bucket = Bucket(self.stores.step)

    @property
    def rollup(self) -> RollUp:
        counts = BucketCounts(cast("DocumentStore", self.bucket))
        stores = self.stores
        return RollUp(stores, stores, counts, FaultyMeasures(stores), stores, lambda: self.now, most_bytes=2_000)

    @rule(
        turns=st.lists(st.integers(0, 1), max_size=300),
        dies_after=st.tuples(*[st.none() | st.integers(0, 80)] * 2),
        anew=st.tuples(*[st.none() | st.none() | st.integers(0, 4)] * 2),
    )
    def two_run_at_once(
        self, turns: list[int], dies_after: tuple[int | None, ...], anew: tuple[int | None, ...]
    ) -> None:
        at_once = AtOnce([self._work(back) for back in anew], dies_after)
        self.stores.at_step = at_once.step
        try:
            at_once.run(turns)
        finally:
            self.stores.at_step = lambda: None
        assert at_once.errors == []

    def _work(self, back: int | None) -> Work:
        rollup = self.rollup
        if back is None:
            return lambda: list(rollup.run(lambda: True))
        return lambda: list(rollup.recount(day_back(back), lambda: True))


def day_back(back: int) -> date:
    return BEGIN.date() - timedelta(days=back)


TestStoriesAtOnce = StoriesAtOnce.TestCase
TestStoriesAtOnce.settings = settings(
    max_examples=40, stateful_step_count=15, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def test_a_slow_one_that_listed_counts_before_two_later_windows_replaced_them_counts_nothing_anew() -> None:
    stores = FakeRollupStores()
    bucket = Bucket(lambda: None)
    counts = BucketCounts(cast("DocumentStore", bucket))
    rollup = RollUp(stores, stores, counts, FaultyMeasures(stores), stores, lambda: BEGIN)

    def tell(name: str, path: str, *events: str) -> None:
        stores.write("contact_added", DAY, name, [fact(event, path=path) for event in events])

    def others_apply_two_windows() -> None:
        """Between the slow one's list and its read."""
        stores.at_step = bucket.at_get = lambda: None
        for name in "cd":
            tell(name, "/1/10/13/", name)
            list(rollup.run(lambda: True))

    tell("a", "/1/10/12/", "a", "b")
    list(rollup.run(lambda: True))
    tell("b", "/1/10/12/", "a")
    bucket.at_get = others_apply_two_windows
    list(rollup.run(lambda: True))

    assert stores.cursor == 4
    assert stores.measures.of_days("12", DAY, DAY) == {DAY: {"added": 2}}
    assert stores.measures.of_days("1", DAY, DAY) == {DAY: {"added": 4}}
