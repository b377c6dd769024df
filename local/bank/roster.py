"""The bank's HR roster: who works where as what, one row a member, as HR drops it every day."""

import csv
import hashlib
import io
from collections.abc import Collection, Iterable, Mapping
from typing import Any

type Json = dict[str, Any]
type RosterRow = dict[str, str]

COLUMNS = (
    "userid",
    "name",
    "node_id",
    "post",
    "status",
    "last_day",
    "successor_userid",
    "languages",
    "qualifications",
    "capacity",
)
ACTIVE = "active"
_LANGUAGES = ("zh", "zh", "zh|en", "zh|yue")
_QUALIFICATIONS = ("fund", "fund|insurance", "fund|insurance|precious_metals", "insurance")
_CAPACITIES = ("150", "200", "300", "400")


def roster_rows(
    world: Json,
    *,
    changes: Mapping[str, Mapping[str, str]] | None = None,
    without: Collection[str] = (),
) -> list[RosterRow]:
    """The roster of a world document, by userid, everybody active in their main department.

    ``changes`` sets columns of a member, for example ``{"rm_wang01": {"status": "departing", "last_day":
    "2026-12-31"}}``; whoever is in ``without`` is left out, as a member who is gone. Lists within a column are
    separated by ``|``. Languages, qualifications and capacity follow from the userid; who serves no customers has none.

    Raises:
        ValueError: ``changes`` names a member or a column that there is not.
    """
    rows = {row["userid"]: row for row in map(_row, world["members"]) if row["userid"] not in without}
    for userid, columns in (changes or {}).items():
        if userid not in rows or not set(columns) <= set(COLUMNS):
            raise ValueError(f"the roster has no such member or column: {userid} {sorted(columns)}")
        rows[userid] |= columns
    return [rows[userid] for userid in sorted(rows)]


def roster_csv(rows: Iterable[Mapping[str, str]]) -> str:
    """CSV with a header and CRLF line ends."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _row(member: Json) -> RosterRow:
    row = {
        **dict.fromkeys(COLUMNS, ""),
        "userid": member["userid"],
        "name": member["name"],
        "node_id": str(member.get("main_department") or member["department"][0]),
        "post": member.get("position", ""),
        "status": ACTIVE,
    }
    if member.get("contact_service", True):
        draw = hashlib.sha256(member["userid"].encode()).digest()
        row["languages"] = _LANGUAGES[draw[0] % len(_LANGUAGES)]
        row["qualifications"] = _QUALIFICATIONS[draw[1] % len(_QUALIFICATIONS)]
        row["capacity"] = _CAPACITIES[draw[2] % len(_CAPACITIES)]
    return row
