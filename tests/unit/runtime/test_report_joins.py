"""The monthly report joined to reviews of uplift and to the organisation."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from scrm.kpi.report import Place
from scrm.org.model import OrgNode
from scrm.runtime.report_joins import OrgPlaces, ReviewedUplift
from tests.fakes.queries import FakeOrgQueries
from tests.fakes.uplift_bank import UpliftBank, generate
from tests.fakes.uplift_reviews import ReviewedBank
from tests.unit.uplift.test_reviews import TERMS, done


@pytest.fixture(scope="module")
def rows() -> UpliftBank:
    return generate(TERMS, 900, 3)


@pytest.fixture(scope="module")
def bank(rows: UpliftBank) -> ReviewedBank:
    found = ReviewedBank()
    found.publish_customers(rows.customers_before)
    for month in TERMS.months_of_level:
        found.publish_month(month, rows.months[month])
    found.keep_relations(date(2027, 3, 31), rows.relations_before)
    found.keep_relations(date(2027, 4, 29), rows.relations)
    done(found, rows)
    return found


def test_the_report_of_the_month_that_a_review_reads_has_its_figures(bank: ReviewedBank) -> None:
    table = ReviewedUplift(bank.store, bank.documents).latest("1", TERMS.month_after)

    assert table is not None
    assert (table.name, table.is_late) == ("pilot", False)
    result = bank.documents.result(table.review_id, 1)
    assert (table.in_wecom, table.unlinked) == (result["in_wecom"]["people"], result["in_wecom"]["unlinked"])
    assert table.in_wecom > table.unlinked > 0
    told = {one["kpi"]: one for one in result["findings"]}
    assert [row.title for row in table.rows] == ["客户资产（AUM）", "户均持有产品数"]
    assert {row.kpi: row.verdict for row in table.rows} == {kpi: one["verdict"] for kpi, one in told.items()}
    for row in table.rows:
        assert row.naive == (told[row.kpi]["naive"] or {}).get("value")
        assert row.low == (told[row.kpi]["adjusted"] or {}).get("low")


def test_earlier_months_other_nodes_and_reviews_without_result_have_none(bank: ReviewedBank) -> None:
    uplift = ReviewedUplift(bank.store, bank.documents)

    assert uplift.latest("1", "2027-03") is None
    assert uplift.latest("10", TERMS.month_after) is None
    waiting = ReviewedBank()
    waiting.desk.register(TERMS, "operator:a", datetime(2027, 2, 20, tzinfo=UTC))
    assert ReviewedUplift(waiting.store, waiting.documents).latest("1", TERMS.month_after) is None


def test_all_nodes_below_are_found_page_by_page_and_those_closed_before_the_month_are_not() -> None:
    nodes = {str(number): OrgNode(str(number), f"支行{number}", f"/1/{number}/", "1") for number in range(1000, 1230)}
    nodes["1000"] = replace(nodes["1000"], closed_at=datetime(2027, 2, 3, tzinfo=UTC))
    nodes["1001"] = replace(nodes["1001"], closed_at=datetime(2027, 3, 3, tzinfo=UTC))
    places = OrgPlaces(FakeOrgQueries(nodes))

    below = {place.node_id for place in places.below("1", "2027-03")}

    assert below == nodes.keys() - {"1000"}
    assert places.place("1001") == Place("1001", "支行1001", "/1/1001/")
    assert places.place("99") is None
