"""Who is in WeCom and is not recognised by the bank: he may be a customer who added, and counts as one who did not.

Recognised is whom a customer of the bank's master names by external_userid or unionid, as in `scrm.kpi.feeds.links`.
People are counted, not relations: who is followed by several members is one person.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from scrm.sql import SqlValue
from scrm.uplift.terms import ReviewTerms

Since = Literal["before", "in_window", "later"]

TABLES: Final = ("bank_customers", "customers_before", "relations", "relations_before")
STATEMENT: Final = """
WITH followed AS (
    SELECT external_userid, unionid, node_path, added_at FROM relations
    UNION ALL
    SELECT external_userid, unionid, node_path, added_at FROM relations_before
),
seen AS (
    SELECT external_userid, unionid, MIN(added_at) AS added_at,
        MAX(CASE WHEN strpos(node_path, $node_path) = 1 THEN 1 ELSE 0 END) AS is_beneath
    FROM followed GROUP BY external_userid, unionid
),
links AS (
    SELECT external_userid, unionid FROM bank_customers WHERE external_userid <> '' OR unionid <> ''
    UNION
    SELECT external_userid, unionid FROM customers_before WHERE external_userid <> '' OR unionid <> ''
),
recognised AS (
    SELECT seen.external_userid AS external_userid
    FROM seen JOIN links ON seen.external_userid = links.external_userid WHERE links.external_userid <> ''
    UNION
    SELECT seen.external_userid AS external_userid
    FROM seen JOIN links ON seen.unionid = links.unionid WHERE links.unionid <> ''
),
people AS (
    SELECT external_userid, MAX(is_beneath) AS is_beneath,
        CASE
            WHEN MIN(added_at) < $window_from THEN 'before'
            WHEN MIN(added_at) < $window_until THEN 'in_window'
            ELSE 'later'
        END AS since
    FROM seen GROUP BY external_userid
)
SELECT people.since, people.is_beneath,
    CASE WHEN recognised.external_userid IS NULL THEN 0 ELSE 1 END AS is_recognised, COUNT(*) AS people
FROM people LEFT JOIN recognised ON people.external_userid = recognised.external_userid
GROUP BY people.since, people.is_beneath, CASE WHEN recognised.external_userid IS NULL THEN 0 ELSE 1 END
"""
"""Of `TABLES`, which `scrm.uplift.sums` has too: people by when they first added a member, by whether a member
beneath the review's node follows them, and by whether the bank recognises them."""


@dataclass(frozen=True, slots=True)
class InWecom:
    """People whom members follow, up to the day of the review. ``people`` and ``unlinked``: followed beneath the
    review's node, all of them and whom the bank does not recognise; ``unlinked_since``: the latter by when they first
    added a member. ``of_bank``: the same two numbers whoever follows."""

    people: int
    unlinked: int
    unlinked_since: dict[Since, int]
    people_of_bank: int
    unlinked_of_bank: int

    @property
    def share(self) -> float:
        """Of those in WeCom beneath the node whom the bank does not recognise."""
        return self.unlinked / self.people if self.people else 0.0


def parameters(terms: ReviewTerms) -> dict[str, SqlValue]:
    begins, ends = terms.window
    return {"node_path": terms.node_path, "window_from": begins, "window_until": ends}


def read(rows: Iterable[Sequence[Any]]) -> InWecom:
    people = people_of_bank = unlinked_of_bank = 0
    since: dict[Since, int] = {"before": 0, "in_window": 0, "later": 0}
    for when, is_beneath, is_recognised, count in rows:
        people_of_bank += count
        unlinked_of_bank += 0 if is_recognised else count
        if is_beneath:
            people += count
            since[when] += 0 if is_recognised else count
    return InWecom(people, sum(since.values()), since, people_of_bank, unlinked_of_bank)
