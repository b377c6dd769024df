"""How far members' own mass messages were listed: one item of the ledger's table, ``PERSONAL`` / ``LISTED``."""

from datetime import datetime

from scrm import clock
from scrm.aws.table import Condition, Table

SCHEMA_VERSION = 1
_KEY = {"pk": "PERSONAL", "sk": "LISTED"}


class DynamoPersonalMarks:
    """Implements `scrm.pressure.personal.PersonalMarks`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def listed_until(self) -> datetime | None:
        item = self._table.get(_KEY)
        return clock.from_iso(item["listed_until"]) if item else None

    def mark(self, until: datetime) -> None:
        told = clock.to_iso(until)
        forward = Condition("attribute_not_exists(pk) OR listed_until < :until", {":until": told})
        self._table.put({**_KEY, "schema_version": SCHEMA_VERSION, "listed_until": told}, forward)
