"""Invariant 3: whatever the order and the interruptions, no customer has more places and touches than the cap."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import RLock

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from scrm.homes import home_of, key_of
from scrm.pressure import bucket as rules
from scrm.pressure.model import Touch
from scrm.pressure.weeks import week_of
from tests.unit.pressure.conftest import Desk

CUSTOMERS = [f"wm{number}" for number in range(6)]
OWNERS = ["rm1", "rm2", "rm3"]
CAP = 2
DEEPEST = 3


class Bank:
    """Workers at one ledger, and what they were promised.

    A promise is a place of a touch that nothing can displace, or that was locked: from then on the message may be
    on its way. ``promised`` are (touch, customer); only what is promised is confirmed.
    """

    def __init__(self, draw: random.Random) -> None:
        self.desk, self.draw = Desk(), draw
        self.owner = dict.fromkeys(CUSTOMERS, OWNERS[0])
        self.touches: list[tuple[str, Touch]] = []
        self.promised: set[tuple[str, str]] = set()
        self.cancelled: set[tuple[str, str]] = set()
        self.confirmed: set[tuple[str, str]] = set()
        self.depth = 0
        self.desk.store.before_save = self.interrupt

    def interrupt(self) -> None:
        """Somebody else works between a read and the write after it."""
        if self.depth < DEEPEST and self.draw.random() < 0.4:
            self.depth += 1
            self.draw.choice(
                [self.reserve, self.reserve, self.repeat, self.send, self.confirm, self.cancel, self.move]
            )()
            self.depth -= 1

    def reserve(self) -> None:
        owner, number = self.draw.choice(OWNERS), len(self.touches)
        touch = self.desk.touch(
            f"t{number}",
            days=self.draw.choice([0.5, 2, 6]),
            priority=self.draw.randint(0, 3),
            displaceable=self.draw.random() < 0.6,
        )
        self.touches.append((owner, touch))
        self.ask(owner, touch, [name for name in CUSTOMERS if self.draw.random() < 0.7])

    def repeat(self) -> None:
        if self.touches:
            self.ask(*self.draw.choice(self.touches), CUSTOMERS)

    def ask(self, owner: str, touch: Touch, names: list[str]) -> None:
        mine = [name for name in names if self.owner[name] == owner]
        answer = self.desk.ledger.reserve(owner, mine, touch)
        assert answer.reserved | answer.deferred | answer.refused.keys() == set(mine)
        for loser, lost in answer.displaced.items():
            assert not self.promised & {(loser, name) for name in lost}, "a promised place was lost"
        if not touch.displaceable:
            self.promise(touch, answer.reserved)

    def send(self) -> None:
        if self.touches:
            owner, touch = self.draw.choice(self.touches)
            allowed = self.desk.ledger.lock(owner, touch.touch_id, CUSTOMERS)
            assert not allowed or self.desk.moment < touch.expires_at
            self.promise(touch, allowed)

    def promise(self, touch: Touch, names: frozenset[str]) -> None:
        self.promised |= {(touch.touch_id, name) for name in names} - self.cancelled

    def confirm(self) -> None:
        if self.touches:
            owner, touch = self.draw.choice(self.touches)
            names = sorted(name for touch_id, name in self.promised if touch_id == touch.touch_id)
            self.confirmed |= {(touch.touch_id, name) for name in names}
            self.desk.ledger.settle(owner, touch, {name: self.draw.choice(touch.weeks) for name in names})

    def cancel(self) -> None:
        """What was cancelled is not confirmed later, and WeCom cancels nothing that was confirmed, settled or not."""
        if self.touches:
            owner, touch = self.draw.choice(self.touches)
            going = {(touch.touch_id, name) for name in CUSTOMERS if self.draw.random() < 0.5} - self.confirmed
            self.promised -= going
            self.cancelled |= going
            self.desk.ledger.release(owner, touch.touch_id, [name for _, name in going])

    def move(self) -> None:
        name, target = self.draw.choice(CUSTOMERS), self.draw.choice([*OWNERS, ""])
        if self.owner[name] != target:
            self.desk.move(name, self.owner[name], target)
            self.owner[name] = target
            if self.draw.random() < 0.5:
                self.desk.ledger.counts_of(home_of(target, name), name)

    def known(self, name: str) -> tuple[dict[str, tuple[int, int]], set[str]]:
        """The ledger's counts of a customer, and the touches that count."""
        home, key = home_of(self.owner[name], name), key_of(name)
        counts = self.desk.pushes(home, name)
        places = self.desk.store.shelf(home).bucket_of(key).places.values()
        return counts, {place.touch_id for place in places if key in place.holders | place.receivers}


class Interleavings(RuleBasedStateMachine):
    """Every rule is one worker's call, with other workers' calls inside of it."""

    @initialize(seed=st.integers(0, 2**32))
    def open(self, seed: int) -> None:
        self.bank = Bank(random.Random(seed))

    @rule(step=st.sampled_from(["reserve", "repeat", "send", "confirm", "cancel", "move"]))
    def call(self, step: str) -> None:
        getattr(self.bank, step)()

    @rule(hours=st.integers(1, 60))
    def pass_time(self, hours: int) -> None:
        self.bank.desk.moment += timedelta(hours=hours)

    @invariant()
    def nobody_is_over_the_cap_and_every_promise_is_counted(self) -> None:
        if not hasattr(self, "bank"):
            return
        store, bank = self.bank.desk.store, self.bank
        store.before_save = lambda: None
        living = {touch.touch_id for _, touch in bank.touches if touch.weeks[-1] >= week_of(bank.desk.moment)}
        for name in CUSTOMERS:
            counts, counted = bank.known(name)
            assert all(sum(numbers) <= CAP for numbers in counts.values()), counts
            assert {touch_id for touch_id, whom in bank.promised if whom == name} & living <= counted
        store.before_save = bank.interrupt


@pytest.fixture(autouse=True)
def small_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that six customers fill several."""
    monkeypatch.setattr(rules, "MOST_IN_A_BUCKET", 2)


def test_nobody_is_over_the_cap_and_no_promise_is_forgotten() -> None:
    run_state_machine_as_test(Interleavings, settings=settings(max_examples=60, stateful_step_count=25))


def test_fifty_workers_at_once_keep_every_customer_under_the_cap() -> None:
    desk, lock = Desk(), RLock()
    names = [f"wm{number}" for number in range(40)]
    owner = dict.fromkeys(names, "rm1")
    held: Counter[str] = Counter()

    def work(seed: int) -> None:
        draw = random.Random(seed)
        for number in range(4):
            touch = desk.touch(f"t{seed}_{number}")
            mine = [name for name in names if draw.random() < 0.3]
            answer = desk.ledger.reserve("rm1", mine, touch)
            going = {name for name in answer.reserved if draw.random() < 0.3}
            desk.ledger.release("rm1", touch.touch_id, going)
            staying = answer.reserved - going
            desk.ledger.settle("rm1", touch, dict.fromkeys(staying, touch.weeks[0]))
            with lock:
                held.update(staying)
                for name in draw.sample(names, 1) if draw.random() < 0.2 else ():
                    if owner[name] == "rm1":
                        owner[name] = "rm2"
                        desk.move(name, "rm1", "rm2")

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(work, range(50)))

    assert max(held.values()) <= CAP
    assert {name: sum(desk.pushes(owner[name], name)["2026-W53"]) for name in held} == held
    assert "rm2" in owner.values()
    assert desk.pauses
