"""The demo bank's KPI feeds: customer master, facts by month, what they hold; a truth is planted in them.

Who is in WeCom with an RM was wealthier before (selection by wealth): the naive comparison is high whatever is true.
What adding itself does to assets is `Truth.effect_percent`, from `Truth.from_month` on. All follows from the seed.
"""

import csv
import hashlib
import io
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

type Json = dict[str, Any]
type FeedRow = dict[str, str | int]

MASTER_COLUMNS = (
    "customer_key",
    "external_userid",
    "unionid",
    "owner_userid",
    "node",
    "tier",
    "age_band",
    "opened_on",
)
MONTH_COLUMNS = ("customer_key", "month", "aum_fen", "holdings", "cards_bound", "active", "mobile_active")
HOLDING_COLUMNS = ("customer_key", "month", "product", "amount_fen")
_AGE_BANDS = ("18-29", "30-39", "40-49", "50-59", "60-99")
_TIERS = ((0.6, "mass"), (1.4, "gold"), (float("inf"), "private"))
_PRODUCTS = ("deposit_01", "fund_07", "wealth_12", "insurance_03")
_TYPICAL_AUM_FEN = 5_000_000
_SIGMA = 1.0
_NOISE = 0.08
_LEAST_FEN = 10_000
_CHOSEN_OF_TEN = 7
_LINKED_BY_ID_OF_TEN, _LINKED_BY_UNIONID_OF_TEN = 6, 9
_ADDED_ACCOUNTS = "added"


@dataclass(frozen=True, slots=True)
class Truth:
    """What adding an RM does to a customer's assets, in percent, from a month (``2027-01``) on; growth of everybody.

    ``of_joined``: of those alone who were added since; who was added long ago has had it all along.
    """

    effect_percent: float = 0.0
    from_month: str = "2027-01"
    growth_percent: float = 0.5
    of_joined: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """A customer of the bank. ``wealth`` counts in standard deviations of log assets; ``external_userid`` is empty
    for who is not in WeCom."""

    customer_key: str
    external_userid: str
    unionid: str
    owner_userid: str
    node: str
    wealth: float
    age_band: str
    opened_on: str


