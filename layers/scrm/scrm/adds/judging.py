"""Whether an add counts: every rule answers, and says what it saw. The same evidence gives the same judgement (O10).

Branch events bring honest people in bursts, so no burst fails by its size: only by what kind of people it brought,
and even then not those whom the bank itself knows in the member's own branch.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from scrm.adds.evidence import went_early
from scrm.adds.model import Answer, Company, Evidence, Finding, Judgement, Rule, State
from scrm.adds.rules import AddRules

type _Asked = Callable[[Evidence, AddRules, date], tuple[Answer, Mapping[str, int | str]]]


def judge(evidence: Evidence, rules: AddRules, version: int, on: date) -> Judgement:
    """The judgement of a day; ``version`` is that of the rules."""
    findings = tuple(Finding(rule, *ask(evidence, rules, on)) for rule, ask in _RULES.items())
    answers = {finding.answer for finding in findings}
    state = State.VALID
    if Answer.FAILS in answers:
        state = State.EXCLUDED
    elif Answer.WAITS in answers:
        state = State.PROVISIONAL
    return Judgement(evidence, state, findings, version, on)


def settled_after(rules: AddRules) -> int:
    """So many days after an add nothing new is waited for."""
    return max(rules.kept_days, rules.link_days) + 1


def _is_customer(evidence: Evidence, rules: AddRules, on: date) -> tuple[Answer, Mapping[str, int | str]]:
    days = (on - evidence.add.day).days
    saw = {"days_since": days, "waits_days": rules.link_days}
    if evidence.add.is_linked:
        return Answer.PASSES, saw
    return (Answer.WAITS if days <= rules.link_days else Answer.FAILS), saw


def _first_add(evidence: Evidence, rules: AddRules, on: date) -> tuple[Answer, Mapping[str, int | str]]:  # noqa: ARG001
    return _fails_if(evidence.add.was_followed), {"followed_before": int(evidence.add.was_followed)}


def _not_staff(evidence: Evidence, rules: AddRules, on: date) -> tuple[Answer, Mapping[str, int | str]]:  # noqa: ARG001
    return _fails_if(evidence.add.tier in rules.staff_tiers), {"tier": evidence.add.tier}


def _kept(evidence: Evidence, rules: AddRules, on: date) -> tuple[Answer, Mapping[str, int | str]]:
    add = evidence.add
    if add.lost_at is not None:
        saw = {"kept_days": (add.lost_at - add.added_at).days, "least_days": rules.kept_days}
        return _fails_if(went_early(add, rules)), saw
    days = (on - add.day).days
    saw = {"kept_days": days, "least_days": rules.kept_days}
    return (Answer.PASSES if days > rules.kept_days else Answer.WAITS), saw


def _added_by_many(evidence: Evidence, rules: AddRules, on: date) -> tuple[Answer, Mapping[str, int | str]]:  # noqa: ARG001
    add = evidence.add
    saw = {"members_in_30_days": add.adders, "limit": rules.many_adders, "managed_here": int(add.is_managed_here)}
    return _fails_if(add.adders >= rules.many_adders and not add.is_managed_here), saw


def _bought_burst(evidence: Evidence, rules: AddRules, on: date) -> tuple[Answer, Mapping[str, int | str]]:  # noqa: ARG001
    day = evidence.on_day
    saw: dict[str, int | str] = {
        "adds_of_day": day.adds,
        "usual_tenths": evidence.usual_tenths,
        "not_customers": day.unlinked,
        "from_other_branches": day.elsewhere,
        "gone_early": day.lost,
        "added_by_others_too": day.shared,
    }
    if day.adds < rules.burst_adds or day.adds * 10 < rules.burst_times_usual * evidence.usual_tenths:
        return Answer.PASSES, saw
    signals = _signals(day, rules)
    saw["signals"] = ", ".join(signals)
    return _fails_if(len(signals) >= rules.burst_signals and not _is_own(evidence)), saw


def _from_elsewhere(evidence: Evidence, rules: AddRules, on: date) -> tuple[Answer, Mapping[str, int | str]]:  # noqa: ARG001
    month = evidence.of_month
    saw = {
        "home_branch_is_another": int(evidence.add.is_from_elsewhere),
        "linked_in_30_days": month.linked,
        "from_other_branches": month.elsewhere,
        "limit_percent": rules.elsewhere_percent,
    }
    is_much = month.linked >= rules.elsewhere_adds and _reaches(month.elsewhere, month.linked, rules.elsewhere_percent)
    return _fails_if(is_much and evidence.add.is_from_elsewhere and not evidence.add.is_managed_here), saw


_RULES: Final[Mapping[Rule, _Asked]] = {
    Rule.IS_CUSTOMER: _is_customer,
    Rule.FIRST_ADD: _first_add,
    Rule.NOT_STAFF: _not_staff,
    Rule.KEPT: _kept,
    Rule.ADDED_BY_MANY: _added_by_many,
    Rule.BOUGHT_BURST: _bought_burst,
    Rule.FROM_ELSEWHERE: _from_elsewhere,
}


def _signals(day: Company, rules: AddRules) -> list[str]:
    shares = (
        ("not_customers", day.unlinked, day.adds, rules.burst_unlinked_percent),
        ("from_other_branches", day.elsewhere, day.linked, rules.burst_elsewhere_percent),
        ("gone_early", day.lost, day.adds, rules.burst_lost_percent),
        ("added_by_others_too", day.shared, day.adds, rules.burst_shared_percent),
    )
    return [name for name, part, whole, limit in shares if _reaches(part, whole, limit)]


def _is_own(evidence: Evidence) -> bool:
    """Whom the bank knows in the member's own branch, and nobody else added: the burst is no word against him."""
    add = evidence.add
    return add.is_managed_here or (add.is_linked and not add.is_from_elsewhere and add.adders == 1)


def _reaches(part: int, whole: int, percent: int) -> bool:
    return whole > 0 and part * 100 >= whole * percent


def _fails_if(condition: bool) -> Answer:  # noqa: FBT001 - a small word of this module
    return Answer.FAILS if condition else Answer.PASSES
