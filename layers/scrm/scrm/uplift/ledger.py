"""The attribution ledger (S18, S35): a customer's change of a month is credited to one touch, or to none.

The rule, the same for everybody and every run: of the messages that a customer got (WeCom's last word holds) within the
window before the end of the month, the latest is credited with all of his change; of several at the same moment the one
of the first task by its id. Windows are the bank's own by KPI and product. A change without such a touch stays in the
ledger, credited to nobody, so that credited and not credited add up to what the bank's customers changed.

A ledger traces; it proves nothing: who is about to buy is also written to. What a campaign caused its holdout tells.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from scrm import clock
from scrm.clock import BUSINESS_ZONE
from scrm.sql import SqlValue
from scrm.uplift.links import KNOWN
from scrm.uplift.terms import KPIS

PRODUCT: Final = "product"
"""The KPI of a change of what a customer holds of one product, in fen."""
ROWS_OF_EACH: Final = 1_000
"""Of a campaign and KPI so many customers are kept by name, the largest changes first; sums are of all."""

_COLUMNS: Final = "campaign_id, activity_id, content_version, channel, userid, node_path, task_id, touched_at"
_CREDITED_COLUMNS: Final = ", ".join(f"delivered.{name} AS {name}" for name in _COLUMNS.split(", "))

_BRANCH: Final = """
    CASE WHEN node_path IS NULL THEN ''
        WHEN split_part(node_path, '/', 3) = '' THEN split_part(node_path, '/', 2)
        ELSE split_part(node_path, '/', 3) END"""
"""As `scrm.node_paths.branch_of`; empty of what is credited to nobody."""

_DELIVERED: Final = f"""
links AS (SELECT customer_key, external_userid, unionid FROM bank_customers),{KNOWN},
lasts AS (
    SELECT external_userid, state, {_COLUMNS},
        ROW_NUMBER() OVER (PARTITION BY campaign_id, external_userid ORDER BY told_at DESC, task_id DESC) AS place
    FROM touches
),
delivered AS (
    SELECT known.customer_key AS customer_key, known.external_userid AS external_userid, {_COLUMNS}
    FROM lasts JOIN known ON lasts.external_userid = known.external_userid
    WHERE lasts.place = 1 AND lasts.state = 'sent' AND lasts.touched_at <> '' AND lasts.touched_at < $until
)"""  # noqa: S608 - our own names


def _change(kpi: str) -> str:
    return f"""
    SELECT late.customer_key AS customer_key, '{kpi}' AS kpi, '' AS product, late.{kpi} - early.{kpi} AS change
    FROM months_after AS late JOIN months_before AS early ON late.customer_key = early.customer_key
    WHERE late.{kpi} <> early.{kpi}"""  # noqa: S608 - our own names


# What was held before counts against what is held now: a product that is new, grew, shrank or is gone.
_OF_PRODUCTS: Final = """
    SELECT customer_key, 'product' AS kpi, product, SUM(amount_fen) AS change
    FROM (
        SELECT customer_key, product, amount_fen FROM holdings_after
        UNION ALL
        SELECT customer_key, product, -amount_fen AS amount_fen FROM holdings_before
    ) AS held
    GROUP BY customer_key, product
    HAVING SUM(amount_fen) <> 0"""


@dataclass(frozen=True, slots=True)
class Windows:
    """In days."""

    usual: int = 30
    by_kpi: Mapping[str, int] = field(default_factory=dict)
    by_product: Mapping[str, int] = field(default_factory=dict)

    @property
    def longest(self) -> int:
        return max(self.usual, *self.by_kpi.values(), *self.by_product.values(), 0)


def _credited(windows: Windows) -> str:
    """Every change with each touch that may be credited, the credited one first."""
    kpis = "".join(f" WHEN changes.kpi = '{kpi}' THEN $from_{kpi}" for kpi in sorted(KPIS))
    products = "".join(
        f" WHEN changes.product = $product_{number} THEN $from_product_{number}"
        for number in range(len(windows.by_product))
    )
    changes = "\n    UNION ALL".join([*map(_change, KPIS), _OF_PRODUCTS])
    return f"""WITH{_DELIVERED},
changes AS ({changes}
),
credited AS (
    SELECT changes.customer_key AS customer_key, changes.kpi AS kpi, changes.product AS product,
        changes.change AS change, delivered.external_userid AS external_userid, {_CREDITED_COLUMNS},
        ROW_NUMBER() OVER (
            PARTITION BY changes.customer_key, changes.kpi, changes.product
            ORDER BY delivered.touched_at DESC NULLS LAST, delivered.task_id
        ) AS turn
    FROM changes LEFT JOIN delivered ON changes.customer_key = delivered.customer_key
        AND delivered.touched_at >= CASE{kpis}{products} ELSE $from_usual END
)"""  # noqa: S608 - our own names


def figures_statement(windows: Windows) -> str:
    """Customers and sums of changes, branch by branch: by campaign, content and channel, and by member.

    Columns: branch, by (``campaign`` or ``member``), kpi, product, campaign_id, activity_id, content_version, channel,
    userid, node_path, customers, change. Without a touch all names are empty, that of the branch too.
    """
    return f"""{_credited(windows)}
