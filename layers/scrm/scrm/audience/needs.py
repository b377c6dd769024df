"""Which released content fits what is known of a customer, and why (S26): pure, owner by owner.

A rule says what a need looks like, in the language of segments, which content answers it, and the words in which a
person reads it. Who must not get a content never has it recommended: the rules of exclusion come first.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from scrm.audience.expressions import Expression, compiled, explained
from scrm.audience.facts import CustomerFacts
from scrm.audience.fields import Known
from scrm.audience.preview import Tags, needs_tags
from scrm.audience.rules import Offer, RuleSettings, exclusion
from scrm.clock import BUSINESS_ZONE

NO_TAGS: Final[Tags] = {}


@dataclass(frozen=True, slots=True)
class NeedRule:
    """A need and what answers it: content that is named in any of the four sets.

    ``score`` is 1 to 100, the most pressing 100; ``reason`` is how a person reads it. ``unless_held``: who holds the
    content's product already does not need it.
    """

    rule_id: str
    when: Expression
    score: int
    reason: str
    activity_ids: frozenset[str] = frozenset()
    product_ids: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    target_kpis: frozenset[str] = frozenset()
    unless_held: bool = True

    def answers(self, content: "OfferedContent") -> bool:
        """Whether the content is what this need asks for."""
        return (
            content.activity_id in self.activity_ids
            or (content.product_id != "" and content.product_id in self.product_ids)
            or content.kind in self.kinds
            or content.target_kpi in self.target_kpis
        )


@dataclass(frozen=True, slots=True)
class OfferedContent:
    """A released version that may be sent now, as far as needs care. ``product_risk`` is 1 to 5 for R1 to R5."""

    activity_id: str
    version: int
    title: str
    kind: str
    target_kpi: str
    valid_until: datetime
    product_id: str = ""
    product_risk: int | None = None
    scenes: tuple[str, ...] = ()

    @property
    def offer(self) -> Offer:
        return Offer(is_product=bool(self.product_id), risk=self.product_risk)


@dataclass(frozen=True, slots=True)
class Need:
    """Why somebody gets a content: the rule that holds, how pressing, and its words."""

    rule_id: str
    score: int
    reason: str


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A content for a customer. ``because`` is the rule's expression in Chinese."""

    content: OfferedContent
    need: Need
    because: str


class NeedsOf:
    """What rules tell of customers and one content; built once for many of them.

    Tags need be read only when ``with_tags``. A content that no rule names has no ``rules``.
    """

    def __init__(self, rules: Iterable[NeedRule], content: OfferedContent, at: datetime) -> None:
        self.rules = sorted((one for one in rules if one.answers(content)), key=lambda rule: -rule.score)
        self.with_tags = any(needs_tags(rule.when) for rule in self.rules)
        self._product_id = content.product_id
        self._today = at.astimezone(BUSINESS_ZONE).date()
        self._tests = [(rule, compiled(rule.when)) for rule in self.rules]

    def of(self, facts: CustomerFacts, tags: tuple[str, ...] = ()) -> NeedRule | None:
        """The most pressing rule that holds; the first of equal ones."""
        known = Known(facts, self._today, tags)
        holds = self._product_id != "" and self._product_id in facts.holdings
        return next((rule for rule, test in self._tests if not (holds and rule.unless_held) and test(known)), None)


class NeedyCustomers(Protocol):
    """What is known of an owner's customers."""

    def facts_of(self, owner_userid: str) -> Mapping[str, CustomerFacts | None]:
        """His customers; None: nobody knows anything of this one."""

    def tags_of(self, owner_userid: str) -> Tags:
        """The corp tags that he gave each of them, and what they told him."""

    def opted_out(self, owner_userid: str, external_userids: Sequence[str], at: datetime) -> Iterable[str]:
        """Who of them may get no marketing."""


class OfferedContents(Protocol):
    """The content library, as far as one member may use it."""

    def of_member(self, userid: str, node_path: str, at: datetime) -> Sequence[OfferedContent]:
        """Released and valid, meant for his node, and with no product or one that he may offer."""


@dataclass(frozen=True, slots=True)
class Recommender:
    """Use cases of whoever looks after customers: what fits one of them, and whose needs are most pressing."""

    customers: NeedyCustomers
    contents: OfferedContents
    rules: Callable[[], Sequence[NeedRule]]
    settings: Callable[[], RuleSettings]
    now: Callable[[], datetime]

    def of_customer(self, external_userid: str, owner_userid: str, node_path: str) -> list[Recommendation]:
        """The most pressing first."""
        rules = self.rules()
        found = self.customers.facts_of(owner_userid).get(external_userid) if rules else None
        if found is None:
            return []
        return self._ranked(owner_userid, node_path, {external_userid: found}, rules).get(external_userid, [])

    def of_member(self, owner_userid: str, node_path: str, limit: int) -> list[tuple[str, Recommendation]]:
        """His customers with the most pressing needs, each with what fits best."""
        rules = self.rules()
        told = self.customers.facts_of(owner_userid).items() if rules else ()
        known = {one: facts for one, facts in told if facts is not None}
        best = [(one, found[0]) for one, found in self._ranked(owner_userid, node_path, known, rules).items() if found]
        return sorted(best, key=lambda pair: (-pair[1].need.score, pair[0]))[:limit]

    def _ranked(
        self, owner_userid: str, node_path: str, known: Mapping[str, CustomerFacts], rules: Sequence[NeedRule]
    ) -> dict[str, list[Recommendation]]:
        at = self.now()
        refused = set(self.customers.opted_out(owner_userid, list(known), at)) if known else set()
        asked = {one: facts for one, facts in known.items() if one not in refused}
        contents = self.contents.of_member(owner_userid, node_path, at) if asked else ()
        fitting = [(content, NeedsOf(rules, content, at)) for content in contents]
        with_tags = any(needs.with_tags for _, needs in fitting)
        tags = self.customers.tags_of(owner_userid) if with_tags else NO_TAGS
        return {
            one: sorted(self._of(facts, fitting, tags.get(one, ()), at), key=_most_pressing)
            for one, facts in asked.items()
        }

    def _of(
        self,
        facts: CustomerFacts,
        fitting: Sequence[tuple[OfferedContent, NeedsOf]],
        tags: tuple[str, ...],
        at: datetime,
    ) -> Iterable[Recommendation]:
        settings = self.settings()
        for content, needs in fitting:
            if not needs.rules or exclusion(facts, content.offer, settings, at) is not None:
                continue
            if (rule := needs.of(facts, tags)) is not None:
                yield Recommendation(content, Need(rule.rule_id, rule.score, rule.reason), explained(rule.when))


def _most_pressing(found: Recommendation) -> tuple[int, datetime, str]:
    """Of equal ones that first which ends first."""
    return -found.need.score, found.content.valid_until, found.content.activity_id
