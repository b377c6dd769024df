"""Vocabulary of automatic tags (S22, S63; docs/wecom.md 5.6)."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

ID_PREFIX: Final = "tagrule"
ANY_WAY: Final = "*"
"""In ``came_by``: whoever came by any contact way."""


class RuleState(StrEnum):
    """``draft`` tags nobody; a second person releases it; a ``retired`` one tags nobody any more."""

    DRAFT = "draft"
    RELEASED = "released"
    RETIRED = "retired"


class MissingTag(StrEnum):
    """What to do about a tag that the corp's library has not."""

    CREATE = "create"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class RuleWish:
    """Which new customers get which tags. Empty conditions hold for everybody.

    ``came_by`` are states of contact ways (a way's id is its state), or `ANY_WAY`; ``tiers`` the bank's tiers, which of
    a customer whom the bank's feed does not name are unknown and match none. ``tags`` are names within ``group``.
    """

    name: str
    group: str
    tags: tuple[str, ...]
    came_by: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    missing: MissingTag = MissingTag.CREATE

    def wants_tier(self) -> bool:
        return bool(self.tiers)

    def fits(self, came_by: str, tier: str) -> bool:
        by_way = not self.came_by or came_by in self.came_by or (ANY_WAY in self.came_by and bool(came_by))
        return by_way and (not self.tiers or (bool(tier) and tier in self.tiers))


@dataclass(frozen=True, slots=True)
class TagRule:
    """A node's rule for the new customers of its members and of those below. ``revision`` rises with every step."""

    rule_id: str
    node_id: str
    node_path: str
    wish: RuleWish
    state: RuleState
    made_at: datetime
    changed_by: str
    changed_at: datetime
    released_by: str = ""
    released_at: datetime | None = None
    ended_by: str = ""
    ended_at: datetime | None = None
    revision: int = field(default=1)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A customer who became one of ``userid``'s; ``came_by`` is the state of his contact way, empty for none."""

    userid: str
    external_userid: str
    came_by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LibraryTag:
    """A tag of the corp's library."""

    tag_id: str
    group: str
    name: str


def is_protected(tag: LibraryTag, protected_ids: Collection[str], protected_groups: Collection[str]) -> bool:
    """Whether a tag says something that only a customer or the bank's assessment may say: no rule sets it."""
    return tag.tag_id in protected_ids or tag.group in protected_groups
