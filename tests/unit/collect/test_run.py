"""A morning's run from its schedule to the measures, with interruptions, repeats and a month that changes teams."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest

from scrm.adds.daily import DailyJudging
from scrm.adds.rules import AddRules
from scrm.aws.duckdb_engine import DuckDbEngine
from scrm.aws.judged_adds import BucketJudgedAdds
from scrm.aws.run_folder import BucketRunFolder
from scrm.collect.adding import RunAdds
from scrm.collect.collecting import Collector
from scrm.collect.datasets import MEMBER_DAYS, READINGS, RELATIONS, day_partition
from scrm.collect.messages import AddsDue, PartDue, RunDue, RunRead
from scrm.collect.model import AddsStep, Part, RosterRow, Run, Stage
from scrm.collect.standing import COVERAGE, USAGE, RunMeasuring
from scrm.kpi.feeds.datasets import BANK_CUSTOMERS
from scrm.sql import Selection
from tests.fakes.adds import FakeAppeals
from tests.fakes.collect import (
    FakeBankCustomers,
    FakeCollectQueue,
    FakeFollowings,
    FakeMemberStatistics,
    FakeRoster,
    FakeStandingMeasures,
    KilledError,
    MemoryDocuments,
)
from tests.fakes.parquet import MemoryFiles

MORNING: Final = datetime(2027, 3, 10, 22, 30, tzinfo=UTC)  # 06:30 of the 11th in Shanghai
DAY: Final = date(2027, 3, 10)
READ_RUN: Final = Selection(READINGS, ("run=2027-03-11-0",))
BEFORE: Final = date(2027, 3, 9)


def rm(userid: str, path: str = "/1/10/12/", **told: Any) -> RosterRow:
    row = RosterRow(userid, path.split("/")[-2], path, on_roster=True, is_licensed=False, is_asked=True)
    return replace(row, **told)


@dataclass
class Bank:
    roster: FakeRoster = field(default_factory=FakeRoster)
    statistics: FakeMemberStatistics = field(default_factory=FakeMemberStatistics)
    followings: FakeFollowings = field(default_factory=FakeFollowings)
    queue: FakeCollectQueue = field(default_factory=FakeCollectQueue)
    standing: FakeStandingMeasures = field(default_factory=FakeStandingMeasures)
    customers: FakeBankCustomers = field(default_factory=FakeBankCustomers)
    folder: BucketRunFolder = field(default_factory=lambda: BucketRunFolder(MemoryDocuments()))
    documents: MemoryDocuments = field(default_factory=MemoryDocuments)
    engine: DuckDbEngine = field(default_factory=lambda: DuckDbEngine(MemoryFiles()))
    least: int = 1
    history_days: int = 0

    def collector(
        self,
        has_time: Callable[[], bool] = lambda: True,
        waits: Callable[[datetime], bool] = lambda _: False,
    ) -> Collector:
        return Collector(
            self.roster, self.statistics, self.followings, self.folder, self.engine, self.queue, has_time, waits
        )

    def measuring(self, has_time: Callable[[], bool] = lambda: True) -> RunMeasuring:
        return RunMeasuring(
            self.engine,
            self.standing,
            self.customers,
            self.folder,
            self.queue,
            lambda: self.least,
            self.history_days,
            self.adds(),
            has_time,
        )

    def adds(self) -> RunAdds:
        judged = BucketJudgedAdds(self.documents, lambda: MORNING)
        judging = DailyJudging(self.engine, judged, lambda: (AddRules(), 0), FakeAppeals(), self.folder)
        return RunAdds(judging, self.customers, self.folder, self.queue)

    def run(self, run: Run, has_time: Callable[[], bool] = lambda: True) -> None:
        """All messages of one run, until it is measured; parts through the words of their messages."""
        collector = self.collector(has_time)
        collector.plan(run)
        while self.queue.parts:
            due = PartDue.of(self.queue.parts.pop(0)).model_dump_json()
            left = collector.read(PartDue.model_validate_json(due).part())
            if left is not None:
                self.queue.parts_due([left])
        self.measure(has_time)

    def measure(self, has_time: Callable[[], bool] = lambda: True) -> None:
        """All that follows on a run that was read, through the words of its messages."""
        while self.queue.read:
            told = RunRead.model_validate_json(RunRead.of(*self.queue.read.pop(0)).model_dump_json())
            self.measuring(has_time).measure(told.run(), told.measured)
        while self.queue.cover:
            self.measuring().coverage(self.queue.cover.pop(0))
        while self.queue.adds:
            due = AddsDue.of(self.queue.adds.pop(0)).model_dump_json()
            self.adds().take(AddsDue.model_validate_json(due).work())

    def morning(self, now: datetime = MORNING, has_time: Callable[[], bool] = lambda: True) -> Run:
        run = self.collector().begin(now)
        assert run is not None
        due = self.queue.due.pop()
        self.run(RunDue.model_validate_json(RunDue.of(due).model_dump_json()).run(), has_time)
        return run

    def usage(self, node_id: str, day: date = DAY) -> tuple[int, int, int]:
        told = self.standing.told[USAGE, day][node_id]
        return told["active_rms"], told["active_rms_day"], told["roster_rms"]


@pytest.fixture
def bank() -> Bank:
    made = Bank(roster=FakeRoster([rm("rm_a"), rm("rm_b"), rm("rm_c", "/1/10/13/"), rm("rm_d", "/1/11/")]))
    made.statistics.messages = {("rm_a", DAY): 5, ("rm_b", BEFORE): 2, ("rm_c", DAY): 1}
    return made


def test_before_six_nothing_is_read_for_the_figures_are_zeros(bank: Bank) -> None:
    assert bank.collector().begin(MORNING - timedelta(minutes=31)) is None
    assert not bank.queue.due


def test_usage_at_every_node_is_of_the_day_and_of_the_month_so_far(bank: Bank) -> None:
    bank.morning()
    assert bank.usage("12") == (2, 1, 2)
    assert bank.usage("10") == (3, 2, 3)
    assert bank.usage("1") == (3, 2, 4)
    assert bank.usage("1", BEFORE) == (1, 1, 4)
    assert bank.standing.told[USAGE, DAY]["1"]["messages_sent"] == 6
    assert bank.standing.told[USAGE, DAY]["1"]["reply_points"] == 5_000 * 4
    assert bank.standing.told[USAGE, DAY]["1"]["active_groups"] == 4


def test_the_bank_says_how_many_messages_make_an_rm_active(bank: Bank) -> None:
    bank.least = 2
    bank.morning()
    assert bank.usage("10") == (2, 1, 3)


def test_the_last_two_days_are_read_again_and_replace_what_was_told(bank: Bank) -> None:
    bank.morning()
    bank.statistics.messages["rm_d", DAY] = 9
    bank.morning(MORNING + timedelta(days=1))
    assert bank.usage("11") == (1, 1, 1)
    assert bank.standing.versions[USAGE, DAY] == date(2027, 3, 12).toordinal()


def test_who_left_since_keeps_his_day_and_counts_where_he_stood(bank: Bank) -> None:
    bank.morning()
    bank.roster.members = [row for row in bank.roster.members if row.userid != "rm_a"]
    bank.morning(MORNING + timedelta(days=1))
    assert bank.usage("12", DAY) == (2, 1, 2)
    assert bank.usage("12", date(2027, 3, 11)) == (1, 0, 1)


def test_who_changes_teams_in_the_month_is_active_where_he_is_now(bank: Bank) -> None:
    bank.morning()
    bank.roster.members[0] = rm("rm_a", "/1/11/")
    bank.morning(MORNING + timedelta(days=1))
    after = date(2027, 3, 11)
    assert (bank.usage("12", after), bank.usage("11", after)) == ((1, 0, 1), (1, 0, 2))
    assert bank.usage("12", DAY) == (2, 1, 2)


def test_a_new_month_begins_with_nobody_active(bank: Bank) -> None:
    bank.statistics.messages = {("rm_a", date(2027, 3, 31)): 5}
    bank.morning(datetime(2027, 4, 1, 22, 30, tzinfo=UTC))
    assert bank.usage("1", date(2027, 3, 31)) == (1, 1, 4)
    assert bank.usage("1", date(2027, 4, 1)) == (0, 0, 4)


def test_licensed_members_and_members_off_the_roster_are_counted_beside(bank: Bank) -> None:
    bank.roster.members += [rm("rm_e", is_licensed=True), rm("clerk", on_roster=False, is_licensed=True)]
    bank.statistics.messages["clerk", DAY] = 7
    bank.morning()
    assert bank.standing.told[USAGE, DAY]["12"]["licensed_rms"] == 1
    assert bank.usage("12") == (2, 1, 3)


def test_a_part_goes_on_where_time_ran_out_and_asks_nobody_twice(bank: Bank) -> None:
    ticks = iter(range(1_000))
    bank.morning(has_time=lambda: next(ticks) % 2 == 0)
    assert sorted(userid for userid, _, _ in bank.statistics.asked) == ["rm_a", "rm_b", "rm_c", "rm_d"]
    assert bank.usage("1") == (3, 2, 4)


def test_what_was_read_before_wecom_says_not_now_is_kept(bank: Bank) -> None:
    bank.statistics.refuses_after = 2
    collector = bank.collector()
    run = Run.of_morning(date(2027, 3, 11))
    collector.plan(run)
    left = collector.read(bank.queue.parts.pop())
    assert left is not None
    assert (left.stage, left.place, left.not_before) == (Stage.STATISTICS, 2, datetime(2027, 3, 11, tzinfo=UTC))
    bank.statistics.refuses_after = None
    assert collector.read(left) is None
    assert [userid for userid, _, _ in bank.statistics.asked] == ["rm_a", "rm_b", "rm_c", "rm_d"]


def test_a_part_that_is_stopped_again_and_again_is_one_file_and_asks_each_owner_once(bank: Bank) -> None:
    """A run that meets WeCom's quota is stopped thousands of times; the engine reads 2,000 files at most."""
    collector, run = bank.collector(), Run.of_morning(date(2027, 3, 11))
    collector.plan(run)
    left: Part | None = bank.queue.parts.pop()
    stops = 0
    while left is not None:
        bank.statistics.refuses_after = stops % 2
        stops += 1
        left = collector.read(left)
    files = bank.engine.query("SELECT userid, day, groups_total FROM readings ORDER BY userid, day", [READ_RUN], {})
    assert [userid for userid, _, _ in files] == [each for each in ("rm_a", "rm_b", "rm_c", "rm_d") for _ in run.days]
    assert {groups for _, _, groups in files} == {2}
    assert len(bank.statistics.asked) == 4
    assert bank.statistics.groups_asked == len(run.days)
    assert stops > 4


