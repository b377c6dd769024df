"""Customers' risk ceilings as corp tags: never higher than the rules allow, whoever may get less first (O5, R7)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.audience.ceiling_tags import (
    CeilingOutcome,
    CeilingTagging,
    Mark,
    Tagged,
    UnknownTagError,
    ceilings_by,
    marks_of,
)
from scrm.audience.facts import Consent, CustomerFacts
from scrm.audience.rules import HIGHEST_RISK, Offer, RuleSettings, exclusion, risk_ceiling
from tests.fakes.audience import NOW, TODAY, facts

TAGS = ("et1", "et2", "et3", "et4", "et5")
ON = RuleSettings(ceiling_tags=True)
DAY = timedelta(days=1)


@dataclass
class Wecom:
    """Members' tags at WeCom, what our table knows of them, and the library; all of the ports in one."""

    told: dict[str, CustomerFacts | None] = field(default_factory=dict)
    at_wecom: dict[str, set[str]] = field(default_factory=dict)
    ours: dict[str, tuple[str, ...]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    library: tuple[str, ...] = ()
    makes: int = 0
    calls: list[Mark] = field(default_factory=list)
    marked_counts: list[int] = field(default_factory=list)
    dies_after: int = -1

    def of_owner(self, owner_userid: str) -> Mapping[str, CustomerFacts | None]:
        return self.told

    def of(self, userid: str) -> Iterator[Tagged]:
        yield from [Tagged(one, tag_ids) for one, tag_ids in self.ours.items()]

    def marked(self, userid: str, marks: Sequence[Mark]) -> None:
        for mark in marks:
            kept = [tag_id for tag_id in self.ours[mark.external_userid] if tag_id not in mark.remove]
            self.ours[mark.external_userid] = (*kept, *mark.add)

    def known(self) -> tuple[str, ...]:
        return self.library

    def made(self) -> tuple[str, ...]:
        self.makes += 1
        self.library = TAGS
        return TAGS

    def mark(self, userid: str, mark: Mark) -> bool:
        if len(self.calls) == self.dies_after:
            raise KeyboardInterrupt
        self.calls.append(mark)
        if mark.external_userid in self.gone:
            return False
        if not set(mark.add) <= set(self.library):
            raise UnknownTagError
        tags = self.at_wecom.setdefault(mark.external_userid, set())
        tags.difference_update(mark.remove)
        tags.update(mark.add)
        return True

    def relation(self, external_userid: str, *tag_ids: str, known: CustomerFacts | None = None) -> None:
        self.ours[external_userid] = tag_ids
        self.at_wecom[external_userid] = set(tag_ids)
        if known is not None:
            self.told[external_userid] = known

    def tagging(self, settings: RuleSettings = ON) -> CeilingTagging:
        return CeilingTagging(self, self, self, self, lambda: settings, lambda: NOW, self.marked_counts.append)

    def keep(self) -> CeilingOutcome:
        return self.tagging().keep("rm_a", lambda: True)


def test_each_customer_has_the_tag_of_his_ceiling_and_keeps_every_other_tag() -> None:
    wecom = Wecom()
    wecom.relation("wm1", "vip", known=facts("wm1", risk_class=3))
    wecom.relation("wm2", "et5", known=facts("wm2", risk_class=1))
    wecom.relation("wm3", "et2", "vip")

    outcome = wecom.keep()

    assert outcome is CeilingOutcome.KEPT
    assert wecom.at_wecom == {"wm1": {"vip", "et3"}, "wm2": {"et1"}, "wm3": {"vip"}}
    assert {one: set(tag_ids) for one, tag_ids in wecom.ours.items()} == wecom.at_wecom
    assert wecom.marked_counts == [3]


def test_a_second_look_calls_nobody() -> None:
    wecom = Wecom()
    wecom.relation("wm1", known=facts("wm1"))
    wecom.keep()

    wecom.keep()

    assert len(wecom.calls) == 1


def test_whoever_may_get_less_comes_first() -> None:
    wecom = Wecom()
    wecom.relation("wm1", known=facts("wm1"))
    wecom.relation("wm2", "et5")
    wecom.relation("wm3", "et5", known=facts("wm3"))

    wecom.keep()

    assert [mark.external_userid for mark in wecom.calls] == ["wm2", "wm3", "wm1"]


def test_an_assessment_loses_its_tag_before_it_expires() -> None:
    """365 days count, and a tag must hold for two more."""
    expiring = facts("wm1", assessed_on=TODAY - 363 * DAY)
    wecom = Wecom()
    wecom.relation("wm1", "et3", known=expiring)

    wecom.keep()

    assert exclusion(expiring, Offer(is_product=True, risk=3), ON, NOW) is None
    assert wecom.at_wecom["wm1"] == set()


def test_a_tag_that_somebody_gave_or_took_by_hand_is_put_right() -> None:
    wecom = Wecom()
    wecom.relation("wm1", known=facts("wm1"))
    wecom.keep()
    wecom.relation("wm1", "et5", "et3")

    wecom.keep()

    assert wecom.at_wecom["wm1"] == {"et3"}


@pytest.mark.parametrize("dies_after", range(4))
def test_killed_anywhere_the_next_look_ends_it(dies_after: int) -> None:
    wecom = Wecom(dies_after=dies_after)
    for number in range(3):
        wecom.relation(f"wm{number}", "et5", known=facts(f"wm{number}"))
    if dies_after < 3:
        with pytest.raises(KeyboardInterrupt):
            wecom.keep()

    wecom.dies_after = -1
    wecom.keep()

    assert set(map(frozenset, wecom.at_wecom.values())) == {frozenset({"et3"})}
    assert len(wecom.calls) == 3


def test_it_stops_when_its_time_ends_and_goes_on_from_there() -> None:
    wecom = Wecom()
    for number in range(3):
        wecom.relation(f"wm{number}", known=facts(f"wm{number}"))
    answers = iter([True, True, False])

    first = wecom.tagging().keep("rm_a", lambda: next(answers))
    second = wecom.keep()

    assert (first, second) == (CeilingOutcome.CONTINUED, CeilingOutcome.KEPT)
    assert len(wecom.calls) == 3


def test_tags_that_somebody_deleted_are_made_anew() -> None:
    wecom = Wecom(library=("old1", "old2", "old3", "old4", "old5"))
    wecom.relation("wm1", known=facts("wm1"))
    wecom.library = ("old1", "old2", "old3", "old4", "old5")
    refusing = wecom.tagging()
    wecom_mark, wecom.mark = wecom.mark, _refuse  # type: ignore[method-assign]

    first = refusing.keep("rm_a", lambda: True)
    wecom.mark = wecom_mark  # type: ignore[method-assign]
    second = wecom.keep()

    assert (first, second, wecom.makes) == (CeilingOutcome.CONTINUED, CeilingOutcome.KEPT, 1)
    assert wecom.at_wecom["wm1"] == {"et3"}


def test_a_relation_that_has_ended_is_passed_over() -> None:
    wecom = Wecom(gone={"wm1"})
    wecom.relation("wm1", known=facts("wm1"))

    outcome = wecom.keep()

    assert outcome is CeilingOutcome.KEPT
    assert wecom.ours["wm1"] == ()


def test_without_the_setting_nothing_is_read_or_marked() -> None:
    wecom = Wecom()
    wecom.relation("wm1", "et5", known=facts("wm1"))

    assert wecom.tagging(RuleSettings()).keep("rm_a", lambda: True) is CeilingOutcome.OFF
    assert wecom.calls == []


@pytest.mark.parametrize(
    ("known", "ceiling"),
    [
        (None, 0),
        (facts(risk_class=None), 0),
        (facts(risk_class=5), 5),
        (facts(risk_class=5, born_on=date(1950, 1, 1)), 2),
        (facts(risk_class=5, born_on=None), 0),
        (facts(risk_class=5, is_protected=True), 0),
        (facts(risk_class=5, consent=Consent.WITHDRAWN), 0),
        (facts(risk_class=5, told_at=NOW - 7 * DAY), 0),
    ],
)
def test_the_ceiling_obeys_every_rule(known: CustomerFacts | None, ceiling: int) -> None:
    assert risk_ceiling(known, ON, NOW) == ceiling


RISKS = st.integers(1, HIGHEST_RISK)
SOMEBODY = st.one_of(
    st.none(),
    st.builds(
        facts,
        risk_class=st.one_of(st.none(), RISKS),
        assessed_on=st.one_of(st.none(), st.integers(0, 500).map(lambda days: TODAY - days * DAY)),
        born_on=st.one_of(st.none(), st.dates(date(1920, 1, 1), date(2020, 1, 1))),
        is_protected=st.booleans(),
        told_at=st.integers(0, 10).map(lambda days: NOW - days * DAY),
    ),
)


@given(SOMEBODY, RISKS, st.integers(0, 48))
def test_within_two_days_nobodys_tag_shows_more_than_he_may_get(
    known: CustomerFacts | None, risk: int, hours: int
) -> None:
    wecom = Wecom()
    wecom.relation("wm1", "et5", "et1", known=known)
    wecom.keep()

    shown = ceilings_by(wecom.of("rm_a"), TAGS).get("wm1", 0)

    if shown >= risk:
        assert exclusion(known, Offer(is_product=True, risk=risk), ON, NOW + timedelta(hours=hours)) is None


@given(st.dictionaries(st.sampled_from(["wm1", "wm2", "wm3"]), st.sets(st.sampled_from([*TAGS, "vip"]))))
def test_after_the_marks_every_customer_has_one_tag_or_none(before: dict[str, set[str]]) -> None:
    ceilings = {"wm1": 3, "wm2": 0}

    for mark in marks_of([Tagged(one, tuple(tag_ids)) for one, tag_ids in before.items()], ceilings, TAGS):
        before[mark.external_userid] = (before[mark.external_userid] - set(mark.remove)) | set(mark.add)

    expected = {"wm1": {"et3"}, "wm2": set(), "wm3": set()}
    assert {one: tag_ids - {"vip"} for one, tag_ids in before.items()} == {one: expected[one] for one in before}


def _refuse(userid: str, mark: Mark) -> bool:
    raise UnknownTagError
