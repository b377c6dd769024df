"""Each rule by itself, at its edges."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from scrm.adds.evidence import gathered
from scrm.adds.judging import judge
from scrm.adds.model import Add, Judgement, Rule, State
from scrm.adds.rules import AddRules

AT: Final = datetime(2027, 3, 10, 3, tzinfo=UTC)
RULES: Final = AddRules()
CUSTOMER: Final = Add("rm_li", "/1/10/12/", "wm1", AT, customer_key="k1", home_path="/1/10/15/")


def judged(add: Add, *beside: Add, days: int = 40) -> Judgement:
    evidence = gathered([add, *beside], add.day, add.day, RULES)
    mine = next(each for each in evidence if each.add == add)
    return judge(mine, RULES, 3, add.day + timedelta(days=days))


def crowd(number: int, **told: object) -> list[Add]:
    made = [replace(CUSTOMER, external_userid=f"wm-crowd-{each}", customer_key=f"c{each}") for each in range(number)]
    return [replace(each, **told) for each in made]  # type: ignore[arg-type]


def test_a_customer_of_the_bank_who_stays_counts() -> None:
    assert judged(CUSTOMER).state is State.VALID
    assert judged(CUSTOMER).rules_version == 3


def test_an_identity_link_is_waited_for_and_then_missed() -> None:
    unknown = replace(CUSTOMER, customer_key="", home_path="")
    assert judged(unknown, days=35).reasons == (Rule.IS_CUSTOMER,)
    assert judged(unknown, days=35).state is State.PROVISIONAL
    assert judged(unknown, days=36).state is State.EXCLUDED


def test_who_was_a_colleagues_customer_is_no_first_add() -> None:
    assert judged(replace(CUSTOMER, was_followed=True)).reasons == (Rule.FIRST_ADD,)


def test_the_banks_own_people_do_not_count() -> None:
    assert judged(replace(CUSTOMER, tier="staff")).reasons == (Rule.NOT_STAFF,)


def test_who_leaves_within_seven_days_was_not_kept_and_who_leaves_later_was() -> None:
    assert judged(replace(CUSTOMER, lost_at=AT + timedelta(days=7))).reasons == (Rule.KEPT,)
    assert judged(replace(CUSTOMER, lost_at=AT + timedelta(days=7, seconds=1))).state is State.VALID


def test_whom_three_members_added_counts_for_the_one_the_bank_named_alone() -> None:
    shared = replace(CUSTOMER, adders=3)
    assert judged(shared).reasons == (Rule.ADDED_BY_MANY,)
    assert judged(replace(shared, manager="rm_li")).state is State.VALID
    assert judged(replace(CUSTOMER, adders=2)).state is State.VALID


def test_a_crowd_of_the_branchs_own_customers_is_no_burst_to_hold_against_anybody() -> None:
    assert judged(CUSTOMER, *crowd(80)).state is State.VALID


def test_in_a_bought_crowd_only_whom_the_bank_knows_here_counts() -> None:
    strangers = crowd(40, customer_key="", home_path="")
    gone = crowd(15, home_path="/1/27/1/", lost_at=AT + timedelta(days=1))
    from_afar = replace(CUSTOMER, external_userid="wm-far", home_path="/1/29/1/")
    others = [replace(each, external_userid=f"g{number}") for number, each in enumerate(gone)]
    assert judged(CUSTOMER, *strangers, *others).state is State.VALID
    found = judged(from_afar, CUSTOMER, *strangers, *others)
    assert Rule.BOUGHT_BURST in found.reasons
    burst = next(each for each in found.findings if each.rule is Rule.BOUGHT_BURST)
    assert burst.saw["adds_of_day"] == 57
    assert burst.saw["signals"] == "not_customers, from_other_branches, gone_early"


def test_customers_of_other_branches_count_as_long_as_they_are_the_exception() -> None:
    from_afar = replace(CUSTOMER, external_userid="wm-far", home_path="/1/29/1/")
    days = [timedelta(days=each) for each in range(1, 10)]
    here = [replace(CUSTOMER, external_userid=f"h{n}", added_at=AT - day) for n, day in enumerate(days)]
    there = [replace(each, external_userid=f"t{n}", home_path="/1/28/1/") for n, each in enumerate(here)]
    assert judged(from_afar, *here).state is State.VALID
    assert judged(from_afar, *here, *there).reasons == (Rule.FROM_ELSEWHERE,)
    assert judged(CUSTOMER, *here, *there).state is State.VALID


@given(st.permutations(range(12)))
def test_the_order_of_adds_says_nothing(order: list[int]) -> None:
    adds = [CUSTOMER, *crowd(11, customer_key="")]
    wanted = [judge(each, RULES, 0, AT.date()) for each in gathered(adds, CUSTOMER.day, CUSTOMER.day, RULES)]
    shuffled = [adds[number] for number in order]
    assert [
        judge(each, RULES, 0, AT.date()) for each in gathered(shuffled, CUSTOMER.day, CUSTOMER.day, RULES)
    ] == wanted
