"""The contacts table on the embedded engine, and the fakes of the unit tests by the same rules."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from scrm.aws import contact_items as items
from scrm.aws import cursors, session
from scrm.aws.contact_queries import DynamoContactQueries
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.sync_runs import DynamoSyncRuns
from scrm.aws.table import Table
from scrm.contacts.accountability import Accountability
from scrm.contacts.changes import ContactChanges, Taken
from scrm.contacts.full_pass import FullPass
from scrm.contacts.groups import GroupChanges
from scrm.contacts.model import (
    Alias,
    Basis,
    Claim,
    Customer,
    Finding,
    GroupChat,
    Hold,
    HoldReason,
    MasterRow,
    QuotaUse,
    Relation,
    RelationDetails,
    RelationState,
    Standing,
)
from scrm.contacts.names import Rename
from scrm.contacts.ownership import followers_of
from scrm.contacts.ports import Change, ContactRepository, SyncRuns
from scrm.contacts.runs import Part, PassCounts, SyncRun
from scrm.contacts.writer import CustomerWriter
from scrm.paging import InvalidCursorError
from tests.engine import EngineTables
from tests.fakes.contacts import T0, FakeContacts, FakeCustomerSource, FakeSyncRuns

pytestmark = pytest.mark.engine

HOUR = timedelta(hours=1)


@pytest.fixture
def table(tables: EngineTables) -> Iterator[Table]:
    session.reset()
    yield Table(session.client("dynamodb"), tables.names["ContactsTable"])
    session.reset()


@pytest.fixture(params=["table", "fake"])
def contacts(request: pytest.FixtureRequest) -> ContactRepository:
    if request.param == "fake":
        return FakeContacts()
    return DynamoContactRepository(request.getfixturevalue("table"))


@pytest.fixture(params=["table", "fake"])
def runs(request: pytest.FixtureRequest) -> SyncRuns:
    if request.param == "fake":
        return FakeSyncRuns()
    return DynamoSyncRuns(request.getfixturevalue("table"))


def relation(customer: str, userid: str = "rm_a", state: RelationState = RelationState.ACTIVE) -> Relation:
    return Relation(userid, customer, state, T0, T0, RelationDetails("陈", "基金", ("et1",), ("老客户",), "", "oSIM1"))


def whole_customer() -> Customer:
    return Customer(
        external_userid="wm1",
        followers={"rm_a": Standing(RelationState.ACTIVE, T0, T0 + HOUR)},
        claims=(Claim(T0, Basis.HANDOVER, "rm_z", "rm_a", "case_1"),),
        master=MasterRow("rm_b", T0),
        hold=Hold(HoldReason.COMPLAINT, T0, "op_1"),
        quota_uses=(QuotaUse(T0, "case_1"),),
        quota_full_at=T0,
        owner_userid="rm_a",
        owner_since=T0,
        basis=Basis.HANDOVER,
        finding=Finding.GAP,
    )


class TestRepositories:
    """What `ContactRepository` promises, of the table and of the fake that unit tests use."""

    def test_customer_and_relation_come_back_as_they_were_stored(self, contacts: ContactRepository) -> None:
        bare = replace(relation("wm2"), details=RelationDetails())

        assert contacts.write([Change(whole_customer(), (relation("wm1"),)), Change(None, (bare,))])

        known = contacts.read([("rm_a", "wm1"), ("rm_a", "wm2"), ("rm_b", "wm1")], ["wm1", "wm9"], ["rm_a"])
        assert known.customers == {"wm1": whole_customer()}
        assert known.relations == {("rm_a", "wm1"): relation("wm1"), ("rm_a", "wm2"): bare}
        assert known.aliases == {}
        assert (known.customers["wm1"].version, known.relations["rm_a", "wm1"].version) == (1, 1)

    def test_one_stale_item_keeps_the_whole_write_back(self, contacts: ContactRepository) -> None:
        contacts.write([Change(Customer("wm1"), (relation("wm1"),))])

        stale_customer = contacts.write([Change(Customer("wm1"), ()), Change(Customer("wm2"), ())])
        stale_row = contacts.write([Change(Customer("wm3"), (relation("wm1"),))])

        assert (stale_customer, stale_row) == (False, False)
        assert contacts.read(customers=["wm1", "wm2", "wm3"]).customers.keys() == {"wm1"}

    def test_ended_relations_are_read_by_key_and_not_listed(self, contacts: ContactRepository) -> None:
        contacts.write([Change(None, tuple(relation(f"wm{place}") for place in range(5)))])
        read = contacts.read([("rm_a", "wm3")]).relations["rm_a", "wm3"]

        contacts.write([Change(None, (replace(read, state=RelationState.ENDED),))])

        assert [row.external_userid for row in contacts.relations_of("rm_a")] == ["wm0", "wm1", "wm2", "wm4"]
        assert [row.external_userid for row in contacts.relations_after("rm_a", "wm1", 2)] == ["wm2", "wm4"]
        assert contacts.relations_after("rm_a", "wm4", 2) == []
        assert contacts.read([("rm_a", "wm3")]).relations["rm_a", "wm3"].state is RelationState.ENDED

    def test_relations_that_wecoms_list_must_show_are_counted(self, contacts: ContactRepository) -> None:
        states = [*RelationState, RelationState.ACTIVE]
        rows = [relation(f"wm{place}", state=state) for place, state in enumerate(states)]
        rows[-1] = replace(rows[-1], changed_at=T0 + 2 * HOUR)
        contacts.write([Change(None, tuple(rows))])

        assert contacts.count_settled("rm_a", T0 + HOUR) == 2
        assert contacts.count_settled("rm_a", T0 + 2 * HOUR) == 3

    def test_newer_alias_counts(self, contacts: ContactRepository) -> None:
        contacts.put_alias(Alias("rm_a", "rm_b", T0 + HOUR))
        contacts.put_alias(Alias("rm_a", "rm_c", T0))

        assert contacts.read(aliases=["rm_a", "rm_b"]).aliases == {"rm_a": Alias("rm_a", "rm_b", T0 + HOUR)}

    def test_seen_customers_are_sorted_and_kept_per_run(self, contacts: ContactRepository) -> None:
        contacts.note_seen("run_1", "rm_a", [f"wm{place:02d}" for place in reversed(range(30))])
        contacts.note_seen("run_1", "rm_a", ["wm07"])
        contacts.note_seen("run_2", "rm_a", ["wm99"])

        assert list(contacts.seen_by("run_1", "rm_a")) == [f"wm{place:02d}" for place in range(30)]

    def test_group_has_one_owner_at_a_time_and_older_news_changes_nothing(self, contacts: ContactRepository) -> None:
        assert contacts.put_group(GroupChat("wr1", "rm_a", "财富沙龙", T0))
        assert contacts.put_group(GroupChat("wr1", "rm_b", "财富沙龙", T0 + HOUR))
        assert not contacts.put_group(GroupChat("wr1", "rm_b", "旧名", T0))

        assert list(contacts.groups_of("rm_a")) == []
        assert list(contacts.groups_of("rm_b")) == [GroupChat("wr1", "rm_b", "财富沙龙", T0 + HOUR)]
        contacts.remove_group("wr1")
        assert list(contacts.groups_of("rm_b")) == []


class TestSyncRuns:
    """What `SyncRuns` promises."""

    def test_first_plan_counts(self, runs: SyncRuns) -> None:
        parts = [(f"rm_{number}",) for number in range(120)]

        first = runs.plan(SyncRun("run_1", T0, 120, 120), parts)
        second = runs.plan(SyncRun("run_1", T0 + HOUR, 1, 1), [("rm_other",)])

        assert first == second == runs.run("run_1") == SyncRun("run_1", T0, 120, 120)
        assert list(runs.open_parts("run_1")) == list(enumerate(parts))
        assert runs.run("run_2") is None

    def test_part_is_counted_once(self, runs: SyncRuns) -> None:
        runs.plan(SyncRun("run_1", T0, 2, 2), [("rm_a",), ("rm_b",)])
        counts = PassCounts(members=1, relations_seen=7, relations_stored=2)

        told = [runs.finish_part("run_1", number, counts) for number in (0, 0, 1)]

        assert told == [True, False, True]
        run = runs.run("run_1")
        assert run is not None
        assert run.counts == PassCounts(members=2, relations_seen=14, relations_stored=4)
        assert run.is_complete
        assert list(runs.open_parts("run_1")) == []

    def test_run_is_finished_once(self, runs: SyncRuns) -> None:
        runs.plan(SyncRun("run_1", T0, 0, 0), [])

        assert runs.finish("run_1", T0 + HOUR)
        assert not runs.finish("run_1", T0 + 2 * HOUR)

        run = runs.run("run_1")
        assert run is not None
        assert run.finished_at == T0 + HOUR


def changes_on(table: Table, source: FakeCustomerSource | None = None) -> ContactChanges:
    contacts = DynamoContactRepository(table)
    return ContactChanges(source or FakeCustomerSource(), contacts, CustomerWriter(contacts, lambda: T0))


class Requests:
    """What botocore sends, by operation."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        session.client("dynamodb").meta.events.register("before-send.dynamodb.*", self._count)

    def _count(self, request: Any, event_name: str, **_: Any) -> None:
        self.sent.append(event_name.rsplit(".", 1)[-1])

    def of(self, act: Callable[[], object]) -> Counter[str]:
        self.sent.clear()
        act()
        return Counter(self.sent)


