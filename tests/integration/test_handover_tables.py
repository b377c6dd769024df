"""The handover's and contacts' tables on the embedded engine, and the case fake by the same rules."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from scrm.aws import cursors, session
from scrm.aws.case_queries import DynamoCaseQueries
from scrm.aws.case_table import DynamoCaseRepository
from scrm.aws.table import Table
from scrm.handover.edges import (
    Attempt,
    AttemptOutcome,
    Chunk,
    ChunkKind,
    ChunkState,
    Edge,
    EdgeState,
    TransferApi,
)
from scrm.handover.errors import StaleVersionError
from scrm.handover.model import (
    CaseOutcome,
    CaseState,
    Certificate,
    ChangeKind,
    DigestOutcome,
    HandoverCase,
    PlanReview,
    StayPolicy,
    case_id_of,
)
from scrm.handover.ports import CaseRepository
from scrm.handover.queries import TakerShare
from scrm.handover.rename import NamedCases
from scrm.paging import InvalidCursorError
from tests.engine import EngineTables
from tests.fakes.handover import CORP, START, FakeCases, signal

pytestmark = pytest.mark.engine


def case_of(userid: str, ordinal: int = 1, path: str = "/1/10/", hours: int = 0) -> HandoverCase:
    return HandoverCase(
        case_id=case_id_of(CORP, userid, ordinal),
        corp_id=CORP,
        handover_userid=userid,
        handover_name="",
        node_id=path.strip("/").split("/")[-1],
        node_path=path,
        node_name="杭州分行",
        state=CaseState.PLANNING,
        opened_at=START + timedelta(hours=hours),
        due_at=START + timedelta(hours=hours),
        signals=(),
        change=ChangeKind.TRANSFER,
        last_day=date(2026, 12, 11),
        start_at=START,
        stays=StayPolicy(customers_stay=True),
        account_deleted_at=START,
        hr_at=START,
        requested_successors=("rm_li02", "rm_zhou03"),
        unusable={"rm_zhou03": 40098},
        outcome=CaseOutcome.CANCELLED,
        certificates=(Certificate(1, START, "handover/certificates/case_1/0001-ab", "ab" * 32, "cd" * 32, 2, 0),),
        customer_totals={"total": 2, "planned": 2},
        packages={"rm_li02": {"relation.checked": 2}},
        package_checksum="ab12",
        lost_ids=("et1",),
        digests={"rm_li02": DigestOutcome.NOT_REACHED},
        escalated_until=START,
        reminded_at=START,
        plan_made_by="operator:op-1",
        review=PlanReview("operator:op-2", START, "ab" * 32, 2, approved=False, reason="not to one person"),
    ).noted(signal(), "changed last_day")


def listed(
    queries: DynamoCaseQueries, userid: str, path: str = "/1/", state: CaseState | None = None, limit: int = 2
) -> list[str]:
    """The ids of a member's cases, over all pages."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = queries.list_cases_of(userid, path, state, cursor, limit)
        found += [case.case_id for case in page.items]
        cursor = page.cursor
        if cursor is None:
            return found


def chunk_of(case: HandoverCase, number: int = 0, *edges: Edge, kind: ChunkKind = ChunkKind.CUSTOMERS) -> Chunk:
    return Chunk(case.case_id, kind, number, case.handover_userid, "rm_li02", edges or (Edge("wm1"),))


@pytest.fixture
def table(tables: EngineTables) -> Callable[[str], Table]:
    session.reset()
    return lambda logical_id: Table(tables.client, tables.names[logical_id])


@pytest.fixture(params=["table", "fake"])
def cases(request: pytest.FixtureRequest) -> NamedCases:
    if request.param == "fake":
        return FakeCases()
    table: Callable[[str], Table] = request.getfixturevalue("table")
    return DynamoCaseRepository(table("HandoverTable"))


