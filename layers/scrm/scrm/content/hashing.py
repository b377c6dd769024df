"""The hash of a variant: what was approved, to the byte (R21, O4)."""

import hashlib
import json
from dataclasses import asdict

from scrm import clock
from scrm.content.model import Attachment, Draft, Scene, Variant


def content_hash(activity_id: str, version: int, scene: Scene, draft: Draft, variant: Variant) -> str:
    """SHA-256, hex, over the canonical JSON of all that the customer gets and all that allows it.

    Activity, version and scene are part of it: a hash names one variant, though two may read alike.
    """
    whole = {
        "activity_id": activity_id,
        "version": version,
        "scene": scene.value,
        "text": variant.text,
        "attachments": [plain(each) for each in variant.attachments],
        "product_id": draft.product_id,
        "compliance_label": draft.compliance_label,
        "target_kpi": draft.target_kpi,
        "valid_from": clock.to_iso(draft.valid_from),
        "valid_until": clock.to_iso(draft.valid_until),
        "scope_node_ids": sorted(draft.scope_node_ids),
    }
    text = json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def hashes_of(activity_id: str, version: int, draft: Draft) -> tuple[tuple[Scene, str], ...]:
    return tuple(
        (scene, content_hash(activity_id, version, scene, draft, variant)) for scene, variant in draft.variants
    )


def plain(attachment: Attachment) -> dict[str, str]:
    """An attachment as JSON, without what is empty."""
    return {name: str(value) for name, value in asdict(attachment).items() if value}
