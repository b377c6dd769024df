"""What customers made of a moment: likes and comments, as WeCom lists them (S64). Nobody learns what was written."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

from scrm.campaign.dispatch_errors import DispatchPostponedError, SendRefusedError
from scrm.campaign.task import SendTask


class ReactionKind(StrEnum):
    LIKE = "like"
    COMMENT = "comment"


class Reaction(NamedTuple):
    """One customer's; ``at`` in whole seconds."""

    external_userid: str
    kind: ReactionKind
    at: datetime


class ReactionSource(Protocol):
    """WeCom's Moments. Raises DispatchPostponedError, SendRefusedError."""

    def reactions(self, msgid: str) -> Iterable[Reaction]:
        """Customers' reactions to what the task's member published; none before he has."""


class ReactionFacts(Protocol):
    """What statistics read in bulk; a repeat writes the same."""

    def reacted(self, task: SendTask, reactions: Sequence[Reaction]) -> None: ...


@dataclass(frozen=True, slots=True)
class MomentReactions:
    """What a look at a task of Moments adds. Reactions that cannot be read now are read at the next look."""

    source: ReactionSource
    facts: ReactionFacts

    def seen(self, task: SendTask) -> SendTask:
        """The task with the counts as WeCom lists them now; new reactions are told as facts first."""
        try:
            found = list(self.source.reactions(task.msgid))
        except (DispatchPostponedError, SendRefusedError):
            return task
        # Of one second WeCom may list a part: those of the last one are told again, as the same fact.
        new = [one for one in found if task.reacted_until is None or one.at >= task.reacted_until]
        if new:
            self.facts.reacted(task, sorted(new))
        likes = sum(1 for one in found if one.kind is ReactionKind.LIKE)
        until = max((one.at for one in found), default=task.reacted_until)
        return replace(task, likes=likes, comments=len(found) - likes, reacted_until=until)
