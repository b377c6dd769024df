"""Each change is credited to one touch or to none, by the written rule, and both add up to all changes."""

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from scrm import clock
from scrm.aws.duckdb_engine import DuckDbEngine
from scrm.aws.ledger_documents import BucketLedgers
from scrm.aws.touches import TOUCHES, TouchDays
from scrm.collect.datasets import RELATIONS
from scrm.kpi.feeds.datasets import CURRENT, DATASETS, Feed
from scrm.runtime.ledger_joins import BankLedgers
from scrm.uplift.ledger import Windows
from scrm.uplift.ledgers import LedgerRuns
from tests.fakes.feeds import FakePublishedFeeds, MemoryBucket

NOW = datetime(2027, 4, 2, 2, 0, tzinfo=UTC)
END = datetime(2027, 3, 31, 16, 0, tzinfo=UTC)  # midnight in Shanghai
WINDOWS = Windows(30, {"aum_fen": 10}, {"fund": 60})
type Row = dict[str, Any]


class Bank:
    """Published feeds and touches in memory."""

    def __init__(self, windows: Windows = WINDOWS) -> None:
        self.bucket = MemoryBucket()
        self.engine = DuckDbEngine(self.bucket)
        self.feeds = FakePublishedFeeds()
        self.documents = BucketLedgers(self.bucket)
        sources = BankLedgers(self.bucket, self.feeds, TouchDays(self.bucket, self.engine), self.engine)
        self.runs = LedgerRuns(sources, self.documents, lambda: windows)

    def publish(self, feed: Feed, period: str, rows: list[Row]) -> None:
        self.engine.write(DATASETS[feed], self.feeds.publish(feed, period), "rows", rows)

    def customers(self, count: int) -> None:
        rows = [
            {"customer_key": f"k{one}", "external_userid": f"wm{one}", "node_path": "/1/10/"} for one in range(count)
        ]
        self.publish(Feed.BANK_CUSTOMERS, CURRENT, rows)

    def customers_by_unionid(self, count: int) -> None:
        """Whom the bank knows by nothing else, and members follow."""
        rows = [{"customer_key": f"k{one}", "unionid": f"union{one}", "node_path": "/1/10/"} for one in range(count)]
        self.publish(Feed.BANK_CUSTOMERS, CURRENT, rows)
        followed = [{"external_userid": f"wm{one}", "unionid": f"union{one}"} for one in range(count)]
        self.engine.write(RELATIONS, "day=2027-03-30", "all", followed)

    def months(self, before: list[Row], after: list[Row]) -> None:
        self.publish(Feed.CUSTOMER_MONTHS, "2027-02", before)
        self.publish(Feed.CUSTOMER_MONTHS, "2027-03", after)

    def touch(self, *rows: Row) -> None:
        self.engine.write(TOUCHES, "day=2027-03-20", "all", rows)

    def make(self, now: datetime = NOW) -> int:
        return self.runs.make(now, lambda: True)

    def credits(self, version: int = 1) -> list[SimpleNamespace]:
        return [SimpleNamespace(**row) for row in self.documents.figures("2027-03", version)["credits"]]


def facts(customer: int, **kpis: int) -> Row:
    usual = dict.fromkeys(("aum_fen", "holdings", "cards_bound", "active", "mobile_active"), 0)
    return {"customer_key": f"k{customer}", **usual, **kpis}


def sent(customer: int, days_before: float, campaign: str = "camp_a", task: str = "t1", **more: Any) -> Row:
    return {
        "external_userid": f"wm{customer}",
        "userid": "rm_li",
        "campaign_id": campaign,
        "task_id": task,
        "channel": "one_to_one",
        "activity_id": "act_1",
        "content_version": 1,
        "node_path": "/1/10/12/",
        "state": "sent",
        "reason": "",
        "touched_at": clock.to_iso(END - timedelta(days=days_before)),
        "told_at": clock.to_iso(END - timedelta(days=days_before) + timedelta(hours=1)),
        **more,
    }


