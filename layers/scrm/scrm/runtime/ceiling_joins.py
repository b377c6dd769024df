"""Risk ceilings joined to the relation table."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from scrm.audience.ceiling_tags import Mark, Tagged, ceilings_by
from scrm.audience.rules import ExclusionReason, RuleSettings, barred_in_public
from scrm.campaign.dispatch_errors import SendRefusedError
from scrm.campaign.ports import ApprovedContent
from scrm.campaign.terms import Channel
from scrm.contacts.model import Relation, RelationState
from scrm.contacts.tags import Retagged
from scrm.runtime.audience_joins import offer_of


class MemberRelations(Protocol):
    def relations_of(self, userid: str) -> Iterator[Relation]: ...


class ContactTags:
    """Implements `scrm.audience.ceiling_tags.TaggedRelations`; only `marked` needs ``record``."""

    def __init__(
        self, contacts: MemberRelations, record: Callable[[str, Sequence[Retagged]], object] | None = None
    ) -> None:
        self._contacts = contacts
        self._record = record

    def of(self, userid: str) -> Iterator[Tagged]:
        """Nobody can be marked whose relation is half, or who deleted the member."""
        for relation in self._contacts.relations_of(userid):
            if relation.state is RelationState.ACTIVE:
                yield Tagged(relation.external_userid, relation.details.tag_ids)

    def marked(self, userid: str, marks: Iterable[Mark]) -> None:
        if self._record is None:
            raise ValueError("who only reads tags marks nobody")
        self._record(userid, [Retagged(*mark) for mark in marks])


class ShownCeilings:
    """The ceiling that each customer's tags show of a member's relations; nobody's before the tags were made."""

    def __init__(self, relations: ContactTags, tag_ids: Callable[[], Sequence[str]]) -> None:
        self._relations = relations
        self._tag_ids = tag_ids

    def __call__(self, userid: str) -> dict[str, int]:
        tag_ids = self._tag_ids()
        return ceilings_by(self._relations.of(userid), tag_ids) if tag_ids else {}


class NarrowedByCeiling:
    """Implements `scrm.campaign.moments.Narrowing`."""

    def __init__(self, settings: Callable[[], RuleSettings], tag_ids: Callable[[], Sequence[str]]) -> None:
        self._settings = settings
        self._tag_ids = tag_ids

    def tags_of(self, content: ApprovedContent) -> tuple[str, ...]:
        offer = offer_of(content, Channel.MOMENTS, self._settings())
        if offer.is_public and not barred_in_public(offer, self._settings()):
            return ()
        tag_ids = self._tag_ids()
        if not offer.is_narrowed or offer.risk is None or not tag_ids:
            raise SendRefusedError(0, ExclusionReason.PUBLIC_CONTENT_RISK.value)
        return tuple(tag_ids[offer.risk - 1 :])
