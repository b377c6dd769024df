"""What campaigns ask the library: the released variant, and whether it may still be sent (invariant 4, O4)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from scrm.content.errors import ContentRefusedError
from scrm.content.hashing import content_hash
from scrm.content.model import ApprovedContent, ContentState, ContentVersion, Scene, SendRefusal
from scrm.content.ports import ContentRepository, ProductCatalogue

_REFUSED: Final = {ContentState.RECALLED: SendRefusal.RECALLED, ContentState.EXPIRED: SendRefusal.EXPIRED}


@dataclass(frozen=True, slots=True)
class ContentGate:
    """Use case of campaigns. Every read is strongly consistent, so that a recall counts at once.

    Two reads a call, three with a product.
    """

    contents: ContentRepository
    products: ProductCatalogue

    def approved_content(self, activity_id: str, version: int, scene: Scene) -> ApprovedContent:
        """The variant of a released version, whatever the time: ask `is_sendable` too.

        Raises ContentRefusedError: there is none for this scene (S33), it is not released or was recalled, or the
        stored words are not those that were approved.
        """
        found = self.contents.version(activity_id, version)
        if found is None or found.draft.variant(scene) is None:
            raise ContentRefusedError(SendRefusal.UNKNOWN_CONTENT)
        if found.state is not ContentState.RELEASED:
            raise ContentRefusedError(_REFUSED.get(found.state, SendRefusal.NOT_RELEASED))
        return self._content(found, scene)

    def is_sendable(self, now: datetime, hash_of_content: str) -> SendRefusal | None:
        """None: the variant with this hash may be sent now; else why not. Any other byte is another hash."""
        place = self.contents.variant_of(hash_of_content)
        found = self.contents.version(place[0], place[1]) if place else None
        if place is None or found is None:
            return SendRefusal.UNKNOWN_CONTENT
        state = found.state_at(now)
        if state is not ContentState.RELEASED:
            return _REFUSED.get(state, SendRefusal.NOT_RELEASED)
        if now < found.draft.valid_from:
            return SendRefusal.NOT_YET_VALID
        if _computed(found, place[2]) != hash_of_content:
            return SendRefusal.CHANGED_CONTENT
        if found.draft.product_id:
            product = self.products.product(found.draft.product_id)
            if product is None or not product.is_on_sale(now):
                return SendRefusal.PRODUCT_NOT_ON_SALE
        return None

    def _content(self, found: ContentVersion, scene: Scene) -> ApprovedContent:
        draft, variant = found.draft, found.draft.variant(scene)
        approved_hash = dict(found.hashes)[scene]
        if variant is None or _computed(found, scene) != approved_hash:
            raise ContentRefusedError(SendRefusal.CHANGED_CONTENT)
        product = self.products.product(draft.product_id) if draft.product_id else None
        if draft.product_id and product is None:
            raise ContentRefusedError(SendRefusal.PRODUCT_NOT_ON_SALE)
        return ApprovedContent(
            activity_id=found.activity_id,
            version=found.version,
            scene=scene,
            text=variant.text,
            attachments=variant.attachments,
            content_hash=approved_hash,
            product_id=draft.product_id,
            product_risk=product.risk.value if product else None,
            valid_from=draft.valid_from,
            valid_until=draft.valid_until,
            node_id=found.node_id,
            node_path=found.node_path,
            scope_node_ids=draft.scope_node_ids,
            target_kpi=draft.target_kpi,
            compliance_label=draft.compliance_label,
            state=found.state,
        )


def _computed(found: ContentVersion, scene: Scene) -> str:
    variant = found.draft.variant(scene)
    return content_hash(found.activity_id, found.version, scene, found.draft, variant) if variant else ""
