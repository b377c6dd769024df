"""Rules of words that members must not send, 聊天敏感词 (docs/wecom.md 17; S71)."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from scrm.wecom import limits
from scrm.wecom.api.call import Call, Caller, parsed, rows
from scrm.wecom.errors import InvalidRequestError
from scrm.wecom.payloads.intercept_rules import AddedRule, RuleDetails, RuleRow

_ADD = "externalcontact/add_intercept_rule"
_UPDATE = "externalcontact/update_intercept_rule"


class InterceptType(IntEnum):
    """What WeCom does before a message goes out."""

    BLOCK = 1
    WARN = 2


class InterceptRules:
    """The app may change and delete only rules that it made."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def add(self, name: str, words: Sequence[str], kind: InterceptType, department_ids: Sequence[int]) -> str:
        """The id of a rule for members of these departments.

        Not repeated after a lost answer: `OutcomeUnknownError`, then look for the name in `listed`. 41077 for a name
        that is taken, 41069 when the corp has its hundred rules.
        """
        _require(_ADD, name, words, department_ids)
        body = {
            "rule_name": name,
            "word_list": list(words),
            "intercept_type": int(kind),
            "applicable_range": {"department_list": list(department_ids)},
        }
        call = Call(_ADD, body=body, repeatable=False)
        return parsed(AddedRule, self._caller.call(call), call).rule_id

    def listed(self) -> list[RuleRow]:
        """All of the corp's, other apps' too."""
        call = Call("externalcontact/get_intercept_rule_list")
        return rows(RuleRow, self._caller.call(call), "rule_list", call)

    def details(self, rule_id: str) -> RuleDetails:
        """41071 for one that was deleted, 41070 for one that never was."""
        call = Call("externalcontact/get_intercept_rule", body={"rule_id": rule_id})
        return parsed(RuleDetails, self._caller.call(call).get("rule"), call)

    def update(
        self, shown: RuleDetails, words: Sequence[str], kind: InterceptType, department_ids: Sequence[int]
    ) -> None:
        """Make a rule one of these words and departments and nothing else; of a range, a thousand a call may go."""
        _require(_UPDATE, shown.rule_name, words, department_ids)
        present, wanted = set(shown.applicable_range.department_list), set(department_ids)
        body: dict[str, Any] = {
            "rule_id": shown.rule_id,
            "word_list": list(words),
            "extra_rule": {"semantics_list": []},
            "intercept_type": int(kind),
        }
        if added := sorted(wanted - present):
            body["add_applicable_range"] = {"department_list": added[: limits.RULE_RANGE]}
        removed = {
            "user_list": list(shown.applicable_range.user_list[: limits.RULE_RANGE]),
            "department_list": sorted(present - wanted)[: limits.RULE_RANGE],
        }
        if any(removed.values()):
            body["remove_applicable_range"] = {name: ids for name, ids in removed.items() if ids}
        self._caller.call(Call(_UPDATE, body=body))

    def delete(self, rule_id: str) -> None:
        """41071 for one that was deleted already."""
        self._caller.call(Call("externalcontact/del_intercept_rule", body={"rule_id": rule_id}))


def _require(path: str, name: str, words: Sequence[str], department_ids: Sequence[int]) -> None:
    reason = ""
    if not 1 <= len(name) <= limits.RULE_NAME_LENGTH:
        reason = f"rule_name has 1 to {limits.RULE_NAME_LENGTH} characters"
    elif not 1 <= len(words) <= limits.RULE_WORDS:
        reason = f"word_list has 1 to {limits.RULE_WORDS} words"
    elif not all(1 <= len(word) <= limits.RULE_WORD_LENGTH for word in words):
        reason = f"a word has 1 to {limits.RULE_WORD_LENGTH} characters"
    elif not 1 <= len(department_ids) <= limits.RULE_RANGE:
        reason = f"department_list has 1 to {limits.RULE_RANGE} ids"
    if reason:
        raise InvalidRequestError(None, path, reason=reason)
