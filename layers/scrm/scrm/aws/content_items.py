"""Items of the content library: what a version says is one JSON text, because it is always read as a whole."""

import json
from collections.abc import Mapping
from typing import Any, Final

from scrm import clock
from scrm.aws.table import Item
from scrm.content.hashing import plain
from scrm.content.model import (
    Activity,
    Attachment,
    AttachmentKind,
    ContentKind,
    ContentState,
    ContentVersion,
    Draft,
    Scene,
    SourceChannel,
    SourceReference,
    Step,
    Variant,
)
from scrm.node_paths import branch_of

SCHEMA_VERSION: Final = 1
EVERY_ACTIVITY: Final = "ACTIVITIES"


def activity_key(activity_id: str) -> dict[str, str]:
    return {"pk": f"ACTIVITY#{activity_id}", "sk": "ACTIVITY"}


def version_key(activity_id: str, version: int) -> dict[str, str]:
    return {"pk": f"ACTIVITY#{activity_id}", "sk": f"V#{version:08d}"}


def hash_key(content_hash: str) -> dict[str, str]:
    return {"pk": f"HASH#{content_hash}", "sk": "VARIANT"}


def activities_of(node_path: str) -> str:
    """The partition of index ``by_branch`` that holds what a branch, or head office, issues."""
    return f"{EVERY_ACTIVITY}#{branch_of(node_path)}"


def from_activity(activity: Activity, revision: int) -> Item:
    return {
        **activity_key(activity.activity_id),
        "schema_version": SCHEMA_VERSION,
        "revision": revision,
        "branch_pk": activities_of(activity.node_path),
        "bank_pk": EVERY_ACTIVITY,
        "place": f"{clock.to_iso(activity.changed_at)}#{activity.activity_id}",
        "activity_id": activity.activity_id,
        "node_id": activity.node_id,
        "node_path": activity.node_path,
        "title": activity.title,
        "kind": activity.kind.value,
        "versions": activity.versions,
        "changed_at": clock.to_iso(activity.changed_at),
    }


def to_activity(item: Mapping[str, Any]) -> Activity:
    return Activity(
        activity_id=item["activity_id"],
        node_id=item["node_id"],
        node_path=item["node_path"],
        title=item["title"],
        kind=ContentKind(item["kind"]),
        versions=item["versions"],
        changed_at=clock.from_iso(item["changed_at"]),
        revision=item["revision"],
    )


def from_version(version: ContentVersion, revision: int) -> Item:
    return {
        **version_key(version.activity_id, version.version),
        "schema_version": SCHEMA_VERSION,
        "revision": revision,
        "activity_id": version.activity_id,
        "version": version.version,
        "node_id": version.node_id,
        "node_path": version.node_path,
        "state": version.state.value,
        "draft": _text(_from_draft(version.draft)),
        "hashes": {scene.value: digest for scene, digest in version.hashes},
        "steps": _text([[step.state.value, step.by, clock.to_iso(step.at), step.note] for step in version.steps]),
    }


def to_version(item: Mapping[str, Any]) -> ContentVersion:
    draft = _to_draft(json.loads(item["draft"]))
    return ContentVersion(
        activity_id=item["activity_id"],
        version=item["version"],
        node_id=item["node_id"],
        node_path=item["node_path"],
        draft=draft,
        hashes=tuple((scene, item["hashes"][scene.value]) for scene, _ in draft.variants),
        state=ContentState(item["state"]),
        steps=tuple(
            Step(ContentState(state), by, clock.from_iso(at), note) for state, by, at, note in json.loads(item["steps"])
        ),
        revision=item["revision"],
    )


def from_hash(version: ContentVersion, scene: Scene, content_hash: str) -> Item:
    return {
        **hash_key(content_hash),
        "schema_version": SCHEMA_VERSION,
        "activity_id": version.activity_id,
        "version": version.version,
        "scene": scene.value,
    }


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _from_draft(draft: Draft) -> dict[str, Any]:
    return {
        "title": draft.title,
        "kind": draft.kind.value,
        "selling_point": draft.selling_point,
        "target_kpi": draft.target_kpi,
        "compliance_label": draft.compliance_label,
        "valid_from": clock.to_iso(draft.valid_from),
        "valid_until": clock.to_iso(draft.valid_until),
        "variants": [
            [scene.value, variant.text, [plain(each) for each in variant.attachments]]
            for scene, variant in draft.variants
        ],
        "product_id": draft.product_id,
        "source": [draft.source.channel.value, draft.source.reference] if draft.source else None,
        "scope_node_ids": list(draft.scope_node_ids),
    }


def _to_draft(found: Mapping[str, Any]) -> Draft:
    source = found["source"]
    return Draft(
        title=found["title"],
        kind=ContentKind(found["kind"]),
        selling_point=found["selling_point"],
        target_kpi=found["target_kpi"],
        compliance_label=found["compliance_label"],
        valid_from=clock.from_iso(found["valid_from"]),
        valid_until=clock.from_iso(found["valid_until"]),
        variants=tuple(
            (Scene(scene), Variant(text, tuple(map(_to_attachment, attachments))))
            for scene, text, attachments in found["variants"]
        ),
        product_id=found["product_id"],
        source=SourceReference(SourceChannel(source[0]), source[1]) if source else None,
        scope_node_ids=tuple(found["scope_node_ids"]),
    )


def _to_attachment(found: Mapping[str, str]) -> Attachment:
    rest = {name: value for name, value in found.items() if name != "kind"}
    return Attachment(AttachmentKind(found["kind"]), **rest)