def test_the_latest_touch_within_the_window_is_credited_with_all_of_the_change() -> None:
    bank = Bank()
    bank.customers(4)
    bank.months([facts(one) for one in range(4)], [facts(one, aum_fen=100 * (one + 1)) for one in range(4)])
    bank.touch(
        sent(0, 9),
        sent(0, 5, "camp_b"),
        sent(1, 11),  # before the window of AUM
        sent(2, 5, state="not_friend"),
        sent(3, 5, "camp_z", "t9"),
        sent(3, 5, "camp_b", "t2"),  # at the same moment: the first task by its id
    )

    assert bank.make() == 1

    found = {(one.campaign_id, one.customers, one.change) for one in bank.credits()}
    assert found == {("camp_b", 2, 500), ("", 2, 500)}


def test_a_touch_of_a_customer_whom_the_bank_names_by_unionid_alone_is_credited() -> None:
    bank = Bank()
    bank.customers_by_unionid(2)
    bank.months([facts(one) for one in range(2)], [facts(one, holdings=1) for one in range(2)])
    bank.touch(sent(0, 5))

    bank.make()
    bank.make()

    assert {(one.campaign_id, one.customers) for one in bank.credits()} == {("camp_a", 1), ("", 1)}
    [of_campaign] = bank.documents.rows("2027-03", 1, "camp_a")
    assert (of_campaign["customer_key"], of_campaign["external_userid"]) == ("k0", "wm0")
    assert bank.documents.latest_version("2027-03") == 1


def test_the_last_word_of_a_send_holds() -> None:
    bank = Bank()
    bank.customers(1)
    bank.months([facts(0)], [facts(0, holdings=1)])
    later = {"told_at": clock.to_iso(END), "state": "failed", "touched_at": ""}
    bank.touch(sent(0, 5), sent(0, 5, **later))

    bank.make()

    assert [(one.campaign_id, one.change) for one in bank.credits()] == [("", 1)]


def test_a_ledger_is_made_anew_once_when_the_word_on_the_last_sends_has_come() -> None:
    bank = Bank()
    bank.customers(1)
    bank.months([facts(0)], [facts(0, holdings=1)])
    assert bank.make() == 1
    bank.engine.write(TOUCHES, "day=2027-04-03", "all", [sent(0, 0.5, told_at="2027-04-03T01:00:00.000Z")])

    made = [bank.make(NOW + timedelta(days=late)) for late in range(6)]

    assert made == [0, 0, 0, 1, 0, 0]
    assert [one.campaign_id for one in bank.credits(1)] == [""]
    assert [one.campaign_id for one in bank.credits(2)] == ["camp_a"]


def test_a_product_has_a_window_of_its_own() -> None:
    bank = Bank()
    bank.customers(1)
    bank.months([facts(0)], [facts(0)])
    held = [{"customer_key": "k0", "product": "gold", "amount_fen": 500}]
    bank.publish(Feed.PRODUCT_HOLDINGS, "2027-02", held)
    now = [{"customer_key": "k0", "product": name, "amount_fen": 800} for name in ("fund", "gold")]
    bank.publish(Feed.PRODUCT_HOLDINGS, "2027-03", now)
    bank.engine.write(TOUCHES, "day=2027-02-20", "all", [sent(0, 40)])

    bank.make()

    found = {(one.product, one.campaign_id, one.change) for one in bank.credits()}
    assert found == {("fund", "camp_a", 800), ("gold", "", 300)}


def test_from_a_figure_down_to_its_customers_and_their_touch() -> None:
    bank = Bank()
    bank.customers(2)
    bank.months([facts(0), facts(1)], [facts(0, aum_fen=-50), facts(1, aum_fen=20)])
    bank.touch(sent(0, 3), sent(1, 3))

    bank.make()

    [figure] = bank.credits()
    rows = bank.documents.rows("2027-03", 1, "camp_a")
    assert (figure.customers, figure.change) == (2, -30)
    assert [(row["external_userid"], row["change"], row["task_id"]) for row in rows] == [
        ("wm0", -50, "t1"),
        ("wm1", 20, "t1"),
    ]
    [member] = bank.documents.members("2027-03", 1, "10")
    assert (member["userid"], member["customers"], member["change"]) == ("rm_li", 2, -30)


