"""Targets joined to the organisation."""

from datetime import UTC, datetime

from scrm.org.model import OrgNode
from scrm.runtime.target_joins import MergedNodes, OrgHeadcounts
from scrm.targets.figures import Merged
from tests.admin_api import NODES
from tests.fakes.org import FakeOrg, member


def test_rms_are_counted_by_the_node_next_below_and_by_name_where_there_is_none() -> None:
    org = FakeOrg(node_rows=dict(NODES))
    for userid, node, path in (
        ("head", "10", "/1/10/"),
        ("a", "12", "/1/10/12/"),
        ("b", "12", "/1/10/12/"),
        ("far", "20", "/1/20/"),
    ):
        org.rows[userid] = member(userid, node, path)

    counts = OrgHeadcounts(org)

    assert counts.below("10") == {"12": 2, "member:head": 1}
    assert counts.below("12") == {"member:a": 1, "member:b": 1}
    assert counts.below("nowhere") == {}


def test_what_was_merged_into_a_node_is_found_at_any_remove_with_the_month_of_its_closing() -> None:
    closed = datetime(2027, 10, 31, 17, tzinfo=UTC)  # November in Shanghai
    rows = {
        "10": OrgNode("10", "上海", "/1/10/", "1"),
        "20": OrgNode("20", "浦东", "/1/20/", "1", closed_at=closed),
        "30": OrgNode("30", "虹口", "/1/30/", "1", closed_at=closed),
        "40": OrgNode("40", "徐汇", "/1/40/", "1"),
    }
    org = FakeOrg(node_rows=rows)
    merged = {"20": "10", "30": "20", "40": "10", "99": "10", "10": "30"}

    found = MergedNodes(org, lambda: merged)("10")

    assert found == [Merged("20", "/1/20/", "2027-11"), Merged("30", "/1/30/", "2027-11")]
    assert MergedNodes(org, dict)("10") == []