class TestCost:
    def test_callback_costs_two_requests(self, table: Table) -> None:
        source = FakeCustomerSource(details={("rm_a", "wm1"): RelationDetails("陈")})
        changes, requests = changes_on(table, source), Requests()
        steps: dict[str, Callable[[], object]] = {
            "half_added": lambda: changes.added("rm_a", "wm1", T0, half=True),
            "added": lambda: changes.added("rm_a", "wm1", T0 + HOUR),
            "edited": lambda: changes.edited("rm_a", "wm1"),
            "second follower": lambda: changes.added("rm_b", "wm1", T0 + HOUR),
            "deleted by customer": lambda: changes.deleted_by_customer("rm_a", "wm1", T0 + 2 * HOUR),
            "deleted by member": lambda: changes.deleted_by_member("rm_a", "wm1", T0 + 3 * HOUR),
            "transferred": lambda: changes.deleted_by_member("rm_b", "wm1", T0 + 3 * HOUR, by_transfer=True),
        }

        costs = {name: requests.of(step) for name, step in steps.items()}

        assert costs == {name: Counter(BatchGetItem=1, TransactWriteItems=1) for name in steps}

    def test_hundred_customers_taken_over_cost_a_request(self, table: Table) -> None:
        changes, requests = changes_on(table), Requests()
        customers = tuple(f"wm{place:03d}" for place in range(100))
        for customer in customers:
            changes.added("rm_a", customer, T0)
            changes.deleted_by_member("rm_a", customer, T0 + HOUR, by_transfer=True)
            changes.added("rm_b", customer, T0 + HOUR)
        taken = Taken("case_1", "rm_a", "rm_b", customers, T0 + 2 * HOUR, on_job=True)

        first = requests.of(lambda: changes.taken_over(taken))
        again = requests.of(lambda: changes.taken_over(taken))

        assert first == Counter(TransactWriteItems=1)
        assert again == Counter(TransactWriteItems=1, BatchGetItem=1)
        queries = DynamoContactQueries(table)
        view = queries.customer("wm042")
        assert view is not None
        assert (view.owner_userid, view.basis, view.onjob_transfers) == ("rm_b", Basis.HANDOVER, (T0 + 2 * HOUR,))

    def test_details_of_customers_side_by_side_cost_a_page(self, table: Table) -> None:
        contacts, requests = DynamoContactRepository(table), Requests()
        table.batch_write(items.relation_item(relation(f"wm{place:04d}")) for place in range(700))
        wanted = [f"wm{place:04d}" for place in range(100, 600)]

        found: dict[str, RelationDetails] = {}
        cost = requests.of(lambda: found.update(contacts.details_of("rm_a", [*wanted, "wm_unknown"])))

        assert cost == Counter(Query=1)
        assert found == dict.fromkeys(wanted, relation("wm1").details)

    def test_details_that_a_page_leaves_out_are_read_by_key(self, table: Table) -> None:
        contacts, requests = DynamoContactRepository(table), Requests()
        large = replace(relation("wm1"), details=RelationDetails("陈", "基" * 1_000))
        table.batch_write(
            items.relation_item(replace(large, external_userid=f"wm{place:04d}")) for place in range(1_000)
        )
        wanted = [f"wm{place:04d}" for place in range(0, 1_000, 4)]

        found: dict[str, RelationDetails] = {}
        cost = requests.of(lambda: found.update(contacts.details_of("rm_a", wanted)))

        assert (cost["Query"], cost["BatchGetItem"]) == (1, 2)
        assert found == dict.fromkeys(wanted, large.details)


