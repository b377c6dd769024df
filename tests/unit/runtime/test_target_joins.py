"""Targets joined to the organisation."""

from scrm.runtime.target_joins import OrgHeadcounts
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
