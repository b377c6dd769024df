"""KPIs through the API: the catalogue, figures of a node, the way down to children, members and facts."""

from datetime import date, timedelta
from typing import Any

import pytest

from scrm.kpi.telling import FigureTelling, Node
from scrm.runtime.kpi_joins import business_day
from scrm.targets.figures import FigureBook, month_before, month_of
from tests.admin_api import AT, BRANCH_10, NODES, Api, Reply, Request
from tests.fakes.kpi import FakeMarks, FakeNodes
from tests.unit.kpi.test_catalogue import CARDS

THIS_MONTH = month_of(business_day())
BEFORE = month_before(THIS_MONTH, 1)
LAST = business_day().replace(day=1) - timedelta(days=1)


def get(api: Api, path: str, claims: Any = None, **query: str) -> Reply:
    return api.send(Request(path, query=query, **({"claims": claims} if claims else {})))


@pytest.fixture
def measured(api: Api) -> Api:
    """Last month is measured and told; money of node 12 is that of three customers."""
    put = api.measures.put
    put("1", LAST, active_rms=17, roster_rms=20, added=9, aum_fen=500_00, holdings=60, fact_customers=103)
    put("10", LAST, active_rms=8, roster_rms=10, added=7, aum_fen=400_00, holdings=50, fact_customers=63)
    put("12", LAST, active_rms=0, roster_rms=0, added=7, aum_fen=9_00, holdings=9, fact_customers=3)
    put("20", LAST, active_rms=9, roster_rms=10, added=2, aum_fen=100_00, holdings=10, fact_customers=40)
    api.measures.members["12"] = {"rm_hu": {LAST: {"added": 5}}, "rm_zhou": {LAST: {"added": 2}}}
    api.feeds = {"customer_months": 3, "bank_customers": 7}
    tell(api, BEFORE, LAST)
    return api


def tell(api: Api, month: str, until: date) -> None:
    nodes = [Node(node.node_id, node.path, node.parent_id) for node in NODES.values()]
    telling = FigureTelling(
        api.measures,
        FigureBook(api.targets.figures),
        FakeNodes(nodes),
        FakeMarks(),
        api.kpi_figures().catalogue,
        lambda: frozenset({"added"}),
        lambda _: None,
        "1",
    )
    telling.tell(month, month, AT, until)


def figure_of(reply: Reply, kpi: str) -> dict[str, Any]:
    found: dict[str, Any] = next(row for row in reply.body["items"] if row["kpi"] == kpi)
    return found


def test_the_catalogue_says_what_each_kpi_is(api: Api) -> None:
    usage = figure_of(get(api, "/v1/kpis"), "staff_usage_rate")

    assert (usage["numerator"], usage["denominator"]) == (["active_rms"], ["roster_rms"])
    assert (usage["title"], usage["unit"], usage["version"], usage["is_leading"]) == ("员工使用率", "share", 1, True)


def test_figures_of_a_month_that_is_over_are_those_that_were_told(measured: Api) -> None:
    measured.measures.put("10", LAST, added=99)

    found = get(measured, "/v1/kpi-figures", node_id="10", month=BEFORE)

    added = figure_of(found, "added")
    assert (added["numerator"], added["told_version"], added["source"]) == (7, 1, "contacts, definition 1")
    usage = figure_of(found, "staff_usage_rate")
    assert (usage["numerator"], usage["denominator"], usage["as_of"]) == (8, 10, LAST.isoformat())


def test_an_absent_figure_says_why(measured: Api) -> None:
    found = get(measured, "/v1/kpi-figures", node_id="12", month=BEFORE)

    reasons = {kpi: figure_of(found, kpi)["absent"] for kpi in ("staff_usage_rate", "aum", "reached", "programme_cost")}
    assert reasons == {
        "staff_usage_rate": "no_base",
        "aum": "too_few",
        "reached": "not_told",
        "programme_cost": "not_told_by_head_office",
    }


def test_the_running_month_is_computed_and_money_waits_until_it_is_told(measured: Api) -> None:
    today = business_day()
    measured.measures.put("1", today, added=4, aum_fen=600_00, fact_customers=103)

    found = get(measured, "/v1/kpi-figures")

    assert (figure_of(found, "added")["numerator"], figure_of(found, "added")["told_version"]) == (4, 0)
    assert figure_of(found, "aum")["absent"] == "not_made_yet"


