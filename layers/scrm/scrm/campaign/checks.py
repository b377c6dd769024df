"""Whether each customer of a task may get its message now: at the creation and at every look while it waits.

Everything is asked anew (invariant 4), because days may have passed since the plan.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from scrm.campaign.dispatch_errors import ContentRefusedError
from scrm.campaign.ports import ApprovedContent, ApprovedContents, Owners, ProductPermissions, RecipientRules, Span
from scrm.campaign.task import SendTask
from scrm.campaign.terms import Channel

AHEAD: Final = timedelta(minutes=15)
"""A message must be gone from its member before a date ends what allows it, and the looks come every ten minutes.

So everything that ends by a date counts as ended this much earlier: nothing is created that could be confirmed later.
"""


class Refusal(StrEnum):
    """Reasons of ours beside those of the content library and of the audience's rules."""

    PRODUCT_NOT_PERMITTED = "product_not_permitted"
    NO_ACTIVE_OWNER = "no_active_owner"
    CONTENT_EXPIRED = "content_expired"
    CAP_REACHED = "cap_reached"
    ALREADY_TOUCHED = "already_touched"
    PLACE_RELEASED = "place_released"
    HOLDOUT = "holdout"
    BLAST_RADIUS = "blast_radius"
    NOT_IN_RING = "not_in_ring"
    NEED_TOO_LOW = "need_too_low"
    OWNER_CHANGED = "owner_changed"
    NO_CEILING_TAG = "no_ceiling_tag"


_LEAVE_A_MOMENT: Final = frozenset({Refusal.OWNER_CHANGED, Refusal.NO_ACTIVE_OWNER, Refusal.NO_CEILING_TAG})


@dataclass(frozen=True, slots=True)
class Verdict:
    """``content`` is None when nobody may get it. ``excluded`` is reason by customer, ``moved`` customers by owner.

    ``permitted_until`` is when to ask again at the latest, `AHEAD` before a date first ends the member's permission
    for the product, a customer's assessment or what else allows it; None: no date does.
    """

    content: ApprovedContent | None
    excluded: Mapping[str, str] = field(default_factory=dict)
    moved: Mapping[str, Sequence[str]] = field(default_factory=dict)
    permitted_until: datetime | None = None

    @property
    def is_clean(self) -> bool:
        return self.content is not None and not self.excluded and not self.moved

    def takes_back(self, channel: Channel) -> bool:
        """Whether a task that waits for its member is taken back and planned anew.

        A moment cannot be narrowed once it is made: who changed hands or lost his tag leaves it as it is, but nobody
        may be shown a product that does not suit him any more.
        """
        if channel is not Channel.MOMENTS:
            return not self.is_clean
        return self.content is None or not _LEAVE_A_MOMENT.issuperset(self.excluded.values())


@dataclass(frozen=True, slots=True)
class SendChecks:
    """Content by hash, the member's permission, the customers' owners and rules, in this order."""

    contents: ApprovedContents
    permissions: ProductPermissions
    rules: RecipientRules
    owners: Owners

    def judge(self, task: SendTask, now: datetime) -> Verdict:
        """About the task's pending customers."""
        pending = task.pending_ids
        try:
            content = self.contents.approved(task.content, task.channel, now)
        except ContentRefusedError as refused:
            return Verdict(None, dict.fromkeys(pending, refused.reason))
        if now + AHEAD >= min(content.valid_until, task.expires_at):
            return Verdict(None, dict.fromkeys(pending, Refusal.CONTENT_EXPIRED))
        owners = self.owners.owners_of(task.channel, pending)
        excluded, moved = _elsewhere(task, owners)
        kept = [one for one in pending if owners.get(one) == task.owner_userid]
        if not kept:
            return Verdict(content, excluded, moved)
        ends = []
        if content.product_id:
            until = self.permissions.permitted_until(content.product_id, task.owner_userid, now)
            if until is None or until <= now + AHEAD:
                return Verdict(content, excluded | dict.fromkeys(kept, Refusal.PRODUCT_NOT_PERMITTED), moved)
            ends.append(until)
        span = Span(now, now + AHEAD)
        reasons, first = self.rules.ruling(task.owner_userid, kept, content, task.channel, span)
        if first is not None:
            ends.append(first)
        return Verdict(content, excluded | reasons, moved, min(ends) - AHEAD if ends else None)


def _elsewhere(task: SendTask, owners: Mapping[str, str]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Pending customers of nobody with their reason, and those of another owner by owner."""
    excluded: dict[str, str] = {}
    moved: dict[str, list[str]] = defaultdict(list)
    for target_id in task.pending_ids:
        owner = owners.get(target_id, "")
        if not owner:
            excluded[target_id] = Refusal.NO_ACTIVE_OWNER
        elif owner != task.owner_userid and task.channel is Channel.MOMENTS:
            excluded[target_id] = Refusal.OWNER_CHANGED  # his new owner publishes what he is asked to, once
        elif owner != task.owner_userid:
            moved[owner].append(target_id)
    return excluded, moved
