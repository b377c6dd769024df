"""Deliveries of a period told in any order and often, two at once, killed at any write: the last said is in force."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest

from scrm.kpi.feeds.columns import COLUMNS
from scrm.kpi.feeds.datasets import Feed
from scrm.kpi.feeds.intake import FeedBusyError
from tests.fakes.feed_bank import FOLDER, FeedBank, csv_of, key_of, master_row, month_row

MONTHS, MARCH = Feed.CUSTOMER_MONTHS, "2027-03"
SAID = (
    [month_row(1, aum_fen=1), month_row(2, aum_fen=5)],
    [month_row(1, aum_fen=4)],
)
"""What the bank says in turn."""
KILLED_IN_A_HUNDRED, MET_IN_A_HUNDRED = 12, 40


class KilledError(Exception):
    pass


@dataclass
class Chaos:
    """Takes notifications as ``chance`` has it; one that fails comes again."""

    bank: FeedBank
    chance: random.Random
    said: list[Sequence[Mapping[str, Any]]] = field(default_factory=list)
    due: list[int] = field(default_factory=list)
    _is_met: bool = False

    def say(self, rows: Sequence[Mapping[str, Any]]) -> None:
        number = len(self.said)
        self.said.append(rows)
        content = csv_of(rows, [column.name for column in COLUMNS[MONTHS]])
        self.bank.put(content)
        manifest = self.bank.manifest(MONTHS, MARCH, rows, f"2027-04-02T01:{number:02d}:00Z")
        folder = self._folder(number)
        self.bank.bucket.files |= {
            f"{folder}rows.csv": content,
            f"{folder}manifest.json": json.dumps({**manifest, "smaller_is_meant": True}).encode(),
        }
        self.due += [number] * self.chance.randint(1, 2)

    def run(self) -> None:
        """Until every notification was taken to its end."""
        bucket, measures = self.bank.bucket, self.bank.measures
        put, upload, stand = bucket.put, bucket.upload, measures.stand
        bucket.put = self._meeting(self._killing(put))  # type: ignore[method-assign]
        bucket.upload, measures.stand = self._killing(upload), self._killing(stand)  # type: ignore[method-assign]
        self.chance.shuffle(self.due)
        while self.due:
            self._take(self.due.pop())
        bucket.put, bucket.upload, measures.stand = put, upload, stand  # type: ignore[method-assign]

    def _take(self, number: int) -> None:
        told_at = self.bank.moment + timedelta(seconds=number)
        try:
            self.bank.intake().take(f"{self._folder(number)}manifest.json", told_at)
        except (KilledError, FeedBusyError):
            self.due.insert(self.chance.randrange(len(self.due) + 1), number)

    def _killing(self, write: Callable[..., Any]) -> Callable[..., Any]:
        """Before the write, or after it."""

        def wrapped(*given: Any, **more: Any) -> Any:
            if self._happens(KILLED_IN_A_HUNDRED):
                if self._happens(50):
                    write(*given, **more)
                raise KilledError
            return write(*given, **more)

        return wrapped

    def _meeting(self, put: Callable[..., Any]) -> Callable[..., Any]:
        """Another delivery is taken from its begin to its end in the moment before a version is published."""

        def wrapped(key: str, *given: Any, **more: Any) -> Any:
            if key.startswith("kpi/versions/") and self.due and not self._is_met and self._happens(MET_IN_A_HUNDRED):
                self._is_met = True
                self._take(self.due.pop())
                self._is_met = False
            return put(key, *given, **more)

        return wrapped

    def _happens(self, times_in_a_hundred: int) -> bool:
        return self.chance.randrange(100) < times_in_a_hundred

    def _folder(self, number: int) -> str:
        return f"{FOLDER}{number}/"


@pytest.mark.parametrize("seed", range(12))
def test_what_was_said_last_is_in_force_and_measured_at_every_node(seed: int) -> None:
    bank = FeedBank()
    bank.moment = bank.moment.replace(hour=9)
    bank.deliver(Feed.BANK_CUSTOMERS, "2027-03-31", [master_row(1), master_row(2, "20")], "2027-04-02T00:00:00Z")
    chaos = Chaos(bank, random.Random(seed))
    for number in range(chaos.chance.randint(3, 5)):
        chaos.say(SAID[number % 2])

    chaos.run()

    last = chaos.said[-1]
    told = sorted((row["customer_key"], row["aum_fen"]) for row in last)
    assert sorted(bank.rows(MONTHS, MARCH, "customer_key, aum_fen")) == told
    _, nodes = bank.measures.stood[date(2027, 3, 31), "bank_facts"]
    assert nodes["1"]["aum_fen"] == sum(row["aum_fen"] for row in last)
    at_20 = sum(row["customer_key"] == key_of(2) for row in last)
    assert nodes.get("20", {}).get("fact_customers", 0) == at_20
    assert len(bank.listed("2027-04")) == len(chaos.said) + 1
