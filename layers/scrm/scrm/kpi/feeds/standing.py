"""Standing measures of published facts: by the customer's node in the master, and every node above it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from scrm.kpi.feeds.datasets import Feed

MEASURES: Final = (
    "aum_fen",
    "holdings",
    "holding_customers",
    "cards_bound",
    "bound_customers",
    "active_customers",
    "mobile_active_customers",
    "fact_customers",
)
_STATEMENT: Final = """
SELECT
    customers.node_path,
    CAST(sum(facts.aum_fen) AS BIGINT) AS aum_fen,
    CAST(sum(facts.holdings) AS BIGINT) AS holdings,
    CAST(sum(CASE WHEN facts.holdings > 0 THEN 1 ELSE 0 END) AS BIGINT) AS holding_customers,
    CAST(sum(facts.cards_bound) AS BIGINT) AS cards_bound,
    CAST(sum(CASE WHEN facts.cards_bound > 0 THEN 1 ELSE 0 END) AS BIGINT) AS bound_customers,
    CAST(sum(facts.active) AS BIGINT) AS active_customers,
    CAST(sum(facts.mobile_active) AS BIGINT) AS mobile_active_customers,
    count(*) AS fact_customers
FROM {facts} AS facts
JOIN bank_customers AS customers ON customers.customer_key = facts.customer_key
GROUP BY customers.node_path
"""
STATEMENTS: Final[Mapping[Feed, str]] = {
    feed: _STATEMENT.format(facts=feed.value) for feed in (Feed.CUSTOMER_MONTHS, Feed.CUSTOMER_DAYS)
}
"""Sums by the node of the customer; facts of customers whom the master does not know count nowhere."""


SOURCE: Final = "bank_facts"
"""One for both feeds, so that the last day of a month is not counted twice."""
_ANY_DAY: Final = 1_000_000


def rank(feed: Feed, version: int) -> int:
    """Version of the measures: what was told of a month outranks what was told of its last day."""
    return version + (_ANY_DAY if feed is Feed.CUSTOMER_MONTHS else 0)


def by_node(rows: Iterable[tuple[Any, ...]], nodes: Iterable[str] = ()) -> dict[str, dict[str, int]]:
    """Rows of a statement, added up for every node from a customer's own to the root: node id -> measure -> value.

    ``nodes`` are there in any case: with zeros where a correction took the last customer away.
    """
    found: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(MEASURES, 0))
    for node_id in nodes:
        found[node_id] = dict.fromkeys(MEASURES, 0)
    for path, *values in rows:
        for node_id in (part for part in path.split("/") if part):
            node = found[node_id]
            for measure, value in zip(MEASURES, values, strict=True):
                node[measure] += int(value)
    return dict(found)
