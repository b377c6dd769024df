"""The review table on the embedded engine, and the fake by the same rules."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.engine.emulator import Engine
from scrm.aws.review_table import DynamoReviewCases
from scrm.aws.table import Table
from scrm.paging import InvalidCursorError
from scrm.review import model
from scrm.review.figures import by_desk
from scrm.review.model import Disposition, Hit, ReviewCase, ReviewKind, Severity
from scrm.review.ports import EntryVerdicts, ReviewCases
from scrm.review.queries import CaseQuery
from tests.fakes.review import FakeReviewCases

pytestmark = pytest.mark.engine
NAME = "reviews-alone"  # the template's has the same keys; other tests of the session may have left it behind
NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
DESK = "/1/10/"
HEAD_OFFICE = "/1/"


@pytest.fixture(scope="module")
def client(engine: Engine) -> Iterator[Any]:
    client = engine.client("dynamodb")
    names = ("pk", "sk", "desk_pk", "desk_sk", "bank_pk", "wait_pk")
    client.create_table(
        TableName=NAME,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": index,
                "KeySchema": [
                    {"AttributeName": first, "KeyType": "HASH"},
                    {"AttributeName": "desk_sk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY" if index == "by_due" else "ALL"},
            }
            for index, first in (("by_desk", "desk_pk"), ("by_bank", "bank_pk"), ("by_due", "wait_pk"))
        ],
    )
    yield client
    client.delete_table(TableName=NAME)


@pytest.fixture(params=["table", "fake"])
def cases(request: pytest.FixtureRequest) -> ReviewCases:
    if request.param == "fake":
        return FakeReviewCases()
    client = request.getfixturevalue("client")
    for item in client.scan(TableName=NAME)["Items"]:
        client.delete_item(TableName=NAME, Key={"pk": item["pk"], "sk": item["sk"]})
    return DynamoReviewCases(Table(client, NAME))


def case(number: int, desk_path: str = DESK) -> ReviewCase:
    msgid = f"m{number}"
    return ReviewCase(
        case_id=model.case_id_of(ReviewKind.COMPLIANCE, msgid),
        kind=ReviewKind.COMPLIANCE,
        msgid=msgid,
        message_id=f"2026-11-26.07.{2**63}.{2**63 + number}",
        conversation_id="conv_1",
        member="rm_li",
        node_path="/1/10/12/",
        desk_path=desk_path,
        severity=Severity.WARNING,
        hits=(Hit("lex_1", "保本", 0, 2, 4, Severity.WARNING, "pinyin"),),
        lexicon_version=7,
        opened_at=NOW,
        due_at=NOW + timedelta(hours=number),
    )


def stored(cases: ReviewCases, number: int) -> ReviewCase:
    found = cases.case(case(number).case_id)
    assert found is not None
    return found


def test_a_case_is_read_as_it_was_kept_and_kept_once(cases: ReviewCases) -> None:
    assert [cases.add(case(1)), cases.add(case(1))] == [True, False]

    found = stored(cases, 1)

    assert found.version == 1
    assert (found.message_id, found.hits, found.due_at) == (case(1).message_id, case(1).hits, case(1).due_at)
    assert cases.case("rev_none") is None


def test_only_the_version_that_was_read_is_written_over(cases: ReviewCases) -> None:
    cases.add(case(1))
    read = stored(cases, 1)

    assert cases.save(model.claimed(read, "operator:li", NOW)) is True
    assert cases.save(model.claimed(read, "operator:wu", NOW)) is False
    assert stored(cases, 1).claimed_by == "operator:li"


def test_a_case_with_the_most_and_longest_hits_fits_an_item(cases: ReviewCases) -> None:
    long = Hit("promise:" + "保" * 100, "本" * 100, 0, 10_000_000, 10_000_100, Severity.SERIOUS, "full_width")

    assert cases.add(replace(case(1), hits=(long,) * model.MOST_HITS)) is True

    assert len(stored(cases, 1).hits) == model.MOST_HITS


def test_a_desk_has_its_own_open_cases_what_is_due_first_first(cases: ReviewCases) -> None:
    for number in (3, 1, 2):
        cases.add(case(number))
    cases.add(case(4, desk_path="/1/20/"))

    first = cases.listed(CaseQuery(DESK), None, 2)
    rest = cases.listed(CaseQuery(DESK), first.cursor, 2)

    assert [each.msgid for each in (*first.items, *rest.items)] == ["m1", "m2", "m3"]
    assert rest.cursor is None


def test_a_closed_case_leaves_the_open_ones_with_its_verdicts_counted(cases: ReviewCases) -> None:
    for number in (1, 2):
        cases.add(case(number))
        claimed = model.claimed(stored(cases, number), "operator:li", NOW)
        closed = model.decided(claimed, "operator:li", Disposition.VIOLATION, "x", NOW, needs_second=False)
        cases.save(closed, [EntryVerdicts("lex_1", 7, 1, 0)])

    for scope in (DESK, HEAD_OFFICE):
        assert cases.listed(CaseQuery(scope), None, 10).items == ()
        assert len(cases.listed(CaseQuery(scope, is_closed=True), None, 10).items) == 2
    assert cases.verdicts(7) == [EntryVerdicts("lex_1", 7, 2, 0)]
    assert cases.verdicts(8) == []
    assert cases.overdue_at_branches(NOW + timedelta(days=9), 10) == []


def test_what_is_closed_adds_up_by_branch_kind_and_day(cases: ReviewCases) -> None:
    for number in (1, 2, 3):
        cases.add(case(number))
        claimed = model.claimed(stored(cases, number), "operator:li", NOW)
        closed_at = NOW + timedelta(days=10 * number)
        closed = model.decided(claimed, "operator:li", Disposition.VIOLATION, "x", closed_at, needs_second=False)
        assert cases.save(closed, [EntryVerdicts("lex_1", 7, 1, 0, 1)])

    found = by_desk(cases.tallies(HEAD_OFFICE, NOW.date(), (NOW + timedelta(days=20)).date()))

    assert [(each.branch_path, each.kind, each.closed, each.late) for each in found] == [
        (DESK, ReviewKind.COMPLIANCE, 2, 2)
    ]
    assert found[0].minutes == 30 * 24 * 60
    assert list(cases.tallies("/1/20/", NOW.date(), NOW.date() + timedelta(days=99))) == []
    assert cases.verdicts(7) == [EntryVerdicts("lex_1", 7, 3, 0, 3)]


def test_what_is_past_its_time_is_found_over_all_branches_the_longest_first(cases: ReviewCases) -> None:
    for number, desk in ((2, DESK), (1, "/1/20/"), (9, DESK), (3, HEAD_OFFICE)):
        cases.add(case(number, desk))

    overdue = cases.overdue_at_branches(NOW + timedelta(hours=4), 10)

    assert overdue == [case(1).case_id, case(2).case_id]
    by_list = cases.listed(CaseQuery(HEAD_OFFICE, due_before=NOW + timedelta(hours=4)), None, 10)
    assert [each.msgid for each in by_list.items] == ["m1", "m2", "m3"]


def test_a_filter_that_fits_few_reads_on_and_pages_exactly(cases: ReviewCases) -> None:
    for number in range(1, 8):
        cases.add(case(number))
    for number in (2, 5, 7):
        cases.save(model.claimed(stored(cases, number), "operator:li", NOW))
    query = CaseQuery(HEAD_OFFICE, claimed_by="operator:li")

    first = cases.listed(query, None, 2)
    rest = cases.listed(query, first.cursor, 2)

    assert [each.msgid for each in (*first.items, *rest.items)] == ["m2", "m5", "m7"]
    assert rest.cursor is None


def test_head_office_has_what_was_escalated_and_a_team_its_own(cases: ReviewCases) -> None:
    cases.add(case(1))
    cases.add(case(2, HEAD_OFFICE))

    def found(query: CaseQuery) -> list[str]:
        return [each.msgid for each in cases.listed(query, None, 10).items]

    assert found(CaseQuery(HEAD_OFFICE, at_head_office=True)) == ["m2"]
    assert found(CaseQuery(DESK)) == ["m1"]
    assert found(CaseQuery("/1/10/12/")) == ["m1"]
    assert found(CaseQuery("/1/10/13/")) == []


def test_the_salt_is_made_once(cases: ReviewCases) -> None:
    assert cases.salt() == cases.salt() != ""


@pytest.mark.parametrize("cursor", ["bm8", "W10"])
def test_a_foreign_cursor_is_refused(cases: ReviewCases, cursor: str) -> None:
    with pytest.raises(InvalidCursorError):
        cases.listed(CaseQuery(DESK), cursor, 10)
