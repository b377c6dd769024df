"""What campaigns ask of other features: the content library and the audit log."""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from scrm import ids
from scrm.campaign.campaign_ports import SendableContent
from scrm.campaign.model import Campaign
from scrm.campaign.refusals import CampaignRefusedError
from scrm.campaign.terms import Channel, ContentRef
from scrm.content.errors import ContentRefusedError
from scrm.content.model import OPT_OUT_LINK, ContentState, Scene, SendRefusal
from scrm.content.sending import ContentGate

if TYPE_CHECKING:
    from scrm.audit.log import AuditLog

_SENTENCES: Final = {
    SendRefusal.UNKNOWN_CONTENT: "The library has no such version with a variant for this channel.",
    SendRefusal.CHANGED_CONTENT: "The content is not what was approved; choose the version again.",
    SendRefusal.NOT_RELEASED: "The content is not released yet.",
    SendRefusal.RECALLED: "The content was recalled.",
    SendRefusal.NOT_YET_VALID: "The content is not valid yet.",
    SendRefusal.EXPIRED: "The content has expired.",
    SendRefusal.PRODUCT_NOT_ON_SALE: "The product that the content speaks of is not on sale.",
}
_PERSONAL: Final = f"One text goes to all, so {OPT_OUT_LINK} cannot be filled in; choose a version without it."


class LibraryVersions:
    """Implements `scrm.campaign.campaign_ports.Contents` on the content library."""

    def __init__(self, gate: ContentGate) -> None:
        self._gate = gate

    def sendable(self, ref: ContentRef, channel: Channel, at: datetime) -> SendableContent:
        try:
            found = self._gate.approved_content(ref.activity_id, ref.version, Scene(channel.scene))
        except ContentRefusedError as refused:
            raise CampaignRefusedError(_SENTENCES[refused.refusal]) from refused
        why = self._gate.is_sendable(at, found.content_hash)
        if why is not None:
            raise CampaignRefusedError(_SENTENCES[why])
        if OPT_OUT_LINK in found.text:
            raise CampaignRefusedError(_PERSONAL)
        if ref.content_hash not in {"", found.content_hash}:
            raise CampaignRefusedError(_SENTENCES[SendRefusal.CHANGED_CONTENT])
        return SendableContent(
            ref=ContentRef(ref.activity_id, ref.version, found.content_hash),
            node_path=found.node_path,
            target_kpi=found.target_kpi,
            valid_until=found.valid_until,
            scope_node_ids=found.scope_node_ids,
        )

    def is_recalled(self, ref: ContentRef) -> bool:
        found = self._gate.contents.version(ref.activity_id, ref.version)
        return found is not None and found.state is ContentState.RECALLED

    def product_of(self, ref: ContentRef) -> str:
        found = self._gate.contents.version(ref.activity_id, ref.version)
        return (found.draft.product_id or "") if found else ""


class AuditedCampaigns:
    """Implements `scrm.campaign.campaign_ports.CampaignJournal`: a repeat of a step is the same entry."""

    def __init__(self, audit: "AuditLog") -> None:
        self._audit = audit

    def told(self, campaign: Campaign, action: str, actor: str, at: datetime) -> None:
        cause = ids.derive("evt", campaign.campaign_id, action, actor, str(campaign.version))
        subject = campaign.campaign_id
        self._audit.record(actor, f"campaign.{action}", subject, campaign.node_path, "done", at, cause=cause)