def test_a_kpi_is_followed_down_to_nodes_members_and_feeds(measured: Api) -> None:
    bank = get(measured, "/v1/kpis/aum/nodes/1", month=BEFORE).body
    added = get(measured, "/v1/kpis/added/nodes/10", month=BEFORE).body
    members = get(measured, "/v1/kpis/added/nodes/12/members", month=BEFORE).body

    assert bank["figures"][0]["numerator"] == 500_00
    below = {row["node_id"]: row["figures"][0]["numerator"] for row in bank["items"]}
    assert (below["10"], below["20"]) == (400_00, 100_00)
    assert bank["made_of"] == [{"name": "customer_months", "version": 3}, {"name": "bank_customers", "version": 7}]
    assert {row["node_id"]: row["figures"][0]["numerator"] for row in added["items"]}["12"] == 7
    assert added["made_of"] == [{"name": "contact_added", "version": None}]
    assert {row["userid"]: row["figure"]["numerator"] for row in members["items"]} == {"rm_hu": 5, "rm_zhou": 2}


def test_days_are_listed_one_by_one_and_money_has_none(measured: Api) -> None:
    first = (LAST - timedelta(days=1)).isoformat()
    asked = {"first_day": first, "last_day": LAST.isoformat()}

    days = get(measured, "/v1/kpis/added/nodes/10/days", **asked).body["items"]
    money = get(measured, "/v1/kpis/aum/nodes/10/days", **asked).body["items"]
    too_many = get(measured, "/v1/kpis/added/nodes/10/days", first_day="2026-01-01", last_day="2026-12-31")

    assert [(row["numerator"], row["absent"]) for row in days] == [(None, "not_told"), (7, None)]
    assert [row["absent"] for row in money] == ["too_few"]
    assert too_many.status == 422


def test_both_versions_of_a_changed_definition_are_shown(api: Api) -> None:
    own = {**CARDS.model_dump(mode="json"), "first_month": BEFORE}
    changed = api.send(
        Request("/v1/settings/kpi", "PUT", body={"version": 0, "settings": {"definitions": [own], "hide_below": 1}})
    )
    api.measures.put("1", LAST, bound_customers=30, cards_bound=45, fact_customers=100)
    tell(api, BEFORE, LAST)

    rows = get(api, "/v1/kpis/card_binding/nodes/1", month=BEFORE).body["figures"]

    assert changed.status == 200
    assert [(row["definition_version"], row["is_leading"], row["numerator"]) for row in rows] == [
        (1, True, 30),
        (2, False, 45),
    ]


def test_more_products_and_less_money_is_flagged(measured: Api) -> None:
    tell(measured, BEFORE, LAST)
    earlier = LAST.replace(day=1) - timedelta(days=1)
    measured.measures.put("1", earlier, aum_fen=600_00, holdings=50, fact_customers=103)
    tell(measured, month_of(earlier), earlier)

    assert get(measured, "/v1/kpi-figures", month=BEFORE).body["holds_more_has_less"] is True


def test_a_branch_sees_its_own_figures_and_no_others(measured: Api) -> None:
    own = get(measured, "/v1/kpi-figures", BRANCH_10, month=BEFORE)

    assert own.body["node_id"] == "10"
    assert get(measured, "/v1/kpis/added/nodes/20", BRANCH_10).status == 404
    assert get(measured, "/v1/kpis/added/nodes/1/members", BRANCH_10).status == 404
    assert get(measured, "/v1/kpi-figures", BRANCH_10, node_id="20").status == 404


@pytest.mark.parametrize(
    "path", ["/v1/kpi-figures", "/v1/kpis/aum/nodes/10", "/v1/kpis/added/nodes/10/members", "/v1/gates/10"]
)
def test_a_month_of_no_year_is_refused(api: Api, path: str) -> None:
    reply = api.send(Request(path, query={"month": "0000-05"}))

    assert (reply.status, reply.body["fields"][0]["where"]) == (422, "query.month")


def test_an_unknown_kpi_is_named_as_such(api: Api) -> None:
    assert get(api, "/v1/kpis/happiness/nodes/1").body["type"] == "urn:scrm:problem:unknown-kpi"


def test_a_definition_that_cannot_be_computed_is_not_stored(api: Api) -> None:
    wrong = {**CARDS.model_dump(mode="json"), "version": 1}

    refused = api.send(Request("/v1/settings/kpi", "PUT", body={"version": 0, "settings": {"definitions": [wrong]}}))
    branch = api.send(Request("/v1/settings/kpi", "PUT", claims=BRANCH_10, body={"version": 0, "settings": {}}))

    assert (refused.status, refused.body["type"]) == (422, "urn:scrm:problem:invalid-definition")
    assert "card_binding" in refused.body["detail"]
    assert branch.status == 403
    assert get(api, "/v1/settings/kpi").body["version"] == 0
