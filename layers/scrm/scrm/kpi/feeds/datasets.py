"""The published feeds as datasets: one row a customer (and product) of the latest version of a period."""

from enum import StrEnum
from typing import Final, Protocol

from scrm.sql import Dataset, Selection

CURRENT: Final = ""
"""The period of `Feed.BANK_CUSTOMERS`: the master of its latest day."""

_FACTS: Final = {
    "aum_fen": "BIGINT",
    "holdings": "BIGINT",  # products held
    "cards_bound": "BIGINT",  # cards bound to third parties' wallets
    "active": "BIGINT",  # 0 or 1, as are all that say whether
    "mobile_active": "BIGINT",
}
"""Columns that a period's facts of a customer have in common."""


class Feed(StrEnum):
    """What a delivery holds; the value is the dataset's name."""

    BANK_CUSTOMERS = "bank_customers"
    CUSTOMER_MONTHS = "customer_months"
    CUSTOMER_DAYS = "customer_days"
    PRODUCT_HOLDINGS = "product_holdings"


BANK_CUSTOMERS: Final = Dataset(
    name=Feed.BANK_CUSTOMERS.value,
    prefix="kpi/bank_customers",
    columns={
        "customer_key": "VARCHAR",  # the bank's account id, hashed by the bank: 64 hexadecimal digits
        "external_userid": "VARCHAR",  # empty when the bank does not know it, as unionid
        "unionid": "VARCHAR",
        "owner_userid": "VARCHAR",  # folded to lower case; empty when nobody manages him
        "node_id": "VARCHAR",
        "node_path": "VARCHAR",  # as it was when the version was published
        "tier": "VARCHAR",
        "age_band": "VARCHAR",
        "opened_on": "VARCHAR",  # 2019-05-31, or empty
    },
    sorted_by=("customer_key",),
)
CUSTOMER_MONTHS: Final = Dataset(
    name=Feed.CUSTOMER_MONTHS.value,
    prefix="kpi/customer_months",
    columns={"customer_key": "VARCHAR", "month": "VARCHAR", **_FACTS},
    sorted_by=("customer_key",),
)
CUSTOMER_DAYS: Final = Dataset(
    name=Feed.CUSTOMER_DAYS.value,
    prefix="kpi/customer_days",
    columns={"customer_key": "VARCHAR", "day": "VARCHAR", **_FACTS},
    sorted_by=("customer_key",),
)
PRODUCT_HOLDINGS: Final = Dataset(
    name=Feed.PRODUCT_HOLDINGS.value,
    prefix="kpi/product_holdings",
    columns={"customer_key": "VARCHAR", "month": "VARCHAR", "product": "VARCHAR", "amount_fen": "BIGINT"},
    sorted_by=("customer_key", "product"),
)
DATASETS: Final = {
    Feed.BANK_CUSTOMERS: BANK_CUSTOMERS,
    Feed.CUSTOMER_MONTHS: CUSTOMER_MONTHS,
    Feed.CUSTOMER_DAYS: CUSTOMER_DAYS,
    Feed.PRODUCT_HOLDINGS: PRODUCT_HOLDINGS,
}


class PublishedFeeds(Protocol):
    """What was published. ``period`` is a month (``2027-03``), a day (``2027-03-05``), or `CURRENT`."""

    def version(self, feed: Feed, period: str) -> int | None:
        """The latest version, counted from 1; None: nothing was published."""
        ...

    def selection(self, feed: Feed, period: str) -> Selection | None:
        """The files of the latest version; None: nothing was published."""
        ...


def partition_of(feed: Feed, period: str, version: int, delivery_id: str) -> str:
    """Where a version's files lie. The delivery is in it, so that two that race for a version never mix."""
    versioned = f"version={version}-{delivery_id}"
    if feed is Feed.BANK_CUSTOMERS:
        return versioned
    return f"{'day' if feed is Feed.CUSTOMER_DAYS else 'month'}={period}/{versioned}"
