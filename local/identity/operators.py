"""Who may sign in to the local run: head office with a second person, consumer protection and an auditor; and the same
for each branch or other department."""

import re
from dataclasses import dataclass
from typing import Final

_ROOT_NODE = "1"
_OF_A_NODE = re.compile(r"(?P<who>branch|checker|compliance)_(?P<node>[1-9][0-9]{0,9})")
_ROLES: Final = {"branch": ("operator",), "checker": ("operator",), "compliance": ("compliance",)}


@dataclass(frozen=True, slots=True)
class Operator:
    """``node`` is the WeCom department the operator belongs to; he sees what lies at or below it."""

    name: str
    node: str
    roles: tuple[str, ...]


HEAD_OFFICE = Operator("head_office", _ROOT_NODE, ("head_office", "operator"))
CHECKER = Operator("checker", _ROOT_NODE, ("head_office", "operator"))
COMPLIANCE = Operator("compliance", _ROOT_NODE, ("compliance",))
AUDITOR = Operator("auditor", _ROOT_NODE, ("auditor",))
_AT_HEAD_OFFICE = {each.name: each for each in (HEAD_OFFICE, CHECKER, COMPLIANCE, AUDITOR)}
NAMES = (*_AT_HEAD_OFFICE, *(f"{who}_<department id>" for who in _ROLES))


def find_operator(name: str) -> Operator | None:
    """The operator of that name; ``branch_10`` works for department 10, ``checker_10`` looks at what others made there,
    ``compliance_10`` is its consumer protection.
    """
    if name in _AT_HEAD_OFFICE:
        return _AT_HEAD_OFFICE[name]
    found = _OF_A_NODE.fullmatch(name)
    return Operator(name, found["node"], _ROLES[found["who"]]) if found else None
