"""What members send of their own accord counts in the ledger (S38), however often it is looked at."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrm.pressure.model import PressureClass
from scrm.pressure.personal import PersonalMessage, PersonalSends, PersonalSettings, Received
from tests.fakes.personal import FakePersonalMarks, FakePersonalMessages, FakePersonalQueue, FakeTargetOwners
from tests.unit.pressure.conftest import T0, W01, W53, Desk

SETTINGS = PersonalSettings()
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MONDAY = datetime.fromisoformat("2027-01-04T00:00:00+08:00")  # the first moment of 2027-W01


@dataclass
class Office:
    """The use case over the ledger of `Desk`; wm1 and wm2 are rm1's, wm3 is rm2's, wm4 is nobody's."""

    desk: Desk
    wecom: FakePersonalMessages = field(default_factory=FakePersonalMessages)
    queue: FakePersonalQueue = field(default_factory=FakePersonalQueue)
    marks: FakePersonalMarks = field(default_factory=FakePersonalMarks)
    owners: FakeTargetOwners = field(
        default_factory=lambda: FakeTargetOwners({"wm1": "rm1", "wm2": "rm1", "wm3": "rm2", "wr1": "rm1"})
    )
    numbers: Iterator[int] = field(default_factory=count)

    @property
    def sends(self) -> PersonalSends:
        desk = self.desk
        return PersonalSends(
            self.wecom, self.queue, self.marks, self.owners, desk.ledger, SETTINGS, lambda: desk.moment
        )

    def message(
        self, *rows: Received, userid: str = "rm1", of: PressureClass = PressureClass.PUSH, at: datetime | None = None
    ) -> PersonalMessage:
        message = PersonalMessage(f"msg_{next(self.numbers)}", userid, of, at or self.desk.moment)
        self.wecom.messages.append(message)
        self.wecom.rows[message.msgid] = list(rows)
        return message

    def listed(self) -> list[str]:
        return [message.msgid for message, _ in self.queue.asked]


@pytest.fixture
def office(desk: Desk) -> Office:
    return Office(desk)


def sent(target_id: str, at: datetime = T0) -> Received:
    return Received(target_id, at)


def test_a_members_own_message_takes_the_room_of_campaigns(office: Office) -> None:
    for _ in range(2):
        office.sends.count(office.message(sent("wm1"), sent("wm2")))

    answer = office.desk.ledger.reserve("rm1", ["wm1", "wm2"], office.desk.touch("t1"))

    assert (answer.reserved, answer.deferred) == (frozenset(), frozenset({"wm1", "wm2"}))
    assert office.desk.pushes("rm1", "wm1") == {W53: (0, 2)}


def test_a_repeat_counts_once(office: Office) -> None:
    message = office.message(sent("wm1"))

    assert [office.sends.count(message) for _ in range(3)] == [1, 1, 1]
    assert office.desk.pushes("rm1", "wm1") == {W53: (0, 1)}


def test_it_counts_with_the_accountable_owner_whoever_sent(office: Office) -> None:
    office.sends.count(office.message(sent("wm1"), sent("wm3"), sent("wm4")))

    assert office.desk.pushes("rm2", "wm3") == {W53: (0, 1)}
    assert office.desk.pushes("", "wm4") == {W53: (0, 1)}
    office.desk.move("wm4", "", "rm3")
    assert office.desk.pushes("rm3", "wm4") == {W53: (0, 1)}


def test_it_counts_in_the_week_in_which_it_was_sent(office: Office) -> None:
    office.sends.count(office.message(sent("wm1", MONDAY - MINUTE), sent("wm2", MONDAY)))

    assert office.desk.pushes("rm1", "wm1") == {W53: (0, 1)}
    assert office.desk.pushes("rm1", "wm2") == {W01: (0, 1)}


def test_groups_have_their_own_class(office: Office) -> None:
    office.sends.count(office.message(sent("wr1"), of=PressureClass.GROUP))

    (found,) = office.desk.ledger.counts_of("rm1", "wr1")
    assert (found.pressure_class, found.settled) == (PressureClass.GROUP, 1)