@dataclass(frozen=True, slots=True)
class KpiBank:
    """Accounts of a world document, and ``others_per_customer`` times as many whom nobody added. ``joined``: those of
    them who were added since, external_userid by customer key; the bank knows them by it."""

    world: Json
    seed: int = 20_261_121
    others_per_customer: int = 2
    truth: Truth = field(default_factory=Truth)
    joined: Mapping[str, str] = field(default_factory=dict)

    def accounts(self) -> list[Account]:
        """By customer key."""
        owners: dict[str, str] = {}
        for relation in self.world["relations"]:
            owners.setdefault(relation["external_userid"], relation["userid"])
        places = {member["userid"]: str(member["main_department"]) for member in self.world["members"]}
        serving = sorted(set(owners.values()))
        added = [
            self._account(_ADDED_ACCOUNTS, one["external_userid"], owners[one["external_userid"]], places, one)
            for one in self.world["customers"]
            if one["external_userid"] in owners
        ]
        others = [
            self._account("other", str(number), serving[number % len(serving)], places, {})
            for number in range(len(added) * self.others_per_customer)
        ]
        return sorted(added + others, key=lambda account: account.customer_key)

    def master_rows(self) -> list[FeedRow]:
        """`bank_customers`: of those in WeCom six of ten have the external_userid, three the unionid, one neither."""
        return [
            {
                "customer_key": account.customer_key,
                "external_userid": account.external_userid if self._is_linked(account) else "",
                "unionid": account.unionid if _link(account) < _LINKED_BY_UNIONID_OF_TEN else "",
                "owner_userid": account.owner_userid,
                "node": account.node,
                "tier": next(name for most, name in _TIERS if account.wealth < most),
                "age_band": account.age_band,
                "opened_on": account.opened_on,
            }
            for account in self.accounts()
        ]

    def month_rows(self, month: str) -> list[FeedRow]:
        """`customer_months` of a month like ``2027-03``."""
        return [self._facts(account, month) for account in self.accounts()]

    def holding_rows(self, month: str) -> list[FeedRow]:
        """`product_holdings`: the month's assets, spread over as many products as the month's facts count."""
        rows: list[FeedRow] = []
        for facts in self.month_rows(month):
            held = int(facts["holdings"])
            for number, product in enumerate(_PRODUCTS[:held]):
                share = int(facts["aum_fen"]) // held
                rest = int(facts["aum_fen"]) - share * held if number == 0 else 0
                rows.append(
                    {
                        "customer_key": facts["customer_key"],
                        "month": month,
                        "product": product,
                        "amount_fen": share + rest,
                    }
                )
        return rows

    def _is_linked(self, account: Account) -> bool:
        return account.customer_key in self.joined or _link(account) < _LINKED_BY_ID_OF_TEN

    def _account(
        self, kind: str, number: str, owner: str, places: Mapping[str, str], customer: Mapping[str, Any]
    ) -> Account:
        chosen = random.Random(f"{self.seed}:{kind}:{number}")  # noqa: S311 - reproducible, not secret
        wealth = chosen.gauss(0, 1)
        if kind == _ADDED_ACCOUNTS and chosen.randrange(10) < _CHOSEN_OF_TEN:  # RMs add the wealthier one of two
            wealth = max(wealth, chosen.gauss(0, 1))
        customer_key = hashlib.sha256(f"{self.seed}:account:{kind}:{number}".encode()).hexdigest()
        return Account(
            customer_key=customer_key,
            external_userid=str(customer.get("external_userid", "")) or self.joined.get(customer_key, ""),
            unionid=str(customer.get("unionid", "")),
            owner_userid=owner,
            node=places[owner],
            wealth=wealth,
            age_band=chosen.choice(_AGE_BANDS),
            opened_on=f"{chosen.randrange(2008, 2024)}-{chosen.randrange(1, 13):02d}-15",
        )

    def _facts(self, account: Account, month: str) -> FeedRow:
        chosen = random.Random(f"{self.seed}:{month}:{account.customer_key}")  # noqa: S311 - reproducible, not secret
        factor = 2.718281828 ** (_SIGMA * account.wealth + chosen.gauss(0, _NOISE))
        factor *= (1 + self.truth.growth_percent / 100) ** _months_since_2026(month)
        has_effect = account.customer_key in self.joined if self.truth.of_joined else account.external_userid
        if has_effect and month >= self.truth.from_month:
            factor *= 1 + self.truth.effect_percent / 100
        liveliness = 0.5 + 0.15 * account.wealth
        return {
            "customer_key": account.customer_key,
            "month": month,
            "aum_fen": max(_LEAST_FEN, int(_TYPICAL_AUM_FEN * factor)),
            "holdings": max(0, min(len(_PRODUCTS), round(1.5 + account.wealth))),
            "cards_bound": chosen.randrange(3) if chosen.random() < liveliness else 0,
            "active": int(chosen.random() < liveliness),
            "mobile_active": int(chosen.random() < liveliness),
        }


def delivery(
    feed: str, period: str, rows: Sequence[FeedRow], delivered_at: datetime, encoding: str = "utf-8"
) -> dict[str, bytes]:
    """A delivery as the bank puts it into one folder: file name -> content, the manifest last."""
    columns = tuple(rows[0])
    content = feed_csv(rows, columns).encode(encoding)
    name = f"{feed}-{period}.csv"
    numbers = [column for column in columns if isinstance(rows[0][column], int)]
    manifest = {
        "schema_version": 1,
        "feed": feed,
        "period": period,
        "delivered_at": delivered_at.isoformat(),
        "encoding": encoding,
        "files": [{"name": name, "rows": len(rows), "sha256": hashlib.sha256(content).hexdigest()}],
        "totals": {column: sum(int(row[column]) for row in rows) for column in numbers},
    }
    return {name: content, "manifest.json": json.dumps(manifest, indent=2).encode()}


def feed_csv(rows: Iterable[FeedRow], columns: Sequence[str]) -> str:
    """CSV with a header and CRLF line ends."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _link(account: Account) -> int:
    """0 to 9: how well the bank knows him in WeCom."""
    return int(account.customer_key[:8], 16) % 10


def _months_since_2026(month: str) -> int:
    year, number = month.split("-")
    return (int(year) - 2026) * 12 + int(number)
