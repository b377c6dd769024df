"""Need signals joined to the bank's rules, the content library and what customers said (S26)."""

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from scrm.audience.heard import HeardNeeds
from scrm.audience.intake import FactsReader
from scrm.audience.needs import NeedRule, NeedsOf, OfferedContent
from scrm.audience.parsing import parse
from scrm.campaign.ports import ApprovedContent
from scrm.campaign.task import Need
from scrm.consent.consents import Consents
from scrm.consent.model import ConsentAnswer
from scrm.content.model import Activity, ContentState, ContentVersion
from scrm.content.permissions import ProductPermissions, ProductRepository
from scrm.content.ports import ContentRepository
from scrm.node_paths import ROOT_PATH, branch_path
from scrm.runtime.segment_targets import FactsAndTags, Relations
from scrm.settings.needs import NeedRuleDocument, NeedsDocument

_LATEST: Final = 50  # activities of head office that are looked at, and as many of the branch


@functools.lru_cache(maxsize=1)
def rules_of(document: NeedsDocument) -> tuple[NeedRule, ...]:
    """The rules of a document, their expressions understood. Raises ExpressionError."""
    return tuple(_rule(told) for told in document.rules)


def _rule(told: NeedRuleDocument) -> NeedRule:
    return NeedRule(
        rule_id=told.rule_id,
        when=parse(told.when),
        score=told.score,
        reason=told.reason,
        activity_ids=frozenset(told.activity_ids),
        product_ids=frozenset(told.product_ids),
        kinds=frozenset[str](told.kinds),
        target_kpis=frozenset(told.target_kpis),
        unless_held=told.unless_held,
    )


def offered(found: ContentVersion, product_risk: int | None) -> OfferedContent:
    """A version as needs see it."""
    draft = found.draft
    return OfferedContent(
        activity_id=found.activity_id,
        version=found.version,
        title=draft.title,
        kind=draft.kind.value,
        target_kpi=draft.target_kpi,
        valid_until=draft.valid_until,
        product_id=draft.product_id,
        product_risk=product_risk,
        scenes=tuple(scene.value for scene, _ in draft.variants),
    )


class LibraryOffers:
    """Implements `scrm.audience.needs.OfferedContents`: of each of the latest activities its newest released version.

    They are head office's and the branch's own, the last changed of both.
    """

    def __init__(
        self, contents: ContentRepository, products: ProductRepository, permissions: ProductPermissions
    ) -> None:
        self._contents = contents
        self._products = products
        self._permissions = permissions

    def of_member(self, userid: str, node_path: str, at: datetime) -> Sequence[OfferedContent]:
        released = (self._released(one, node_path, at) for one in self._activities(node_path))
        versions = [found for found in released if found is not None]
        products = {one.draft.product_id for one in versions} - {""}
        risks: dict[str, int | None] = {"": None}
        for product_id in products:
            product = self._products.product(product_id)
            if product is not None and self._permissions.permitted(product_id, [userid], at):
                risks[product_id] = product.risk.value
        return [offered(one, risks[one.draft.product_id]) for one in versions if one.draft.product_id in risks]

    def _activities(self, node_path: str) -> Iterable[Activity]:
        found = {one.activity_id: one for one in self._contents.issued_by_head_office(None, _LATEST).items}
        if node_path != ROOT_PATH:
            own = self._contents.originated_at(branch_path(node_path), None, _LATEST)
            found |= {one.activity_id: one for one in own.items}
        return found.values()

    def _released(self, activity: Activity, node_path: str, at: datetime) -> ContentVersion | None:
        versions = reversed(self._contents.versions(activity.activity_id))
        return next((one for one in versions if _is_usable(one, node_path, at)), None)


class NeedyCustomers(FactsAndTags):
    """Implements `scrm.audience.needs.NeedyCustomers`. ``required``: whether marketing needs a consent."""

    def __init__(
        self,
        facts: FactsReader,
        relations: Relations,
        heard: HeardNeeds,
        consents: Consents,
        required: Callable[[], bool],
    ) -> None:
        super().__init__(facts, relations, heard)
        self._consents = consents
        self._required = required

    def opted_out(self, owner_userid: str, external_userids: Sequence[str], at: datetime) -> Iterable[str]:
        answers = self._consents.answers_of(owner_userid, external_userids, at)
        if self._required():
            return [one for one in external_userids if answers.get(one) is not ConsentAnswer.CONSENTED]
        return [one for one, answer in answers.items() if answer is ConsentAnswer.OPTED_OUT]


class RuledNeeds:
    """Implements `scrm.campaign.ports.CustomerNeeds`: one more read of an owner's facts, where a rule asks."""

    def __init__(
        self, contents: ContentRepository, known: FactsAndTags, rules: Callable[[], tuple[NeedRule, ...]]
    ) -> None:
        self._contents = contents
        self._known = known
        self._rules = rules
        self._last: tuple[object, NeedsOf | None] = (None, None)

    def of(
        self, owner_userid: str, target_ids: Sequence[str], content: ApprovedContent, at: datetime
    ) -> Mapping[str, Need]:
        needs = self._needs(content, at)
        if needs is None:
            return {}
        facts = self._known.facts_of(owner_userid)
        tags = self._known.tags_of(owner_userid) if needs.with_tags else {}
        asked = ((one, facts.get(one)) for one in target_ids)
        found = ((one, needs.of(told, tags.get(one, ()))) for one, told in asked if told is not None)
        return {one: Need(rule.rule_id, rule.score, rule.reason) for one, rule in found if rule is not None}

    def _needs(self, content: ApprovedContent, at: datetime) -> NeedsOf | None:
        """Made once for an audience; None where no rule names the content."""
        rules, ref = self._rules(), content.ref
        key = rules, ref, at
        if self._last[0] != key:
            found = self._contents.version(ref.activity_id, ref.version) if rules else None
            needs = NeedsOf(rules, offered(found, content.product_risk), at) if found else None
            self._last = key, needs if needs and needs.rules else None
        return self._last[1]


def _is_usable(found: ContentVersion, node_path: str, at: datetime) -> bool:
    is_released = found.state_at(at) is ContentState.RELEASED and at >= found.draft.valid_from
    return is_released and found.is_meant_for(node_path)
