"""A date that passes while a task waits for its member is told to nobody: no confirmation after it is possible (O5)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from scrm.campaign.checks import AHEAD
from tests.fakes.dispatch import CAMPAIGN, START
from tests.unit.campaign.dispatch_bank import OWNER, DispatchBank, customers

MINUTES, HOUR, TICK = timedelta(minutes=1), timedelta(hours=1), timedelta(minutes=10)
MOMENTS = st.integers(min_value=-5, max_value=14 * 60).map(lambda minutes: minutes * MINUTES)


def bank_with_a_product() -> DispatchBank:
    bank = DispatchBank()
    bank.contents.product_id, bank.contents.product_risk = "fund_01", 3
    return bank


def test_an_assessment_that_runs_out_takes_the_task_back_and_the_others_get_it_again() -> None:
    bank = bank_with_a_product()
    (task,) = bank.plan(customers(3))
    bank.rules.ends = {"wm000001": bank.time + 100 * MINUTES}
    bank.run(80 * MINUTES)
    before = bank.stored(task)

    bank.run(20 * MINUTES)

    assert before.due_at == bank.rules.ends["wm000001"] - AHEAD
    assert bank.wecom.messages["msg_0"].cancelled
    assert bank.wecom.creations[1:] == [(OWNER, ("wm000000", "wm000002"))]
    assert bank.tallies().results(CAMPAIGN).excluded == {"assessment_expired": 1}
    assert bank.counts() == {"excluded": 1, "pending": 2}


def test_what_would_end_before_it_could_be_taken_back_is_not_created() -> None:
    bank = bank_with_a_product()
    bank.plan(customers(2))
    bank.rules.ends = {"wm000001": bank.time + AHEAD}

    bank.run()

    assert bank.wecom.creations == [(OWNER, ("wm000000",))]
    assert bank.tallies().results(CAMPAIGN).excluded == {"assessment_expired": 1}


def test_an_assessment_renewed_in_time_lets_the_task_wait_on() -> None:
    bank = bank_with_a_product()
    bank.plan(customers(2))
    bank.rules.ends = {"wm000001": bank.time + 100 * MINUTES}
    bank.run(80 * MINUTES)
    bank.rules.ends = {}

    bank.run(30 * MINUTES)

    assert len(bank.wecom.creations) == 1
    assert bank.counts() == {"pending": 2}


def test_a_call_that_is_found_late_is_looked_at_at_once() -> None:
    bank = bank_with_a_product()
    (task,) = bank.plan(customers(2))
    bank.permissions.until = bank.time + AHEAD + MINUTES
    bank.wecom.drop_answers = 1
    bank.send(task)

    bank.time += 12 * MINUTES
    bank.run()

    assert bank.wecom.messages["msg_0"].cancelled
    assert bank.time < bank.permissions.until


@dataclass
class Day:
    """Members try to confirm every minute; the schedule comes every ten of them."""

    bank: DispatchBank
    could: dict[str, list[datetime]] = field(default_factory=dict)

    def pass_by(self, span: timedelta, offset: timedelta) -> None:
        until, next_tick = self.bank.time + span, self.bank.time + offset
        while self.bank.time < until:
            if self.bank.time >= next_tick:
                self.bank.run()
                next_tick += TICK
            self._who_could_confirm()
            self.bank.time += MINUTES

    def _who_could_confirm(self) -> None:
        for message in self.bank.wecom.messages.values():
            if not message.cancelled:
                for one in message.members[OWNER]:
                    self.could.setdefault(one, []).append(self.bank.time)


@given(
    assessments=st.lists(MOMENTS, min_size=3, max_size=3),
    permission=MOMENTS,
    content=MOMENTS,
    offset=st.integers(min_value=0, max_value=9).map(lambda minutes: minutes * MINUTES),
)
@example(assessments=[2 * HOUR, 3 * HOUR, 9 * HOUR], permission=5 * HOUR, content=14 * HOUR, offset=9 * MINUTES)
@example(assessments=[14 * HOUR] * 3, permission=14 * HOUR, content=14 * HOUR, offset=9 * MINUTES)
def test_no_confirmation_is_possible_after_anything_that_allows_it_has_ended(
    assessments: list[timedelta], permission: timedelta, content: timedelta, offset: timedelta
) -> None:
    bank = bank_with_a_product()
    bank.plan(customers(3))
    bank.rules.ends = {one: START + end for one, end in zip(customers(3), assessments, strict=True)}
    bank.permissions.until, bank.contents.valid_until = START + permission, START + content
    quiet = START + 12 * HOUR  # 21:00 in Shanghai
    day = Day(bank)

    day.pass_by(15 * HOUR, offset)

    for one, moments in day.could.items():
        assert max(moments) < min(bank.rules.ends[one], bank.permissions.until, bank.contents.valid_until, quiet)
    early = [one for one in customers(3) if min(bank.rules.ends[one], bank.permissions.until) > START + HOUR]
    assert content <= HOUR or set(early) <= day.could.keys()
