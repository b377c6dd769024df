"""Content on the wire."""

from datetime import datetime
from typing import Self

from pydantic import Field

from scrm.content import model
from scrm.content.model import AttachmentKind, ContentKind, ContentState, Scene, SourceChannel
from scrm.runtime.http.wire import Asked, Moment, NodeText, Page, Reply, Timestamp


class Attachment(Asked):
    """One attachment. ``asset_id`` names a file of the media library: what it shows, or the cover of a link or page."""

    kind: AttachmentKind
    asset_id: str = Field(default="", max_length=64)
    title: str = Field(default="", max_length=512)
    description: str = Field(default="", max_length=2_048)
    url: str = Field(default="", max_length=4_096)
    app_id: str = Field(default="", max_length=64)
    page: str = Field(default="", max_length=2_048)


class Variant(Asked):
    """The wording for one scene; WeCom counts bytes of UTF-8."""

    text: str = Field(default="", max_length=8_000)
    attachments: list[Attachment] = Field(default_factory=list, max_length=20)


class Source(Asked):
    """The bank's own activity that it is made from."""

    channel: SourceChannel
    reference: str = Field(min_length=1, max_length=256)


class ContentDraft(Asked):
    """All that a version says."""

    title: str = Field(max_length=64)
    kind: ContentKind
    selling_point: str = Field(max_length=500, description="卖点: why a customer should care.")
    target_kpi: str = Field(max_length=32, description="The KPI it works for, such as ``card_binding``.")
    compliance_label: str = Field(max_length=64, description="The words in each text that mark it as marketing.")
    valid_from: Moment
    valid_until: Moment
    variants: dict[Scene, Variant]
    product_id: str = Field(default="", max_length=64)
    source: Source | None = None
    scope_node_ids: list[NodeText] = Field(
        default_factory=list, max_length=500, description="Nodes it is meant for; empty: everyone below its originator."
    )

    def to_draft(self) -> model.Draft:
        return model.Draft(
            title=self.title,
            kind=self.kind,
            selling_point=self.selling_point,
            target_kpi=self.target_kpi,
            compliance_label=self.compliance_label,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            variants=tuple((scene, _variant(found)) for scene, found in sorted(self.variants.items())),
            product_id=self.product_id,
            source=model.SourceReference(self.source.channel, self.source.reference) if self.source else None,
            scope_node_ids=tuple(dict.fromkeys(self.scope_node_ids)),
        )

    @classmethod
    def of(cls, draft: model.Draft) -> Self:
        return cls(
            title=draft.title,
            kind=draft.kind,
            selling_point=draft.selling_point,
            target_kpi=draft.target_kpi,
            compliance_label=draft.compliance_label,
            valid_from=draft.valid_from,
            valid_until=draft.valid_until,
            variants={scene: Variant.model_validate(found) for scene, found in draft.variants},
            product_id=draft.product_id,
            source=Source.model_validate(draft.source) if draft.source else None,
            scope_node_ids=list(draft.scope_node_ids),
        )


def _variant(found: Variant) -> model.Variant:
    return model.Variant(found.text, tuple(model.Attachment(**each.model_dump()) for each in found.attachments))


class RevisionRequest(ContentDraft):
    """Another wording of an activity."""

    base_version: int = Field(ge=1, description="The latest version that you have seen.")


class StepNote(Asked):
    """Kept with the step; no personal data."""

    note: str = Field(min_length=1, max_length=500)


class NoNote(Asked):
    """The step says all."""


class Step(Reply):
    state: ContentState
    by: str
    at: Timestamp
    note: str


class ContentVersion(Reply):
    """One version of an activity. ``hashes``: SHA-256 by scene, of what is sent."""

    activity_id: str
    version: int
    node_id: str
    state: ContentState
    draft: ContentDraft
    hashes: dict[Scene, str]
    steps: list[Step]

    @classmethod
    def at(cls, found: model.ContentVersion, now: datetime) -> Self:
        return cls(
            activity_id=found.activity_id,
            version=found.version,
            node_id=found.node_id,
            state=found.state_at(now),
            draft=ContentDraft.of(found.draft),
            hashes=dict(found.hashes),
            steps=[Step.model_validate(step) for step in found.steps],
        )


class Activity(Reply):
    """What a node wants customers to hear of."""

    activity_id: str
    node_id: str
    title: str
    kind: ContentKind
    versions: int
    changed_at: Timestamp


class ActivityPage(Page):
    """Latest changed first."""

    items: list[Activity]


class ActivityDetail(Reply):
    """An activity with the versions that the caller may see."""

    activity: Activity
    versions: list[ContentVersion]