class TestCaseRepositories:
    """What `CaseRepository` promises, of the table and of the fake that unit tests use."""

    def test_case_comes_back_as_it_was_stored(self, cases: CaseRepository) -> None:
        case = case_of("rm_wang01")

        assert cases.open_case(case, 1)

        assert cases.case(case.case_id) == case
        assert cases.latest_case_of("rm_wang01") == (case, 1)

    def test_second_opener_loses(self, cases: CaseRepository) -> None:
        case = case_of("rm_wang01")

        assert cases.open_case(case, 1)

        assert not cases.open_case(replace(case, node_name="宁波分行"), 1)
        assert cases.case(case.case_id) == case

    def test_next_departure_needs_the_one_before(self, cases: CaseRepository) -> None:
        assert cases.open_case(case_of("rm_wang01"), 1)
        second = case_of("rm_wang01", ordinal=2)

        assert not cases.open_case(case_of("rm_wang01", ordinal=3), 3)
        assert cases.open_case(second, 2)
        assert cases.latest_case_of("rm_wang01") == (second, 2)

    @pytest.mark.parametrize("times", [1, 2])
    def test_whoever_gets_a_userid_that_was_given_up_starts_with_another_case(
        self, cases: NamedCases, times: int
    ) -> None:
        first = case_of("rm_wang01")
        assert cases.open_case(first, 1)
        for _ in range(times):
            cases.move_latest_case("rm_wang01", "rm_wang02")

        assert cases.latest_case_of("rm_wang01") is None
        assert cases.latest_case_of("rm_wang02") == (first, 1)
        assert (cases.next_ordinal("rm_wang01"), cases.next_ordinal("rm_wang02")) == (2, 2)
        assert cases.open_case(case_of("rm_wang01", ordinal=2), 2)

    @pytest.mark.parametrize("renamed_to", ["rm_li03", ""])
    def test_an_open_case_is_found_under_a_userid_that_another_members_cases_had(
        self, cases: NamedCases, renamed_to: str
    ) -> None:
        for ordinal in (1, 2):
            cases.open_case(case_of("rm_li02", ordinal), ordinal)
        cases.close(replace(case_of("rm_li02", 2), state=CaseState.CLOSED))
        if renamed_to:
            cases.move_latest_case("rm_li02", renamed_to)
        mine = case_of("rm_wang01")
        cases.open_case(mine, 1)

        for _ in range(2):
            cases.move_latest_case("rm_wang01", "rm_li02")

        assert cases.latest_case_of("rm_li02") == (mine, 2)
        assert cases.next_ordinal("rm_li02") == 3
        assert cases.open_case(case_of("rm_li02", 3), 3)

    def test_stale_writer_is_refused(self, cases: CaseRepository) -> None:
        case = case_of("rm_wang01")
        cases.open_case(case, 1)
        cases.save(replace(case, polls=1))

        with pytest.raises(StaleVersionError):
            cases.save(replace(case, polls=2))

        saved = cases.case(case.case_id)
        assert saved is not None
        assert (saved.polls, saved.version) == (1, 1)

    def test_case_and_chunks_come_back_together_in_order_with_edges_and_attempts(self, cases: CaseRepository) -> None:
        tried = Attempt("rm_li02", TransferApi.ON_JOB, START, 40128, AttemptOutcome.REJECTED, START)
        edges = (
            Edge("wm1", EdgeState.MANUAL, "quota_used", 40128, "mgr_zhao", START, START, "named", (tried,)),
            Edge("wm2", tier="private"),
            Edge("wm3", language="yue"),
        )
        case = case_of("rm_wang01")
        cases.open_case(case, 1)
        chunks = [replace(chunk_of(case, number, *edges), api=TransferApi.ON_JOB) for number in range(12)]

        case = cases.add_chunks(case, list(reversed(chunks)))

        assert cases.load(case.case_id) == (case, chunks)
        assert cases.load_some(case.case_id, ChunkKind.CUSTOMERS, [7, 3, 99]) == (case, [chunks[3], chunks[7]])
        assert cases.load("case_unknown") is None
        with pytest.raises(StaleVersionError):
            cases.add_chunks(case, [chunks[3]])

    def test_chunks_are_added_only_to_the_case_that_was_read(self, cases: CaseRepository) -> None:
        case = case_of("rm_wang01")
        cases.open_case(case, 1)
        cases.save(replace(case, polls=1))
        chunks = [chunk_of(case, number) for number in range(70)]

        with pytest.raises(StaleVersionError):
            cases.add_chunks(case, chunks)
        before = cases.load(case.case_id)
        added = cases.add_chunks(replace(case, polls=1, version=1), chunks)

        assert before == (replace(case, polls=1, version=1), [])
        assert cases.load(case.case_id) == (added, chunks)

    def test_stale_chunk_is_refused(self, cases: CaseRepository) -> None:
        case = case_of("rm_wang01")
        cases.open_case(case, 1)
        chunk = chunk_of(case, kind=ChunkKind.GROUPS)
        case = cases.add_chunks(case, [chunk])
        (saved,) = cases.save_chunks([replace(chunk, state=ChunkState.INTENDED)])

        with pytest.raises(StaleVersionError):
            cases.save_chunks([replace(chunk, state=ChunkState.SUBMITTED)])

        assert cases.load_some(case.case_id, ChunkKind.GROUPS, [0]) == (case, [saved])

    def test_edge_changes_its_chunk_together_with_the_case_or_not_at_all(self, cases: CaseRepository) -> None:
        case = case_of("rm_wang01")
        cases.open_case(case, 1)
        source = chunk_of(case, 0, Edge("wm1"), Edge("wm2"))
        case = cases.add_chunks(case, [source])
        left, moved = source.without(frozenset({"wm2"})), chunk_of(case, 1, Edge("wm2"))

        with pytest.raises(StaleVersionError):
            cases.save(replace(case, version=7), [left], [moved])
        before = cases.load(case.case_id)
        saved = cases.save(case, [left], [moved])
        after = cases.load(case.case_id)

        assert before == (case, [source])
        assert after == (saved, [replace(left, version=1), moved])

    def test_due_cases_are_those_whose_time_has_come(self, cases: CaseRepository) -> None:
        for place in range(20):
            cases.open_case(case_of(f"rm_{place:02d}", hours=place), 1)

        due = set(cases.due_cases(START + timedelta(hours=9)))

        assert due == {case_id_of(CORP, f"rm_{place:02d}", 1) for place in range(10)}
        assert cases.next_due() == case_of("rm_00", hours=0).due_at

    def test_without_a_case_nothing_falls_due(self, cases: CaseRepository) -> None:
        assert cases.next_due() is None

    @pytest.mark.parametrize("takers", [1, 150])
    def test_closed_case_is_not_due_and_not_found_through_its_takers(self, cases: CaseRepository, takers: int) -> None:
        case = case_of("rm_wang01")
        cases.open_case(case, 1)
        userids = [f"rm_li{place:03d}" for place in range(takers)]
        chunks = [replace(chunk_of(case, at), takeover_userid=userid) for at, userid in enumerate(userids)]
        case = cases.add_chunks(case, chunks)
        assert list(cases.cases_taken_over_by(userids[-1])) == [case.case_id]

        ended = replace(case, state=CaseState.CLOSED, due_at=None, successors=tuple(userids))
        closed = cases.close(ended)

        with pytest.raises(StaleVersionError):
            cases.close(ended)
        loaded = cases.load(case.case_id)
        assert loaded is not None
        assert loaded[0] == closed
        assert [list(cases.cases_taken_over_by(userid)) for userid in userids] == [[]] * takers
        assert list(cases.due_cases(START + timedelta(days=9))) == []


