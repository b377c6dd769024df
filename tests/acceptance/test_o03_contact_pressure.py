"""O3: contact pressure over New Year, with 1,000 customers, six campaigns, three channels and fifty workers.

The bank's clock goes in steps of six hours from Monday of 2026-W53 to the end of 2027-W02, when the last message has
been confirmed or cancelled. In each step all that is due is done by fifty threads in a random order: campaigns reserve,
dispatch, are confirmed up to five days later, and try again for whom they deferred; a hundred customers get another
owner in the middle of the first week.
"""

import os
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import batched
from threading import RLock

import pytest

from scrm.contacts.changes import Taken
from scrm.pressure.ledger import PressureLedger
from scrm.pressure.model import PressureClass, Touch, TouchRefusal
from scrm.pressure.weeks import week_of, weeks_between
from tests.fakes.contacts import Contacts, FakeContacts
from tests.fakes.pressure import FakeCaps, FakePressureStore

MONDAY = datetime.fromisoformat("2026-12-28T08:00:00+08:00")
STEP, DAY = timedelta(hours=6), timedelta(days=1)
OWNERS = [f"rm{number:02d}" for number in range(10)]
CUSTOMERS = [f"wm{number:04d}" for number in range(1_000)]
WORKERS = 50
CAP = 2


@dataclass(frozen=True, slots=True)
class Campaign:
    name: str
    pressure_class: PressureClass
    priority: int
    starts: timedelta
    content_lives: timedelta
    lead: timedelta = STEP

    @property
    def expires_at(self) -> datetime:
        return MONDAY + self.starts + self.content_lives


PUSH = PressureClass.PUSH
CAMPAIGNS = [
    Campaign("deposits", PUSH, 1, DAY + STEP, 13 * DAY),
    Campaign("fund", PUSH, 3, 0 * DAY, 4 * DAY),
    Campaign("new_year", PUSH, 5, 1 * DAY, 11 * DAY, lead=2 * DAY),
    Campaign("maturity", PUSH, 9, 2 * DAY, 6 * DAY),
    Campaign("daily_moment", PressureClass.MOMENTS, 5, 0 * DAY, 9 * DAY),
    Campaign("group_post", PressureClass.GROUP, 5, 1 * DAY, 9 * DAY),
]


