"""How many messages members and customers exchanged, as facts: a document a page, a line a member and day."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Final

from scrm import ids
from scrm.aws.fact_lines import Documents, FactLines, fact
from scrm.node_paths import ROOT_PATH
from scrm.screening.tally import Exchanged

_NOON: Final = 4  # of Shanghai, in UTC: of a page's messages no single moment is told


class BucketMessageFacts:
    """Implements `scrm.screening.tally.MessageFacts`."""

    def __init__(self, documents: Documents) -> None:
        self._facts = FactLines(documents, "message_archived")

    def exchanged(self, segment: str, told: Mapping[tuple[str, date], Exchanged], places: Mapping[str, str]) -> None:
        lines = []
        for (userid, day), counts in sorted(told.items()):
            event_id = ids.derive("archived", segment, userid, day.isoformat())
            noon = datetime(day.year, day.month, day.day, _NOON, tzinfo=UTC)
            line = fact(event_id, noon, places.get(userid, ROOT_PATH), userid)
            lines.append({**line, "messages_out": counts.sent, "messages_in": counts.received})
        self._facts.write(segment, lines)
