"""The one statement that makes sums by cell and arm of any number of customers, and what it answers (S15).

Its tables are the bank's customers as they are now (``bank_customers``) and as they were when the window began
(``customers_before``: a tier that the treatment itself has changed must not say who is alike), their months
(``months_earlier``, ``months_later``: the halves of the months before; ``months_after``), and what tells the arms:
``relations`` now and on days of the window (``relations_before``), or ``touches``, what became of each send.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from scrm.sql import SqlValue
from scrm.uplift.links import KNOWN
from scrm.uplift.moments import Moments
from scrm.uplift.terms import KPIS, ReviewKind, ReviewTerms, Stratum
from scrm.uplift.unlinked import InWecom

TREATED: Final = {
    ReviewKind.ADDED: ("added",),
    ReviewKind.HOLDOUT: ("assigned",),
    ReviewKind.CHANNEL: ("one_to_one", "rm_task", "group", "moments"),
}
UNTREATED: Final = {
    ReviewKind.ADDED: "not_added",
    ReviewKind.HOLDOUT: "holdout",
    ReviewKind.CHANNEL: "not_reached",
}
MOST_ROWS: Final = 400_000
"""Of sums: about what a function holds at once. Fewer strata make fewer."""


class TooManyCellsError(Exception):
    """There would be more cells than a review holds; the text says what to do."""


# A customer is known by the id that he has for the bank's members, or by his unionid where either side knows only that.
_LINKS = """
links AS (
    SELECT customer_key, external_userid, unionid FROM bank_customers WHERE external_userid <> '' OR unionid <> ''
    UNION
    SELECT customer_key, external_userid, unionid FROM customers_before WHERE external_userid <> '' OR unionid <> ''
)"""

_OF_ADDED = """,
adds AS (
    SELECT links.customer_key AS customer_key, relations.added_at AS added_at, 1 AS is_current
    FROM links JOIN relations ON links.external_userid = relations.external_userid WHERE links.external_userid <> ''
    UNION ALL
    SELECT links.customer_key AS customer_key, relations.added_at AS added_at, 1 AS is_current
    FROM links JOIN relations ON links.unionid = relations.unionid WHERE links.unionid <> ''
    UNION ALL
    SELECT links.customer_key AS customer_key, relations_before.added_at AS added_at, 0 AS is_current
    FROM links JOIN relations_before ON links.external_userid = relations_before.external_userid
    WHERE links.external_userid <> ''
    UNION ALL
    SELECT links.customer_key AS customer_key, relations_before.added_at AS added_at, 0 AS is_current
    FROM links JOIN relations_before ON links.unionid = relations_before.unionid WHERE links.unionid <> ''
),
firsts AS (
    SELECT customer_key, MIN(added_at) AS added_at, MAX(is_current) AS is_current FROM adds GROUP BY customer_key
),
arms AS (
    SELECT customers_before.customer_key AS customer_key,
        CASE
            WHEN firsts.customer_key IS NULL THEN 'not_added'
            WHEN firsts.added_at < $window_from THEN 'before'
            WHEN firsts.added_at >= $window_until THEN 'later'
            WHEN firsts.is_current = 0 THEN 'lost'
            ELSE 'added'
        END AS arm
    FROM customers_before LEFT JOIN firsts ON customers_before.customer_key = firsts.customer_key
    WHERE strpos(customers_before.node_path, $node_path) = 1
)"""

# Everybody whom chance drew, whatever became of his message: who was left out for another reason belongs to his arm,
# else the arms were not alike. Chance draws first, so that no other reason hides it. MAX: "holdout" is the later word.
_OF_HOLDOUT = f""",{KNOWN},
drawn AS (
    SELECT external_userid, CASE WHEN reason = 'holdout' THEN 'holdout' ELSE 'assigned' END AS arm
    FROM touches
    WHERE campaign_id = $campaign_id AND reason <> 'not_in_ring' AND reason <> 'blast_radius'
),
arms AS (
    SELECT known.customer_key AS customer_key, MAX(drawn.arm) AS arm
    FROM known JOIN drawn ON known.external_userid = drawn.external_userid
    GROUP BY known.customer_key
)"""  # noqa: S608 - our own text

# Who was touched by several channels tells of none of them.
_OF_CHANNEL = f""",{KNOWN},
lasts AS (
    SELECT external_userid, channel, state, touched_at,
        ROW_NUMBER() OVER (PARTITION BY campaign_id, external_userid ORDER BY told_at DESC, task_id DESC) AS place
    FROM touches
),
touched AS (
    SELECT known.customer_key AS customer_key, MIN(lasts.channel) AS channel, MAX(lasts.channel) AS other
    FROM known JOIN lasts ON known.external_userid = lasts.external_userid
    WHERE lasts.place = 1 AND lasts.state = 'sent'
        AND lasts.touched_at >= $window_from AND lasts.touched_at < $window_until
    GROUP BY known.customer_key
),
arms AS (
    SELECT customers_before.customer_key AS customer_key,
        CASE
            WHEN touched.customer_key IS NULL THEN 'not_reached'
            WHEN touched.channel <> touched.other THEN 'several'
            ELSE touched.channel
        END AS arm
    FROM customers_before LEFT JOIN touched ON customers_before.customer_key = touched.customer_key
    WHERE strpos(customers_before.node_path, $node_path) = 1
)"""  # noqa: S608 - our own text

_ARMS: Final = {
    ReviewKind.ADDED: _OF_ADDED,
    ReviewKind.HOLDOUT: _OF_HOLDOUT,
    ReviewKind.CHANNEL: _OF_CHANNEL,
}


def _half(name: str, kpis: Sequence[str]) -> str:
    """Sums of months of those of whom no month misses."""
    columns = ", ".join(
        f"CASE WHEN COUNT({kpi}) = ${name} THEN SUM(CAST({kpi} AS DOUBLE)) END AS {kpi}" for kpi in kpis
    )
    return f",\n{name} AS (SELECT customer_key, {columns} FROM months_{name} GROUP BY customer_key)"  # noqa: S608 - our own names


# Customers are joined to their months once for all KPIs; then each has a row for each KPI. A join of its own for each
# KPI costs the double, and room on disk that a function does not have.
def _joined(kpis: Sequence[str]) -> str:
    columns = ", ".join(
        f"earlier.{kpi} AS earlier_{kpi}, later.{kpi} AS later_{kpi}, CAST(months_after.{kpi} AS DOUBLE) AS after_{kpi}"
        for kpi in kpis
    )
    return f""",
