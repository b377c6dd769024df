"""Segments keep every version, and a preview counts each customer of one once."""

from datetime import date, timedelta

import pytest

from scrm.audience.lists import CustomerList
from scrm.audience.parsing import ExpressionError, parse
from scrm.audience.preview import AudiencePreview, Preview
from scrm.audience.rules import Offer, RuleSettings
from scrm.audience.segments import Segments, StaleSegmentError, UnknownSegmentError
from tests.fakes.audience import NOW, FakeKnown, FakeLists, FakeSegmentJournal, FakeSegments, facts

MAKER = ("operator:op-1", "key-1")


class Desk:
    def __init__(self) -> None:
        self.store, self.journal = FakeSegments(), FakeSegmentJournal()
        self.segments = Segments(self.store, self.journal, FakeLists(), lambda: NOW)


def test_a_segment_is_stored_in_canonical_form_and_a_repeat_finds_it() -> None:
    desk = Desk()

    made = desk.segments.create("10", "/1/10/", "高净值", "tier=private and(aum_band>=3)", MAKER)
    again = desk.segments.create("10", "/1/10/", "高净值", "tier = private and aum_band >= 3", MAKER)

    assert made.expression == "tier = private and aum_band >= 3"
    assert again == made
    with pytest.raises(StaleSegmentError):
        desk.segments.create("10", "/1/10/", "高净值", "tier = gold", MAKER)
    with pytest.raises(ExpressionError):
        desk.segments.create("10", "/1/10/", "高净值", "teir = gold", ("operator:op-1", "key-2"))


def test_a_list_is_a_segment_with_versions_too() -> None:
    desk = Desk()
    found = CustomerList(("wm1", "wm2"), ((4, "why"),), 0, "a" * 64)

    made = desk.segments.create("10", "/1/10/", "名单", found, MAKER)
    again = desk.segments.create("10", "/1/10/", "名单", found, MAKER)
    other = CustomerList(("wm3",), (), 0, "b" * 64)
    revised = desk.segments.revise(made.segment_id, 1, "名单", other, MAKER[0])

    assert (made, made.is_list, made.listed, made.unusable) == (again, True, 2, 1)
    assert desk.segments.revise(made.segment_id, 1, "名单", other, MAKER[0]) == revised
    assert [desk.segments.lists.customers(made.segment_id, each.sha256) for each in (made, revised)] == [
        ("wm1", "wm2"),
        ("wm3",),
    ]
    assert not desk.segments.revise(made.segment_id, 2, "黄金", "tier = gold", MAKER[0]).is_list


def test_each_change_is_a_new_version_over_the_one_that_was_read() -> None:
    desk = Desk()
    made = desk.segments.create("10", "/1/10/", "高净值", "tier = private", MAKER)

    revised = desk.segments.revise(made.segment_id, 1, "高净值", "tier = gold", "operator:op-2")
    again = desk.segments.revise(made.segment_id, 1, "高净值", "tier = gold", "operator:op-2")

    assert (revised.version, again) == (2, revised)
    assert [each.expression for each in desk.store.versions(made.segment_id)] == ["tier = private", "tier = gold"]
    assert desk.journal.entries == [(made.segment_id, 1, "created"), (made.segment_id, 2, "revised")]
    with pytest.raises(StaleSegmentError):
        desk.segments.revise(made.segment_id, 1, "高净值", "tier = silver", "operator:op-2")
    with pytest.raises(UnknownSegmentError):
        desk.segments.revise("seg_nobody", 1, "高净值", "tier = gold", "operator:op-2")


def test_a_segment_serves_its_node_and_what_lies_below() -> None:
    made = Desk().segments.create("10", "/1/10/", "高净值", "tier = private", MAKER)

    assert [made.serves(path) for path in ("/1/10/", "/1/10/12/", "/1/", "/1/100/")] == [True, True, False, False]


def test_a_preview_counts_each_once_with_one_reason() -> None:
    known = FakeKnown(
        {
            "rm_a": {
                "wm1": facts("wm1", tier="gold"),
                "wm2": facts("wm2", tier="gold", risk_class=1),
                "wm3": facts("wm3", tier="private"),
                "wm4": None,
            },
            "rm_b": {"wm5": facts("wm5", tier="gold", born_on=date(2015, 1, 1)), "wm6": facts("wm6", tier="gold")},
            "rm_c": {},
        }
    )
    known.refused = {"wm6"}

    found = AudiencePreview(known).of(
        parse("tier = gold"), ["rm_a", "rm_b", "rm_c"], Offer(is_product=True, risk=3), RuleSettings(), NOW
    )

    excluded = {"opted_out": 1, "protected_minor": 1, "risk_above_profile": 1}
    assert found == Preview(4, 1, 2, excluded, ("wm1",), 3, is_complete=True)


def test_a_large_node_is_previewed_in_part_and_says_so() -> None:
    known = FakeKnown({f"rm_{number}": {f"wm{number}": facts(f"wm{number}")} for number in range(5)})

    found = AudiencePreview(known, 3).of(parse("age >= 18"), sorted(known.by_owner), Offer(), RuleSettings(), NOW)

    assert (found.candidates, found.members, found.is_complete) == (3, 3, False)


def test_tags_are_read_only_where_they_are_asked_for() -> None:
    known = FakeKnown({"rm_a": {"wm1": facts("wm1"), "wm2": facts("wm2")}}, {"rm_a": {"wm2": ("tag_vip",)}})
    preview = AudiencePreview(known)

    plain = preview.of(parse("age >= 18"), ["rm_a"], Offer(), RuleSettings(), NOW + timedelta(hours=1))
    tagged = preview.of(parse("tags has any of (tag_vip)"), ["rm_a"], Offer(), RuleSettings(), NOW)

    assert (plain.candidates, tagged.sample, known.tag_reads) == (2, ("wm2",), 1)
