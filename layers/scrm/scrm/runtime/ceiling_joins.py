"""Risk ceilings joined to the relation table."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from scrm.audience.ceiling_tags import Mark, Tagged
from scrm.contacts.model import Relation, RelationState
from scrm.contacts.tags import Retagged


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
