"""Who sees review cases and what they add up to, and who works on them (docs/review.md, section 3)."""

from scrm.node_paths import covers
from scrm.review.model import desk_of
from scrm.runtime.http.caller import Caller, Role
from scrm.runtime.http.problems import NotAllowedError
from scrm.runtime.http.routing import current_caller


def reading_caller() -> Caller:
    """Whoever may see cases: at a desk, with a role that reviews or audits."""
    caller = current_caller()
    if not caller.roles & {Role.COMPLIANCE, Role.HEAD_OFFICE, Role.AUDITOR}:
        raise NotAllowedError("Review cases are seen by compliance, head office and auditors.")
    if not covers(caller.node.path, desk_of(caller.node.path)):
        raise NotAllowedError("Cases are reviewed at the branch and at head office, not below.")
    return caller


def reviewing_caller() -> Caller:
    caller = reading_caller()
    if not caller.roles & {Role.COMPLIANCE, Role.HEAD_OFFICE}:
        raise NotAllowedError("Review cases are worked on by compliance and head office.")
    return caller