def test_what_wecom_takes_in_a_moment_is_waited_for(bank: Bank) -> None:
    """At the quota each member's call waits: no message of its own, nobody asked twice."""
    waited: list[datetime] = []

    def waits(until: datetime) -> bool:
        waited.append(until)
        bank.statistics.refuses_after = 1
        return True

    bank.statistics.refuses_after = 0
    collector, run = bank.collector(waits=waits), Run.of_morning(date(2027, 3, 11))
    collector.plan(run)
    assert collector.read(bank.queue.parts.pop()) is None
    assert [userid for userid, _, _ in bank.statistics.asked] == ["rm_a", "rm_b", "rm_c", "rm_d"]
    assert waited == [datetime(2027, 3, 11, tzinfo=UTC)] * 4


def test_a_part_whose_readings_are_not_kept_is_read_from_its_begin(bank: Bank) -> None:
    collector, run = bank.collector(), Run.of_morning(date(2027, 3, 11))
    collector.plan(run)
    assert collector.read(Part(run, 0, Stage.STATISTICS, 2)) is None
    assert [userid for userid, _, _ in bank.statistics.asked] == ["rm_a", "rm_b", "rm_c", "rm_d"]


def test_everything_twice_gives_the_same_measures(bank: Bank) -> None:
    bank.morning()
    wanted = dict(bank.standing.told)
    run = Run.of_morning(date(2027, 3, 11))
    collector = bank.collector()
    collector.plan(run)  # all parts are done: the run is measured again
    collector.read(Part(run, 0, Stage.STATISTICS, 1))  # a message of before comes once more
    assert len(bank.queue.read) == 2
    bank.measure()
    assert bank.standing.told == wanted
    rows = bank.engine.query("SELECT userid FROM member_days", [Selection(MEMBER_DAYS, (day_partition(DAY),))], {})
    assert sorted(rows) == [("rm_a",), ("rm_b",), ("rm_c",), ("rm_d",)]


