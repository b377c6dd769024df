"""How the bank's customers are linked to WeCom's: by the bank's own id, by unionid, by both that disagree, or not."""

from scrm.aws.duckdb_engine import DuckDbEngine
from scrm.kpi.feeds.datasets import CURRENT, Feed
from scrm.kpi.feeds.links import RELATIONS
from scrm.sql import Selection
from tests.fakes.feed_bank import FeedBank, master_row

FOLLOWED = (("wm1", ""), ("wm1", ""), ("wm2", "u2"), ("wm3", "u3"), ("wm4", "u4"), ("wm6", ""))


def test_every_customer_is_linked_in_one_way() -> None:
    bank = FeedBank()
    rows = [{"external_userid": one, "unionid": unionid} for one, unionid in FOLLOWED]
    DuckDbEngine(bank.bucket).write(RELATIONS, "day=2027-04-01", "all", rows)
    bank.relations = Selection(RELATIONS, ("day=2027-04-01",))

    bank.deliver(
        Feed.BANK_CUSTOMERS,
        "2027-03-31",
        [
            master_row(1),
            master_row(2, external_userid="", unionid="u2"),
            master_row(3, unionid="u4"),  # the bank's two words lead to two people
            master_row(5, external_userid="wm_gone"),
            master_row(6),
            master_row(7, external_userid="wm6"),  # claimed by two customers
            master_row(8, external_userid=""),
        ],
    )

    found = bank.versions.latest(Feed.BANK_CUSTOMERS, CURRENT)
    assert found is not None
    assert found.links == {
        "by_external_userid": 1,
        "by_unionid": 1,
        "conflicting": 3,
        "told_but_unknown": 1,
        "not_told": 1,
    }


def test_without_relations_nobody_is_linked_and_what_the_bank_told_is_counted() -> None:
    bank = FeedBank()
    bank.deliver(Feed.BANK_CUSTOMERS, "2027-03-31", [master_row(1), master_row(2, external_userid="")])

    found = bank.versions.latest(Feed.BANK_CUSTOMERS, CURRENT)
    assert found is not None
    assert (found.links["told_but_unknown"], found.links["not_told"], sum(found.links.values())) == (1, 1, 2)
