"""What follows a customer at WeCom itself, on the simulator: remark, description, corp tags."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from local.simulator.server import RunningSimulator, running_simulator
from scrm.contacts.model import RelationDetails as Noted
from scrm.handover.errors import TransferPostponedError, TransferRefusedError
from scrm.handover.parts import HandoverPart, PartResult, checksum
from scrm.wecom.relation_details import RelationPart
from tests.simulated_corp import Corp, loaded
from tests.unit.simulator.builders import customer, relation

REMARK, MARK = "externalcontact/remark", "externalcontact/mark_tag"
BATCH = "externalcontact/batch/get_by_user"


class Table:
    """Implements RelationDetailsSource."""

    def __init__(self, rows: Mapping[str, Noted]) -> None:
        self._rows = rows

    def details_of(self, userid: str, external_userids: Sequence[str]) -> dict[str, Noted]:
        return {customer: self._rows[customer] for customer in external_userids if customer in self._rows}


class Handover:
    """rm_c has taken over; ``rows`` is what the leaver rm_a had noted."""

    def __init__(self, corp: Corp, rows: Mapping[str, Noted], pages_per_call: int = 10) -> None:
        self.corp = corp
        self.part = RelationPart(
            corp.client(), Table(rows), lambda _: None, corp.time.now, pages_per_call=pages_per_call
        )
        self.contents = self.part.collect("rm_a", list(rows))

    def apply(self, cursor: str = "") -> PartResult:
        return self.part.apply("rm_c", self.contents, "attempt_1", cursor)

    def apply_to_the_end(self) -> list[PartResult]:
        results = [self.apply()]
        while results[-1].cursor:
            results.append(self.apply(results[-1].cursor))
        return results

    def takers(self, external_userid: str) -> dict[str, Any]:
        (row,) = self.corp.control.relations(userid="rm_c", external_userid=external_userid)
        return {name: row[name] for name in ("remark", "description", "tag_ids")}


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with running_simulator() as running:
        yield running


def corp_with(simulator: RunningSimulator, **of_taker: dict[str, Any]) -> Corp:
    """rm_c's relations as WeCom left them; three living tags."""
    tags = [{"id": f"et{number}", "name": f"标签{number}", "create_time": 1} for number in (1, 2, 3)]
    return loaded(
        simulator,
        relations=[relation("rm_c", name, **more) for name, more in of_taker.items()],
        customers=[customer(name) for name in of_taker],
        tag_groups=[{"group_id": "etG", "group_name": "等级", "create_time": 1, "tag": tags}],
    )


def large(simulator: RunningSimulator, count: int) -> Handover:
    names = [f"wm{number:04}" for number in range(count)]
    corp = corp_with(simulator, **{name: {} for name in names})
    return Handover(corp, {name: Noted(remark=f"备注{name}") for name in names}, pages_per_call=1)


def test_the_part_is_what_the_handover_asks_for(simulator: RunningSimulator) -> None:
    part: HandoverPart = Handover(corp_with(simulator, wm1={}), {}).part

    assert part.name == "relation"


def test_content_is_the_same_for_the_same_state_and_leaves_out_customers_without_any(
    simulator: RunningSimulator,
) -> None:
    corp = corp_with(simulator, wm1={})
    one = Handover(corp, {"wm2": Noted(), "wm1": Noted("甲", "乙", ("et2", "et1"), ("老乡", "棋友"))})
    other = Handover(corp, {"wm1": Noted("甲", "乙", ("et1", "et2"), ("棋友", "老乡"))})

    assert list(one.contents) == ["wm1"]
    assert one.contents["wm1"]["tag_ids"] == ["et1", "et2"]
    assert checksum(one.contents) == checksum(other.contents)


def test_what_wecom_carried_over_is_not_written_again(simulator: RunningSimulator) -> None:
    corp = corp_with(simulator, wm1={"remark": "陈总", "description": "喜欢茶", "tag_ids": ["et1"]})
    case = Handover(corp, {"wm1": Noted("陈总", "喜欢茶", ("et1",))})

    assert case.apply() == PartResult(checked=1)
    assert corp.codes(REMARK) == corp.codes(MARK) == []


def test_what_is_missing_is_written_and_what_the_taker_added_stays(simulator: RunningSimulator) -> None:
    case = Handover(
        corp_with(simulator, wm1={"tag_ids": ["et3"], "description": "新经理写的"}),
        {"wm1": Noted("陈总", "喜欢茶", ("et1", "et2"))},
    )

    result = case.apply()

    assert result == PartResult(checked=1, differing=1, written=1)
    assert case.takers("wm1") == {
        "remark": "陈总",
        "description": "新经理写的",
        "tag_ids": ["et3", "et1", "et2"],
    }


@pytest.mark.parametrize(
    ("of_taker", "of_leaver", "left"),
    [
        ("", "陈总", "陈总"),
        ("客wm1", "陈总", "陈总"),
        ("我的老同学", "陈总", "我的老同学"),
        ("", "客wm1", ""),
        ("我的老同学", "客wm1", "我的老同学"),
    ],
    ids=["none", "his name", "the taker's own", "nothing but the name", "nothing but the name over his own"],
)
def test_a_remark_is_written_only_where_the_taker_has_none_of_his_own(
    simulator: RunningSimulator, of_taker: str, of_leaver: str, left: str
) -> None:
    case = Handover(corp_with(simulator, wm1={"remark": of_taker}), {"wm1": Noted(of_leaver)})

    case.apply()

    assert case.takers("wm1")["remark"] == left