def test_a_plan_that_was_interrupted_tells_only_what_is_not_done(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scrm.collect.collecting.MEMBERS_OF_A_PART", 1)
    run = Run.of_morning(date(2027, 3, 11))
    collector = bank.collector()
    assert collector.plan(run) == 4
    collector.read(bank.queue.parts[0])
    bank.queue.parts.clear()
    collector.plan(run)
    assert [part.number for part in bank.queue.parts] == [1, 2, 3]


def master(bank: Bank, *rows: tuple[str, str, str]) -> None:
    """(customer_key, external_userid, node_path) of the bank's customers."""
    told = (
        {**dict.fromkeys(BANK_CUSTOMERS.columns, ""), "customer_key": key, "external_userid": known, "node_path": path}
        for key, known, path in rows
    )
    bank.engine.write(BANK_CUSTOMERS, "version=1", "all", told)
    bank.customers.selection = Selection(BANK_CUSTOMERS, ("version=1",))


def coverage(bank: Bank, node_id: str) -> Sequence[int]:
    told = bank.standing.told[COVERAGE, DAY][node_id]
    return [told[name] for name in ("covered_customers", "linked_customers", "bank_customers", "pool_size")]


def test_coverage_counts_the_banks_customers_where_the_bank_has_them_and_the_pool_where_it_is_served(
    bank: Bank,
) -> None:
    bank.followings.customers = {"rm_a": ["wm1", "wm2", "wm9"], "rm_c": ["wm1"], "rm_d": ["wm3"]}
    master(
        bank,
        ("k1", "wm1", "/1/10/13/"),
        ("k2", "wm2", "/1/10/12/"),
        ("k3", "wm3", "/1/10/12/"),
        ("k4", "wm4", "/1/11/"),
        ("k5", "", "/1/11/"),
    )
    bank.morning()
    assert coverage(bank, "1") == [3, 4, 5, 4]
    assert coverage(bank, "10") == [3, 3, 3, 3]
    assert coverage(bank, "12") == [2, 2, 2, 3]
    assert coverage(bank, "13") == [1, 1, 1, 0]
    assert coverage(bank, "11") == [0, 1, 2, 1]


def test_without_a_master_the_pool_alone_is_told(bank: Bank) -> None:
    bank.followings.customers = {"rm_a": ["wm1", "wm2"]}
    bank.morning()
    assert bank.standing.told[COVERAGE, DAY]["12"] == {"pool_size": 2}


def test_relations_of_the_day_are_written_for_everybody_to_read(bank: Bank) -> None:
    bank.followings.customers = {"rm_a": ["wm1"], "rm_c": ["wm1"]}
    bank.morning()
    rows = bank.engine.query(
        "SELECT userid, node_path, added_at, accountable FROM relations ORDER BY userid",
        [Selection(RELATIONS, (day_partition(DAY),))],
        {},
    )
    assert rows == [
        ("rm_a", "/1/10/12/", "2027-01-05T00:00:00.000Z", True),
        ("rm_c", "/1/10/13/", "2027-01-05T00:00:00.000Z", False),
    ]


def test_history_is_read_once_window_by_window(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scrm.collect.model.WINDOW_DAYS", 4)
    bank.history_days = 10
    bank.statistics.messages["rm_b", date(2027, 3, 2)] = 3
    bank.morning()
    windows = []
    while bank.queue.due:
        windows.append(bank.queue.due.pop())
        bank.run(windows[-1])
    assert [(run.window, run.first.day, run.last.day) for run in windows] == [(1, 5, 8), (2, 1, 4)]
    assert bank.usage("12", date(2027, 3, 4)) == (1, 0, 2)
    assert bank.usage("12", date(2027, 3, 2)) == (1, 1, 2)
    assert bank.standing.told[USAGE, date(2027, 3, 2)]["12"]["customer_groups"] == 4
    bank.morning(MORNING + timedelta(days=1))
    assert not bank.queue.due


def test_the_whole_history_is_six_windows_that_wecom_takes() -> None:
    windows: list[Run] = []
    further: Run | None = Run.of_morning(date(2027, 3, 11))
    while further is not None:
        windows.append(further)
        further = further.further_back(180)
    assert len(windows) == 7
    assert max(len(run.days) for run in windows) == 30
    assert sorted(day for run in windows for day in run.days) == [
        date(2027, 3, 10) - timedelta(days=back) for back in reversed(range(180))
    ]


def recent(bank: Bank) -> None:
    """Customers of four members, added yesterday, and a master that knows two of them."""
    bank.followings.added_at = datetime(2027, 3, 10, 4, tzinfo=UTC)
    bank.followings.customers = {"rm_a": ["wm1", "wm2"], "rm_b": ["wm3"], "rm_c": ["wm4"], "rm_d": ["wm5", "wm6"]}
    master(bank, ("k1", "wm1", "/1/10/12/"), ("k5", "wm5", "/1/11/"))


def judged(bank: Bank) -> dict[str, bytes]:
    return {key: body for key, body in bank.documents.files.items() if key.startswith("kpi/adds/")}


def verdicts(bank: Bank) -> list[bytes]:
    told = (body for key, body in bank.documents.files.items() if key.startswith("facts/add_judged/"))
    return sorted(line for body in told for line in body.splitlines())


def test_a_bank_of_many_sections_judges_as_one_of_one_section_does(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    recent(bank)
    bank.morning()
    whole, told = judged(bank), verdicts(bank)
    assert len(told) == 6

    many = Bank(roster=bank.roster, statistics=bank.statistics)
    monkeypatch.setattr("scrm.adds.sections.MEMBERS_OF_A_SECTION", 1)
    recent(many)
    many.morning()
    planned = many.folder.plan(Run.of_morning(date(2027, 3, 11)))
    assert planned is not None
    assert (planned.sections, planned.parts > 1) == (4, True)
    assert (judged(many), verdicts(many)) == (whole, told)


def test_steps_that_come_twice_or_are_cut_off_and_come_again_judge_once(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a killed invocation has done by then: each of its writes in turn is its last."""
    monkeypatch.setattr("scrm.adds.sections.MEMBERS_OF_A_SECTION", 1)
    recent(bank)
    undisturbed = Bank(roster=bank.roster, statistics=bank.statistics)
    recent(undisturbed)
    undisturbed.morning()

    run = Run.of_morning(date(2027, 3, 11))
    bank.collector().plan(run)
    for part in bank.queue.parts:
        bank.collector().read(part)
    bank.measuring().measure(run)
    writes = 0
    while bank.queue.adds:
        work = bank.queue.adds.pop(0)
        writes += 1
        bank.documents.puts_left = writes % 4
        with suppress(KilledError):
            bank.adds().take(work)
        bank.documents.puts_left = None
        bank.adds().take(work)
        if writes % 3 == 0:
            bank.adds().take(work)
    assert (judged(bank), verdicts(bank)) == (judged(undisturbed), verdicts(undisturbed))
    assert writes >= 9


def test_measuring_goes_on_where_time_ran_out(bank: Bank) -> None:
    bank.morning(has_time=lambda: False)
    told = bank.standing.told
    undisturbed = Bank(roster=bank.roster, statistics=bank.statistics)
    undisturbed.morning()
    assert told == undisturbed.standing.told


def test_coverage_that_is_too_large_holds_up_neither_adds_nor_history(bank: Bank) -> None:
    recent(bank)
    bank.history_days = 10
    run = Run.of_morning(date(2027, 3, 11))
    bank.collector().plan(run)
    for part in bank.queue.parts:
        bank.collector().read(part)
    assert bank.measuring().measure(run)
    assert bank.queue.cover == [run]
    assert bank.queue.due == [run.further_back(10)]
    assert [work.step for work in bank.queue.adds] == [AddsStep.JUDGE]


def test_a_piece_ends_where_its_recent_adds_fill_memory(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scrm.collect.collecting.ADDS_OF_A_PIECE", 2)
    recent(bank)
    collector, run = bank.collector(), Run.of_morning(date(2027, 3, 11))
    collector.plan(run)
    left = collector.read(bank.queue.parts[0])
    assert left is not None
    assert (left.stage, left.place) == (Stage.RELATIONS, 1)
    bank.queue.parts.clear()
    bank.morning()
    assert len(verdicts(bank)) == 6