class TestTogether:
    def test_customers_whose_callbacks_were_lost_are_moved(self, table: Table) -> None:
        changes, contacts = changes_on(table), DynamoContactRepository(table)
        customers = tuple(f"wm{place:03d}" for place in range(100))
        for customer in customers:
            changes.added("rm_a", customer, T0)

        changes.taken_over(Taken("case_1", "rm_a", "rm_b", customers, T0 + HOUR, on_job=False))

        assert contacts.details_of("rm_a", ["wm007", "wm_unknown"]) == {"wm007": RelationDetails()}
        assert contacts.count_relations("rm_a") == 0
        assert contacts.count_relations("rm_b") == 100

    def test_followers_added_at_the_same_time_all_stay(self, table: Table) -> None:
        changes = changes_on(table)
        staff = [f"rm_{number}" for number in range(4)]

        with ThreadPoolExecutor(len(staff)) as pool:
            list(pool.map(lambda userid: changes.added(userid, "wm1", T0), staff))

        customer = DynamoContactRepository(table).customers(["wm1"])["wm1"]
        assert list(followers_of(customer)) == staff
        assert customer.owner_userid == "rm_0"

    def test_full_pass_repairs_the_table_and_leaves_a_record(self, table: Table) -> None:
        source, contacts = FakeCustomerSource(), DynamoContactRepository(table)
        for place in range(150):
            source.follow("rm_a", f"wm{place:03d}")
        source.follow("rm_b", "wm000", T0 + HOUR)
        changes_on(table).added("rm_a", "wm_gone", T0)

        first, second = pass_over(table, source, "run_1", 1), pass_over(table, source, "run_2", 2)

        assert (first.relations_stored, first.relations_removed) == (151, 1)
        assert second.drift == 0
        assert contacts.count_relations("rm_a") == 150
        assert list(followers_of(contacts.customers(["wm000"])["wm000"])) == ["rm_a", "rm_b"]
        queries = DynamoContactQueries(table)
        newest = queries.sync_runs(None, 1)
        oldest = queries.sync_runs(newest.cursor, 5)
        assert [run.run_id for run in (*newest.items, *oldest.items)] == ["run_2", "run_1"]
        assert queries.sync_run("run_1") == oldest.items[0]
        assert oldest.items[0].finished_at is not None

    def test_renamed_member_takes_everything_along(self, table: Table) -> None:
        changes, contacts = changes_on(table), DynamoContactRepository(table)
        for place in range(40):
            changes.added("rm_old", f"wm{place:03d}", T0)
        contacts.put_group(GroupChat("wr1", "rm_old", "沙龙", T0))
        rename = Rename(contacts, changes.writer)

        after = rename.step("rm_old", "rm_new", T0 + HOUR)
        while after:
            after = rename.step("rm_old", "rm_new", T0 + HOUR, after)
        changes.deleted_by_customer("rm_old", "wm000", T0 + 2 * HOUR)

        assert contacts.count_relations("rm_old") == 0
        assert contacts.count_relations("rm_new") == 40
        assert next(contacts.relations_of("rm_new")).state is RelationState.DELETED_BY_CUSTOMER
        assert [group.chat_id for group in contacts.groups_of("rm_new")] == ["wr1"]


