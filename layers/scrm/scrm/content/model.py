"""Vocabulary of the content library: activities, their immutable versions, and the variants for each scene (S25-S33).

An activity (活动) is what a bank wants its customers to hear of; a version is one wording of it. Nothing of a version
ever changes but its state, so what was approved is what is sent; another wording is another version.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from scrm import ids
from scrm.node_paths import covers

OPT_OUT_LINK: Final = "{opt_out_link}"
"""Where in a welcome message the newcomer's own link stands; nothing else is written for one customer alone."""


class ContentKind(StrEnum):
    """What a content is (S27, S57); investor education is told apart from promotion."""

    ACTIVITY = "activity"
    CONTENT = "content"
    PRODUCT = "product"
    SCRIPT = "script"
    INVESTOR_EDUCATION = "investor_education"


class Scene(StrEnum):
    """Where a customer meets it; a channel without its variant cannot be used (S33).

    ``internal`` is what the members themselves read, and no customer ever (S55, S60).
    """

    ONE_TO_ONE = "one_to_one"
    MOMENTS = "moments"
    GROUP = "group"
    INTERNAL = "internal"


class ContentState(StrEnum):
    """How far a version has come. ``expired`` follows from the time and is never stored."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    IN_APPROVAL = "in_approval"
    APPROVED = "approved"
    RELEASED = "released"
    REJECTED = "rejected"
    RECALLED = "recalled"
    EXPIRED = "expired"


class AttachmentKind(StrEnum):
    """WeCom's ``msgtype`` of an attachment."""

    IMAGE = "image"
    VIDEO = "video"
    FILE = "file"
    LINK = "link"
    MINIPROGRAM = "miniprogram"


class SourceChannel(StrEnum):
    """Where the bank already runs the activity (S31)."""

    MOBILE_BANK = "mobile_bank"
    OFFICIAL_ACCOUNT = "official_account"
    OTHER = "other"


class SendRefusal(StrEnum):
    """Why a content must not be sent now."""

    UNKNOWN_CONTENT = "unknown_content"
    CHANGED_CONTENT = "changed_content"
    NOT_RELEASED = "not_released"
    RECALLED = "recalled"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    PRODUCT_NOT_ON_SALE = "product_not_on_sale"


@dataclass(frozen=True, slots=True)
class Attachment:
    """One attachment. ``asset_id`` names a file of the media library: what it shows, or the cover of a link or page.

    ``url`` is a link's; ``app_id`` and ``page`` are a mini program's.
    """

    kind: AttachmentKind
    asset_id: str = ""
    title: str = ""
    description: str = ""
    url: str = ""
    app_id: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class Variant:
    """The wording for one scene."""

    text: str
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceReference:
    """The bank's own activity that this one is made from."""

    channel: SourceChannel
    reference: str


@dataclass(frozen=True, slots=True)
class Draft:
    """All that a version says. ``scope_node_ids``: branches it is meant for; empty: everyone below its originator.

    ``selling_point`` (卖点), ``target_kpi`` and ``compliance_label`` (the words that mark it as marketing, R5) are
    required (S25, S32). Valid from ``valid_from`` until just before ``valid_until``.
    """

    title: str
    kind: ContentKind
    selling_point: str
    target_kpi: str
    compliance_label: str
    valid_from: datetime
    valid_until: datetime
    variants: tuple[tuple[Scene, Variant], ...]
    product_id: str = ""
    source: SourceReference | None = None
    scope_node_ids: tuple[str, ...] = ()

    def variant(self, scene: Scene) -> Variant | None:
        return dict(self.variants).get(scene)


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody did to a version, and into which state."""

    state: ContentState
    by: str
    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class ContentVersion:
    """One version of an activity, from 1. ``node_path`` is its originator's; ``hashes`` are those of its variants.

    ``steps`` begin with the making of it. ``revision`` rises with every write.
    """

    activity_id: str
    version: int
    node_id: str
    node_path: str
    draft: Draft
    hashes: tuple[tuple[Scene, str], ...]
    state: ContentState
    steps: tuple[Step, ...]
    revision: int = 0

    @property
    def made_by(self) -> str:
        return self.steps[0].by

    @property
    def made_at(self) -> datetime:
        return self.steps[0].at

    def by(self, state: ContentState) -> str:
        """Who brought it into a state; empty when nobody did."""
        return next((step.by for step in reversed(self.steps) if step.state is state), "")

    @property
    def was_released(self) -> bool:
        return bool(self.by(ContentState.RELEASED))

    def state_at(self, now: datetime) -> ContentState:
        """Its state, with what time does to it: nothing that was not recalled or rejected outlives its validity."""
        ended = self.state in (ContentState.REJECTED, ContentState.RECALLED)
        return ContentState.EXPIRED if now >= self.draft.valid_until and not ended else self.state

    def moved(self, state: ContentState, by: str, at: datetime, note: str = "") -> "ContentVersion":
        return replace(self, state=state, steps=(*self.steps, Step(state, by, at, note)))

    def is_meant_for(self, node_path: str) -> bool:
        """Whether those at a node may use it: they are below its originator and in its scope."""
        scope = self.draft.scope_node_ids
        parts = node_path.split("/")
        return covers(self.node_path, node_path) and (not scope or any(node_id in parts for node_id in scope))


@dataclass(frozen=True, slots=True)
class Activity:
    """An activity: its originator and how many versions it has. ``revision`` rises with every new version."""

    activity_id: str
    node_id: str
    node_path: str
    title: str
    kind: ContentKind
    versions: int
    changed_at: datetime
    revision: int = 0


@dataclass(frozen=True, slots=True)
class ApprovedContent:
    """The released variant for one scene, as campaigns use it.

    ``product_risk`` is the product's rating today, 1 to 5 for R1 to R5; None without a product.
    """

    activity_id: str
    version: int
    scene: Scene
    text: str
    attachments: tuple[Attachment, ...]
    content_hash: str
    product_id: str
    product_risk: int | None
    valid_from: datetime
    valid_until: datetime
    node_id: str
    node_path: str
    scope_node_ids: tuple[str, ...]
    target_kpi: str
    compliance_label: str
    state: ContentState


def activity_id_of(*cause: str) -> str:
    """The same cause gives the same activity, however often it is told."""
    return ids.derive("act", *cause)
