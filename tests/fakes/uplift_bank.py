"""A small bank with customers, months and relations as rows of the datasets that a review reads."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from scrm import clock
from scrm.aws.duckdb_engine import DuckDbEngine
from scrm.collect.datasets import RELATIONS
from scrm.kpi.feeds.datasets import BANK_CUSTOMERS, CUSTOMER_MONTHS
from scrm.sql import Dataset, Selection, SqlValue
from scrm.uplift.terms import ReviewTerms
from tests.fakes.parquet import MemoryFiles

type Row = dict[str, Any]


@dataclass
class UpliftBank:
    """Rows by table of the statement; months by name."""

    customers: list[Row] = field(default_factory=list)
    customers_before: list[Row] = field(default_factory=list)
    months: dict[str, list[Row]] = field(default_factory=dict)
    relations: list[Row] = field(default_factory=list)
    relations_before: list[Row] = field(default_factory=list)


def generate(terms: ReviewTerms, customers: int, seed: int) -> UpliftBank:
    """Customers of three branches: some added before, in and after the window, some were lost, some are not linked,
    some have no figures of a month."""
    chance = random.Random(seed)
    bank = UpliftBank()
    for number in range(customers):
        key = f"{number:064x}"
        branch, tier, age = chance.choice("123"), chance.choice(["gold", "silver", ""]), chance.choice(["30", "50"])
        row: Row = {
            "customer_key": key,
            "external_userid": "",
            "unionid": "",
            "owner_userid": "",
            "node_id": branch,
            "node_path": f"/1/{branch}0/{branch}/",
            "tier": tier,
            "age_band": age,
            "opened_on": "",
        }
        bank.customers_before.append(dict(row))
        _relate(bank, row, terms, chance, number)
        bank.customers.append(row)
        wealth = round(chance.lognormvariate(13, 1))
        for month in (*terms.months_of_level, terms.month_after):
            if chance.random() < 0.01:
                continue
            bank.months.setdefault(month, []).append(_facts(key, month, wealth, chance))
    return bank


def _relate(bank: UpliftBank, row: Row, terms: ReviewTerms, chance: random.Random, number: int) -> None:
    drawn = chance.random()
    if drawn < 0.5:
        return
    begins = datetime.combine(terms.first, datetime.min.time(), UTC)
    day = chance.randrange(-60, 60)
    added_at = clock.to_iso(begins + timedelta(days=day, seconds=chance.randrange(86_400)))
    by_unionid = drawn > 0.9
    relation = {
        "external_userid": f"wm{number}",
        "unionid": f"u{number}" if by_unionid else "",
        "added_at": added_at,
        "node_path": row["node_path"] if number % 10 else "/1/90/9/",  # some are followed elsewhere
    }
    if drawn < 0.95:
        row["unionid" if by_unionid else "external_userid"] = relation["unionid" if by_unionid else "external_userid"]
    bank.relations_before.append(relation)
    if chance.random() < 0.8:
        bank.relations.append(relation)


def _facts(key: str, month: str, wealth: int, chance: random.Random) -> Row:
    return {
        "customer_key": key,
        "month": month,
        "aum_fen": round(wealth * chance.uniform(0.9, 1.1)),
        "holdings": chance.randrange(6),
        "cards_bound": chance.randrange(3),
        "active": chance.randrange(2),
        "mobile_active": chance.randrange(2),
    }


def ask(
    bank: UpliftBank, statement: str, parameters: Mapping[str, SqlValue], terms: ReviewTerms
) -> list[tuple[Any, ...]]:
    """The engine's answer over the bank's rows as Parquet."""
    files = MemoryFiles()
    engine = DuckDbEngine(files)
    half = terms.months_before // 2
    level = terms.months_of_level
    tables: list[tuple[str, Dataset, Sequence[Row]]] = [
        ("bank_customers", BANK_CUSTOMERS, bank.customers),
        ("customers_before", BANK_CUSTOMERS, bank.customers_before),
        ("relations", RELATIONS, bank.relations),
        ("relations_before", RELATIONS, bank.relations_before),
        ("months_after", CUSTOMER_MONTHS, bank.months[terms.month_after]),
        ("months_earlier", CUSTOMER_MONTHS, [row for month in level[:half] for row in bank.months[month]]),
        ("months_later", CUSTOMER_MONTHS, [row for month in level[half:] for row in bank.months[month]]),
    ]
    selections = []
    for name, dataset, rows in tables:
        engine.write(dataset, f"t={name}", "rows", rows)
        selections.append(Selection(replace(dataset, name=name), (f"t={name}",)))
    return engine.query(statement, selections, parameters)


def day_of(text: str) -> date:
    return clock.from_iso(text).astimezone(clock.BUSINESS_ZONE).date()


def people_in_wecom(bank: UpliftBank, terms: ReviewTerms) -> list[tuple[str, bool, bool, str]]:
    """In plain Python, by person: when first added, whether beneath the node, whether recognised, the person."""
    known = {row[name] for row in (*bank.customers, *bank.customers_before) for name in ("external_userid", "unionid")}
    known.discard("")
    relations: dict[str, list[Row]] = {}
    for one in (*bank.relations, *bank.relations_before):
        relations.setdefault(one["external_userid"], []).append(one)
    found = []
    for person, rows in relations.items():
        first = day_of(min(row["added_at"] for row in rows))
        since = "before" if first < terms.first else "in_window" if first <= terms.last else "later"
        is_beneath = any(row["node_path"].startswith(terms.node_path) for row in rows)
        is_known = any(row[name] in known for row in rows for name in ("external_userid", "unionid"))
        found.append((since, is_beneath, is_known, person))
    return found


def expected(bank: UpliftBank, terms: ReviewTerms) -> tuple[dict[tuple[Any, ...], list[float]], dict[str, int]]:
    """The same sums in plain Python: by KPI, arm, tier, age band, branch and band; and customers by arm."""
    arms = _arms(bank, terms)
    counts: dict[str, int] = {}
    for arm in arms.values():
        counts[arm] = counts.get(arm, 0) + 1
    half = terms.months_before // 2
    by_month = {month: {row["customer_key"]: row for row in rows} for month, rows in bank.months.items()}
    people = {row["customer_key"]: row for row in bank.customers_before}
    found: dict[tuple[Any, ...], list[float]] = {}
    for kpi in terms.kpis:
        told = []
        for key, arm in arms.items():
            before = [by_month[month].get(key) for month in terms.months_of_level]
            after = by_month[terms.month_after].get(key)
            if arm not in ("added", "not_added") or after is None or None in before:
                continue
            values = [row[kpi] for row in before if row]
            x = sum(values) / len(values)
            d = sum(values[half:]) / (len(values) - half) - sum(values[:half]) / half
            told.append((key, arm, float(after[kpi]), x, d))
        levels = sorted(x for *_, x, _ in told)
        first = {level: place for place, level in reversed(list(enumerate(levels)))}
        for key, arm, y, x, d in told:
            row = people[key]
            band = first[x] * terms.bands // len(told)
            cell = (kpi, arm, row["tier"], row["age_band"], row["node_path"].split("/")[2], band)
            sums = found.setdefault(cell, [0.0] * 9)
            for place, value in enumerate((1, y, y * y, x, x * x, x * y, d, d * d, x * d)):
                sums[place] += value
    return found, counts


def _arms(bank: UpliftBank, terms: ReviewTerms) -> dict[str, str]:
    links = {row["customer_key"]: row for row in bank.customers}
    return {
        row["customer_key"]: _arm(bank, links[row["customer_key"]], terms)
        for row in bank.customers_before
        if row["node_path"].startswith(terms.node_path)
    }


def _arm(bank: UpliftBank, row: Row, terms: ReviewTerms) -> str:
    def matching(relations: Sequence[Row]) -> list[str]:
        return [
            one["added_at"]
            for one in relations
            if any(row[name] and row[name] == one[name] for name in ("external_userid", "unionid"))
        ]

    current = matching(bank.relations)
    ever = current + matching(bank.relations_before)
    if not ever:
        return "not_added"
    first = day_of(min(ever))
    if first < terms.first:
        return "before"
    if first > terms.last:
        return "later"
    return "added" if current else "lost"
