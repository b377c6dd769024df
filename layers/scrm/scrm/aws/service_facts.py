"""How well customers were answered, as facts of the day in the data bucket: one document a day, written over (S69).

``facts/service_quality/<day>.jsonl`` has a line for each member and place: counts and sums, never averages.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

from scrm.aws.documents import DocumentStore

FACTS: Final = "facts/service_quality/"
_JSON_LINES: Final = "application/x-ndjson"


class BucketServiceFacts:
    """Implements `scrm.service.daily.ServiceFacts`."""

    def __init__(self, documents: DocumentStore) -> None:
        self._documents = documents

    def write(self, day: date, lines: Sequence[bytes]) -> None:
        self._documents.put(f"{FACTS}{day.isoformat()}.jsonl", b"".join(lines), _JSON_LINES)
