"""The review table on the embedded engine, and the fake by the same rules."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.engine.emulator import Engine
from scrm.aws.review_table import DynamoReviewCases
from scrm.aws.table import Table
from scrm.paging import InvalidCursorError
from scrm.review import model
from scrm.review.model import Disposition, Hit, ReviewCase, ReviewKind, ReviewState, Severity
from scrm.review.ports import EntryVerdicts, ReviewCases
from tests.fakes.review import FakeReviewCases

pytestmark = pytest.mark.engine
NAME = "reviews-alone"  # the template's has the same keys; other tests of the session may have left it behind
NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
DESK = "/1/10/"


@pytest.fixture(scope="module")
def client(engine: Engine) -> Iterator[Any]:
    client = engine.client("dynamodb")
    names = ("pk", "sk", "desk_pk", "desk_sk", "open_pk")
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
                "Projection": {"ProjectionType": "ALL"},
            }
            for index, first in (("by_desk", "desk_pk"), ("by_due", "open_pk"))
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
        page=2**63 + number,
        line=number,
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
    assert (found.page, found.hits, found.due_at) == (2**63 + 1, case(1).hits, case(1).due_at)
    assert cases.case("rev_none") is None


def test_only_the_version_that_was_read_is_written_over(cases: ReviewCases) -> None:
    cases.add(case(1))
    read = stored(cases, 1)

    assert cases.save(model.claimed(read, "operator:li", NOW)) is True
    assert cases.save(model.claimed(read, "operator:wu", NOW)) is False
    assert stored(cases, 1).claimed_by == "operator:li"


def test_a_desk_has_its_own_open_cases_what_is_due_first_first(cases: ReviewCases) -> None:
    for number in (3, 1, 2):
        cases.add(case(number))
    cases.add(case(4, desk_path="/1/20/"))

    first = cases.at_desk(DESK, ReviewState.OPEN, None, 2)
    rest = cases.at_desk(DESK, ReviewState.OPEN, first.cursor, 2)

    assert [each.msgid for each in (*first.items, *rest.items)] == ["m1", "m2", "m3"]
    assert rest.cursor is None


def test_a_closed_case_leaves_the_open_ones_with_its_verdicts_counted(cases: ReviewCases) -> None:
    for number in (1, 2):
        cases.add(case(number))
        claimed = model.claimed(stored(cases, number), "operator:li", NOW)
        closed = model.decided(claimed, "operator:li", Disposition.VIOLATION, "x", NOW, needs_second=False)
        cases.save(closed, [EntryVerdicts("lex_1", 7, 1, 0)])

    assert cases.at_desk(DESK, ReviewState.OPEN, None, 10).items == ()
    assert len(cases.at_desk(DESK, ReviewState.CLOSED, None, 10).items) == 2
    assert cases.verdicts(7) == [EntryVerdicts("lex_1", 7, 2, 0)]
    assert cases.verdicts(8) == []
    assert cases.overdue(NOW + timedelta(days=9), 10) == []


def test_what_is_past_its_time_is_found_over_all_desks_the_longest_first(cases: ReviewCases) -> None:
    for number, desk in ((2, DESK), (1, "/1/20/"), (9, DESK)):
        cases.add(case(number, desk))

    overdue = cases.overdue(NOW + timedelta(hours=3), 10)

    assert [each.msgid for each in overdue] == ["m1", "m2"]


def test_a_foreign_cursor_is_refused(client: Any) -> None:
    with pytest.raises(InvalidCursorError):
        DynamoReviewCases(Table(client, NAME)).at_desk(DESK, ReviewState.OPEN, "bm8", 10)
