"""Messages that members and customers exchanged, as facts: a document a page, a line a message and member.

A fact's id is that of the message, not of the page: WeCom may tell a message again in another page, and it counts once.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from scrm import ids
from scrm.aws.fact_lines import Documents, FactLines, fact
from scrm.node_paths import ROOT_PATH
from scrm.screening.tally import Exchanged


class BucketMessageFacts:
    """Implements `scrm.screening.tally.MessageFacts`."""

    def __init__(self, documents: Documents) -> None:
        self._facts = FactLines(documents, "message_archived")

    def exchanged(self, segment: str, told: Sequence[Exchanged], places: Mapping[str, str]) -> None:
        self._facts.write(segment, (_line(one, places.get(one.userid, ROOT_PATH)) for one in told))


def _line(one: Exchanged, node_path: str) -> dict[str, Any]:
    event_id = ids.derive("archived", one.msgid, one.userid)
    line = fact(event_id, one.at, node_path, one.userid)
    return {**line, "messages_out": int(one.is_sent), "messages_in": int(not one.is_sent)}
