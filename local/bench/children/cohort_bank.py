"""A bank as `kpi_ingest` publishes it: customers before the window and now, seven months, whom members had added by
day, and what became of sends. Who was added in the window has a quarter more of AUM afterwards."""

from pathlib import Path
from typing import Final

import duckdb

MONTHS: Final = ("2026-09", "2026-10", "2026-11", "2026-12", "2027-01", "2027-02", "2027-04")
"""Six before the window of March, and the one that answers."""
DELIVERED: Final = "d1"
_BEGINS: Final = "2027-02-28 16:00:00"
_LOOKS: Final = (("2027-03-03", 2), ("2027-03-10", 9), ("2027-03-17", 16), ("2027-03-24", 23), ("2027-03-31", 30))
_REVIEWED: Final = ("2027-04-30", 60)
_SENDS: Final = ("2027-03-05", "2027-03-12", "2027-03-19")
_NODES, _BRANCHES = 4_000, 40


def _share(of: str) -> str:
    """Above 0, at most 1, by customer."""
    return f"(((hash(i, '{of}') >> 12)::DOUBLE + 1) / 4503599627370496)"


_PEOPLE: Final = f"""
CREATE TABLE people AS
SELECT i, sha256(i::VARCHAR) AS customer_key, 'wm' || substr(sha256('e' || i), 1, 30) AS external_userid,
    'o' || substr(sha256('u' || i), 1, 27) AS unionid, hash(i, 'link') % 3 = 0 AS is_linked, hash(i, 'how') % 10 AS how,
    (hash(i, 'day') % 180)::INTEGER - 120 AS day, hash(i, 'lost') % 20 = 0 AS is_lost, hash(i, 'sent') % 100 AS sent,
    (100 + hash(i, 'node') % {_NODES})::VARCHAR AS node_id,
    '/1/b' || hash(i, 'node') % {_NODES} % {_BRANCHES} || '/' || (100 + hash(i, 'node') % {_NODES}) || '/' AS node_path,
    ['ordinary', 'silver', 'gold', 'platinum', 'private'][1 + least(4, floor(-ln({_share("tier")}) * 1.2))::INTEGER]
        AS tier,
    ['under 30', '30-39', '40-49', '50-59', '60-69', '70 and over'][(1 + hash(i, 'age') % 6)::INTEGER] AS age_band,
    exp(14.5 + 1.4 * sqrt(-2 * ln({_share("far")})) * cos(2 * pi() * {_share("around")})) AS wealth
FROM range($customers) AS numbers(i)
ORDER BY customer_key"""  # noqa: S608 - names of ours, as below


def publish(folder: Path, customers: int) -> int:
    """Rows of customers' months."""
    with duckdb.connect(config={"threads": 2, "memory_limit": "1500MB", "temp_directory": str(folder)}) as engine:
        engine.execute(_PEOPLE, {"customers": customers})

        def write(place: str, rows: str) -> int:
            path = folder / place / "rows.parquet"
            path.parent.mkdir(parents=True)
            ((count,),) = engine.execute(f"COPY ({rows}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)").fetchall()
            return int(count)

        write(f"kpi/bank_customers/version=1-{DELIVERED}", _customers("is_linked AND day < 0"))
        write(f"kpi/bank_customers/version=2-{DELIVERED}", _customers("is_linked"))
        for day, past in (*_LOOKS, _REVIEWED):
            write(f"kpi/relations/day={day}", _relations(past, is_last=(day, past) == _REVIEWED))
        for number, day in enumerate(_SENDS):
            write(f"uplift/touches/day={day}", _touches(number, day))
        return sum(write(f"kpi/customer_months/month={month}/version=1-{DELIVERED}", _month(month)) for month in MONTHS)


def _customers(is_known: str) -> str:
    """Six of ten linked customers are known by the id that members see, two by unionid alone, two by both."""
    return f"""
SELECT customer_key, CASE WHEN {is_known} AND how < 8 THEN external_userid ELSE '' END AS external_userid,
    CASE WHEN {is_known} AND how >= 6 THEN unionid ELSE '' END AS unionid, 'rm_' || i % 20000 AS owner_userid, node_id,
    node_path, tier, age_band, '2019-05-31' AS opened_on
FROM people"""  # noqa: S608


def _month(month: str) -> str:
    """One in two hundred is not told of."""
    lift = "CASE WHEN is_linked AND day BETWEEN 0 AND 30 THEN 1.25 ELSE 1 END" if month == MONTHS[-1] else "1"
    return f"""
SELECT customer_key, '{month}' AS month, (wealth * (0.9 + 0.2 * {_share(month)}) * {lift})::BIGINT AS aum_fen,
    least(12, floor(ln(wealth) / 3) + (hash(i, 'h{month}') % 3)::BIGINT)::BIGINT AS holdings,
    (hash(i, 'c{month}') % 3)::BIGINT AS cards_bound, (hash(i, 'a{month}') % 2)::BIGINT AS active,
    (hash(i, 'm{month}') % 2)::BIGINT AS mobile_active
FROM people
WHERE hash(i, 'z{month}') % 200 <> 0"""  # noqa: S608


def _relations(past: int, *, is_last: bool) -> str:
    return f"""
SELECT external_userid, 'rm_' || i % 20000 AS userid, node_id, node_path,
    strftime(TIMESTAMP '{_BEGINS}' + INTERVAL (day) DAY + INTERVAL (i % 80000) SECOND, '%Y-%m-%dT%H:%M:%S.000Z')
        AS added_at, unionid, true AS accountable
FROM people
WHERE is_linked AND day <= {past} AND NOT ({is_last} AND is_lost)
ORDER BY external_userid"""  # noqa: S608


def _touches(number: int, day: str) -> str:
    """A tenth got two messages; a tenth of messages came to nothing."""
    return f"""
SELECT external_userid, 'rm_' || i % 20000 AS userid, 'camp_{number}' AS campaign_id, 't{number}_' || i AS task_id,
    ['one_to_one', 'rm_task', 'moments'][(1 + hash(i, 'channel{number}') % 3)::INTEGER] AS channel, 'a1' AS activity_id,
    1::BIGINT AS content_version, node_path, CASE WHEN sent % 10 = 9 THEN 'failed' ELSE 'sent' END AS state,
    '' AS reason, '{day}T02:00:00.000Z' AS touched_at, '{day}T03:00:00.000Z' AS told_at
FROM people
WHERE is_linked AND day < 0 AND (sent % 3 = {number} OR sent < 10)
ORDER BY external_userid"""  # noqa: S608
