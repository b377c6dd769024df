"""How risky a product each customer may be shown, as one of five corp tags on his owner's relation (O5, R7).

WeCom narrows a moment by corp tags alone. A customer has the tag of his risk ceiling, or none: the highest risk that
every rule lets him have, today and for two more days, so that an assessment loses its tag before it expires. The bank's
facts lie with the owner, so only his relation has a tag; other members' relations have none.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from scrm.audience.facts import CustomerFacts
from scrm.audience.rules import HIGHEST_RISK, ExclusionReason, Offer, RuleSettings, exclusion, risk_ceiling

GROUP: Final = "产品风险上限（系统维护）"
NAMES: Final = tuple(f"可至R{risk}" for risk in range(1, HIGHEST_RISK + 1))
AHEAD: Final = timedelta(days=2)
_TOGETHER: Final = 25  # marks between two writes of what they did


class Tagged(NamedTuple):
    """A customer of a member's and all corp tags that the member gave him, as far as we know."""

    external_userid: str
    tag_ids: tuple[str, ...]


class Mark(NamedTuple):
    """What changes about the tags of one customer."""

    external_userid: str
    add: tuple[str, ...]
    remove: tuple[str, ...]


class UnknownTagError(Exception):
    """WeCom has no such tag any more: somebody deleted it."""


class CeilingTags(Protocol):
    """The five tags, by risk from 1 on."""

    def known(self) -> tuple[str, ...]:
        """Their ids; empty before they were made first."""

    def made(self) -> tuple[str, ...]:
        """Make those that WeCom lacks, and remember all."""


class Facts(Protocol):
    def of_owner(self, owner_userid: str) -> Mapping[str, CustomerFacts | None]: ...


class TaggedRelations(Protocol):
    """Relations of a member that stand on both sides, and what marks did to them."""

    def of(self, userid: str) -> Iterator[Tagged]: ...

    def marked(self, userid: str, marks: Sequence[Mark]) -> None:
        """WeCom took these; it sends no callback about them."""


class Marks(Protocol):
    """WeCom's own marks of one member."""

    def mark(self, userid: str, mark: Mark) -> bool:
        """False when there is no such relation any more. Raises UnknownTagError."""


class CeilingOutcome(StrEnum):
    """What a look at a member did; the value is the metric."""

    KEPT = "CeilingTagsKept"
    CONTINUED = "CeilingTagsContinued"
    OFF = "CeilingTagsOff"

    @property
    def is_open(self) -> bool:
        """Whether there is more to do."""
        return self is CeilingOutcome.CONTINUED


@dataclass(frozen=True, slots=True)
class CeilingTagging:
    """Use case: one member's customers have the right tags. Safe to repeat at any point.

    A mark is a set at WeCom: made twice it is one. Killed between a mark and our record of it, it is made again.
    ``on_marked`` hears how many were made.
    """

    facts: Facts
    relations: TaggedRelations
    tags: CeilingTags
    marks: Marks
    settings: Callable[[], RuleSettings]
    now: Callable[[], datetime]
    on_marked: Callable[[int], object]

    def keep(self, userid: str, has_time: Callable[[], bool]) -> CeilingOutcome:
        """``CONTINUED`` when the time ended first: call it again, it finds what is left."""
        settings = self.settings()
        if not settings.ceiling_tags:
            return CeilingOutcome.OFF
        try:
            return self._keep(userid, self.tags.known() or self.tags.made(), settings, has_time)
        except UnknownTagError:
            self.tags.made()
            return CeilingOutcome.CONTINUED

    def _keep(
        self, userid: str, tag_ids: tuple[str, ...], settings: RuleSettings, has_time: Callable[[], bool]
    ) -> CeilingOutcome:
        facts, at = self.facts.of_owner(userid), self.now()
        ceilings = {
            one: min(risk_ceiling(known, settings, at), risk_ceiling(known, settings, at + AHEAD))
            for one, known in facts.items()
        }
        wanted = marks_of(self.relations.of(userid), ceilings, tag_ids)
        done: list[Mark] = []
        try:
            for mark in wanted:
                if not has_time():
                    return CeilingOutcome.CONTINUED
                if self.marks.mark(userid, mark):
                    done.append(mark)
                if len(done) == _TOGETHER:
                    self._record(userid, done)
        finally:
            self._record(userid, done)
        return CeilingOutcome.KEPT

    def _record(self, userid: str, done: list[Mark]) -> None:
        if done:
            self.relations.marked(userid, done)
            self.on_marked(len(done))
            done.clear()


def narrowed(
    facts: Mapping[str, CustomerFacts | None],
    shown: Mapping[str, int],
    target_ids: Iterable[str],
    offer: Offer,
    settings: RuleSettings,
    moments: Sequence[datetime],
) -> dict[str, ExclusionReason]:
    """Reason by customer, of those who get nothing of what is shown by tags to a member's customers.

    ``facts`` and ``shown`` ceilings are those of all of the member's relations: a tag too high on any of them bars all.
    """
    risk = offer.risk or HIGHEST_RISK + 1

    def barred(one: str) -> ExclusionReason | None:
        reasons = (exclusion(facts.get(one), offer, settings, at) for at in moments)
        return next((reason for reason in reasons if reason is not None), None)

    if any(ceiling >= risk and barred(one) for one, ceiling in shown.items()):
        return dict.fromkeys(target_ids, ExclusionReason.CEILING_TAGS_UNSYNCED)
    found = {}
    for one in target_ids:
        why = barred(one) or (ExclusionReason.NO_CEILING_TAG if shown.get(one, 0) < risk else None)
        if why is not None:
            found[one] = why
    return found


def marks_of(relations: Iterable[Tagged], ceilings: Mapping[str, int], tag_ids: Sequence[str]) -> list[Mark]:
    """What has to change, whoever may get less first. A customer without a ceiling has none of the tags."""
    found = []
    for relation in relations:
        ceiling = ceilings.get(relation.external_userid, 0)
        wanted = {tag_ids[ceiling - 1]} if ceiling else set()
        has = set(tag_ids).intersection(relation.tag_ids)
        if has != wanted:
            found.append(Mark(relation.external_userid, tuple(wanted - has), tuple(sorted(has - wanted))))
    return sorted(found, key=lambda mark: (not mark.remove, mark.external_userid))


def ceilings_by(relations: Iterable[Tagged], tag_ids: Sequence[str]) -> dict[str, int]:
    """The ceiling that each customer's tags show, the highest of several; those who have none are left out."""
    found = {}
    for relation in relations:
        shown = [risk for risk, tag_id in enumerate(tag_ids, start=1) if tag_id in relation.tag_ids]
        if shown:
            found[relation.external_userid] = shown[-1]
    return found