SELECT {_BRANCH} AS branch, 'campaign' AS told_by, kpi, product,
    COALESCE(campaign_id, '') AS campaign_id, COALESCE(activity_id, '') AS activity_id,
    COALESCE(content_version, 0) AS content_version, COALESCE(channel, '') AS channel, '' AS userid, '' AS node,
    COUNT(*) AS customers, SUM(change) AS change
FROM credited WHERE turn = 1 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
UNION ALL
SELECT {_BRANCH} AS branch, 'member' AS told_by, kpi, product, '' AS campaign_id,
    '' AS activity_id, 0 AS content_version, '' AS channel, userid, node_path AS node,
    COUNT(*) AS customers, SUM(change) AS change
FROM credited WHERE turn = 1 AND userid IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10"""  # noqa: S608 - our own names


def rows_statement(windows: Windows) -> str:
    """The customers behind the figures of each campaign, the largest changes first.

    Columns: campaign_id, kpi, product, change, customer_key, external_userid, activity_id, content_version, channel,
    userid, node_path, task_id, touched_at.
    """
    return f"""{_credited(windows)},
ordered AS (
    SELECT *, ROW_NUMBER() OVER (
        PARTITION BY campaign_id, kpi, product
        ORDER BY CASE WHEN change < 0 THEN -change ELSE change END DESC, customer_key
    ) AS place
    FROM credited WHERE turn = 1 AND campaign_id IS NOT NULL
)
SELECT campaign_id, kpi, product, change, customer_key, external_userid, activity_id, content_version, channel, userid,
    node_path, task_id, touched_at
FROM ordered WHERE place <= $rows_of_each
ORDER BY campaign_id, kpi, product, place"""  # noqa: S608 - our own names


def parameters(month: str, windows: Windows) -> dict[str, SqlValue]:
    """Of `figures_statement`; `rows_statement` asks for ``rows_of_each`` besides."""
    ends = end_of(month)

    def begins(days: int) -> str:
        return clock.to_iso(datetime.combine(ends - timedelta(days=days), time(), BUSINESS_ZONE))

    found: dict[str, SqlValue] = {
        "until": clock.to_iso(datetime.combine(ends, time(), BUSINESS_ZONE)),
        "from_usual": begins(windows.usual),
    }
    found |= {f"from_{kpi}": begins(windows.by_kpi.get(kpi, windows.usual)) for kpi in KPIS}
    for number, (product, days) in enumerate(sorted(windows.by_product.items())):
        found |= {f"product_{number}": product, f"from_product_{number}": begins(days)}
    return found


def end_of(month: str) -> date:
    """The first business day after it."""
    first = date.fromisoformat(f"{month}-01")
    return (first + timedelta(days=31)).replace(day=1)


def month_before(month: str) -> str:
    return (date.fromisoformat(f"{month}-01") - timedelta(days=1)).isoformat()[:7]


@dataclass(frozen=True, slots=True)
class Credit:
    """What one campaign and content, or one member, is credited with. ``node``: a member's node path. All names are
    empty for what is credited to nobody. ``change`` is in the KPI's unit, fen of a product."""

    kpi: str
    product: str
    campaign_id: str
    activity_id: str
    content_version: int
    channel: str
    userid: str
    node: str
    customers: int
    change: int


@dataclass(frozen=True, slots=True)
class BranchCredits:
    """What messages of a branch's members are credited with; ``branch_id`` is empty for what nobody is."""

    branch_id: str
    by_campaign: Sequence[Credit]
    by_member: Sequence[Credit]


def read(rows: Iterable[Sequence[Any]]) -> Iterator[BranchCredits]:
    """One branch after the other, as they come: of a large bank all together are gigabytes."""
    for branch_id, of_branch in groupby(rows, key=itemgetter(0)):
        by: dict[str, list[Credit]] = {"campaign": [], "member": []}
        for _, told_by, *credit in of_branch:
            by[told_by].append(Credit(*credit[:-2], *map(int, credit[-2:])))
        yield BranchCredits(branch_id, by["campaign"], by["member"])


def summed(credits_: Iterable[Mapping[str, Any]], names: Sequence[str]) -> list[dict[str, Any]]:
    """Rows of `Credit`, or of sums of them, by KPI, product, ``is_credited`` and ``names``. Each customer counts once a
    KPI: he is credited to one touch."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in credits_:
        told = {"kpi": row["kpi"], "product": row["product"], "is_credited": bool(row["campaign_id"])}
        told |= {name: row[name] for name in names}
        one = found.setdefault(tuple(told.values()), {**told, "customers": 0, "change": 0})
        one["customers"] += row["customers"]
        one["change"] += row["change"]
    return [found[key] for key in sorted(found, key=str)]
