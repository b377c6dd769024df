"""Mornings of the small bank: statistics read, relations written, usage and coverage told, adds judged."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

import requests

from local.bank.kpi_feeds import FeedRow, KpiBank, delivery
from local.cli.client import at
from scrm.clock import BUSINESS_ZONE
from tests.e2e.small_bank import Bank


def a_morning_is_collected(bank: Bank) -> None:
    """By its schedule, at half past six."""
    _next_morning(bank)
    listed = bank.stack.engine.client("s3").list_objects_v2(
        Bucket=bank.stack.endpoints.resources["buckets"]["DataBucket"], Prefix="kpi/member_days/"
    )
    assert listed["KeyCount"] == 2


def feeds_are_delivered(bank: Bank) -> None:
    """The core system's customers, facts by month and day, what they hold; and a month of which no row can be used."""
    now = datetime.fromisoformat(bank.wecom.clock()["now"]).astimezone(BUSINESS_ZONE)
    yesterday = (now - timedelta(days=1)).date().isoformat()
    day = _no_last_day(now.date() - timedelta(days=1)).isoformat()
    month, unusable = (_month_before(now.date(), back) for back in (1, 6))
    core = KpiBank(bank.wecom.world())
    facts = core.month_rows(month)
    days = [{**row, "day": day} for row in facts]
    for row in days:
        del row["month"]
    wrong: list[FeedRow] = [{**row, "month": unusable, "aum_fen": -1} for row in facts]
    for feed, period, rows in (
        ("bank_customers", yesterday, core.master_rows()),
        ("customer_months", month, facts),
        ("customer_days", day, days),
        ("product_holdings", month, core.holding_rows(month)),
        ("customer_months", unusable, wrong),
    ):
        _delivered(bank, f"{feed}-{period}", delivery(feed, period, rows, now))

    head_office = bank.operator("head_office")
    told = head_office.get(at("kpi-feeds", "deliveries"))["items"]
    assert sorted(row["outcome"] for row in told) == [*["published"] * 4, "refused"]
    (refused,) = (row for row in told if row["has_report"])
    report = head_office.get(at("kpi-feeds", "deliveries", refused["entry_id"], "report"))
    assert b"aum_fen" in requests.get(report["url"], timeout=10).content


def _no_last_day(day: date) -> date:
    """Facts of a month's last day are told by the month's own."""
    return day - timedelta(days=1) if (day + timedelta(days=1)).day == 1 else day


def _month_before(day: date, by: int) -> str:
    for _ in range(by):
        day = day.replace(day=1) - timedelta(days=1)
    return day.isoformat()[:7]


def an_add_counts_on_appeal(bank: Bank) -> None:
    """A colleague's customer is added again: judged by the bank's customers, excluded, appealed and counted."""
    day = _today(bank)
    serving = [each for each in bank.rms if each not in bank.leavers]
    customer_id = next(row["external_userid"] for row in bank.wecom.relations() if row["userid"] in serving)
    followers = {row["userid"] for row in bank.wecom.relations(external_userid=customer_id)}
    taker = next(each for each in serving if each not in followers)
    at_once = int(datetime.fromisoformat(bank.wecom.clock()["now"]).timestamp())
    added = {"userid": taker, "external_userid": customer_id, "createtime": at_once}
    bank.wecom.add_customers([{"relation": added}])
    bank.settle()
    _next_morning(bank)

    head_office = bank.operator("head_office")
    excluded = head_office.rows(at("adds"), 0, day=day.isoformat(), state="excluded")  # others may lie in this day
    (row,) = [each for each in excluded if (each["external_userid"], each["userid"]) == (customer_id, taker)]
    assert row["reasons"] == ["first_add"]
    add = "adds", str(row["add_ref"])
    head_office.post(at(*add, "appeal"), {"reason": "served together"})
    assert len(head_office.rows(at("add-appeals"), 0, month=day.isoformat()[:7], state="requested")) == 1
    bank.operator("checker").post(at(*add, "approval"), {"note": "seen at the branch"})
    assert not head_office.get(at(*add))["counts"]
    _next_morning(bank)
    found = head_office.get(at(*add))
    assert (found["state"], found["counts"]) == ("excluded", True)
    assert found["appeal"]["counted_on"] == _today(bank).isoformat()


def _next_morning(bank: Bank) -> None:
    day = _today(bank) + timedelta(days=1)
    bank.wecom.advance_to(datetime.combine(day, time(6, 30), BUSINESS_ZONE).astimezone(UTC).isoformat())
    bank.settle()
    bank.invoke("KpiCollectFunction", {"schedule": "kpi_collect.morning"})
    bank.settle()


def _today(bank: Bank) -> date:
    return datetime.fromisoformat(bank.wecom.clock()["now"]).astimezone(BUSINESS_ZONE).date()


def _delivered(bank: Bank, folder: str, files: Mapping[str, bytes]) -> None:
    bucket = bank.stack.endpoints.resources["buckets"]["DataBucket"]
    for name, content in files.items():
        bank.stack.engine.client("s3").put_object(Bucket=bucket, Key=f"kpi/incoming/{folder}/{name}", Body=content)
    bank.settle()