def test_a_second_run_writes_nothing(simulator: RunningSimulator) -> None:
    case = Handover(corp_with(simulator, wm1={}), {"wm1": Noted("陈" * 40, "茶" * 300, ("et1",))})
    case.apply()

    again = case.apply()

    assert again == PartResult(checked=1)
    assert case.takers("wm1") == {"remark": "陈" * 20, "description": "茶" * 150, "tag_ids": ["et1"]}


def test_tags_that_no_longer_exist_are_named_and_the_others_are_added(simulator: RunningSimulator) -> None:
    corp = corp_with(simulator, wm1={}, wm2={}, wm3={})
    corp.client().tags.delete(tag_ids=["et2"])
    gone = ("et1", "et2", "etNEVER")
    case = Handover(corp, {"wm1": Noted(tag_ids=gone), "wm2": Noted(tag_ids=gone), "wm3": Noted(tag_ids=("et2",))})

    result = case.apply()

    assert result == PartResult(checked=3, differing=3, written=2, failed=3, lost_ids=("et2", "etNEVER"))
    assert [case.takers(name)["tag_ids"] for name in ("wm1", "wm2", "wm3")] == [["et1"], ["et1"], []]
    assert corp.codes(MARK) == [40068, 0, 0]


def test_personal_tags_are_listed_and_counted_as_not_carried(simulator: RunningSimulator) -> None:
    case = Handover(
        corp_with(simulator, wm1={}, wm2={}),
        {"wm1": Noted(personal_tags=("老乡", "棋友")), "wm2": Noted("陈总", personal_tags=None)},
    )

    assert case.contents["wm1"]["personal_tags"] == ["棋友", "老乡"]
    assert case.contents["wm2"]["personal_tags"] is None
    assert case.apply() == PartResult(checked=2, differing=1, written=1, not_carried=2)


def test_a_customer_the_taker_does_not_have_is_not_checked(simulator: RunningSimulator) -> None:
    case = Handover(corp_with(simulator, wm1={}), {"wm1": Noted("甲"), "wmELSEWHERE": Noted("乙")})

    assert case.apply() == PartResult(checked=1, differing=1, written=1)


def test_a_refused_customer_fails_and_the_others_go_on(simulator: RunningSimulator) -> None:
    corp = corp_with(simulator, wm1={}, wm2={})
    corp.control.add_fault("errcode", REMARK, errcode=84061, count=1)
    case = Handover(corp, {"wm1": Noted("甲"), "wm2": Noted("乙")})

    assert case.apply() == PartResult(checked=2, differing=2, written=1, failed=1)
    assert case.takers("wm2")["remark"] == "乙"


def test_pages_are_followed_by_the_cursor_from_call_to_call(simulator: RunningSimulator) -> None:
    case = large(simulator, 250)

    results = case.apply_to_the_end()

    assert [result.checked for result in results] == [100, 100, 50]
    assert sum(result.written for result in results) == 250
    assert case.takers("wm0249")["remark"] == "备注wm0249"


def test_reading_ends_when_every_customer_was_found(simulator: RunningSimulator) -> None:
    names = [f"wm{number:04}" for number in range(250)]
    case = Handover(corp_with(simulator, **{name: {} for name in names}), {"wm0003": Noted("甲")})

    assert case.apply() == PartResult(checked=1, differing=1, written=1)
    assert case.corp.codes(BATCH) == [0]


def test_a_postponement_before_anything_was_done_is_raised(simulator: RunningSimulator) -> None:
    case = large(simulator, 5)
    case.corp.control.add_fault("errcode", REMARK, errcode=45009, count=1)

    with pytest.raises(TransferPostponedError):
        case.apply()


def test_a_postponement_in_the_middle_keeps_the_place_and_counts_nobody_twice(simulator: RunningSimulator) -> None:
    case = large(simulator, 5)
    case.corp.control.set_knobs(corp_calls_per_minute=3)

    interrupted = case.apply()
    case.corp.time.advance(62)
    rest = case.apply(interrupted.cursor)

    assert interrupted == PartResult(checked=3, differing=3, written=3, cursor=interrupted.cursor)
    assert rest == PartResult(checked=2, differing=2, written=2)
    assert case.corp.codes(REMARK) == [0, 0, 0, 45009, 0, 0]


def test_a_cursor_that_wecom_forgot_starts_again_and_writes_only_what_is_left(simulator: RunningSimulator) -> None:
    case = large(simulator, 150)
    case.corp.control.set_knobs(cursor_ttl_seconds=60)
    first = case.apply()
    case.corp.time.advance(timedelta(minutes=5).total_seconds())

    again = case.apply(first.cursor)
    last = case.apply(again.cursor)

    assert (first.written, again.written, last.written) == (100, 0, 50)
    assert last.cursor == ""


def test_a_taker_who_is_gone_is_refused(simulator: RunningSimulator) -> None:
    case = Handover(corp_with(simulator, wm1={}), {"wm1": Noted("甲")})
    case.corp.control.delete_member("rm_c")

    with pytest.raises(TransferRefusedError) as refused:
        case.apply()

    assert refused.value.errcode == 60111


def test_nothing_to_carry_asks_nothing(simulator: RunningSimulator) -> None:
    case = Handover(corp_with(simulator, wm1={}), {})

    assert case.apply() == PartResult()
    assert case.corp.codes(BATCH) == []
