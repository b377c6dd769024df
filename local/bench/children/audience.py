"""A whole bank's audience in one query over its customers in Parquet, and the same owner by owner in plain Python."""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from local.bench.audience_sql import condition, reason
from scrm.audience.expressions import compiled
from scrm.audience.facts import Consent, CustomerFacts
from scrm.audience.fields import Known
from scrm.audience.parsing import parse
from scrm.audience.rules import Offer, RuleSettings, exclusion

SEGMENT = "tier in (gold, private) and aum_band >= 3 and not long_tail and holdings has none of (fund_01, fund_02)"
OFFER, SETTINGS, TODAY = Offer(is_product=True, risk=3), RuleSettings(), date(2026, 11, 26)
NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
CUSTOMERS_PER_OWNER = 333
LOOP_ROWS = 100_000
# A customer of the made-up bank, by his number alone.
_BANK = f"""
SELECT 'rm_' || (i // {CUSTOMERS_PER_OWNER}) AS owner,
       'wmBENCH' || lpad(i::VARCHAR, 25, '0') AS external_userid,
       ['standard', 'gold', 'private', 'silver'][1 + h % 4] AS tier,
       CASE WHEN (h >> 4) % 50 = 0 THEN NULL ELSE ((h >> 6) % 10)::INTEGER END AS aum_band,
       ['fund_' || lpad(((h >> 10) % 30)::VARCHAR, 2, '0'), 'deposit_' || (h >> 14) % 5] AS holdings,
       (h >> 17) % 5 = 0 AS long_tail,
       CASE WHEN (h >> 20) % 40 = 0 THEN NULL ELSE (1 + (h >> 22) % 5)::INTEGER END AS risk_class,
       DATE '2026-11-26' - ((h >> 26) % 400)::INTEGER AS assessed_on,
       CASE WHEN (h >> 36) % 60 = 0 THEN NULL ELSE DATE '1940-01-01' + ((h >> 38) % 27000)::INTEGER END AS born_on,
       CASE WHEN (h >> 54) % 30 = 0 THEN 'withdrawn' ELSE 'given' END AS consent,
       (h >> 59) % 31 = 0 AS protected
FROM (SELECT i, (hash(i) >> 1)::BIGINT AS h FROM range({{rows}}) AS numbers(i))
"""  # noqa: S608 - numbers of ours


def query(source: str) -> str:
    return f"""
SELECT owner, list(external_userid) FILTER (reason IS NULL) AS customers,
       map_from_entries(list((external_userid, reason)) FILTER (reason IS NOT NULL)) AS excluded
FROM (SELECT owner, external_userid, {reason(OFFER, SETTINGS, TODAY)} AS reason
      FROM read_parquet('{source}') WHERE {condition(parse(SEGMENT))})
GROUP BY owner"""  # noqa: S608 - our own segment, and literals that are quoted


def measured(folder: Path, rows: int) -> float:
    """CPU seconds of the query with its answer written down; making the bank does not count."""
    bank, answer = folder / f"bank{rows}.parquet", folder / f"audience{rows}.parquet"
    with duckdb.connect(config={"threads": 1, "memory_limit": "2GB", "temp_directory": str(folder)}) as engine:
        engine.execute(f"COPY ({_BANK.format(rows=rows)}) TO '{bank}' (FORMAT parquet)")
        begun = time.process_time()
        engine.execute(f"COPY ({query(str(bank))}) TO '{answer}' (FORMAT parquet)")
        spent = time.process_time() - begun
    bank.unlink()
    return spent


def looped(rows: list[tuple[Any, ...]]) -> tuple[float, dict[str, str]]:
    """CPU seconds a customer, and each one's reason, empty for those who remain."""
    belongs, found = compiled(parse(SEGMENT)), {}
    begun = time.process_time()
    for known in _facts(rows):
        if belongs(Known(known, TODAY)):
            why = exclusion(known, OFFER, SETTINGS, NOW)
            found[known.external_userid] = why.value if why else ""
    return (time.process_time() - begun) / len(rows), found


def _facts(rows: list[tuple[Any, ...]]) -> Iterator[CustomerFacts]:
    for _, one, tier, band, holdings, tail, risk, assessed, born, consent, protected in rows:
        yield CustomerFacts(
            one,
            NOW,
            tier=tier,
            aum_band=band,
            holdings=tuple(holdings),
            is_long_tail=tail,
            risk_class=risk,
            assessed_on=assessed,
            born_on=born,
            consent=Consent(consent),
            is_protected=protected,
        )


def asked(folder: Path) -> tuple[list[tuple[Any, ...]], dict[str, str]]:
    """Some customers, and what the query makes of them."""
    bank = folder / "some.parquet"
    with duckdb.connect() as engine:
        engine.execute(f"COPY ({_BANK.format(rows=LOOP_ROWS)}) TO '{bank}' (FORMAT parquet)")
        rows = engine.execute(f"FROM read_parquet('{bank}')").fetchall()
        answer = engine.execute(query(str(bank))).fetchall()
    kept = {one: "" for _, customers, _ in answer for one in customers or ()}
    return rows, kept | {one: why for _, _, excluded in answer for one, why in (excluded or {}).items()}


def main(sizes: list[int]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows, by_query = asked(folder)
        each, by_loop = looped(rows)
        if by_query != by_loop:
            raise AssertionError("the query and the rules do not agree")
        seconds = [measured(folder, size) for size in sizes]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "loop_s": each, "memory_mb": memory, "candidates": len(by_loop)}))


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]])