@dataclass
class Simulation:
    """What really reached the customers, beside the ledger that was asked."""

    draw: random.Random = field(default_factory=lambda: random.Random(53))
    moment: datetime = MONDAY
    store: FakePressureStore = field(default_factory=FakePressureStore)
    lock: RLock = field(default_factory=RLock)
    received: dict[tuple[str, str], datetime] = field(default_factory=dict)
    deferred: set[tuple[str, str]] = field(default_factory=set)
    expired: set[tuple[str, str]] = field(default_factory=set)
    displaced: Counter[str] = field(default_factory=Counter)
    waiting: dict[tuple[str, str], str] = field(default_factory=dict)
    jobs: dict[datetime, list[Callable[[], None]]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.contacts = Contacts(FakeContacts(self.store.note_owners))
        self.contacts.moment = MONDAY - 30 * DAY
        for number, customer in enumerate(CUSTOMERS):
            self.contacts.changes.added(OWNERS[number % len(OWNERS)], customer, self.contacts.moment)
        self.ledger = PressureLedger(self.store, FakeCaps(), lambda: self.moment, lambda _: os.sched_yield())

    def owner_of(self, customer: str) -> str:
        return self.contacts.repository.customer_rows[customer].owner_userid

    def touch(self, campaign: Campaign, run: int, *, planned: bool) -> Touch:
        until = min(campaign.expires_at, self.moment + 5 * DAY)
        return Touch(
            f"{campaign.name}/{run}",
            campaign.pressure_class,
            weeks_between(self.moment, until),
            campaign.expires_at,
            campaign.priority,
            planned,
        )

    def plan(self, campaign: Campaign, owner: str, names: list[str], run: int = 0) -> None:
        """Ask for places some hours before the message leaves; who has none is asked for again a day later."""
        answer = self.ledger.reserve(owner, names, self.touch(campaign, run, planned=True))
        with self.lock:
            self.deferred |= {(campaign.name, name) for name in answer.deferred}
            self.expired |= {
                (campaign.name, name) for name, why in answer.refused.items() if why is TouchRefusal.EXPIRED
            }
            for touch_id, lost in answer.displaced.items():
                self.displaced[touch_id.split("/")[0]] += len(lost)
            moved = [name for name, why in answer.refused.items() if why is TouchRefusal.OWNER_CHANGED]
            if answer.deferred:
                self.at(DAY, partial(self.plan, campaign, owner, sorted(answer.deferred), run))
            if answer.reserved:
                self.at(campaign.lead, partial(self.dispatch, campaign, owner, sorted(answer.reserved), run))
            self.plan_anew(campaign, moved, run)

    def plan_anew(self, campaign: Campaign, names: list[str], run: int) -> None:
        for owner in sorted({self.owner_of(name) for name in names}):
            theirs = [name for name in names if self.owner_of(name) == owner]
            self.at(STEP, partial(self.plan, campaign, owner, theirs, run + 1))

    def dispatch(self, campaign: Campaign, owner: str, names: list[str], run: int) -> None:
        """The message leaves to those who have a place for good; the member confirms zero to five days later."""
        touch = self.touch(campaign, run, planned=False)
        answer = self.ledger.reserve(owner, names, touch)
        with self.lock:
            assert not answer.reserved or self.moment < campaign.expires_at
            self.expired |= {
                (campaign.name, name) for name, why in answer.refused.items() if why is TouchRefusal.EXPIRED
            }
            self.deferred |= {(campaign.name, name) for name in answer.deferred}
            moved = [name for name, why in answer.refused.items() if why is TouchRefusal.OWNER_CHANGED]
            self.plan_anew(campaign, moved, run)
            if answer.deferred:
                self.at(DAY, partial(self.plan, campaign, owner, sorted(answer.deferred), run))
            for name in answer.reserved:
                assert (campaign.name, name) not in self.waiting, "sent twice"
                self.waiting[campaign.name, name] = touch.touch_id
            delay = self.draw.randint(0, 19) * STEP
            self.at(delay, partial(self.confirm, campaign, owner, sorted(answer.reserved), run))

    def confirm(self, campaign: Campaign, owner: str, names: list[str], run: int) -> None:
        """The member confirms for those whom nobody took from him; content that has expired is cancelled instead."""
        touch, week = self.touch(campaign, run, planned=False), week_of(self.moment)
        with self.lock:
            mine = [name for name in names if self.waiting.get((campaign.name, name)) == touch.touch_id]
            if in_time := self.moment < campaign.expires_at:
                self.received |= {(campaign.name, name): self.moment for name in mine}
            else:
                self.expired |= {(campaign.name, name) for name in mine}
            for name in mine:
                del self.waiting[campaign.name, name]
        if in_time:
            self.ledger.settle(owner, touch, dict.fromkeys(mine, week))
        else:
            self.ledger.release(owner, touch.touch_id, mine)

    def hand_over(self, leaver: str, taker: str, names: list[str]) -> None:
        """The customers go; what waited for the leaver's confirmation is cancelled and planned under the taker."""
        with self.lock:
            self.contacts.moment = self.moment
            self.contacts.changes.taken_over(Taken("case_1", leaver, taker, tuple(names), self.moment, on_job=False))
            cancelled = [(campaign, name) for campaign in CAMPAIGNS for name in names]
            cancelled = [(campaign, name) for campaign, name in cancelled if (campaign.name, name) in self.waiting]
            touches = {(campaign.name, name): self.waiting.pop((campaign.name, name)) for campaign, name in cancelled}
        for campaign, name in cancelled:
            self.ledger.release(leaver, touches[campaign.name, name], [name])
        for campaign in CAMPAIGNS:
            theirs = [name for which, name in cancelled if which is campaign]
            with self.lock:
                self.at(STEP, partial(self.plan, campaign, taker, theirs, 100))

    def at(self, delay: timedelta, job: Callable[[], None]) -> None:
        """Within the lock."""
        self.jobs[self.moment + max(delay, STEP)].append(job)

    def run(self, until: datetime) -> None:
        with ThreadPoolExecutor(WORKERS) as pool:
            while self.moment < until:
                due = self.jobs.pop(self.moment, [])
                self.draw.shuffle(due)
                list(pool.map(lambda job: job(), due))
                self.moment += STEP

    def pushes(self) -> Counter[tuple[str, str]]:
        """What customers got, by customer and week."""
        pushed = {campaign.name for campaign in CAMPAIGNS if campaign.pressure_class is PUSH}
        return Counter((name, week_of(at)) for (campaign, name), at in self.received.items() if campaign in pushed)


@pytest.fixture(scope="module")
def month() -> Simulation:
    simulation = Simulation()
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # fifty threads shall meet between a read and a write
    for campaign in CAMPAIGNS:
        for owner in OWNERS:
            names = [name for name in CUSTOMERS if simulation.owner_of(name) == owner]
            for part in batched(names, 20, strict=True):
                simulation.jobs[MONDAY + campaign.starts].append(partial(simulation.plan, campaign, owner, list(part)))
    leaver = OWNERS[0]
    leaving = [name for name in CUSTOMERS if simulation.owner_of(name) == leaver]
    simulation.jobs[MONDAY + 3 * DAY].append(lambda: simulation.hand_over(leaver, OWNERS[1], leaving))
    simulation.run(MONDAY + 20 * DAY)
    sys.setswitchinterval(usual)
    return simulation


def test_nobody_gets_more_than_two_pushes_in_a_week(month: Simulation) -> None:
    pushes = month.pushes()

    assert max(pushes.values()) == CAP
    assert {week for _, week in pushes} >= {"2026-W53", "2027-W01"}


def test_the_hundred_who_were_handed_over_are_capped_across_both_owners(month: Simulation) -> None:
    handed_over = CUSTOMERS[:: len(OWNERS)]
    assert {month.owner_of(name) for name in handed_over} == {OWNERS[1]}

    touched = [number for (name, _), number in month.pushes().items() if name in set(handed_over)]

    assert max(touched) <= CAP
    assert len({name for _, name in month.received if name in set(handed_over)}) == 100


def test_everyone_has_got_each_message_once_or_it_expired_for_him(month: Simulation) -> None:
    everyone = {(campaign.name, name) for campaign in CAMPAIGNS for name in CUSTOMERS}

    assert not any(month.jobs.values()), "the month ended before the last confirmation was due"
    assert month.waiting == {}
    assert month.received.keys() | month.expired == everyone
    assert month.received.keys() & month.expired == set()


def test_nothing_arrives_after_its_content_expired(month: Simulation) -> None:
    expiry = {campaign.name: campaign.expires_at for campaign in CAMPAIGNS}

    assert all(at < expiry[campaign] for (campaign, _), at in month.received.items())


def test_lower_priorities_wait_and_are_sent_later_and_the_highest_never_expires_for_want_of_room(
    month: Simulation,
) -> None:
    sent_late = month.deferred & month.received.keys()

    assert {campaign for campaign, _ in sent_late} >= {"deposits"}
    assert month.displaced["new_year"] > 500
    assert "maturity" not in month.displaced


def test_moments_and_group_posts_are_in_classes_of_their_own(month: Simulation) -> None:
    for campaign in ("daily_moment", "group_post"):
        assert not any(which == campaign for which, _ in month.deferred)


def test_the_ledger_agrees_with_what_customers_got(month: Simulation) -> None:
    pushes, week = month.pushes(), week_of(month.moment)
    for name in CUSTOMERS:
        counted = month.ledger.counts_of(month.owner_of(name), name)
        held = {one.week: one.held + one.settled for one in counted if one.pressure_class is PUSH}
        assert held.get("2027-W01", 0) == pushes[name, "2027-W01"]
        assert held.get(week, 0) == pushes[name, week]


def test_service_messages_are_exempt(month: Simulation) -> None:
    full = next(name for (name, _), number in month.pushes().items() if number == CAP)
    touch = Touch("service", PressureClass.SERVICE, (week_of(month.moment),), month.moment + DAY)

    for _ in range(10):
        assert month.ledger.reserve(month.owner_of(full), [full], touch).reserved == {full}


def test_workers_were_in_each_others_way(month: Simulation) -> None:
    assert month.store.refused > 0
