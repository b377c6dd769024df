"""The language of segments: what it means, what it refuses and where, and that its text is the expression again."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrm.audience.expressions import (
    OPS_OF,
    And,
    Compare,
    Expression,
    Not,
    Op,
    Or,
    all_of,
    any_of,
    canonical,
    compiled,
    explained,
    fields_of,
    sensitive_fields,
)
from scrm.audience.facts import Activity, Consent
from scrm.audience.fields import FIELDS, FieldType, Known
from scrm.audience.parsing import ExpressionError, parse
from tests.fakes.audience import TODAY, facts

FULL = Known(
    facts(
        tier="private",
        aum_band=4,
        holdings=("fund_01",),
        labels=("高净值",),
        activity=Activity.SILENT,
        is_long_tail=False,
        pool="centre",
    ),
    TODAY,
    ("tag_vip",),
)
EMPTY = Known(facts(risk_class=None, assessed_on=None, born_on=None, consent=Consent.UNKNOWN), TODAY)


@pytest.mark.parametrize(
    ("text", "full", "empty"),
    [
        ("tier = private", True, False),
        ("tier != private", False, False),
        ("tier != gold", True, False),
        ("not tier = private", False, True),
        ("tier in (gold, private)", True, False),
        ("tier is known", True, False),
        ("aum_band >= 4 and aum_band < 5", True, False),
        ("aum_band > 4 or aum_band <= 3", False, False),
        ("holdings has any of (fund_01, fund_02)", True, False),
        ("holdings has all of (fund_01, fund_02)", False, False),
        ("holdings has none of (fund_02)", True, True),
        ("holdings_count = 0", False, True),
        ('labels has any of ("高净值")', True, False),
        ("labels has any of (高净值)", True, False),
        ("tags has any of (tag_vip)", True, False),
        ("activity in (silent, dormant)", True, False),
        ("long_tail", False, False),
        ("not long_tail", True, True),
        ("long_tail is known", True, False),
        ("risk_class >= C3", True, False),
        ("risk_class >= 4", False, False),
        ("assessed_on >= 2026-11-26", True, False),
        ("assessed_on < 2026-11-26", False, False),
        ("age >= 46 and age <= 46", True, False),
        ("consent = given", True, False),
        ("tier = gold or aum_band = 4 and pool = centre", True, False),
        ("(tier = gold or aum_band = 4) and pool = elsewhere", False, False),
    ],
)
def test_what_an_expression_means(text: str, full: bool, empty: bool) -> None:  # noqa: FBT001
    test = compiled(parse(text))

    assert (test(FULL), test(EMPTY)) == (full, empty)


@pytest.mark.parametrize(
    ("text", "position", "suggestion"),
    [
        ("teir = gold", 1, "tier"),
        ("tier = gold and asum_band > 3", 17, "aum_band"),
        ("activity = silnet", 12, "silent"),
        ("tier > gold", 6, ""),
        ("tier", 5, ""),
        ("tier = ", 8, ""),
        ("aum_band >= many", 13, ""),
        ("aum_band in ()", 14, ""),
        ("aum_band in (1, 2", 18, ""),
        ("assessed_on > 2026-02-30", 15, ""),
        ("holdings = fund_01", 10, ""),
        ("holdings has some of (a)", 14, ""),
        ("tier = gold tier = gold", 13, ""),
        ("tier = gold)", 12, ""),
        ("and", 1, ""),
        ("", 1, ""),
        ('tier = "gold', 8, ""),
        ("tier; drop", 5, ""),
        ("__import__('os')", 12, ""),
        ('__import__("os")', 1, ""),
        ("tier = (gold)", 8, ""),
        ("risk_class = C6", 14, ""),
        ("not " * 40 + "long_tail", 125, ""),
        ("aum_band = 99999999999999999999", 12, ""),
        ("tier = " + "x" * 4_000, 4_001, ""),
    ],
)
def test_what_it_refuses_and_where(text: str, position: int, suggestion: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        parse(text)

    assert refused.value.position == position
    assert not suggestion or refused.value.suggestion == suggestion


def test_it_reads_in_chinese() -> None:
    text = "tier in (gold, private) and (aum_band >= 3 or not long_tail) and assessed_on >= 2026-01-01"

    assert explained(parse(text)) == (
        "客户等级属于gold、private，且（资产档位不低于3，或不是长尾客户），且风险评估日不早于2026-01-01"
    )
    assert explained(parse("risk_class >= C3 and activity = silent")) == "风险承受等级不低于C3，且活跃度为沉默"
    assert explained(parse("not tier is known or not (tier = gold)")) == "客户等级未知，或不满足（客户等级为gold）"


def test_spelling_does_not_matter_to_the_canonical_form() -> None:
    assert canonical(parse('  ((tier="gold"))and\n(aum_band>=3) ')) == "tier = gold and aum_band >= 3"
    assert fields_of(parse("tier = gold and not (tags has any of (a) or age > 60)")) == {"tier", "tags", "age"}


WORDS = st.one_of(
    st.sampled_from(["gold", "private", "in", "高净值", 'a"b', "a\\b", "fund-01", "3"]), st.text(max_size=6)
)
DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2030, 1, 1))


def _compare(name: str, op: Op) -> st.SearchStrategy[Expression]:
    field = FIELDS[name]
    if op in {Op.IS_KNOWN, Op.IS_TRUE}:
        return st.just(Compare(name, op))
    values: st.SearchStrategy[Any] = WORDS if not field.values else st.sampled_from(sorted(field.values))
    if field.type is FieldType.NUMBER:
        values = st.integers(-5, 80)
    elif field.type is FieldType.DAY:
        values = DAYS
    is_list = op in {Op.IN, Op.HAS_ANY, Op.HAS_ALL, Op.HAS_NONE}
    listed = st.lists(values, min_size=1, max_size=4 if is_list else 1, unique=True)
    return listed.map(lambda found: Compare(name, op, tuple(found)))


COMPARES = st.sampled_from([(name, op) for name, field in FIELDS.items() for op in OPS_OF[field.type]]).flatmap(
    lambda pair: _compare(*pair)
)
EXPRESSIONS: st.SearchStrategy[Expression] = st.recursive(
    COMPARES,
    lambda part: st.one_of(
        part.map(Not),
        st.lists(part, min_size=2, max_size=3).map(lambda parts: all_of(tuple(parts))),
        st.lists(part, min_size=2, max_size=3).map(lambda parts: any_of(tuple(parts))),
    ),
    max_leaves=8,
)
CUSTOMERS = st.builds(
    lambda told, tags: Known(facts(**told), TODAY, tuple(tags)),
    st.fixed_dictionaries(
        {
            "tier": st.sampled_from(["", "gold", "private"]),
            "aum_band": st.none() | st.integers(0, 9),
            "holdings": st.lists(WORDS, max_size=3).map(tuple),
            "labels": st.lists(WORDS, max_size=2).map(tuple),
            "activity": st.none() | st.sampled_from(Activity),
            "is_long_tail": st.none() | st.booleans(),
            "pool": st.sampled_from(["", "gold"]),
            "risk_class": st.none() | st.integers(1, 5),
            "assessed_on": st.none() | DAYS,
            "born_on": st.none() | DAYS,
            "consent": st.sampled_from(Consent),
        }
    ),
    st.lists(WORDS, max_size=2),
)


@settings(max_examples=200)
@given(EXPRESSIONS)
def test_the_text_of_an_expression_is_the_expression_again(expression: Expression) -> None:
    assert parse(canonical(expression)) == expression
    assert explained(expression)


def naive(expression: Expression, known: Known) -> bool:  # noqa: PLR0911 - a line for each case
    """The meaning, spelt out."""
    if isinstance(expression, And | Or):
        found = [naive(part, known) for part in expression.parts]
        return found.count(True) == len(found) if isinstance(expression, And) else True in found
    if isinstance(expression, Not):
        return not naive(expression.part, known)
    value = FIELDS[expression.field].read(known)
    op, wanted = expression.op, list(expression.values)
    if FIELDS[expression.field].type is FieldType.WORDS:
        common = [one for one in wanted if one in value]
        return {Op.HAS_ANY: bool(common), Op.HAS_ALL: len(common) == len(wanted), Op.HAS_NONE: not common}[op]
    if op is Op.IS_KNOWN:
        return value is not None
    if value is None:
        return False
    if op in {Op.EQUAL, Op.IN, Op.IS_TRUE}:
        return value in (wanted or [True])
    if op is Op.UNEQUAL:
        return bool(value != wanted[0])
    order = (value > wanted[0]) - (value < wanted[0])
    return order in {Op.LESS: {-1}, Op.AT_MOST: {-1, 0}, Op.MORE: {1}, Op.AT_LEAST: {0, 1}}[op]


@settings(max_examples=200)
@given(EXPRESSIONS, CUSTOMERS)
def test_evaluation_equals_a_naive_one(expression: Expression, known: Known) -> None:
    assert compiled(expression)(known) == naive(expression, known)


PIECES = st.sampled_from(["tier", "(", ")", "not", "and", "or", "=", "gold", "in", ","])


@settings(max_examples=200)
@given(st.text(max_size=60) | st.lists(PIECES, max_size=12).map(" ".join))
def test_whatever_is_written_is_parsed_or_refused_at_a_place(text: str) -> None:
    place = None
    try:
        found = parse(text)
    except ExpressionError as refused:
        place = refused.position

    if place is None:
        assert parse(canonical(found)) == found
    else:
        assert 1 <= place <= len(text) + 1


def test_fields_that_tell_of_money_risk_or_age_are_sensitive() -> None:
    asked = parse("tier = gold or not (age > 60 and holdings has any of (fund_01))")
    assert sensitive_fields(asked) == ("age", "holdings")
    assert sensitive_fields(parse("tier = gold and consent = given and tags has any of (vip)")) == ()
