"""Exceptions from the weekly caps, in the ledger's table.

==============  ======================  ===============================================================================
pk              sk                      item
==============  ======================  ===============================================================================
``EXCEPTIONS``  ``EXCEPTION#<id>``      an exception with its word of both persons; few, so that one partition has all
==============  ======================  ===============================================================================
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from scrm import clock
from scrm.aws import cursors
from scrm.aws.table import Condition, Item, Table, starts_with
from scrm.aws.two_person_items import as_read, decision_item, decision_of
from scrm.paging import Page
from scrm.pressure.exceptions import (
    ExceptionScope,
    PressureException,
    Wanted,
)
from scrm.pressure.model import PressureClass
from scrm.two_persons import RequestState, StaleRequestError

SCHEMA_VERSION = 1
_PK = "EXCEPTIONS"


class DynamoExceptionStore:
    """Implements `scrm.pressure.exceptions.ExceptionStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, exception_id: str) -> PressureException | None:
        item = self._table.get(_key(exception_id))
        return _to_exception(item) if item else None

    def save(self, exception: PressureException) -> PressureException:
        saved = replace(exception, version=exception.version + 1)
        if not self._table.put(_item(saved), as_read(exception)):
            raise StaleRequestError("somebody else decided about this exception at the same time; read it again")
        return saved

    def in_force(self, now: datetime) -> list[PressureException]:
        values = {":approved": RequestState.APPROVED.value, ":now": clock.to_iso(now)}
        known = starts_with(_PK)
        condition = Condition(known.expression, {**known.values, **values}, {"#state": "state"})
        found = self._table.query(condition, where="#state = :approved AND valid_until > :now")
        return [_to_exception(item) for item in found]

    def page(self, node_path: str, cursor: str | None, limit: int) -> Page[PressureException]:
        """In the order of ids: those of other nodes are left out after the read."""
        scope = f"pressure-exceptions/{node_path}"
        start = cursors.key(cursors.decode(scope, cursor), "after")
        known = starts_with(_PK)
        condition = Condition(known.expression, {**known.values, ":path": node_path})
        items, last = self._table.query_page(condition, start=start, limit=limit, where="begins_with(node_path, :path)")
        return Page(tuple(map(_to_exception, items)), cursors.encode(scope, {"after": last}) if last else None)


def _key(exception_id: str) -> dict[str, str]:
    return {"pk": _PK, "sk": f"EXCEPTION#{exception_id}"}


def _item(exception: PressureException) -> Item:
    wanted = asdict(exception.wanted) | {"valid_until": clock.to_iso(exception.wanted.valid_until)}
    return {
        **_key(exception.exception_id),
        "schema_version": SCHEMA_VERSION,
        **wanted,
        "scope": exception.wanted.scope.value,
        "pressure_class": exception.wanted.pressure_class.value,
        "exception_id": exception.exception_id,
        "node_path": exception.node_path,
        "requested_by": exception.requested_by,
        "requested_at": clock.to_iso(exception.requested_at),
        **decision_item(exception),
    }


def _to_exception(item: Mapping[str, Any]) -> PressureException:
    return PressureException(
        exception_id=item["exception_id"],
        wanted=Wanted(
            ExceptionScope(item["scope"]),
            item["subject_id"],
            PressureClass(item["pressure_class"]),
            item["weekly_cap"],
            clock.from_iso(item["valid_until"]),
            item["reason"],
        ),
        node_path=item["node_path"],
        requested_by=item["requested_by"],
        requested_at=clock.from_iso(item["requested_at"]),
        **decision_of(item),
    )
