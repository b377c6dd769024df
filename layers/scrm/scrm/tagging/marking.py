"""A new customer's relation gets the tags that the rules of his member's nodes want (S22)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from scrm.tagging.model import LibraryTag, MissingTag, Newcomer, TagRule, is_protected
from scrm.tagging.ports import (
    ProtectedTags,
    RelationGoneError,
    RuleSubjects,
    TagGoneError,
    TagLibrary,
    TagRules,
    TagsRefusedError,
    Tallies,
)

_TRIES: Final = 2  # the second with a library that was just read


class TagOutcome(StrEnum):
    """What became of a newcomer; the value is the metric."""

    TAGGED = "CustomerTagged"
    WITHOUT_RULE = "CustomerWithoutTagRule"
    MISSING = "CustomerWithoutTags"
    PROTECTED = "TagRuleTagProtected"
    RELATION_GONE = "TagRelationGone"
    REFUSED = "TagRuleRefused"


@dataclass(frozen=True, slots=True)
class Tagged:
    """``errcode`` is WeCom's, of a refusal; ``missing`` are tags that the library lacks and no rule may make."""

    outcome: TagOutcome
    errcode: int = 0
    missing: int = 0


@dataclass(frozen=True, slots=True)
class AutoTags:
    """Use case of the worker; may be repeated: marks are a set, and who was counted is not counted again.

    Tags are only added: what the member or another app set stays. A tag that says an opt-out, or that the product
    maintains, is never set, whatever a rule names.
    """

    rules: TagRules
    library: TagLibrary
    subjects: RuleSubjects
    protected: ProtectedTags
    tallies: Tallies

    def tag(self, newcomer: Newcomer) -> Tagged:
        rules = self._fitting(newcomer)
        if not rules:
            return Tagged(TagOutcome.WITHOUT_RULE)
        for last in range(_TRIES):
            try:
                return self._marked(newcomer, rules, fresh=bool(last))
            except TagGoneError:
                continue
            except RelationGoneError:
                return Tagged(TagOutcome.RELATION_GONE)
            except TagsRefusedError as refused:
                return Tagged(TagOutcome.REFUSED, refused.errcode)
        return Tagged(TagOutcome.MISSING)

    def _fitting(self, newcomer: Newcomer) -> list[TagRule]:
        path = self.subjects.path_of(newcomer.userid)
        rules = self.rules.released([part for part in path.split("/") if part]) if path else ()
        wants_tier = any(rule.wish.wants_tier() for rule in rules)
        tier = self.subjects.tier_of(newcomer.external_userid) if wants_tier else ""
        return [rule for rule in rules if rule.wish.fits(newcomer.came_by, tier)]

    def _marked(self, newcomer: Newcomer, rules: Sequence[TagRule], *, fresh: bool) -> Tagged:
        known = {(tag.group, tag.name): tag for tag in self.library.tags(fresh=fresh)}
        found = {rule.rule_id: self._tags_of(rule, known) for rule in rules}
        tags = {tag.tag_id: tag for wanted in found.values() for tag in wanted}
        missing = sum(len(rule.wish.tags) - len(found[rule.rule_id]) for rule in rules)
        ids, groups = self.protected.ids(), self.protected.groups()
        allowed = {tag_id for tag_id, tag in tags.items() if not is_protected(tag, ids, groups)}
        if not allowed:
            return Tagged(TagOutcome.PROTECTED if tags else TagOutcome.MISSING, missing=missing)
        self.library.mark(newcomer.userid, newcomer.external_userid, sorted(allowed))
        self.subjects.tagged(newcomer.userid, newcomer.external_userid)
        for rule in rules:
            if any(tag.tag_id in allowed for tag in found[rule.rule_id]):
                self.tallies.count(rule, newcomer)
        return Tagged(TagOutcome.TAGGED, missing=missing)

    def _tags_of(self, rule: TagRule, known: dict[tuple[str, str], LibraryTag]) -> list[LibraryTag]:
        """The rule's tags, made where they lack and the rule says so."""
        wish = rule.wish
        lacking = [name for name in wish.tags if (wish.group, name) not in known]
        if lacking and wish.missing is MissingTag.CREATE and wish.group not in self.protected.groups():
            known.update({(wish.group, tag.name): tag for tag in self.library.add(wish.group, lacking)})
        return [known[wish.group, name] for name in wish.tags if (wish.group, name) in known]