def test_the_banks_sums_are_those_of_its_branches_and_each_branch_has_its_own() -> None:
    bank = Bank()
    bank.customers(4)
    bank.months([facts(one) for one in range(4)], [facts(one, holdings=one + 1) for one in range(4)])
    bank.touch(
        sent(0, 3), sent(1, 3, node_path="/1/20/21/"), sent(2, 3, "camp_b", node_path="/1/20/22/", userid="rm_hu")
    )

    bank.make()

    assert {(one.campaign_id, one.change) for one in bank.credits()} == {("camp_a", 3), ("camp_b", 3), ("", 4)}
    by_branch = {row["node"]: (row["customers"], row["change"]) for row in bank.documents.by_branch("2027-03", 1)}
    assert by_branch == {"": (1, 4), "10": (1, 1), "20": (2, 5)}
    of_20 = {row["campaign_id"]: row["change"] for row in bank.documents.of_branch("2027-03", 1, "20")}
    assert of_20 == {"camp_a": 2, "camp_b": 3}
    assert {row["userid"] for row in bank.documents.members("2027-03", 1, "20")} == {"rm_li", "rm_hu"}


def test_what_head_offices_own_members_wrote_is_theirs() -> None:
    bank = Bank()
    bank.customers(1)
    bank.months([facts(0)], [facts(0, holdings=1)])
    bank.touch(sent(0, 3, node_path="/1/"))

    bank.make()

    assert [(row["node"], row["is_credited"]) for row in bank.documents.by_branch("2027-03", 1)] == [("1", True)]
    assert [row["userid"] for row in bank.documents.members("2027-03", 1, "1")] == ["rm_li"]


def test_a_corrected_month_is_another_version_and_tomorrows_master_is_none() -> None:
    bank = Bank()
    bank.customers(1)
    bank.months([facts(0)], [facts(0, holdings=1)])

    assert (bank.make(), bank.make()) == (1, 0)
    bank.customers(1)
    assert bank.make() == 0
    bank.publish(Feed.CUSTOMER_MONTHS, "2027-03", [facts(0, holdings=3)])
    assert bank.make() == 1

    assert [one.change for one in bank.credits(1)] == [1]
    assert [one.change for one in bank.credits(2)] == [3]


def test_a_month_without_the_one_before_has_no_ledger() -> None:
    bank = Bank()
    bank.customers(1)
    bank.publish(Feed.CUSTOMER_MONTHS, "2027-03", [facts(0, holdings=1)])

    assert bank.make() == 0


@pytest.mark.parametrize("seed", [1, 2])
def test_credited_and_not_credited_are_all_changes_and_equal_plain_python(seed: int) -> None:
    chance, bank, count = random.Random(seed), Bank(), 120
    bank.customers(count)
    before = [facts(one, aum_fen=chance.randrange(1000), holdings=chance.randrange(3)) for one in range(count)]
    after = [facts(one, aum_fen=chance.randrange(1000), holdings=chance.randrange(3)) for one in range(count)]
    bank.months(before, after)
    touches = [
        sent(chance.randrange(count), chance.randrange(45), f"camp_{number % 5}", f"t{number:03}")
        for number in range(150)
    ]
    bank.touch(*touches)
    bank.make()

    wanted: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    last: dict[tuple[str, str], Row] = {}
    for one in sorted(touches, key=lambda row: (row["told_at"], row["task_id"])):
        last[one["campaign_id"], one["external_userid"]] = one
    for kpi, days in (("aum_fen", 10), ("holdings", 30)):
        for early, late in zip(before, after, strict=True):
            change = late[kpi] - early[kpi]
            if not change:
                continue
            begins = clock.to_iso(END - timedelta(days=days))
            mine = [
                one
                for one in last.values()
                if one["external_userid"] == "wm" + early["customer_key"][1:]
                and begins <= one["touched_at"] < clock.to_iso(END)
            ]
            latest = max((one["touched_at"] for one in mine), default="")
            campaign = min(
                ((one["task_id"], one["campaign_id"]) for one in mine if one["touched_at"] == latest), default=("", "")
            )[1]
            wanted[kpi, campaign][0] += 1
            wanted[kpi, campaign][1] += change
    found = {(one.kpi, one.campaign_id): [one.customers, one.change] for one in bank.credits()}
    assert found == wanted
