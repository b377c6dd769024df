"""Facts as JSON Lines in the data bucket, ``facts/<kind>/<landing day>/<name>.jsonl`` (docs/kpi.md).

The landing day is that on which the document is written, so that whoever counts facts finds it. The name is derived
from what is told: a repeat on the same day writes the same document.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, Protocol

from scrm import clock
from scrm.clock import BUSINESS_ZONE

FACTS: Final = "facts/"
_JSON_LINES: Final = "application/x-ndjson"


class Documents(Protocol):
    """The data bucket, as far as facts need it."""

    def put(self, key: str, body: bytes, content_type: str) -> object: ...


class FactLines:
    """Writes facts of one kind."""

    def __init__(self, documents: Documents, kind: str) -> None:
        self._documents = documents
        self._kind = kind

    def write(self, name: str, lines: Iterable[Mapping[str, Any]]) -> None:
        """Nothing is written where there are no lines."""
        body = b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines)
        if body:
            landing = clock.now().astimezone(BUSINESS_ZONE).date().isoformat()
            self._documents.put(f"{FACTS}{self._kind}/{landing}/{name}.jsonl", body, _JSON_LINES)


def fact(event_id: str, at: datetime, node_path: str, userid: str, version: int = 1) -> dict[str, Any]:
    """What every fact says; ``userid``: whose it is, ``node_path``: where he was then."""
    return {
        "schema_version": version,
        "event_id": event_id,
        "occurred_at": clock.to_iso(at),
        "node_path": node_path,
        "userid": userid,
    }
