"""The customers of a segment, owner by owner, for campaigns and previews."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import batched
from typing import Final, Protocol

from scrm.audience.facts import CustomerFacts
from scrm.audience.heard import HeardNeeds, as_tags
from scrm.audience.intake import FactsReader
from scrm.audience.lists import ListStore
from scrm.audience.parsing import parse
from scrm.audience.preview import Tags, chosen, needs_tags
from scrm.audience.segments import Segment, SegmentStore, UnknownSegmentError
from scrm.consent.consents import Consents
from scrm.consent.model import ConsentAnswer
from scrm.contacts.model import Customer, Relation

_TOGETHER: Final = 100


class Relations(Protocol):
    """The relation table, as far as one member's customers go."""

    def relations_of(self, userid: str) -> Iterator[Relation]: ...


class Owners(Protocol):
    """The relation table, as far as owners go."""

    def customers(self, external_userids: Sequence[str]) -> dict[str, Customer]: ...


class FactsAndTags:
    """Implements `scrm.audience.preview.KnownCustomers` but for the answers."""

    def __init__(self, facts: FactsReader, relations: Relations, heard: HeardNeeds) -> None:
        self._facts = facts
        self._relations = relations
        self._heard = heard

    def facts_of(self, owner_userid: str) -> Mapping[str, CustomerFacts | None]:
        return self._facts.of_owner(owner_userid)

    def tags_of(self, owner_userid: str) -> Tags:
        found = {row.external_userid: row.details.tag_ids for row in self._relations.relations_of(owner_userid)}
        for one, entries in self._heard.of_member(owner_userid).items():
            found[one] = (*found.get(one, ()), *as_tags(entries))
        return found


class AskedCustomers(FactsAndTags):
    """Implements `scrm.audience.preview.KnownCustomers`."""

    def __init__(self, facts: FactsReader, relations: Relations, heard: HeardNeeds, consents: Consents) -> None:
        super().__init__(facts, relations, heard)
        self._consents = consents

    def opted_out(self, owner_userid: str, external_userids: Sequence[str], at: datetime) -> Iterable[str]:
        answers = self._consents.answers_of(owner_userid, external_userids, at)
        return [one for one, answer in answers.items() if answer is ConsentAnswer.OPTED_OUT]


class SegmentTargets:
    """What campaigns ask of segments."""

    def __init__(self, segments: SegmentStore, known: FactsAndTags, lists: ListStore, owners: Owners) -> None:
        self._segments = segments
        self._known = known
        self._lists = lists
        self._owners = owners
        self._last: tuple[object, Mapping[str, Sequence[str]]] = (None, {})

    def segment(self, segment_id: str, node_path: str, at: datetime) -> Segment:
        """As it was at that moment. Raises UnknownSegmentError: there was none, or not one for this node."""
        versions = [one for one in self._segments.versions(segment_id) if one.made_at <= at]
        if not versions or not versions[-1].serves(node_path):
            raise UnknownSegmentError(segment_id)
        return versions[-1]

    def targets(self, segment: Segment, at: datetime) -> Callable[[str], Iterator[str]]:
        """A function that gives an owner's customers of the segment. Raises ListExpiredError."""
        if segment.is_list:
            by_owner = self._of_list(segment, at)
            return lambda userid: iter(by_owner.get(userid, ()))
        expression = parse(segment.expression)
        pick, with_tags = chosen(expression, at), needs_tags(expression)

        def of_owner(userid: str) -> Iterator[str]:
            yield from pick(self._known.facts_of(userid), self._known.tags_of(userid) if with_tags else {})

        return of_owner

    def _of_list(self, segment: Segment, at: datetime) -> Mapping[str, Sequence[str]]:
        """Its customers by owner: a request for each hundred, once for an audience that is frozen."""
        key = segment.segment_id, segment.version, at
        if self._last[0] != key:
            found: dict[str, list[str]] = defaultdict(list)
            for some in batched(self._lists.customers(segment.segment_id, segment.sha256), _TOGETHER, strict=False):
                known = self._owners.customers(some)
                for one in some:
                    if one in known:
                        found[known[one].owner_userid].append(one)
            self._last = key, found
        return self._last[1]
