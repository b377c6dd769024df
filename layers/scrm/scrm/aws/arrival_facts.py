"""Customers who came by contact ways as facts of the day: JSON Lines in the data bucket, read by statistics in bulk.

``facts/customer_came/<day>/<id>.jsonl`` has one line. The id follows from the way and the customer, so a repeat writes
the same document.
"""

import json
from typing import Final, Protocol

from scrm import clock, ids
from scrm.clock import BUSINESS_ZONE
from scrm.ways.model import Arrival, ContactWay

FACTS: Final = "facts/customer_came/"
SCHEMA_VERSION: Final = 1
_JSON_LINES: Final = "application/x-ndjson"


class Documents(Protocol):
    """The data bucket, as far as facts need it."""

    def put(self, key: str, body: bytes, content_type: str) -> object: ...


class BucketArrivalFacts:
    """Implements `scrm.ways.ports.ArrivalFacts`."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def came(self, arrival: Arrival, way: ContactWay) -> None:
        line = {
            "schema_version": SCHEMA_VERSION,
            "way_id": way.way_id,
            "node_path": way.node_path,
            "userid": arrival.userid,
            "external_userid": arrival.external_userid,
            "at": clock.to_iso(arrival.at),
        }
        day = arrival.at.astimezone(BUSINESS_ZONE).date().isoformat()
        name = ids.derive("came", way.way_id, arrival.external_userid)
        body = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        self._documents.put(f"{FACTS}{day}/{name}.jsonl", body, _JSON_LINES)
