"""What became of the bank's deliveries: a document each, and a report of its unusable rows."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final, Protocol

from scrm import clock, ids
from scrm.aws import cursors
from scrm.kpi.feeds.intake import Delivery, Outcome
from scrm.paging import Page

PREFIX: Final = "kpi/deliveries"
REPORTS: Final = "kpi/quarantine"
SCHEMA_VERSION: Final = 1
_JSON: Final = "application/json"
_AFTER_ALL: Final = "9999"


class Documents(Protocol):
    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, body: bytes, content_type: str, *, if_absent: bool = False) -> bool: ...

    def sizes_below(self, prefix: str) -> Iterator[tuple[str, int]]: ...


class FeedDeliveries:
    """Implements `scrm.kpi.feeds.intake.DeliveryLog`; ``page`` and ``get`` are for those who look."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def keep_report(self, delivery: Delivery, report: bytes) -> str:
        key = f"{REPORTS}/{delivery.delivery_id}.csv"
        self._documents.put(key, report, "text/csv")
        return key

    def note(self, delivery: Delivery) -> None:
        told = json.dumps(_content(delivery)).encode()
        is_outdated = delivery.outcome is Outcome.OUTDATED
        self._documents.put(_key(entry_id(delivery)), told, _JSON, if_absent=is_outdated)

    def page(self, month: str, cursor: str | None, limit: int) -> Page[tuple[str, Delivery]]:
        """Entry id and delivery of those received in a month (``2027-04``, UTC), the latest first.

        Raises InvalidCursorError.
        """
        scope = f"kpi-deliveries/{month}"
        before = cursors.text(cursors.decode(scope, cursor), "before", _AFTER_ALL)
        keys = [key for key, _ in self._documents.sizes_below(f"{PREFIX}/{month}/")]
        entries = [entry for key in keys if (entry := key.rsplit("/", 1)[1].removesuffix(".json")) < before]
        asked = entries[: -limit - 1 : -1]
        found = [(entry, delivery) for entry in asked if (delivery := self.get(entry))]
        return Page(tuple(found), cursors.encode(scope, {"before": asked[-1]}) if len(entries) > limit else None)

    def get(self, entry: str) -> Delivery | None:
        body = self._documents.get(_key(entry))
        return _delivery(json.loads(body)) if body else None


def entry_id(delivery: Delivery) -> str:
    """Of a manifest that was put: its time, and what tells it from others; sorts as time does."""
    moment = clock.to_iso(delivery.received_at)
    return f"{moment.replace(':', '')}_{ids.derive('put', delivery.manifest_key, moment)}"


def _key(entry: str) -> str:
    return f"{PREFIX}/{entry[:7]}/{entry}.json"


def _content(delivery: Delivery) -> dict[str, Any]:
    told = asdict(delivery)
    told.update(
        schema_version=SCHEMA_VERSION, received_at=clock.to_iso(delivery.received_at), outcome=delivery.outcome.value
    )
    return told


def _delivery(content: dict[str, Any]) -> Delivery:
    told = {name: value for name, value in content.items() if name in Delivery.__slots__}
    received_at: datetime = clock.from_iso(told.pop("received_at"))
    return Delivery(received_at=received_at, outcome=Outcome(told.pop("outcome")), **told)
