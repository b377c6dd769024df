"""What operators ask about the organisation: read models and the port that answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from scrm.org.model import Member, OrgNode
from scrm.paging import Page


@dataclass(frozen=True, slots=True)
class Rejection:
    """A message from outside that could not be used and waits for a person.

    ``reason`` says what is wrong with it in our words and never repeats its content; ``event_id`` is empty when
    the message carried none; ``node_path`` is where it belongs, the root when that cannot be told.
    """

    rejection_id: str
    source: str
    received_at: datetime
    reason: str
    event_id: str
    node_path: str


class OrgQueries(Protocol):
    """Reads of the organisation's table. A foreign cursor raises InvalidCursorError."""

    def node(self, node_id: str) -> OrgNode | None: ...

    def members(self, node_id: str, cursor: str | None, limit: int) -> Page[Member]:
        """The node's own members, by userid."""

    def rejections(self, node_path: str, cursor: str | None, limit: int) -> Page[Rejection]:
        """Rejected messages at or below ``node_path``, newest first."""
