"""The bank's feeds through the API and at the command line: versions, deliveries with reasons, reports of rows."""

import json
from datetime import timedelta

from scrm.kpi.feeds.datasets import Feed
from tests.admin_api import BRANCH_10, Api, Request
from tests.fakes.feed_bank import master_row, month_row
from tests.unit.cli.test_commands import Run, api, endpoints, gateway, issuer, run

__all__ = ["api", "endpoints", "gateway", "issuer", "run"]  # fixtures


def delivered(api: Api) -> None:
    bank = api.feed_bank
    bank.deliver(Feed.BANK_CUSTOMERS, "2027-03-31", [master_row(1), master_row(2)])
    bank.deliver(Feed.CUSTOMER_MONTHS, "2027-03", [month_row(1), month_row(2), month_row(3, active=5)])


def test_published_versions_are_listed_with_links_and_what_was_never_delivered(api: Api) -> None:
    delivered(api)

    reply = api.send(Request("/v1/kpi-feeds"))

    states = {row["feed"]: row["latest"] for row in reply.body["items"]}
    assert (states["customer_months"]["version"], states["customer_months"]["rows"]) == (1, 2)
    assert states["bank_customers"]["links"]["told_but_unknown"] == 2
    assert states["product_holdings"] is None


def test_a_delivery_tells_which_rules_were_broken_and_where_the_rows_are_listed(api: Api) -> None:
    delivered(api)

    listed = api.send(Request("/v1/kpi-feeds/deliveries", query={"month": "2027-04"})).body["items"]
    [row] = [each for each in listed if each["feed"] == "customer_months"]
    report = api.send(Request(f"/v1/kpi-feeds/deliveries/{row['entry_id']}/report")).body

    assert (row["outcome"], row["quarantined"], row["rules"]) == ("published", 1, {"active: it must be 0 or 1": 1})
    assert report["url"].startswith("https://data.example.com/kpi/quarantine/")
    assert report["url"].endswith("as=customer_months-2027-03.csv&for=300")


def test_deliveries_of_a_month_are_listed_page_by_page_whatever_comes_meanwhile(api: Api) -> None:
    bank = api.feed_bank
    for _ in range(5):
        bank.moment += timedelta(minutes=1)
        bank.deliver(Feed.CUSTOMER_MONTHS, "2027-03", [month_row(1)])
    query, seen, sizes = {"month": "2027-04", "limit": "2"}, [], []
    while True:
        page = api.send(Request("/v1/kpi-feeds/deliveries", query=query)).body
        seen += [row["received_at"] for row in page["items"]]
        sizes.append(len(page["items"]))
        bank.moment += timedelta(minutes=1)
        bank.deliver(Feed.CUSTOMER_MONTHS, "2027-03", [month_row(1)])
        if page["cursor"] is None:
            break
        query["cursor"] = page["cursor"]

    assert sizes == [2, 2, 1]
    assert seen == [f"2027-04-02T01:0{minute}:00.000Z" for minute in (5, 4, 3, 2, 1)]


def test_a_cursor_of_another_month_is_refused(api: Api) -> None:
    bank = api.feed_bank
    for _ in range(2):
        bank.moment += timedelta(minutes=1)
        bank.deliver(Feed.CUSTOMER_MONTHS, "2027-03", [month_row(1)])
    page = api.send(Request("/v1/kpi-feeds/deliveries", query={"month": "2027-04", "limit": "1"})).body

    asked = {"month": "2027-05", "cursor": page["cursor"]}
    assert api.send(Request("/v1/kpi-feeds/deliveries", query=asked)).status == 400


def test_the_command_follows_the_pages(run: Run, api: Api) -> None:
    bank = api.feed_bank
    for _ in range(120):
        bank.moment += timedelta(minutes=1)
        bank.take({})

    def listed(*options: str) -> int:
        return len(json.loads(run("--json", "kpi", "feeds", "deliveries", "--month", "2027-04", *options).output))

    assert (listed("--limit", "0"), listed(), listed("--limit", "110")) == (120, 50, 110)


def test_feeds_are_for_callers_at_the_root_alone(api: Api) -> None:
    for path in ("/v1/kpi-feeds", "/v1/kpi-feeds/deliveries"):
        assert api.send(Request(path, claims=BRANCH_10)).status == 403


def test_bank_people_see_them_in_tables(run: Run, api: Api) -> None:
    delivered(api)
    [(entry, _)] = [one for one in api.feed_bank.listed("2027-04") if one[1].report_key]

    shown = run("kpi", "feeds", "show").output
    deliveries = run("--json", "kpi", "feeds", "deliveries", "--month", "2027-04").output
    report = run("--json", "kpi", "feeds", "report", entry).output

    for text in ("客户月度数据", "已提供编号但无人添加", "尚未发布"):
        assert text in shown
    assert "active: it must be 0 or 1" in deliveries
    assert "kpi/quarantine/" in report