class TestCaseQueries:
    def test_a_branch_sees_its_own_cases_newest_first_in_pages(self, table: Callable[[str], Table]) -> None:
        cases, queries = DynamoCaseRepository(table("HandoverTable")), DynamoCaseQueries(table("HandoverTable"))
        for place in range(7):
            cases.open_case(case_of(f"rm_a{place}", path="/1/10/11/", hours=place), 1)
            cases.open_case(case_of(f"rm_b{place}", path="/1/20/", hours=place), 1)

        seen: list[str] = []
        cursor = None
        while True:
            page = queries.list_cases("/1/10/", None, cursor, 3)
            seen += [case.handover_userid for case in page.items]
            cursor = page.cursor
            if cursor is None:
                break

        assert seen == [f"rm_a{place}" for place in reversed(range(7))]
        assert queries.list_cases("/1/10/12/", None, None, 50).items == ()

    def test_head_office_sees_all_cases_over_months(self, table: Callable[[str], Table]) -> None:
        cases, queries = DynamoCaseRepository(table("HandoverTable")), DynamoCaseQueries(table("HandoverTable"))
        for place in range(6):
            cases.open_case(case_of(f"rm_{place}", path=f"/1/{10 * (place % 3)}/", hours=place * 24 * 10), 1)

        seen: list[str] = []
        cursor = None
        while True:
            page = queries.list_cases("/1/", None, cursor, 2)
            seen += [case.handover_userid for case in page.items]
            cursor = page.cursor
            if cursor is None:
                break

        assert seen == [f"rm_{place}" for place in reversed(range(6))]
        assert queries.list_cases("/1/", CaseState.CLOSED, None, 50).items == ()

    def test_cases_of_a_renamed_member_are_listed_under_both_userids(self, table: Callable[[str], Table]) -> None:
        cases, queries = DynamoCaseRepository(table("HandoverTable")), DynamoCaseQueries(table("HandoverTable"))
        before = [case_of("rm_wang01", number, hours=number) for number in (1, 2)]
        for number, case in enumerate(before, 1):
            assert cases.open_case(case, number)
        cases.move_latest_case("rm_wang01", "rm_wang02")
        after = case_of("rm_wang02", 3, path="/1/20/", hours=3)
        assert cases.open_case(after, 3)

        first, second = before
        assert listed(queries, "rm_wang01") == [second.case_id, first.case_id]
        assert listed(queries, "rm_wang02") == [after.case_id, second.case_id, first.case_id]
        assert listed(queries, "rm_wang02", path="/1/10/") == [second.case_id, first.case_id]
        assert listed(queries, "rm_wang02", state=CaseState.CLOSED) == []
        cursor = queries.list_cases_of("rm_wang02", "/1/", None, None, 1).cursor
        with pytest.raises(InvalidCursorError):
            queries.list_cases_of("rm_wang01", "/1/", None, cursor, 1)

    def test_edges_are_paged_across_chunks_and_filtered_by_state(self, table: Callable[[str], Table]) -> None:
        cases, queries = DynamoCaseRepository(table("HandoverTable")), DynamoCaseQueries(table("HandoverTable"))
        case = case_of("rm_wang01")
        cases.open_case(case, 1)
        for number in range(3):
            edges = tuple(
                Edge(f"wm{number}{place}", EdgeState.MANUAL if place % 2 else EdgeState.DONE) for place in range(5)
            )
            case = cases.add_chunks(case, [chunk_of(case, number, *edges)])

        seen: list[str] = []
        cursor = None
        while True:
            page = queries.list_edges(case.case_id, EdgeState.MANUAL, cursor, 2)
            seen += [row.target_id for row in page.items]
            cursor = page.cursor
            if cursor is None:
                break

        assert seen == ["wm01", "wm03", "wm11", "wm13", "wm21", "wm23"]
        detail = queries.get_case(case.case_id)
        assert detail is not None
        assert detail.summary.customers.by_state == {"done": 9, "manual": 6}

    def test_a_case_tells_what_followed_its_customers(self, table: Callable[[str], Table]) -> None:
        cases, queries = DynamoCaseRepository(table("HandoverTable")), DynamoCaseQueries(table("HandoverTable"))
        case = replace(
            case_of("rm_wang01"),
            packages={"rm_zhou03": {"greetings": 2}, "rm_li02": {"greetings": 1}},
            package_checksum="ab12",
            lost_ids=("et1",),
            digests={"rm_li02": DigestOutcome.SENT},
            escalated_until=START,
            reminded_at=None,
        )
        cases.open_case(case, 1)

        detail = queries.get_case(case.case_id)

        assert detail is not None
        assert (detail.package, detail.package_checksum, detail.lost_tag_ids) == ({"greetings": 3}, "ab12", ("et1",))
        assert detail.takers == (
            TakerShare("rm_li02", {"greetings": 1}, DigestOutcome.SENT),
            TakerShare("rm_zhou03", {"greetings": 2}, None),
        )
        assert (detail.escalated_until, detail.reminded_at) == (START, None)

    def test_cursor_of_another_list_is_refused(self, table: Callable[[str], Table]) -> None:
        cases, queries = DynamoCaseRepository(table("HandoverTable")), DynamoCaseQueries(table("HandoverTable"))
        for place in range(3):
            cases.open_case(case_of(f"rm_{place}", hours=place), 1)
        cursor = queries.list_cases("/1/10/", None, None, 1).cursor

        for wrong in (cursor, "nonsense", "e30"):
            with pytest.raises(InvalidCursorError):
                queries.list_cases("/1/20/", None, wrong, 1)

    @pytest.mark.parametrize(
        "position",
        [
            {"after": {"pk": "CASE#x", "sk": "CASE"}},
            {"after": {"pk": 7}},
            {"after": "CASE#x"},
            {"partition": 7},
        ],
    )
    def test_forged_place_in_a_list_is_refused(
        self, table: Callable[[str], Table], position: dict[str, object]
    ) -> None:
        queries = DynamoCaseQueries(table("HandoverTable"))

        with pytest.raises(InvalidCursorError):
            queries.list_cases("/1/10/", None, cursors.encode("cases//1/10//", position), 5)

    @pytest.mark.parametrize("position", [{"chunk": "abc"}, {"chunk": 0, "edge": -1}, {"chunk": None}])
    def test_forged_place_in_a_case_is_refused(
        self, table: Callable[[str], Table], position: dict[str, object]
    ) -> None:
        queries = DynamoCaseQueries(table("HandoverTable"))

        with pytest.raises(InvalidCursorError):
            queries.list_edges("case_a", None, cursors.encode("edges/case_a/customers/", position), 5)
