"""Vocabulary of welcome messages (S55, S56): which released content greets whom, and what became of a greeting."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

ANY_STATE: Final = ""
"""A rule for everybody who comes: with a ``state`` that has no rule of its own, or with none."""


@dataclass(frozen=True, slots=True)
class WelcomeRule:
    """Customers of a node's members are greeted with this version's one-to-one variant.

    ``state`` is that of the contact way by which they come. ``content_hash`` is what was approved: other words are
    never sent. ``revision`` rises with every write, from 1.
    """

    node_id: str
    state: str
    activity_id: str
    version: int
    content_hash: str
    set_by: str
    set_at: datetime
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Arrival:
    """A customer came and WeCom gave a code to greet him with. ``at`` is when WeCom says it was."""

    userid: str
    external_userid: str
    state: str
    at: datetime
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Greeting:
    """What is sent: a text, and attachments as WeCom takes them."""

    text: str = field(repr=False)
    attachments: tuple[Mapping[str, Any], ...] = ()


class WelcomeOutcome(StrEnum):
    """What became of a greeting; the value is the metric."""

    SENT = "WelcomeSent"
    ALREADY_SENT = "WelcomeAlreadySent"
    REPEATED = "WelcomeRepeated"
    EXPIRED = "WelcomeExpired"
    WITHOUT_RULE = "WelcomeWithoutRule"
    REFUSED = "WelcomeRefused"


def nearest(rules: Iterable[WelcomeRule], node_ids: list[str], state: str) -> WelcomeRule | None:
    """The rule that counts for a member: of the lowest of his nodes that has one, there for this state before any.

    ``node_ids`` go from the root down to his own.
    """
    found = {(rule.node_id, rule.state): rule for rule in rules}
    places = ((node_id, each) for node_id in reversed(node_ids) for each in (state, ANY_STATE))
    return next((found[place] for place in places if place in found), None)
