"""The datasets that a morning's run writes (docs/kpi.md, Collecting). A day is a business day, as text."""

from datetime import date
from typing import Final

from scrm.collect.model import Run
from scrm.sql import Dataset

ROSTER: Final = Dataset(
    name="roster",
    prefix="kpi/roster",
    columns={
        "userid": "VARCHAR",
        "node_id": "VARCHAR",
        "node_path": "VARCHAR",
        "on_roster": "BOOLEAN",
        "licensed": "BOOLEAN",
    },
    sorted_by=("node_path", "userid"),
)
"""Partition ``day``: one file of everybody."""

_FIGURES: Final = {
    "day": "VARCHAR",
    "userid": "VARCHAR",
    "messages": "BIGINT",
    "chats": "BIGINT",
    "reply_points": "BIGINT",
    "reply_minutes": "BIGINT",
    "added": "BIGINT",
    "applied": "BIGINT",
    "lost": "BIGINT",
    "groups_total": "BIGINT",
    "groups_active": "BIGINT",
    "group_customers": "BIGINT",
    "group_messages": "BIGINT",
}
READINGS: Final = Dataset(
    name="readings",
    prefix="kpi/readings",
    columns={**_FIGURES, "read_on": "VARCHAR"},
    sorted_by=("day", "userid"),
)
"""Partition ``run``: what was read, in the pieces in which it was read; a member may be there twice."""

MEMBER_DAYS: Final = Dataset(
    name="member_days",
    prefix="kpi/member_days",
    columns={**_FIGURES, "read_on": "VARCHAR"},
    sorted_by=("userid",),
)
"""Partition ``day``: one file, every member once, as he was read last."""

RELATIONS: Final = Dataset(
    name="relations",
    prefix="kpi/relations",
    columns={
        "external_userid": "VARCHAR",
        "userid": "VARCHAR",
        "node_id": "VARCHAR",
        "node_path": "VARCHAR",
        "added_at": "VARCHAR",
        "unionid": "VARCHAR",
        "accountable": "BOOLEAN",
    },
    sorted_by=("external_userid",),
)
"""Partition ``day``: active relations as of the end of the day, in pieces; a relation may be there twice."""


def day_partition(day: date) -> str:
    return f"day={day.isoformat()}"


def run_partition(run: Run) -> str:
    return f"run={run.run_id}"
