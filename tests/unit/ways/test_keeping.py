"""WeCom's contact ways are kept equal to ours, whatever is interrupted, changed elsewhere or has left."""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.ways.keeping import CALL_ENDS_AFTER, WayKeeper, WayOutcome
from scrm.ways.model import ContactWay, WayKind, WayProblem, WayScene, WayState, WayWish
from scrm.ways.ports import WayInDoubtError, WayRefusedError
from tests.fakes.ways import FakeStaff, FakeWayBook, FakeWays

T0 = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
WAY = "way_" + "a" * 26


class LostError(Exception):
    """The run ended, or no answer came."""


@dataclass
class Bank:
    store: FakeWays = field(default_factory=FakeWays)
    wecom: FakeWayBook = field(default_factory=FakeWayBook)
    staff: FakeStaff = field(default_factory=FakeStaff)
    now: datetime = T0

    def __post_init__(self) -> None:
        wish = WayWish("网点大堂", ("rm_a", "rm_b"))
        self.store.add(ContactWay(WAY, "10", "/1/10/", WayKind.MULTI, WayScene.QR, wish, T0, "operator:op", T0))

    @property
    def way(self) -> ContactWay:
        return self.store.rows[WAY]

    def bring(self, *, look: bool = False) -> WayOutcome:
        return WayKeeper(self.store, self.wecom, self.staff, lambda: self.now).bring(WAY, look=look)

    def edit(self, **wish: object) -> None:
        way = self.way
        self.store.save(replace(way, wish=replace(way.wish, **wish), revision=way.revision + 1))  # type: ignore[arg-type]

    def end(self) -> None:
        self.store.save(replace(self.way, ended_at=self.now, revision=self.way.revision + 1))

    @property
    def told(self) -> list[tuple[str, ...]]:
        return [way.userids for way in self.wecom.rows.values()]


def test_a_new_way_is_made_once_with_its_id_as_state() -> None:
    bank = Bank()

    assert (bank.bring(), bank.bring()) == (WayOutcome.CREATED, WayOutcome.UNCHANGED)
    (made,) = bank.wecom.rows.values()
    assert (made.state, made.userids) == (WAY, ("rm_a", "rm_b"))
    assert bank.way.at_wecom.qr_code.startswith("https://")
    assert bank.way.state(T0.date()) is WayState.ACTIVE


def test_a_creation_without_an_answer_is_looked_up_before_it_is_repeated() -> None:
    bank = Bank()
    bank.wecom.lost.append(LostError())
    with pytest.raises(LostError):
        bank.bring()

    with pytest.raises(WayInDoubtError) as doubt:
        bank.bring()
    bank.now = doubt.value.not_before
    bank.bring()

    assert bank.wecom.calls.count("add") == 1
    assert list(bank.wecom.rows) == [bank.way.at_wecom.config_id]
    assert bank.way.state(T0.date()) is WayState.ACTIVE


def test_a_creation_that_never_reached_wecom_is_repeated() -> None:
    bank = Bank()
    bank.wecom.failures.append(LostError())
    with pytest.raises(LostError):
        bank.bring()
    bank.now += CALL_ENDS_AFTER

    assert bank.bring() is WayOutcome.CREATED
    assert len(bank.wecom.rows) == 1


def test_an_edit_changes_the_same_code() -> None:
    bank = Bank()
    bank.bring()
    code = bank.way.at_wecom.config_id

    bank.edit(name="理财沙龙", userids=("rm_b",))

    assert bank.bring() is WayOutcome.UPDATED
    assert bank.way.at_wecom.config_id == code
    assert (bank.wecom.rows[code].name, bank.wecom.rows[code].userids) == ("理财沙龙", ("rm_b",))


@pytest.mark.parametrize("edit", ["end", "last_day"])
def test_what_is_over_is_removed_once(edit: str) -> None:
    bank = Bank()
    bank.bring()
    bank.edit(last_day=(T0 - timedelta(days=1)).date()) if edit == "last_day" else bank.end()

    assert (bank.bring(), bank.bring()) == (WayOutcome.REMOVED, WayOutcome.UNCHANGED)
    assert bank.wecom.rows == {}
    assert bank.way.state(T0.date()) is WayState.ENDED


