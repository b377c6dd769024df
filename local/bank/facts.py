"""What the core bank tells of its customers in a day's file: risk class, age, consent, tier, assets, holdings."""

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

type Json = dict[str, Any]
type FactsRow = dict[str, str]

COLUMNS = (
    "external_userid",
    "risk_class",
    "assessed_on",
    "born_on",
    "consent",
    "protected",
    "tier",
    "pool",
    "aum_band",
    "holdings",
    "activity",
    "long_tail",
)
_RISK_CLASSES = ("C1", "C2", "C2", "C3", "C3", "C3", "C3", "C4", "C4", "C5")
_TIERS = ("mass", "mass", "mass", "gold", "gold", "private")
_ACTIVITIES = ("new", "active", "active", "active", "silent", "dormant")
_HOLDINGS = ("", "", "deposit_01", "deposit_01", "deposit_01|fund_07", "fund_07")
_OPTED_OUT_OF, _UNKNOWN_OF, _PROTECTED_OF, _EXPIRED_OF, _MINORS_OF = 50, 25, 80, 20, 100
_OLDEST, _YOUNGEST = 78, 22
_EXPIRED_DAYS = 400
_BANDS = 6


def facts_rows(world: Json, day: date) -> list[FactsRow]:
    """One row of each customer of a world document as of ``day``, those of a member side by side.

    All follows from the customer's id: some opted out with the bank, some are minors or vulnerable, some assessments
    are older than a year.
    """
    of_member: dict[str, str] = {}
    for relation in world["relations"]:
        of_member.setdefault(relation["external_userid"], relation["userid"])
    return [_row(customer, day) for customer in sorted(of_member, key=lambda one: (of_member[one], one))]


def facts_csv(rows: Iterable[Mapping[str, str]]) -> str:
    """CSV with a header and CRLF line ends."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _row(external_userid: str, day: date) -> FactsRow:
    draw = hashlib.sha256(external_userid.encode()).digest()
    tier, age = _TIERS[draw[1] % len(_TIERS)], _YOUNGEST + draw[2] % (_OLDEST - _YOUNGEST)
    is_expired = _one_of(draw, 4, _EXPIRED_OF)
    consent = "withdrawn" if _one_of(draw, 6, _OPTED_OUT_OF) else "given"
    return {
        "external_userid": external_userid,
        "risk_class": _RISK_CLASSES[draw[0] % len(_RISK_CLASSES)],
        "assessed_on": (day - timedelta(days=_EXPIRED_DAYS if is_expired else 1 + draw[3])).isoformat(),
        "born_on": date(day.year - (12 if _one_of(draw, 10, _MINORS_OF) else age), 1 + draw[2] % 12, 15).isoformat(),
        "consent": "unknown" if consent == "given" and _one_of(draw, 8, _UNKNOWN_OF) else consent,
        "protected": "yes" if _one_of(draw, 12, _PROTECTED_OF) else "",
        "tier": tier,
        "pool": "branch",
        "aum_band": str(draw[14] % _BANDS),
        "holdings": _HOLDINGS[draw[15] % len(_HOLDINGS)],
        "activity": _ACTIVITIES[draw[16] % len(_ACTIVITIES)],
        "long_tail": "yes" if tier == "mass" and draw[17] % 2 else "no",
    }


def _one_of(draw: bytes, at: int, many: int) -> bool:
    """Whether this customer is the one of so many, by two bytes of his draw."""
    return int.from_bytes(draw[at : at + 2]) % many == 0
