"""The way of a version: draft, consumer-protection review, approval, release, recall (S56, R5, R21).

Maker, reviewer and approver are three persons: nobody checks what he made, nor approves what he reviewed.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from scrm import clock
from scrm.content import checks, lexicon
from scrm.content.errors import (
    InvalidContentError,
    OriginationRefusedError,
    Problem,
    StaleContentError,
    StepRefusedError,
    UnknownContentError,
)
from scrm.content.hashing import hashes_of
from scrm.content.model import (
    Activity,
    AttachmentKind,
    ContentState,
    ContentVersion,
    Draft,
    Step,
    activity_id_of,
)
from scrm.content.ports import AssetNames, ClaimFinder, ContentJournal, ContentRepository, ProductCatalogue
from scrm.content.settings import ContentSettings
from scrm.node_paths import branch_path

_MEDIA_OF_COVER: Final = "image"


@dataclass(frozen=True, slots=True)
class Originator:
    """Who makes content, and where he is placed."""

    actor: str
    node_id: str
    node_path: str

    @property
    def may_originate(self) -> bool:
        """Head office or a branch, nobody below (S56)."""
        return bool(self.node_path) and self.node_path == branch_path(self.node_path)


@dataclass(frozen=True, slots=True)
class Authoring:
    """Use cases of those who make and check content. Each raises StaleContentError when someone was faster."""

    contents: ContentRepository
    products: ProductCatalogue
    assets: AssetNames
    journal: ContentJournal
    settings: ContentSettings
    claims: ClaimFinder
    now: Callable[[], datetime] = clock.now

    def create(self, maker: Originator, draft: Draft, key: str) -> ContentVersion:
        """A new activity with its first version; the same maker and key give the same one.

        Raises OriginationRefusedError, InvalidContentError.
        """
        activity_id = activity_id_of(maker.actor, key)
        known = self.contents.version(activity_id, 1)
        if known is not None:
            return known
        return self._add(maker, activity_id, None, draft)

    def revise(self, activity_id: str, maker: Originator, draft: Draft, base_version: int) -> ContentVersion:
        """The next version of an activity; what there is stays as it is. ``base_version`` is the latest he has seen.

        Raises as `create`, and UnknownContentError, StaleContentError when there is a newer one.
        """
        activity = self.contents.activity(activity_id)
        if activity is None:
            raise UnknownContentError
        if maker.node_path != activity.node_path:
            raise StepRefusedError("only those at the node that issued an activity make another version of it")
        latest = self.contents.version(activity_id, activity.versions)
        if activity.versions == base_version + 1 and latest and (latest.draft, latest.made_by) == (draft, maker.actor):
            return latest
        if activity.versions != base_version:
            raise StaleContentError
        return self._add(maker, activity_id, activity, draft)

    def _add(self, maker: Originator, activity_id: str, before: Activity | None, draft: Draft) -> ContentVersion:
        if not maker.may_originate:
            raise OriginationRefusedError
        self._check(draft)
        at, number = self.now(), (before.versions if before else 0) + 1
        activity = Activity(
            activity_id=activity_id,
            node_id=maker.node_id,
            node_path=maker.node_path,
            title=draft.title,
            kind=draft.kind,
            versions=number,
            changed_at=at,
            revision=before.revision if before else 0,
        )
        made = ContentVersion(
            activity_id=activity_id,
            version=number,
            node_id=maker.node_id,
            node_path=maker.node_path,
            draft=draft,
            hashes=hashes_of(activity_id, number, draft),
            state=ContentState.DRAFT,
            steps=(Step(ContentState.DRAFT, maker.actor, at),),
        )
        self.journal.told(made, "made", maker.actor, at)
        if not self.contents.add(activity, made):
            raise StaleContentError
        return self._loaded(activity_id, number)

    def submit(self, activity_id: str, version: int, actor: str) -> ContentVersion:
        """Hand a draft to consumer protection (消保审查)."""
        return self._step(activity_id, version, actor, ContentState.DRAFT, ContentState.IN_REVIEW, "submitted")

    def review(self, activity_id: str, version: int, actor: str, opinion: str) -> ContentVersion:
        """Consumer protection has no objection; the opinion is kept."""
        found = self._loaded(activity_id, version)
        self._check_other(found, actor)
        return self._step(
            activity_id, version, actor, ContentState.IN_REVIEW, ContentState.IN_APPROVAL, "reviewed", opinion
        )

    def approve(self, activity_id: str, version: int, actor: str) -> ContentVersion:
        """Raises InvalidContentError while it makes a banned claim, or its product or files are gone."""
        found = self._loaded(activity_id, version)
        self._check_other(found, actor)
        if found.state is ContentState.IN_APPROVAL:
            if actor == found.by(ContentState.IN_APPROVAL):
                raise StepRefusedError("you reviewed this version; somebody else has to approve it")
            self._check(found.draft)
            self._check_claims(found.draft)
        return self._step(activity_id, version, actor, ContentState.IN_APPROVAL, ContentState.APPROVED, "approved")

    def reject(self, activity_id: str, version: int, actor: str, reason: str) -> ContentVersion:
        """Refuse what waits for review or approval, for good; its maker may take it back in the same way."""
        found = self._loaded(activity_id, version)
        if found.state not in (ContentState.IN_REVIEW, ContentState.IN_APPROVAL, ContentState.REJECTED):
            raise StepRefusedError(f"only what waits for a check can be rejected; this version is {found.state.value}")
        return self._step(activity_id, version, actor, found.state, ContentState.REJECTED, "rejected", reason)

    def release(self, activity_id: str, version: int, actor: str) -> ContentVersion:
        """Let campaigns use an approved version."""
        return self._step(activity_id, version, actor, ContentState.APPROVED, ContentState.RELEASED, "released")

    def recall(self, activity_id: str, version: int, actor: str, reason: str) -> ContentVersion:
        """Nothing of it is sent from now on. What customers have stays with them: WeCom takes nothing back."""
        found = self._loaded(activity_id, version)
        if found.state not in (ContentState.APPROVED, ContentState.RELEASED, ContentState.RECALLED):
            raise StepRefusedError(f"only what was approved can be recalled; this version is {found.state.value}")
        return self._step(activity_id, version, actor, found.state, ContentState.RECALLED, "recalled", reason)

    def _step(
        self,
        activity_id: str,
        version: int,
        actor: str,
        before: ContentState,
        after: ContentState,
        action: str,
        note: str = "",
    ) -> ContentVersion:
        """Repeated by the same person it changes nothing more."""
        found, at = self._loaded(activity_id, version), self.now()
        if found.state is after and found.by(after) == actor:
            return found
        if found.state is not before or before is after:
            raise StepRefusedError(f"this version is {found.state.value}; that step needs one that is {before.value}")
        if found.state_at(at) is ContentState.EXPIRED and after is not ContentState.RECALLED:
            raise StepRefusedError("this version has expired; make a new one with a later end")
        self.journal.told(found, action, actor, at)
        moved = found.moved(after, actor, at, note)
        if not self.contents.save(moved):
            raise StaleContentError
        return replace(moved, revision=moved.revision + 1)

    def _loaded(self, activity_id: str, version: int) -> ContentVersion:
        found = self.contents.version(activity_id, version)
        if found is None:
            raise UnknownContentError
        return found

    def _check_other(self, found: ContentVersion, actor: str) -> None:
        if actor in (found.made_by, found.by(ContentState.IN_REVIEW)):
            raise StepRefusedError("you made this version; somebody else has to check it")

    def _check(self, draft: Draft) -> None:
        problems = checks.problems_of(draft, self.settings)
        if draft.product_id and self.products.product(draft.product_id) is None:
            problems.append(Problem("product_id", "unknown", "the catalogue has no such product"))
        if problems := [*problems, *self._check_files(draft)]:
            raise InvalidContentError(problems)

    def _check_files(self, draft: Draft) -> list[Problem]:
        places = {
            f"variants.{scene.value}.attachments.{number}.asset_id": attachment
            for scene, variant in draft.variants
            for number, attachment in enumerate(variant.attachments)
            if attachment.asset_id
        }
        kinds = self.assets.kinds_of({each.asset_id for each in places.values()}) if places else {}
        return [
            Problem(where, "unknown", "the media library has no such file of this kind")
            for where, attachment in places.items()
            if kinds.get(attachment.asset_id) != _media_of(attachment.kind)
        ]

    def _check_claims(self, draft: Draft) -> None:
        claims_in = self.claims(self.settings.banned_claims, self.settings.allowed_phrases)
        problems = [
            Problem(where, "banned_claim", f"it claims what must not be claimed: {claim}")
            for where, text in lexicon.words_of(draft)
            for claim in claims_in(text)
        ]
        if problems:
            raise InvalidContentError(problems)


def _media_of(kind: AttachmentKind) -> str:
    """The media type that an attachment shows; links and pages show a picture."""
    own = (AttachmentKind.IMAGE, AttachmentKind.VIDEO, AttachmentKind.FILE)
    return kind.value if kind in own else _MEDIA_OF_COVER
