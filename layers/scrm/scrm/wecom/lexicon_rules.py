"""WeCom's rules of sensitive words in the lexicon's words (docs/wecom.md 17)."""

from collections.abc import Callable, Sequence
from typing import Final

from scrm.lexicon.intercept import HeldRule, ListedRule, RuleRefusedError, SyncOvertakenError
from scrm.lexicon.model import Action
from scrm.lexicon.packing import InterceptRule
from scrm.wecom.api.intercept_rules import InterceptType
from scrm.wecom.client import WecomClient
from scrm.wecom.errors import RULE_DELETED, RULE_ID_INVALID, RULE_NAME_TAKEN, InvalidRequestError, PermissionDeniedError
from scrm.wecom.payloads.intercept_rules import RuleDetails, RuleRange

_KINDS: Final = {Action.BLOCK: InterceptType.BLOCK, Action.WARN: InterceptType.WARN}
_ACTIONS: Final = {int(kind): action for action, kind in _KINDS.items()}
_GONE: Final = frozenset({RULE_DELETED, RULE_ID_INVALID})


class WecomRules:
    """Implements `scrm.lexicon.intercept.RulesAtWecom`."""

    def __init__(self, client: WecomClient) -> None:
        self._api = client.intercept_rules

    def listed(self) -> Sequence[ListedRule]:
        return [ListedRule(row.rule_id, row.rule_name) for row in self._api.listed()]

    def shown(self, rule_id: str) -> HeldRule | None:
        try:
            found = self._api.details(rule_id)
        except InvalidRequestError as error:
            if error.errcode in _GONE:
                return None
            raise
        return HeldRule(
            rule_id=rule_id,
            name=found.rule_name,
            action=_ACTIONS.get(found.intercept_type),
            words=tuple(found.word_list),
            department_ids=tuple(found.applicable_range.department_list),
            userids=tuple(found.applicable_range.user_list),
            semantics=found.semantics,
        )

    def add(self, rule: InterceptRule) -> str:
        return _taken(lambda: self._api.add(rule.name, rule.words, _KINDS[rule.action], rule.department_ids))

    def change(self, held: HeldRule, rule: InterceptRule) -> None:
        applicable = RuleRange(user_list=held.userids, department_list=held.department_ids)
        shown = RuleDetails(rule_id=held.rule_id, rule_name=held.name, applicable_range=applicable)
        _taken(lambda: self._api.update(shown, rule.words, _KINDS[rule.action], rule.department_ids))

    def delete(self, rule_id: str) -> None:
        try:
            _taken(lambda: self._api.delete(rule_id))
        except RuleRefusedError as refused:
            if refused.errcode not in _GONE:
                raise


def _taken[Answer](write: Callable[[], Answer]) -> Answer:
    """Somebody else's rule of our name, or a department outside the app's range, is this rule's failure alone."""
    try:
        return write()
    except InvalidRequestError as error:
        if error.errcode == RULE_NAME_TAKEN:
            raise SyncOvertakenError from error
        raise RuleRefusedError(error.errcode or 0) from error
    except PermissionDeniedError as error:
        raise RuleRefusedError(error.errcode or 0) from error