def test_what_was_not_sent_counts_nowhere_and_is_read_again_a_few_times(office: Office) -> None:
    message = office.message(sent("wm1"), Received("wm2", is_open=True), Received("wm3"))

    office.sends.count(message)
    office.sends.count(replace(message, looks=SETTINGS.most_looks))

    assert office.desk.pushes("rm1", "wm2") == {}
    assert office.desk.pushes("rm2", "wm3") == {}
    assert office.queue.asked == [(replace(message, looks=1), T0 + SETTINGS.recheck)]


def test_a_count_that_wecom_puts_off_comes_back_while_its_week_counts(office: Office) -> None:
    fresh, old = office.message(sent("wm1")), office.message(sent("wm1"), at=T0 - 8 * DAY)
    office.wecom.postponed = [T0 + HOUR, T0 + HOUR]

    assert [office.sends.count(fresh), office.sends.count(old)] == [0, 0]
    assert office.queue.asked == [(fresh, T0 + HOUR)]


def test_a_pass_goes_on_where_the_last_one_ended(office: Office) -> None:
    before = office.message(at=T0 - 2 * HOUR)
    too_young = office.message(at=T0 - MINUTE)

    assert office.sends.request_new() == 1
    office.desk.moment += HOUR
    assert office.sends.request_new() == 1
    assert office.listed() == [before.msgid, too_young.msgid]
    assert office.marks.until == T0 + HOUR - SETTINGS.lag


def test_the_first_pass_looks_a_week_back_and_no_further(office: Office) -> None:
    office.message(at=T0 - 8 * DAY)
    seen = office.message(at=T0 - 6 * DAY), office.message(at=T0 - DAY, of=PressureClass.GROUP)

    assert office.sends.request_new() == 2
    assert set(office.listed()) == {message.msgid for message in seen}
    assert all(until - since <= SETTINGS.step for since, until in office.wecom.windows)


def test_a_pass_that_wecom_puts_off_is_taken_up_by_the_next(office: Office) -> None:
    office.marks.until = T0 - 3 * HOUR
    office.message(at=T0 - HOUR)
    office.wecom.postponed = [T0 + MINUTE]

    assert office.sends.request_new() == 0
    assert office.marks.until == T0 - 3 * HOUR
    assert office.sends.request_new() == 1


def test_a_long_pass_ends_in_time_and_loses_nothing(office: Office) -> None:
    desk = office.desk
    messages = [office.message(at=T0 - hours * HOUR) for hours in range(1, 40)]
    office.marks.until = T0 - 2 * DAY

    class Slow(FakePersonalMarks):
        def mark(self, until: datetime) -> None:
            super().mark(until)
            desk.moment += 50 * timedelta(seconds=1)

    office.marks = Slow(office.marks.until)
    passes = 0
    while len(set(office.listed())) < len(messages):
        office.sends.request_new()
        passes += 1

    assert 10 < passes < 30
    assert set(office.listed()) == {message.msgid for message in messages}


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=25),
    st.permutations([*range(6), *range(6)]),
)
def test_whatever_the_order_and_the_repeats_each_message_counts_once(
    pairs: list[tuple[int, int]], deliveries: list[int]
) -> None:
    office = Office(Desk())
    office.owners.owners |= {f"wm{customer}": f"rm{customer % 2}" for customer in range(4)}
    reached = [{customer for number, customer in pairs if number == each} for each in range(6)]
    messages = [office.message(*(sent(f"wm{customer}") for customer in customers)) for customers in reached]

    for number in deliveries:
        office.sends.count(messages[number])

    for customer in range(4):
        expected = sum(customer in customers for customers in reached)
        counted = office.desk.pushes(f"rm{customer % 2}", f"wm{customer}")
        assert counted == ({W53: (0, expected)} if expected else {})
