"""Who may sign in to the local run: head office, its auditor, and one operator for each branch or other department."""

import re
from dataclasses import dataclass

_ROOT_NODE = "1"
_OF_A_NODE = re.compile(r"branch_(?P<node>[1-9][0-9]{0,9})")


@dataclass(frozen=True, slots=True)
class Operator:
    """``node`` is the WeCom department the operator belongs to; he sees what lies at or below it."""

    name: str
    node: str
    roles: tuple[str, ...]


HEAD_OFFICE = Operator("head_office", _ROOT_NODE, ("head_office", "operator"))
AUDITOR = Operator("auditor", _ROOT_NODE, ("auditor",))
NAMES = (HEAD_OFFICE.name, AUDITOR.name, "branch_<department id>")


def find_operator(name: str) -> Operator | None:
    """The operator of that name: ``head_office``, ``auditor``, or ``branch_<department id>`` for any department."""
    for operator in (HEAD_OFFICE, AUDITOR):
        if operator.name == name:
            return operator
    found = _OF_A_NODE.fullmatch(name)
    return Operator(name, found["node"], ("operator",)) if found else None
