"""A segment and the rules of the audience as SQL, for the bench: a whole bank's audience in one query.

Every comparison is two-valued, as in `scrm.audience.expressions`: what is not known meets none.
"""

from datetime import date, timedelta

from scrm.audience.expressions import And, Compare, Expression, Not, Op, Or
from scrm.audience.fields import Value
from scrm.audience.rules import Offer, RuleSettings

_SIGNS = {Op.EQUAL: "=", Op.UNEQUAL: "<>", Op.LESS: "<", Op.AT_MOST: "<=", Op.MORE: ">", Op.AT_LEAST: ">="}


def condition(expression: Expression) -> str:
    """Over columns named like the fields."""
    match expression:
        case And(parts):
            return "(" + " AND ".join(map(condition, parts)) + ")"
        case Or(parts):
            return "(" + " OR ".join(map(condition, parts)) + ")"
        case Not(part):
            return f"(NOT {condition(part)})"
        case Compare():
            return _comparison(expression)


def _comparison(compare: Compare) -> str:
    match compare:
        case Compare(field, Op.IS_KNOWN):
            return f"({field} IS NOT NULL)"
        case Compare(field, Op.IS_TRUE):
            return f"coalesce({field}, false)"
        case Compare(field, Op.IN, values):
            return f"coalesce({field} IN ({', '.join(map(_literal, values))}), false)"
        case Compare(field, op, values) if op in _SIGNS:
            return f"coalesce({field} {_SIGNS[op]} {_literal(values[0])}, false)"
        case Compare(field, op, values):
            wanted = f"[{', '.join(map(_literal, values))}]"
            found = f"list_has_{'all' if op is Op.HAS_ALL else 'any'}({field}, {wanted})"
            return f"(NOT {found})" if op is Op.HAS_NONE else found


def reason(offer: Offer, settings: RuleSettings, today: date) -> str:
    """Why a customer is left out, NULL: he is not. In the order of `scrm.audience.rules`, facts of today."""
    adults = _years_before(today, settings.adult_age)
    cases = [
        ("consent = 'withdrawn'", "opted_out"),
        ("protected", "protected_customer"),
        (f"born_on > {adults}", "protected_minor"),
    ]
    if offer.is_product:
        oldest = _literal(today - timedelta(days=settings.assessment_days))
        cases += [
            ("risk_class IS NULL OR assessed_on IS NULL", "assessment_missing"),
            (f"assessed_on <= {oldest}", "assessment_expired"),
            (f"risk_class < {offer.risk}" if offer.risk is not None else "true", "risk_above_profile"),
            ("born_on IS NULL", "age_unknown"),
        ]
        if settings.senior_highest_risk is not None and (offer.risk or 0) > settings.senior_highest_risk:
            cases.append((f"born_on <= {_years_before(today, settings.senior_age)}", "protected_senior"))
    whens = " ".join(f"WHEN {when} THEN '{why}'" for when, why in cases)
    return f"CASE {whens} END"


def _literal(value: Value) -> str:
    if isinstance(value, bool | int):
        return str(value).lower()
    return f"DATE '{value.isoformat()}'" if isinstance(value, date) else "'" + value.replace("'", "''") + "'"


def _years_before(today: date, years: int) -> str:
    return _literal(today.replace(year=today.year - years))
