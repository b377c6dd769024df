"""Needs that customers told in archived conversations (S26): heard once, told to whoever they wrote to, for 90 days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

KEPT: Final = timedelta(days=90)
"""How long a need that was heard counts; who says it again has it anew."""
_MARK: Final = "heard:"


@dataclass(frozen=True, slots=True)
class HeardNeed:
    """``entry_id`` is the lexicon's entry that was found, ``msgid`` the message it was found in."""

    external_userid: str
    member_userid: str
    entry_id: str
    msgid: str
    said_at: datetime


class HeardNeeds(Protocol):
    """By the member they were told to."""

    def hear(self, need: HeardNeed) -> None:
        """Of what is heard again the later stands; a repeat changes nothing."""

    def of_member(self, userid: str) -> Mapping[str, tuple[str, ...]]:
        """Entries by customer, of those that still count."""


def as_tags(entries: tuple[str, ...]) -> tuple[str, ...]:
    """What was heard beside a customer's corp tags, which it cannot be mistaken for."""
    return tuple(f"{_MARK}{entry}" for entry in entries)


def heard_among(tags: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(tag.removeprefix(_MARK) for tag in tags if tag.startswith(_MARK))


def without_heard(tags: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(tag for tag in tags if not tag.startswith(_MARK))
