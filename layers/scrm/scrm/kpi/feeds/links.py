"""How well the bank's customers are linked to WeCom's (headline figure of the customer master).

A self-built app may not ask WeCom for somebody's unionid, so a link is what the bank tells (external_userid, or a
unionid of its own app), looked up among those whom members follow: WeCom gives a unionid with some of them.
"""

from collections.abc import Sequence
from typing import Any, Final

from scrm.sql import Dataset

RELATIONS: Final = Dataset(
    name="relations",
    prefix="kpi/relations",
    columns={"external_userid": "VARCHAR", "unionid": "VARCHAR"},
    sorted_by=("external_userid",),
)
"""Of one day, what a look at links needs of it."""
WAYS: Final = ("by_external_userid", "by_unionid", "conflicting", "told_but_unknown", "not_told")
"""Every customer is one of these. ``conflicting``: two customers claim the same person, or the two ids lead to two."""
STATEMENT: Final = """
WITH followed AS (
    SELECT DISTINCT external_userid FROM relations
), of_unionid AS (
    SELECT unionid, min(external_userid) AS external_userid FROM relations WHERE unionid <> '' GROUP BY unionid
), claimed_ids AS (
    SELECT external_userid, count(*) AS customers FROM bank_customers WHERE external_userid <> ''
    GROUP BY external_userid
), claimed_unionids AS (
    SELECT unionid, count(*) AS customers FROM bank_customers WHERE unionid <> '' GROUP BY unionid
), looked_up AS (
    SELECT bank.external_userid AS told_id, bank.unionid AS told_unionid,
        followed.external_userid AS by_id, of_unionid.external_userid AS by_unionid,
        coalesce(claimed_ids.customers, 0) AS same_id, coalesce(claimed_unionids.customers, 0) AS same_unionid
    FROM bank_customers AS bank
    LEFT JOIN followed ON followed.external_userid = bank.external_userid
    LEFT JOIN of_unionid ON of_unionid.unionid = bank.unionid
    LEFT JOIN claimed_ids ON claimed_ids.external_userid = bank.external_userid
    LEFT JOIN claimed_unionids ON claimed_unionids.unionid = bank.unionid
), judged AS (
    SELECT CASE
        WHEN same_id > 1 OR same_unionid > 1 OR by_id <> by_unionid THEN 'conflicting'
        WHEN by_id IS NOT NULL THEN 'by_external_userid'
        WHEN by_unionid IS NOT NULL THEN 'by_unionid'
        WHEN told_id <> '' OR told_unionid <> '' THEN 'told_but_unknown'
        ELSE 'not_told'
    END AS way
    FROM looked_up
)
SELECT way, count(*) AS customers FROM judged GROUP BY way
"""


def counted(rows: Sequence[tuple[Any, ...]]) -> dict[str, int]:
    """Way -> customers; zero for one that nobody is of."""
    found = dict(rows)
    return {way: int(found.get(way, 0)) for way in WAYS}
