"""Nobody offers a product without a permission in effect and the qualifications it needs (S58, R9)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.content.errors import InvalidContentError, StaleContentError
from scrm.content.permissions import EVER, InvalidPermissionError, PermissionRefusal
from scrm.content.products import Product, RiskRating
from tests.fakes.content import START, Library

DAY = timedelta(days=1)
TICK = timedelta(milliseconds=1)
ACTOR = "operator:branch"


@pytest.fixture
def library() -> Library:
    return Library()


def why(library: Library, at: datetime = START, userid: str = "rm_li") -> PermissionRefusal | None:
    return library.permissions.refusals("fund_01", [userid], at)[userid]


def test_denied_unless_granted(library: Library) -> None:
    library.permissions.grant("fund_01", ["RM_Li"], START, None, ACTOR)

    assert library.permissions.permitted("fund_01", ["rm_LI", "rm_wu"], START) == {"rm_li"}
    assert why(library, userid="rm_wu") is PermissionRefusal.NOT_GRANTED
    assert library.permissions.permitted("fund_99", ["rm_li"], START) == set()


def test_dates_are_kept_to_the_moment(library: Library) -> None:
    library.permissions.grant("fund_01", ["rm_li"], START, START + DAY, ACTOR)

    assert why(library, START - TICK) is PermissionRefusal.NOT_YET_EFFECTIVE
    assert why(library, START) is None
    assert why(library, START + DAY - TICK) is None
    assert why(library, START + DAY) is PermissionRefusal.ENDED


def test_every_qualification_is_needed_and_expires(library: Library) -> None:
    product = library.products.rows["fund_01"]
    library.products.rows["fund_01"] = replace(product, qualifications=frozenset({"fund_sales", "insurance"}))
    library.permissions.grant("fund_01", ["rm_li"], START, None, ACTOR)

    assert why(library) is PermissionRefusal.NOT_QUALIFIED
    library.permissions.qualify("RM_LI", "fund_sales", START + DAY, ACTOR)
    assert why(library) is PermissionRefusal.NOT_QUALIFIED
    library.permissions.qualify("rm_li", "insurance", START + 2 * DAY, ACTOR)
    assert why(library, START + DAY - TICK) is None
    assert why(library, START + DAY) is PermissionRefusal.QUALIFICATION_EXPIRED


def test_a_withdrawn_permission_ends_now_and_stays_on_record(library: Library) -> None:
    library.permissions.grant("fund_01", ["rm_li"], START, None, ACTOR)
    library.moment = START + DAY

    library.permissions.withdraw("fund_01", "rm_li", "operator:other")
    library.moment = START + 2 * DAY
    library.permissions.withdraw("fund_01", "rm_li", "operator:third")

    stored, whys = library.permissions.of_member("rm_li", library.moment)
    assert [(each.effective_until, each.granted_by) for each in stored.grants] == [(START + DAY, "operator:other")]
    assert whys == {"fund_01": PermissionRefusal.ENDED}


def test_a_permission_to_come_can_be_withdrawn(library: Library) -> None:
    library.permissions.grant("fund_01", ["rm_li"], START + DAY, None, ACTOR)

    library.permissions.withdraw("fund_01", "rm_li", ACTOR)

    assert why(library, START + 2 * DAY) is PermissionRefusal.ENDED


def test_what_cannot_be_granted(library: Library) -> None:
    with pytest.raises(InvalidPermissionError, match="catalogue"):
        library.permissions.grant("fund_99", ["rm_li"], START, None, ACTOR)
    with pytest.raises(InvalidPermissionError, match="end"):
        library.permissions.grant("fund_01", ["rm_li"], START, START - TICK, ACTOR)


def test_a_product_off_sale_is_offered_by_nobody(library: Library) -> None:
    library.permissions.grant("fund_01", ["rm_li"], START, None, ACTOR)
    library.products.rows["fund_01"] = replace(library.products.rows["fund_01"], on_sale_until=START)

    assert why(library) is PermissionRefusal.PRODUCT_NOT_ON_SALE
    assert library.permissions.of_member("rm_li", START)[1] == {"fund_01": PermissionRefusal.PRODUCT_NOT_ON_SALE}
    library.products.rows.clear()
    assert library.permissions.of_member("rm_li", START)[1] == {"fund_01": PermissionRefusal.UNKNOWN_PRODUCT}


def test_the_catalogue_is_written_over_what_was_read(library: Library) -> None:
    product = Product("gold_01", "积存金", RiskRating.R3, START)

    first = library.catalogue.put(product, ACTOR)
    again = library.catalogue.put(product, ACTOR)

    assert (first.version, again) == (1, first)
    with pytest.raises(StaleContentError):
        library.catalogue.put(replace(product, name="黄金"), ACTOR)
    assert library.catalogue.put(replace(product, name="黄金", version=1), ACTOR).version == 2
    with pytest.raises(InvalidContentError):
        library.catalogue.put(replace(product, version=2, on_sale_until=START), ACTOR)


@given(
    start=st.integers(-3, 3),
    end=st.one_of(st.none(), st.integers(-3, 3)),
    qualified_until=st.one_of(st.none(), st.integers(-3, 3)),
    off_sale=st.one_of(st.none(), st.integers(1, 5)),
)
def test_permitted_means_every_gate_is_open(
    start: int, end: int | None, qualified_until: int | None, off_sale: int | None
) -> None:
    library = Library()
    product = library.products.rows["fund_01"]
    library.products.rows["fund_01"] = replace(
        product, qualifications=frozenset({"fund_sales"}), on_sale_until=START + off_sale * DAY if off_sale else None
    )
    if end is None or end >= start:
        library.permissions.grant(
            "fund_01", ["rm_li"], START + start * DAY, None if end is None else START + end * DAY, ACTOR
        )
    if qualified_until is not None:
        library.permissions.qualify("rm_li", "fund_sales", START + qualified_until * DAY, ACTOR)

    granted = start <= 0 and (end is None or end > 0)
    qualified = qualified_until is not None and qualified_until > 0
    assert bool(library.permissions.permitted("fund_01", ["rm_li"], START)) == (granted and qualified)


def test_who_may_offer_less_is_told_of_and_nobody_else(library: Library) -> None:
    library.changes.grant("fund_01", ["RM_Li", "rm_wu"], START, None, ACTOR)
    library.changes.qualify("rm_li", "fund_sales", START + DAY, ACTOR)
    library.changes.qualify("rm_li", "fund_sales", START + 2 * DAY, ACTOR)
    assert library.news.sellers == []

    library.changes.qualify("rm_LI", "fund_sales", START + DAY, ACTOR)
    assert library.news.sellers == ["rm_li"]
    library.changes.grant("fund_01", ["rm_wu"], START, START + DAY, ACTOR)
    assert library.news.sellers == ["rm_li", "rm_wu"]
    for _ in range(2):  # a repeat after a crash in between tells it again
        library.changes.withdraw("fund_01", "RM_Wu", ACTOR)
    assert library.news.sellers == ["rm_li", "rm_wu", "rm_wu", "rm_wu"]


def test_a_permission_lasts_until_the_first_date_that_ends_it(library: Library) -> None:
    product = replace(library.products.rows["fund_01"], qualifications=frozenset({"fund_sales"}))
    library.products.rows["fund_01"] = product
    library.changes.grant("fund_01", ["rm_li"], START, START + 9 * DAY, ACTOR)
    assert library.permissions.permitted_until("fund_01", "rm_li", START) is None
    library.changes.qualify("rm_li", "fund_sales", START + 5 * DAY, ACTOR)
    library.changes.qualify("rm_li", "insurance", START + DAY, ACTOR)

    assert library.permissions.permitted_until("fund_01", "RM_Li", START) == START + 5 * DAY
    library.products.rows["fund_01"] = replace(product, on_sale_until=START + 2 * DAY)
    assert library.permissions.permitted_until("fund_01", "rm_li", START) == START + 2 * DAY
    assert library.permissions.permitted_until("fund_01", "rm_li", START + 2 * DAY) is None
    assert library.permissions.permitted_until("fund_01", "rm_wu", START) is None


def test_a_permission_without_an_end_lasts_for_ever(library: Library) -> None:
    library.changes.grant("fund_01", ["rm_li"], START, None, ACTOR)

    assert library.permissions.permitted_until("fund_01", "rm_li", START) == EVER


def test_a_changed_product_is_told_of_and_a_new_one_is_not(library: Library) -> None:
    made = library.catalogue.put(Product("fund_07", "基金", RiskRating.R2, START), ACTOR)
    assert library.news.products == []

    riskier = replace(made, risk=RiskRating.R4, changed_by="", changed_at=None)
    for _ in range(2):  # a repeat after a crash in between tells it again
        library.catalogue.put(riskier, ACTOR)
    assert library.news.products == ["fund_07", "fund_07"]
