"""What became of sends comes from the day's facts, once, and the last line of a customer holds."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from scrm.aws.duckdb_engine import DuckDbEngine
from scrm.aws.touches import TOUCHES, TouchDays
from scrm.collect.datasets import RELATIONS
from scrm.kpi.feeds.datasets import BANK_CUSTOMERS, CUSTOMER_MONTHS
from scrm.sql import Selection
from scrm.uplift import sums
from scrm.uplift.terms import ReviewKind, ReviewTerms
from tests.fakes.feeds import MemoryBucket

TODAY = date(2027, 3, 12)
DAY = date(2027, 3, 11)
TERMS = ReviewTerms(
    "c", ReviewKind.CHANNEL, "1", "/1/", ("holdings",), date(2027, 3, 1), date(2027, 3, 31), months_before=2, bands=1
)


def line(customer: str, state: str = "sent", told: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "campaign_id": "camp_1",
        "task_id": "task_1",
        "ring": "all",
        "node_path": "/1/10/",
        "channel": "one_to_one",
        "activity_id": "act_1",
        "content_version": 1,
        "content_hash": "h",
        "created_at": None,
        "told_at": f"2027-03-11T08:00:0{told}.000Z",
        "external_userid": customer,
        "userid": "rm_li",
        "state": state,
        "at": "2027-03-11T07:00:00.000Z" if state == "sent" else None,
        "reason": "",
        **more,
    }


def keep(bucket: MemoryBucket, name: str, *lines: dict[str, Any], day: date = DAY) -> None:
    body = b"".join(json.dumps(one).encode() + b"\n" for one in lines)
    bucket.put(f"facts/send_settled/{day.isoformat()}/{name}.jsonl", body, "application/x-ndjson")


@pytest.fixture
def bucket() -> MemoryBucket:
    return MemoryBucket()


@pytest.fixture
def touches(bucket: MemoryBucket) -> TouchDays:
    return TouchDays(bucket, DuckDbEngine(bucket))


def arms(
    bucket: MemoryBucket, touches: TouchDays, terms: ReviewTerms, customers: int, by_unionid: int = 0
) -> dict[str, int]:
    """Customers by arm of a bank whose customers are ``wm0``, ``wm1``…; nobody has figures. Of the first
    ``by_unionid`` the bank knows nothing else."""
    engine = DuckDbEngine(bucket)
    rows = [
        {
            "customer_key": f"k{number}",
            "external_userid": "" if number < by_unionid else f"wm{number}",
            "unionid": f"union{number}" if number < by_unionid else "",
            "node_path": "/1/10/",
        }
        for number in range(customers)
    ]
    followed = [{"external_userid": f"wm{number}", "unionid": f"union{number}"} for number in range(customers)]
    engine.write(RELATIONS, "day=2027-03-31", "all", followed)
    engine.write(BANK_CUSTOMERS, "version=1-a", "rows", rows)
    nowhere = ("nowhere=1",)
    selections = [
        *(
            Selection(replace(BANK_CUSTOMERS, name=one), ("version=1-a",))
            for one in ("bank_customers", "customers_before")
        ),
        *(Selection(replace(CUSTOMER_MONTHS, name=f"months_{one}"), nowhere) for one in ("earlier", "later", "after")),
        Selection(RELATIONS, ("day=2027-03-31",)),
        Selection(TOUCHES, touches.partitions(terms.first, terms.last)),
    ]
    return dict(sums.read(engine.query(sums.statement(terms.kind), selections, sums.parameters(terms))).customers)


def test_a_day_that_is_over_is_kept_once(bucket: MemoryBucket, touches: TouchDays) -> None:
    keep(bucket, "one", line("wm0"), line("wm1"))
    keep(bucket, "today", line("wm2"), day=TODAY)

    assert touches.make(TODAY, 7, lambda: True) == 1
    assert touches.make(TODAY, 7, lambda: True) == 0
    [kept] = [key for key in bucket.files if key.startswith("uplift/touches/")]
    assert kept.startswith("uplift/touches/day=2027-03-11/")


def test_without_time_nothing_is_half_kept(bucket: MemoryBucket, touches: TouchDays) -> None:
    keep(bucket, "one", line("wm0"))

    assert touches.make(TODAY, 7, lambda: False) == 0
    assert touches.make(TODAY, 7, lambda: True) == 1


def test_channels_are_told_apart_and_a_corrected_end_holds(bucket: MemoryBucket, touches: TouchDays) -> None:
    keep(
        bucket,
        "a",
        line("wm0"),
        line("wm1"),
        line("wm2", "not_friend"),
        line("wm3", channel="moments", campaign_id="m"),
    )
    keep(bucket, "b", line("wm1", "failed", told=5), line("wm0", channel="moments", campaign_id="m"))
    touches.make(TODAY, 7, lambda: True)

    found = arms(bucket, touches, TERMS, 5)

    assert found == {"several": 1, "moments": 1, "not_reached": 3}


def test_chance_made_the_arms_of_a_holdout_whatever_became_of_the_messages(
    bucket: MemoryBucket, touches: TouchDays
) -> None:
    keep(
        bucket,
        "a",
        line("wm0"),
        line("wm1", "excluded", reason="no_consent"),
        line("wm2", "excluded", reason="holdout"),
        line("wm3", "excluded", reason="blast_radius"),
        line("wm4", "excluded", reason="holdout", campaign_id="another"),
    )
    touches.make(TODAY, 7, lambda: True)
    terms = replace(TERMS, kind=ReviewKind.HOLDOUT, campaign_id="camp_1", treated_share=0.9)

    assert arms(bucket, touches, terms, 6) == {"assigned": 2, "holdout": 1}


def test_a_customer_whom_the_bank_names_by_unionid_alone_belongs_to_his_arm(
    bucket: MemoryBucket, touches: TouchDays
) -> None:
    keep(bucket, "a", line("wm0"), line("wm1", "excluded", reason="holdout"), line("wm2", channel="moments"))
    touches.make(TODAY, 7, lambda: True)
    holdout = replace(TERMS, kind=ReviewKind.HOLDOUT, campaign_id="camp_1", treated_share=0.9)

    assert arms(bucket, touches, holdout, 3, by_unionid=2) == {"assigned": 2, "holdout": 1}
    assert arms(bucket, touches, TERMS, 3, by_unionid=2) == {"one_to_one": 1, "moments": 1, "not_reached": 1}
