"""What must stay stays: holds take two to lift, retention only grows, and no wish to delete is lost."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.archive.deletion_requests import DeletionRequest, DeletionRequests, DeletionState, Ground
from scrm.archive.legal_holds import HoldScope, HoldState, LegalHold, LegalHolds
from scrm.archive.records import Asker, StaleRecordError, StepRefusedError
from scrm.archive.retention import RecordClass, Retention, RetentionShortenedError
from tests.fakes.archive_desk import MORNING, MemoryRecords, Told

OFFICER = Asker("operator:one", "/1/", MORNING)
SECOND = Asker("operator:two", "/1/", MORNING)
BRANCH = Asker("operator:branch", "/1/10/", MORNING)
FIVE_YEARS = Retention(1827, {RecordClass.MEDIA: 3650})


class Desk:
    def __init__(self) -> None:
        self.told = Told()
        self.held = MemoryRecords[LegalHold]("hold_id")
        self.wanted = MemoryRecords[DeletionRequest]("request_id")
        self.holds = LegalHolds(self.held, self.told)
        self.deletions = DeletionRequests(self.wanted, self.holds, lambda: FIVE_YEARS, self.told)

    def hold(self, scope: HoldScope, key: str = "k1") -> LegalHold:
        return self.held.rows[self.holds.place(scope, "立案调查", OFFICER, key).hold_id]

    def deletion(self, customer: str = "wmA1") -> DeletionRequest:
        return self.wanted.rows[self.deletions.record(customer, "请删除我的聊天记录", BRANCH, customer).request_id]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_hold_is_lifted_by_two(desk: Desk) -> None:
    hold = desk.hold(HoldScope(external_userid="wmA1"))

    with pytest.raises(StepRefusedError):
        desk.holds.confirm_lift(hold, SECOND)
    asked = desk.holds.ask_to_lift(hold, "案件已结", OFFICER)
    with pytest.raises(StepRefusedError):
        desk.holds.confirm_lift(asked, OFFICER)
    assert asked.holds
    lifted = desk.holds.confirm_lift(asked, SECOND)

    assert (lifted.state, lifted.lifted_by, lifted.holds) == (HoldState.LIFTED, "operator:two", False)
    steps = ["archive.hold_placed", "archive.hold_lift_asked", "archive.hold_lifted"]
    assert [action for action, _, _ in desk.told.steps] == steps


def test_a_last_step_that_is_repeated_is_journalled_again_as_it_was(desk: Desk) -> None:
    """The first try may have died between the record and the journal."""
    later = MORNING + timedelta(minutes=1)
    lifted = desk.holds.confirm_lift(
        desk.holds.ask_to_lift(desk.hold(HoldScope(userid="rm_li")), "案件已结", OFFICER), SECOND
    )
    desk.holds.confirm_lift(lifted, replace(SECOND, at=later))
    assert desk.told.tellings[-1] == desk.told.tellings[-2]

    withdrawn = desk.deletions.withdraw(desk.deletion(), "客户撤回", BRANCH)
    desk.deletions.withdraw(withdrawn, "客户撤回", replace(BRANCH, at=later))
    assert desk.told.tellings[-1] == desk.told.tellings[-2]


def test_a_wish_to_lift_can_be_refused_and_the_hold_holds_on(desk: Desk) -> None:
    asked = desk.holds.ask_to_lift(desk.hold(HoldScope(userid="rm_li")), "误操作", OFFICER)

    kept = desk.holds.keep_on(asked, SECOND)

    assert (kept.state, kept.lift_reason) == (HoldState.ACTIVE, "")


def test_of_two_changes_at_once_one_looks_again(desk: Desk) -> None:
    hold = desk.hold(HoldScope(userid="rm_li"))
    desk.holds.ask_to_lift(hold, "a", OFFICER)

    with pytest.raises(StaleRecordError):
        desk.holds.ask_to_lift(hold, "b", SECOND)


def test_a_hold_that_holds_nothing_or_backward_days_is_refused() -> None:
    with pytest.raises(StepRefusedError):
        HoldScope()
    with pytest.raises(StepRefusedError):
        HoldScope(first_day=date(2026, 2, 2), last_day=date(2026, 2, 1))


def test_a_hold_asked_for_twice_is_one(desk: Desk) -> None:
    scope = HoldScope(external_userid="wmA1")

    assert desk.hold(scope) == desk.hold(scope)
    with pytest.raises(StepRefusedError):
        desk.hold(HoldScope(external_userid="wmB2"))


@given(
    st.dictionaries(st.sampled_from(RecordClass), st.integers(0, 9000)),
    st.dictionaries(st.sampled_from(RecordClass), st.integers(0, 9000)),
    st.integers(1, 4000),
)
def test_no_change_of_retention_ever_shortens_a_class(
    before: dict[RecordClass, int], after: dict[RecordClass, int], floor: int
) -> None:
    now, wanted = Retention(floor, before), Retention(floor, after)
    shorter = tuple(each for each in RecordClass if wanted.days(each) < now.days(each))

    if shorter:
        with pytest.raises(RetentionShortenedError) as refused:
            now.extended_to(wanted)
        assert refused.value.classes == shorter
    else:
        assert all(now.extended_to(wanted).days(each) >= max(floor, now.days(each)) for each in RecordClass)


def test_a_wish_to_delete_is_restricted_by_retention_until_a_day(desk: Desk) -> None:
    request = desk.deletion()

    decided = desk.deletions.restrict(request, "《证券法》留存期内", OFFICER)

    assert (decided.state, decided.grounds) == (DeletionState.RESTRICTED, (Ground.RETENTION,))
    # Files are kept longest: from the midnight after the certificate of today, which is made tomorrow.
    assert decided.possible_from == date(2026, 11, 26) + timedelta(days=3652)
    assert not decided.is_due(decided.possible_from - timedelta(days=1))
    assert decided.is_due(decided.possible_from)


@pytest.mark.parametrize(
    ("scope", "others"),
    [
        (HoldScope(external_userid="wmA1"), [Ground.LEGAL_HOLD]),
        (HoldScope(userid="rm_li"), [Ground.LEGAL_HOLD]),
        (HoldScope(first_day=date(2026, 1, 1)), [Ground.LEGAL_HOLD]),
        (HoldScope(external_userid="wmB2"), []),
    ],
)
def test_a_hold_that_may_cover_the_customer_stands_in_the_way(
    desk: Desk, scope: HoldScope, others: list[Ground]
) -> None:
    for number in range(150):  # more than a page of holds on others
        desk.hold(HoldScope(external_userid=f"wmX{number}"), f"x{number}")
    desk.hold(scope)

    decided = desk.deletions.restrict(desk.deletion(), "留存期内", OFFICER)

    assert list(decided.grounds) == [Ground.RETENTION, *others]


def test_a_decision_is_made_anew_when_the_hold_is_gone_and_withdrawn_wishes_are_kept(desk: Desk) -> None:
    hold = desk.hold(HoldScope(external_userid="wmA1"))
    first = desk.deletions.restrict(desk.deletion(), "调查中", OFFICER)
    desk.holds.confirm_lift(desk.holds.ask_to_lift(hold, "已结", OFFICER), SECOND)

    again = desk.deletions.restrict(first, "留存期内", replace(OFFICER, at=MORNING + timedelta(days=1)))
    withdrawn = desk.deletions.withdraw(again, "客户撤回", BRANCH)

    assert (first.grounds, again.grounds) == ((Ground.RETENTION, Ground.LEGAL_HOLD), (Ground.RETENTION,))
    assert withdrawn.state is DeletionState.WITHDRAWN
    assert desk.wanted.rows.keys() == {withdrawn.request_id}
    with pytest.raises(StepRefusedError):
        desk.deletions.restrict(withdrawn, "", OFFICER)
    assert desk.deletions.withdraw(withdrawn, "", BRANCH) == withdrawn
