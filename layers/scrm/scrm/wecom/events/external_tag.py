"""Corp tags: ``change_external_tag`` (docs/wecom.md 3.3).

`tag_type` is tag or tag_group. Deleting a group deletes its tags without an event for each.
"""

from dataclasses import dataclass
from typing import Annotated

from scrm.wecom.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class TagEvent(Event):
    tag_id: Annotated[str, "Id"]
    tag_type: Annotated[str | None, "TagType"] = None
    strategy_id: Annotated[str | None, "StrategyId"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TagCreated(TagEvent):
    NAME = "change_external_tag.create"


@dataclass(frozen=True, slots=True, kw_only=True)
class TagUpdated(TagEvent):
    NAME = "change_external_tag.update"


@dataclass(frozen=True, slots=True, kw_only=True)
class TagDeleted(TagEvent):
    NAME = "change_external_tag.delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class TagsShuffled(Event):
    """Tags of a group, or (without `group_id`) the groups, were put in another order."""

    NAME = "change_external_tag.shuffle"

    group_id: Annotated[str | None, "Id"] = None
    strategy_id: Annotated[str | None, "StrategyId"] = None


EVENTS = (TagCreated, TagUpdated, TagDeleted, TagsShuffled)
