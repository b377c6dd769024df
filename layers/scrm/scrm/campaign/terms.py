"""The words that a campaign shares with its send tasks: channels, states, and which content.

Apart from `scrm.campaign.model`, because who creates and follows tasks knows no more of the campaign (T4).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Channel(StrEnum):
    """How a campaign reaches its customers (S28, S66).

    ``one_to_one`` is the mass message that each member confirms, ``group`` the one to his group chats, ``moments`` the
    post in his Moments. ``rm_task`` asks the member to act himself until a deadline, ``application_message`` tells
    members of their customers and reaches no customer.
    """

    ONE_TO_ONE = "one_to_one"
    GROUP = "group"
    MOMENTS = "moments"
    RM_TASK = "rm_task"
    APPLICATION_MESSAGE = "application_message"

    @property
    def scene(self) -> str:
        """The scene variant of the content that this channel sends (S33)."""
        return _SCENES.get(self, Channel.ONE_TO_ONE.value)


_SCENES: Final = {
    Channel.GROUP: Channel.GROUP.value,
    Channel.MOMENTS: Channel.MOMENTS.value,
    Channel.APPLICATION_MESSAGE: "internal",
}
# What is decided for each customer by himself.
PERSONAL: Final = frozenset({Channel.ONE_TO_ONE, Channel.RM_TASK, Channel.APPLICATION_MESSAGE})


class Purpose(StrEnum):
    """What a campaign is for. ``activation`` (S41) wakes customers of a segment; ``education`` tells and sells nothing.

    Caps, consent and suitability hold whatever it says.
    """

    PROMOTION = "promotion"
    ACTIVATION = "activation"
    EDUCATION = "education"
    SERVICE = "service"


class CampaignState(StrEnum):
    """``draft`` is also where a campaign falls back to when its audience moved too far since it was approved.

    ``recalled`` ends it early: nothing new leaves, and what members have not confirmed is cancelled.
    """

    DRAFT = "draft"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    PLANNING = "planning"
    DISPATCHING = "dispatching"
    RECONCILING = "reconciling"
    CLOSED = "closed"
    PAUSED = "paused"
    RECALLED = "recalled"
    FAILED = "failed"


RUNNING = frozenset({CampaignState.PLANNING, CampaignState.DISPATCHING})
STOPPABLE = RUNNING | {CampaignState.APPROVED, CampaignState.SCHEDULED, CampaignState.PAUSED, CampaignState.RECONCILING}


@dataclass(frozen=True, slots=True)
class ContentRef:
    """The approved version that is sent, pinned by its hash (S33, invariant 4)."""

    activity_id: str
    version: int
    content_hash: str = ""