joined AS (
    SELECT people.arm AS arm, people.tier AS tier, people.age_band AS age_band, people.branch AS branch, {columns}
    FROM people
    JOIN earlier ON people.customer_key = earlier.customer_key
    JOIN later ON people.customer_key = later.customer_key
    JOIN months_after ON people.customer_key = months_after.customer_key
)"""  # noqa: S608 - our own names


def _figures(kpis: Sequence[str]) -> str:
    names = " UNION ALL ".join(f"SELECT '{kpi}' AS kpi" for kpi in kpis)
    columns = ", ".join(
        f"CASE{''.join(f" WHEN kpis.kpi = '{kpi}' THEN joined.{part}_{kpi}" for kpi in kpis)} END AS {name}"
        for part, name in (("earlier", "earlier"), ("later", "later"), ("after", "y"))
    )
    return f""",
kpis AS ({names}),
figures AS (
    SELECT kpis.kpi AS kpi, joined.arm AS arm, joined.tier AS tier, joined.age_band AS age_band,
        joined.branch AS branch, {columns}
    FROM joined CROSS JOIN kpis
)"""  # noqa: S608 - our own names


_PEOPLE = """,
people AS (
    SELECT arms.customer_key AS customer_key, arms.arm AS arm,
        CASE WHEN $by_tier THEN COALESCE(customers_before.tier, '') ELSE '' END AS tier,
        CASE WHEN $by_age_band THEN COALESCE(customers_before.age_band, '') ELSE '' END AS age_band,
        CASE WHEN $by_branch THEN COALESCE(split_part(customers_before.node_path, '/', 3), '') ELSE '' END AS branch
    FROM arms JOIN customers_before ON arms.customer_key = customers_before.customer_key
    WHERE contains($arms, arms.arm)
)"""

_SUMS = """,
told AS (
    SELECT kpi, arm, tier, age_band, branch, y, (earlier + later) / CAST($earlier + $later AS DOUBLE) AS x,
        later / CAST($later AS DOUBLE) - earlier / CAST($earlier AS DOUBLE) AS d
    FROM figures WHERE y IS NOT NULL AND earlier IS NOT NULL AND later IS NOT NULL
),
banded AS (
    SELECT *, CAST(FLOOR(
        (RANK() OVER (PARTITION BY kpi ORDER BY x) - 1) * CAST($bands AS DOUBLE) / COUNT(*) OVER (PARTITION BY kpi)
    ) AS BIGINT) AS band
    FROM told
)
SELECT kpi, arm, tier, age_band, branch, band, COUNT(*) AS n, SUM(y) AS y, SUM(y * y) AS yy, SUM(x) AS x,
    SUM(x * x) AS xx, SUM(x * y) AS xy, SUM(d) AS d, SUM(d * d) AS dd, SUM(x * d) AS xd