class TestFindings:
    def test_gaps_are_listed_page_by_page_until_they_are_closed(self, table: Table) -> None:
        changes, queries = changes_on(table), DynamoContactQueries(table)
        people = Accountability(changes.repository, changes.writer)
        for place in range(40):
            changes.added("rm_a", f"wm{place:02d}", T0)
            people.master_says(f"wm{place:02d}", "rm_z", T0)
        changes.added("rm_z", "wm07", T0 + HOUR)

        found: list[str] = []
        cursor = None
        while True:
            page = queries.findings(Finding.GAP, cursor, 5)
            found += [view.external_userid for view in page.items]
            cursor = page.cursor
            if cursor is None:
                break

        assert sorted(found) == [f"wm{place:02d}" for place in range(40) if place != 7]
        assert queries.findings(Finding.DISAGREEMENT, None, 100).items == ()

    @pytest.mark.parametrize("position", [{"partition": 16}, {"partition": -1}, {"start": "wm1"}])
    def test_foreign_position_is_refused(self, table: Table, position: dict[str, Any]) -> None:
        with pytest.raises(InvalidCursorError):
            DynamoContactQueries(table).findings(Finding.GAP, cursors.encode("contacts/findings/gap", position), 5)

    def test_unknown_customer_and_run_are_none(self, table: Table) -> None:
        queries = DynamoContactQueries(table)

        assert queries.customer("wm1") is None
        assert queries.sync_run("run_1") is None
        assert queries.sync_runs(None, 10).items == ()


def pass_over(table: Table, source: FakeCustomerSource, run_id: str, hours: int) -> PassCounts:
    contacts, at = DynamoContactRepository(table), T0 + hours * HOUR
    counted: list[PassCounts] = []
    full_pass = FullPass(
        source=source,
        repository=contacts,
        writer=CustomerWriter(contacts, lambda: at),
        groups=GroupChanges(source, contacts),
        runs=DynamoSyncRuns(table),
        on_part=counted.append,
        on_finished=lambda _: None,
    )
    run = full_pass.plan(run_id, at)
    for part in full_pass.open_parts(run):
        left: Part | None = part
        while left is not None:
            left = full_pass.step(left)
    full_pass.finish_if_complete(run_id, at)
    return counted[0]
