"""O5, the suitability gate: product risk R1 to R5 against the customer's class C1 to C5, asked anew at each sending.

Between the bank's feed and WeCom stand the dossiers, the rules, the send checks and the dispatch of production.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrm.audience.facts import CustomerFacts
from scrm.audience.intake import FactsReader, FeedImport
from scrm.audience.rules import RuleSettings
from scrm.campaign.terms import Channel
from scrm.clock import BUSINESS_ZONE
from scrm.runtime.audience_joins import FactRules
from tests.fakes.audience import FakeDossiers, FakeOwned, facts
from tests.fakes.content import Library
from tests.fakes.dispatch import START, FakePermissions, FakeRules
from tests.unit.campaign.dispatch_bank import OTHER, OWNER, DispatchBank

CLASSES = (1, 2, 3, 4, 5)
HOUR = timedelta(hours=1)
TODAY = START.astimezone(BUSINESS_ZONE).date()


class Gate:
    """A bank whose members sell one product of risk ``risk`` to customers whom the feed told of."""

    def __init__(self, risk: int | None, *told: CustomerFacts, rules: RuleSettings | None = None) -> None:
        self.rules = rules or RuleSettings()
        self.store = FakeDossiers()
        owned = FakeOwned(self.store, **{each.external_userid: OWNER for each in told})
        self.restricted: list[str] = []
        self.feed = FeedImport(owned, self.store, lambda: self.bank.time, self.restricted.extend)
        checks = FactRules(FactsReader(self.store), lambda: self.rules)
        self.bank = DispatchBank(rules=cast("FakeRules", checks))
        self.bank.contents.product_id, self.bank.contents.product_risk = "fund_01", risk
        self.tell(*told)

    def tell(self, *told: CustomerFacts) -> None:
        """A feed of this moment; what waits with members is looked at again where somebody may get less."""
        self.feed.take([replace(each, told_at=self.bank.time) for each in told])
        for owner in self.restricted:
            self.bank.changes().recheck_owner(owner)
        self.restricted.clear()
        self.bank.run()

    def send(self, *names: str) -> dict[str, str]:
        """Reason by customer, of those who did not get it; the member confirms at once."""
        self.bank.plan(list(names))
        self.bank.run()
        self.bank.wecom.confirm_all()
        self.bank.run(HOUR)
        return self.excluded()

    def excluded(self) -> dict[str, str]:
        results = (found for task in self.bank.tasks.by_id.values() for found in task.results.items())
        return {one: result.reason for one, result in results if result.state.value == "excluded"}

    @property
    def reached(self) -> set[str]:
        return set(self.bank.wecom.delivered)


def test_of_all_25_pairs_only_a_risk_within_the_class_passes() -> None:
    passed = set()
    for risk in CLASSES:
        gate = Gate(risk, *(facts(f"wmC{level}", risk_class=level) for level in CLASSES))
        excluded = gate.send(*(f"wmC{level}" for level in CLASSES))
        passed |= {(risk, level) for level in CLASSES if f"wmC{level}" in gate.reached}
        assert excluded == {f"wmC{level}": "risk_above_profile" for level in CLASSES if level < risk}

    assert passed == {(risk, level) for risk in CLASSES for level in CLASSES if risk <= level}


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"assessed_on": TODAY - timedelta(days=364)}, None),
        ({"assessed_on": TODAY - timedelta(days=365)}, "assessment_expired"),
        ({"assessed_on": None}, "assessment_missing"),
        ({"risk_class": None}, "assessment_missing"),
        ({"born_on": None}, "age_unknown"),
    ],
)
def test_an_old_or_missing_assessment_closes_the_gate(told: dict[str, Any], reason: str | None) -> None:
    gate = Gate(1, facts("wm1", **told))

    excluded = gate.send("wm1")

    assert excluded == ({"wm1": reason} if reason else {})
    assert gate.reached == (set() if reason else {"wm1"})


def test_what_the_bank_never_told_or_not_for_a_week_closes_the_gate() -> None:
    gate = Gate(1, facts("wm1"))
    gate.bank.time += timedelta(days=7)
    gate.tell(facts("wm2"))

    assert gate.send("wm1", "wm_stranger") == dict.fromkeys(("wm1", "wm_stranger"), "not_in_facts")


def test_what_runs_out_while_the_task_waits_is_taken_back_before_that() -> None:
    gate = Gate(1, facts("wm1", assessed_on=TODAY - timedelta(days=364)), facts("wm2"))
    gate.bank.settings = replace(gate.bank.settings, quiet_from=time(0), quiet_until=time(0))
    gate.bank.time = datetime.combine(TODAY, time(20), BUSINESS_ZONE).astimezone(UTC)
    gate.bank.plan(["wm1", "wm2"])
    gate.bank.run(4 * HOUR)

    gate.bank.wecom.confirm_all()

    assert gate.bank.time == datetime.combine(TODAY + timedelta(days=1), time(0), BUSINESS_ZONE)
    assert (gate.reached, gate.excluded()) == ({"wm2"}, {"wm1": "assessment_expired"})


def test_a_product_of_unknown_risk_reaches_nobody() -> None:
    assert Gate(None, facts("wm1", risk_class=5)).send("wm1") == {"wm1": "risk_above_profile"}


def test_a_member_without_the_product_permission_is_refused() -> None:
    gate = Gate(1, facts("wm1"))
    library = Library()
    gate.bank.permissions = cast("FakePermissions", library.permissions)

    assert gate.send("wm1") == {"wm1": "product_not_permitted"}


def test_the_rule_for_65_and_older_is_the_banks() -> None:
    senior = facts("wm1", risk_class=5, born_on=date(TODAY.year - 65, TODAY.month, TODAY.day))
    younger = facts("wm2", risk_class=5, born_on=date(TODAY.year - 65, TODAY.month, TODAY.day) + timedelta(days=1))

    assert Gate(3, senior, younger).send("wm1", "wm2") == {"wm1": "protected_senior"}
    assert Gate(2, senior, younger).send("wm1", "wm2") == {}
    assert Gate(5, senior, rules=RuleSettings(senior_highest_risk=None)).send("wm1") == {}
    assert Gate(3, senior, rules=RuleSettings(senior_age=70)).send("wm1") == {}


def test_no_product_is_posted_where_nobody_can_be_left_out() -> None:
    gate = Gate(1)
    gate.bank.plan(["wr_group"], channel=Channel.GROUP)
    gate.bank.run()

    assert gate.excluded() == {"wr_group": "public_content_risk"}


def test_a_customer_of_another_owner_by_now_is_judged_by_his_own_facts() -> None:
    gate = Gate(3, facts("wm1"), facts("wm2", risk_class=1))
    for name in ("wm1", "wm2"):
        cast("FakeOwned", gate.feed.customers).move(name, OTHER)
    gate.bank.plan(["wm1", "wm2"])
    gate.bank.owners.owners |= dict.fromkeys(("wm1", "wm2"), OTHER)
    gate.bank.run()
    gate.bank.wecom.confirm_all()

    assert (gate.reached, gate.excluded()) == ({"wm1"}, {"wm2": "risk_above_profile"})


CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("rate"), st.integers(0, 5), st.sampled_from([None, 1, 2, 3, 4, 5])),
        st.tuples(st.just("assess"), st.integers(0, 5), st.sampled_from([None, 0, 364, 365])),
        st.tuples(st.just("confirm"), st.just(0), st.none()),
        st.tuples(st.just("wait"), st.integers(1, 3), st.none()),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60)
@given(risk=st.integers(1, 5), changes=CHANGES)
def test_nothing_sent_ever_breaks_the_matrix_whenever_ratings_change(
    risk: int, changes: list[tuple[str, int, int | None]]
) -> None:
    known = {f"wm{number}": facts(f"wm{number}", risk_class=risk, assessed_on=TODAY) for number in range(6)}
    gate = Gate(risk, *known.values())
    gate.bank.plan(list(known))
    gate.bank.run()
    seen: set[str] = set()
    for change, number, value in changes:
        name, today = f"wm{number}", gate.bank.time.astimezone(BUSINESS_ZONE).date()
        if change == "confirm":
            gate.bank.wecom.confirm_all()
            for one in gate.reached - seen:
                assert known[one].risk_class is not None
                assert risk <= (known[one].risk_class or 0)
                assert known[one].assessed_on is not None
                assert (today - (known[one].assessed_on or today)).days < 365
            seen |= gate.reached
        elif change == "wait":
            gate.bank.run(number * HOUR)
        else:
            assessed = None if value is None else TODAY - timedelta(days=value)
            told = {"risk_class": value} if change == "rate" else {"assessed_on": assessed}
            known[name] = replace(known[name], **cast("Any", told))
            gate.tell(known[name])

    assert all(len(times) == 1 for times in gate.bank.wecom.delivered.values())
    assert all(gate.excluded().values())