FROM banded
GROUP BY kpi, arm, tier, age_band, branch, band
UNION ALL
SELECT '' AS kpi, arm, '' AS tier, '' AS age_band, '' AS branch, 0 AS band, COUNT(*) AS n, 0 AS y, 0 AS yy, 0 AS x,
    0 AS xx, 0 AS xy, 0 AS d, 0 AS dd, 0 AS xd
FROM arms
GROUP BY arm
ORDER BY 1, 2, 3, 4, 5, 6"""


def statement(kind: ReviewKind, kpis: Sequence[str] = KPIS) -> str:
    """Sums by KPI, arm, stratum and band of the level; then, with an empty KPI, how many are in each arm at all. Of
    cells it answers one more than `read` takes, so that too many never come."""
    halves = _half("earlier", kpis), _half("later", kpis)
    parts = [_LINKS, _ARMS[kind], *halves, _PEOPLE, _joined(kpis), _figures(kpis), _SUMS]
    return "WITH" + "".join(parts) + f"\nLIMIT {MOST_ROWS + 1}"


def parameters(terms: ReviewTerms) -> dict[str, SqlValue]:
    """What the statement of these terms asks for, and nothing that it does not name."""
    asked = {*terms.strata, *terms.segments}
    later = (terms.months_before + 1) // 2
    found: dict[str, SqlValue] = {
        "arms": [*TREATED[terms.kind], UNTREATED[terms.kind]],
        "earlier": terms.months_before - later,
        "later": later,
        "bands": terms.bands,
        "by_tier": Stratum.TIER in asked,
        "by_age_band": Stratum.AGE_BAND in asked,
        "by_branch": Stratum.BRANCH in asked,
    }
    if terms.kind is ReviewKind.HOLDOUT:
        found["campaign_id"] = terms.campaign_id
    else:
        begins, ends = terms.window
        found |= {"node_path": terms.node_path, "window_from": begins, "window_until": ends}
    return found


@dataclass(frozen=True, slots=True)
class CellSums:
    """One arm in one cell."""

    arm: str
    strata: Mapping[Stratum, str]
    band: int
    moments: Moments


@dataclass(frozen=True, slots=True)
class Sums:
    """All that a review takes from the bank's data. ``customers``: how many are in each arm, those included of whom
    figures miss or who are in neither group. ``in_wecom``: of a review of who added."""

    by_kpi: Mapping[str, Sequence[CellSums]]
    customers: Mapping[str, int] = field(default_factory=dict)
    in_wecom: InWecom | None = None


def read(rows: Iterable[Sequence[Any]]) -> Sums:
    """Raises TooManyCellsError."""
    by_kpi: dict[str, list[CellSums]] = {}
    customers: dict[str, int] = {}
    for number, (kpi, arm, tier, age_band, branch, band, n, *sums) in enumerate(rows):
        if number >= MOST_ROWS:
            raise TooManyCellsError("There are too many cells: leave the branch, or the age band, out of the strata.")
        if not kpi:
            customers[arm] = int(n)
            continue
        strata = {Stratum.TIER: tier, Stratum.AGE_BAND: age_band, Stratum.BRANCH: branch}
        by_kpi.setdefault(kpi, []).append(CellSums(arm, strata, int(band), Moments(int(n), *map(float, sums))))
    return Sums(by_kpi, customers)
