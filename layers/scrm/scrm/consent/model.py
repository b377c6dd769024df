"""What customers said about advertising, and which of their answers stands."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from scrm import clock, ids


class ConsentAnswer(StrEnum):
    """``opted_out``: no marketing by any channel. ``consented``: he agreed. Who never answered has none."""

    OPTED_OUT = "opted_out"
    CONSENTED = "consented"


class ConsentSource(StrEnum):
    """Where he said it: on the page behind a signed link, to his member (corp tag), to the bank, to an operator, or in
    an archived conversation."""

    LINK = "link"
    TAG = "tag"
    FEED = "feed"
    OPERATOR = "operator"
    CONVERSATION = "conversation"


@dataclass(frozen=True, slots=True)
class Standing:
    """The answer that stands, and when it was given."""

    answer: ConsentAnswer
    at: datetime

    def joined(self, other: "Standing | None") -> "Standing":
        """The later of two; of two at the same moment the refusal. So the order of arrival does not matter."""
        if other is None or self.at > other.at:
            return self
        if self.at < other.at:
            return other
        return self if self.answer is ConsentAnswer.OPTED_OUT else other


@dataclass(frozen=True, slots=True)
class Statement:
    """One answer as it was told.

    ``at`` is when the customer gave it, ``cause`` what told it (a callback, a file's row, a request), ``by`` the
    operator or member who passed it on, empty when it was the customer himself.
    """

    external_userid: str
    answer: ConsentAnswer
    source: ConsentSource
    at: datetime
    cause: str
    by: str = ""

    @property
    def statement_id(self) -> str:
        """The same for a repeat."""
        parts = (self.external_userid, self.answer.value, self.source.value, clock.to_iso(self.at), self.cause)
        return ids.derive("say", *parts)

    @property
    def standing(self) -> Standing:
        return Standing(self.answer, self.at)
