"""Messages from outside that could not be used, until somebody has looked at them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ReviewState(StrEnum):
    OPEN = "open"
    REVIEWED = "reviewed"


@dataclass(frozen=True, slots=True)
class Rejection:
    """A message from outside, or a row of a roster, that could not be used and waits for a person.

    ``reason`` says what is wrong with it in our words and never repeats its content; ``event_id`` is empty when
    the message carried none; ``node_path`` is where it belongs, the root when that cannot be told. ``note`` is the word
    of who looked at it.
    """

    rejection_id: str
    source: str
    received_at: datetime
    reason: str
    event_id: str
    node_path: str
    state: ReviewState = ReviewState.OPEN
    reviewed_by: str = ""
    reviewed_at: datetime | None = None
    note: str = ""
