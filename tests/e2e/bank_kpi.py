"""A morning of the small bank: WeCom's statistics are read, relations written, usage and coverage told."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta

from local.bank.kpi_feeds import KpiBank, delivery
from local.cli.client import at
from scrm.clock import BUSINESS_ZONE
from tests.e2e.small_bank import Bank


def a_morning_is_collected(bank: Bank) -> None:
    """By its schedule, at half past six."""
    day = datetime.fromisoformat(bank.wecom.clock()["now"]).astimezone(BUSINESS_ZONE).date() + timedelta(days=1)
    bank.wecom.advance_to(datetime.combine(day, time(6, 30), BUSINESS_ZONE).astimezone(UTC).isoformat())
    bank.settle()
    bank.invoke("KpiCollectFunction", {"schedule": "kpi_collect.morning"})
    bank.settle()
    listed = bank.stack.engine.client("s3").list_objects_v2(
        Bucket=bank.stack.endpoints.resources["buckets"]["DataBucket"], Prefix="kpi/member_days/"
    )
    assert listed["KeyCount"] == 2


def feeds_are_delivered(bank: Bank) -> None:
    """The core system's customers and a month of facts, and a delivery that is not what its manifest says."""
    world = bank.wecom.world()
    now = datetime.fromisoformat(bank.wecom.clock()["now"]).astimezone(BUSINESS_ZONE)
    yesterday = (now - timedelta(days=1)).date().isoformat()
    month = (now.replace(day=1) - timedelta(days=1)).date().isoformat()[:7]
    core = KpiBank(world)
    facts = core.month_rows(month)
    _delivered(bank, "master", delivery("bank_customers", yesterday, core.master_rows(), now))
    _delivered(bank, "facts", delivery("customer_months", month, facts, now))
    wrong = delivery("customer_months", month, facts, now + timedelta(seconds=1))
    _delivered(bank, "wrong", wrong | {f"customer_months-{month}.csv": b"half a file"})

    told = bank.operator("head_office").get(at("kpi-feeds", "deliveries"))["items"]
    assert told


def _delivered(bank: Bank, folder: str, files: Mapping[str, bytes]) -> None:
    bucket = bank.stack.endpoints.resources["buckets"]["DataBucket"]
    for name, content in files.items():
        bank.stack.engine.client("s3").put_object(Bucket=bucket, Key=f"kpi/incoming/{folder}/{name}", Body=content)
    bank.settle()
