"""What the dispatch asks of other features: the campaign's state and the content library."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from scrm.campaign import ports
from scrm.campaign.dispatch_errors import ContentRefusedError
from scrm.campaign.terms import CampaignState, Channel, ContentRef
from scrm.content import errors as content_errors
from scrm.content.model import Scene
from scrm.content.sending import ContentGate
from scrm.runtime.content_files import as_wecom_takes

_SENDS = frozenset({CampaignState.PLANNING, CampaignState.DISPATCHING, CampaignState.RECONCILING})
_STOPPED = frozenset({CampaignState.RECALLED, CampaignState.FAILED, CampaignState.CLOSED})


class CampaignStates(Protocol):
    def state_of(self, campaign_id: str) -> CampaignState | None: ...


class CampaignStandings:
    """Implements `scrm.campaign.ports.Standings` on the campaign itself: a recall counts from its answer on.

    While ``is_sending_stopped``, the bank's own kill switch, every campaign that still runs is frozen.
    """

    def __init__(self, campaigns: CampaignStates, is_sending_stopped: Callable[[], bool] = lambda: False) -> None:
        self._campaigns = campaigns
        self._is_sending_stopped = is_sending_stopped

    def of(self, campaign_id: str) -> ports.Standing:
        state = self._campaigns.state_of(campaign_id)
        if state is None or state in _STOPPED:
            return ports.Standing.STOPPED
        if self._is_sending_stopped():
            return ports.Standing.FROZEN
        return ports.Standing.SENDS if state in _SENDS else ports.Standing.PAUSED


class LibraryContents:
    """Implements `scrm.campaign.ports.ApprovedContents` on the content library."""

    def __init__(self, gate: ContentGate) -> None:
        self._gate = gate

    def approved(self, ref: ContentRef, channel: Channel, at: datetime) -> ports.ApprovedContent:
        try:
            found = self._gate.approved_content(ref.activity_id, ref.version, Scene(channel.scene))
        except content_errors.ContentRefusedError as refused:
            raise ContentRefusedError(_reason(refused.refusal)) from refused
        why = self._gate.is_sendable(at, ref.content_hash)
        if why is not None:
            raise ContentRefusedError(_reason(why))
        if found.content_hash != ref.content_hash:
            raise ContentRefusedError("content_changed")
        return ports.ApprovedContent(
            ref,
            found.text,
            tuple(as_wecom_takes(one, channel) for one in found.attachments),
            found.valid_until,
            found.product_id,
            found.product_risk,
        )


def _reason(refusal: str) -> str:
    """``content_expired`` and so on, from the library's own word."""
    return refusal if refusal.startswith("product_") else f"content_{refusal.removesuffix('_content')}"
