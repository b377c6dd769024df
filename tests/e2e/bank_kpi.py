"""A morning of the small bank: WeCom's statistics are read, relations written, usage and coverage told."""

from datetime import UTC, datetime, time, timedelta

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