def test_a_way_that_ends_while_its_creation_is_in_doubt_leaves_nothing_behind() -> None:
    bank = Bank()
    bank.wecom.lost.append(LostError())
    with pytest.raises(LostError):
        bank.bring()
    bank.end()
    bank.now += CALL_ENDS_AFTER

    assert bank.bring() is WayOutcome.REMOVED
    assert bank.wecom.rows == {}


def test_who_left_is_replaced_and_comes_back_when_he_does() -> None:
    bank = Bank()
    bank.bring()

    bank.staff.stand_ins = {"rm_a": "rm_new", "rm_b": None}
    bank.bring(look=True)
    assert bank.told == [("rm_new",)]
    bank.staff.stand_ins = {}
    bank.bring(look=True)

    assert bank.told == [("rm_a", "rm_b")]


def test_a_way_that_leads_to_nobody_any_more_is_flagged_until_somebody_serves() -> None:
    bank = Bank()
    bank.bring()
    bank.staff.stand_ins = {"rm_a": None, "rm_b": None}

    assert bank.bring(look=True) is WayOutcome.UNSERVED
    assert bank.way.at_wecom.problem is WayProblem.NOBODY_SERVES
    bank.staff.stand_ins = {}
    bank.bring(look=True)

    assert bank.way.state(T0.date()) is WayState.ACTIVE


def test_what_somebody_changed_at_wecom_is_told_and_stays_until_the_way_is_edited() -> None:
    bank = Bank()
    bank.bring()
    (code,) = bank.wecom.rows
    bank.wecom.rows[code] = replace(bank.wecom.rows[code], name="别的", userids=("rm_x",))

    assert bank.bring(look=True) is WayOutcome.DRIFTED
    assert bank.way.at_wecom.drift == ("name", "userids")
    assert bank.wecom.rows[code].name == "别的"
    bank.edit(name="网点大堂二")
    bank.bring()

    assert bank.wecom.rows[code].name == "网点大堂二"
    assert not bank.way.at_wecom.drift


def test_a_way_deleted_at_wecom_is_flagged_and_made_anew_only_for_an_edit() -> None:
    bank = Bank()
    bank.bring()
    bank.wecom.rows.clear()

    assert bank.bring(look=True) is WayOutcome.DRIFTED
    assert bank.bring(look=True) is WayOutcome.UNCHANGED
    assert bank.wecom.rows == {}
    bank.edit(name="新码")

    assert bank.bring() is WayOutcome.CREATED
    assert bank.way.at_wecom.problem is None


def test_a_refusal_is_shown_and_tried_again_at_night() -> None:
    bank = Bank()
    bank.wecom.failures = [WayRefusedError(41045)]

    assert (bank.bring(), bank.bring()) == (WayOutcome.REFUSED, WayOutcome.REFUSED)
    assert (bank.wecom.calls, bank.way.at_wecom.errcode) == (["add"], 41045)

    assert bank.bring(look=True) is WayOutcome.CREATED


@given(st.lists(st.sampled_from(["edit", "lost", "failed", "bring", "night", "wait", "kill_settle"]), max_size=12))
def test_however_it_is_interrupted_there_is_one_code_and_it_ends_equal(steps: list[str]) -> None:
    bank = Bank()
    for number, step in enumerate(steps):
        if step == "edit":
            bank.edit(name=f"名称{number}")
        elif step == "wait":
            bank.now += CALL_ENDS_AFTER
        else:
            bank.wecom.lost = [LostError()] if step == "lost" else []
            bank.wecom.failures = [LostError()] if step == "failed" else []
            with suppress(LostError, WayInDoubtError):
                bank.bring(look=step == "night")
    bank.wecom.lost, bank.wecom.failures = [], []
    bank.now += CALL_ENDS_AFTER
    bank.bring(look=True)

    (made,) = bank.wecom.rows.values()
    assert (made.name, made.state) == (bank.way.wish.name, WAY)
    assert (bank.way.at_wecom.revision, bank.way.at_wecom.called_at) == (bank.way.revision, None)
