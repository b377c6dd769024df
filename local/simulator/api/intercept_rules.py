"""Rules of words that members must not send (content paper, 6).

The page contradicts itself, and so do these endpoints: ``semantics_list`` is at the top of an addition and of what is
shown, inside ``extra_rule`` of a change.
"""

from collections.abc import Sequence
from typing import Any

from local.simulator import errors
from local.simulator.api import arguments
from local.simulator.api.call import Body, Call, Endpoint
from local.simulator.errors import ApiError
from local.simulator.rule_book import InterceptRule, RuleBook

_NAME_LENGTH = 20
_WORDS = 300
_WORD_LENGTH = 32
_RANGE = 1_000
_USERS_OF_A_RULE = 10_000
_SEMANTICS = range(1, 4)
_KINDS = range(1, 3)


def add(call: Call) -> Body:
    book = _book(call)
    name = _name(call, book, None)
    words = _words(call)
    if not words:
        raise ApiError(errors.MISSING_PARAMETER, "word_list")
    users, departments = _range(call, "applicable_range")
    if not users and not departments:
        raise ApiError(errors.MISSING_PARAMETER, "applicable_range")
    rule = InterceptRule(
        rule_id=book.new_id(),
        app=call.app.app,
        name=name,
        words=words,
        semantics=_semantics(call.args),
        kind=_kind(call, None),
        users=users,
        departments=departments,
        created_at=call.now,
    )
    if not book.add(rule):
        raise ApiError(errors.TOO_MANY_RULES)
    call.note("intercept_rule_added", detail=rule.rule_id)
    return {"rule_id": rule.rule_id}


def listed(call: Call) -> Body:
    """All of the corp, other apps' too."""
    return {
        "rule_list": [
            {"rule_id": rule.rule_id, "rule_name": rule.name, "create_time": int(rule.created_at)}
            for rule in _book(call).by_id.values()
        ]
    }


def get(call: Call) -> Body:
    """The range is cut down to what the app sees."""
    rule = _named(call)
    return {
        "rule": {
            "rule_id": rule.rule_id,
            "rule_name": rule.name,
            "word_list": list(rule.words),
            "semantics_list": list(rule.semantics),
            "intercept_type": rule.kind,
            "applicable_range": {
                "user_list": [userid for userid in rule.users if call.sees(userid)],
                "department_list": list(rule.departments),
            },
            "create_time": int(rule.created_at),
        }
    }


def update(call: Call) -> Body:
    """What is not given stays; an empty list of words is as none, an empty list of semantics clears them."""
    rule = _own(call)
    name = _name(call, _book(call), rule) if call.args.get("rule_name") is not None else rule.name
    words, kind = _words(call), _kind(call, rule.kind)
    extra = arguments.mapping(call.args, "extra_rule")
    semantics = _semantics(extra) if extra.get("semantics_list") is not None else rule.semantics
    added, removed = _range(call, "add_applicable_range"), _range(call, "remove_applicable_range")
    users = _changed(rule.users, added[0], removed[0])
    departments = _changed(rule.departments, added[1], removed[1])
    if len(users) > _USERS_OF_A_RULE:
        raise ApiError(errors.RULE_RANGE_TOO_WIDE)
    if not users and not departments:
        raise ApiError(errors.INVALID_PARAMETER, "applicable_range")
    rule.name, rule.words, rule.kind, rule.semantics = name, words or rule.words, kind, semantics
    rule.users, rule.departments = users, departments
    call.note("intercept_rule_changed", detail=rule.rule_id)
    return {}


def delete(call: Call) -> Body:
    rule = _own(call)
    _book(call).remove(rule)
    call.note("intercept_rule_deleted", detail=rule.rule_id)
    return {}


def _book(call: Call) -> RuleBook:
    return call.engines.simulation.state.intercept_rules


def _named(call: Call) -> InterceptRule:
    rule_id = arguments.text(call.args, "rule_id")
    if rule_id in _book(call).deleted:
        raise ApiError(errors.RULE_DELETED)
    rule = _book(call).by_id.get(rule_id)
    if rule is None:
        raise ApiError(errors.RULE_ID_INVALID)
    return rule


def _own(call: Call) -> InterceptRule:
    rule = _named(call)
    if rule.app != call.app.app:
        raise ApiError(errors.NO_RIGHT)
    return rule


def _name(call: Call, book: RuleBook, own: InterceptRule | None) -> str:
    name = arguments.text(call.args, "rule_name", chars=_NAME_LENGTH)
    holder = book.named(name)
    if holder is not None and holder is not own:
        raise ApiError(errors.RULE_NAME_TAKEN)
    return name


def _words(call: Call) -> list[str]:
    value = call.args.get("word_list")
    if isinstance(value, list) and len(value) > _WORDS:
        raise ApiError(errors.RULE_WORDS_TOO_MANY)
    words = arguments.text_list(call.args, "word_list", maximum=_WORDS, required=False)
    if not all(1 <= len(word) <= _WORD_LENGTH for word in words):
        raise ApiError(errors.RULE_WORD_INVALID)
    return words


def _semantics(args: Any) -> list[int]:
    found = args.get("semantics_list")
    if found is None:
        return []
    if not isinstance(found, list) or not all(type(each) is int and each in _SEMANTICS for each in found):
        raise ApiError(errors.RULE_SEMANTICS_INVALID)
    return list(dict.fromkeys(found))


def _kind(call: Call, default: int | None) -> int:
    return arguments.integer(
        call.args, "intercept_type", default=default, minimum=_KINDS.start, maximum=_KINDS.stop - 1
    )


def _range(call: Call, name: str) -> tuple[list[str], list[int]]:
    """Members and departments, all within what the app sees."""
    given = arguments.mapping(call.args, name)
    if any(isinstance(each, list) and len(each) > _RANGE for each in given.values()):
        raise ApiError(errors.RULE_RANGE_TOO_WIDE)
    users = arguments.text_list(given, "user_list", maximum=_RANGE, required=False)
    departments = arguments.integer_list(given, "department_list", maximum=_RANGE)
    if not all(call.sees(userid) for userid in users):
        raise ApiError(errors.NO_RIGHT, "user_list")
    if not all(department in call.world.departments for department in departments):
        raise ApiError(errors.DEPARTMENT_UNKNOWN, "department_list")
    return users, departments


def _changed[Id](before: Sequence[Id], added: Sequence[Id], removed: Sequence[Id]) -> list[Id]:
    return [each for each in dict.fromkeys([*before, *added]) if each not in removed]


_PATH = "externalcontact"
ENDPOINTS = {
    f"{_PATH}/add_intercept_rule": Endpoint("POST", "customer", add),
    f"{_PATH}/get_intercept_rule_list": Endpoint("GET", "customer", listed),
    f"{_PATH}/get_intercept_rule": Endpoint("POST", "customer", get),
    f"{_PATH}/update_intercept_rule": Endpoint("POST", "customer", update),
    f"{_PATH}/del_intercept_rule": Endpoint("POST", "customer", delete),
}
