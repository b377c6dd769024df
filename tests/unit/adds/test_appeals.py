"""Two persons, a reason, and nothing twice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from scrm.adds.appeals import AddAppeals, upheld
from scrm.adds.model import Add, AddPlace, Answer, Company, Evidence, Finding, Judgement, Rule, State
from scrm.two_persons import RequestRefusedError, RequestState, StaleRequestError
from tests.fakes.adds import FakeAppeals, FakeJournal

AT: Final = datetime(2027, 3, 10, 3, tzinfo=UTC)
ADD: Final = Add("rm_li", "/1/10/12/", "wm1", AT, customer_key="k1", home_path="/1/10/15/")
FAILED: Final = (Finding(Rule.FIRST_ADD, Answer.FAILS, {"followed_before": 1}),)
OUT: Final = Judgement(Evidence(ADD, 0, Company(), Company()), State.EXCLUDED, FAILED, 0, ADD.day)


@pytest.fixture
def journal() -> FakeJournal:
    return FakeJournal()


@pytest.fixture
def desk(journal: FakeJournal) -> AddAppeals:
    return AddAppeals(FakeAppeals(), journal, lambda: timedelta(days=90))


def test_an_approved_appeal_lifts_the_rules_it_was_asked_against(desk: AddAppeals, journal: FakeJournal) -> None:
    asked = desk.ask(OUT, " he is my neighbour ", "operator:manager", AT)
    assert desk.ask(OUT, "once more", "operator:manager", AT) == asked
    assert asked.wanted.reason == "he is my neighbour"
    assert not upheld(OUT, asked).counts

    approved = desk.approve(asked, "operator:auditor", AT, "true")
    assert desk.approve(approved, "operator:auditor", AT, "true") == approved
    assert upheld(OUT, approved).counts
    worse = replace(OUT, findings=(*FAILED, Finding(Rule.KEPT, Answer.FAILS, {"kept_days": 1})))
    assert not upheld(worse, approved).counts
    assert journal.entries[0] == ("requested", "operator:manager")
    assert journal.entries[-1] == ("approved", "operator:auditor")


def test_a_decision_stays(desk: AddAppeals) -> None:
    rejected = desk.reject(desk.ask(OUT, "r", "operator:manager", AT), "operator:auditor", "no account", AT)
    assert (rejected.state, rejected.note) == (RequestState.REJECTED, "no account")
    assert not upheld(OUT, rejected).counts
    with pytest.raises(RequestRefusedError, match="rejected, not requested"):
        desk.approve(rejected, "operator:auditor", AT, "r")
    with pytest.raises(RequestRefusedError, match="already"):
        desk.ask(OUT, "r", "operator:manager", AT)
    with pytest.raises(RequestRefusedError, match="stays"):
        desk.revoke(rejected, "operator:auditor", "r", AT)


@pytest.mark.parametrize("by", ["operator:manager", "operator:rm_li"])
def test_who_appealed_and_whose_add_it_is_decide_nothing(desk: AddAppeals, by: str) -> None:
    asked = desk.ask(OUT, "r", "operator:manager", AT)
    with pytest.raises(RequestRefusedError, match="somebody else has to"):
        desk.approve(asked, by, AT, "r")
    with pytest.raises(RequestRefusedError, match="somebody else has to"):
        desk.reject(asked, by, "r", AT)


def test_both_persons_give_a_reason(desk: AddAppeals) -> None:
    with pytest.raises(RequestRefusedError, match="an appeal needs a reason"):
        desk.ask(OUT, "  ", "operator:manager", AT)
    asked = desk.ask(OUT, "r", "operator:manager", AT)
    with pytest.raises(RequestRefusedError, match="a decision needs a reason"):
        desk.approve(asked, "operator:auditor", AT, " ")


def test_only_an_excluded_add_is_appealed_once_and_in_time(desk: AddAppeals) -> None:
    with pytest.raises(RequestRefusedError, match="is valid"):
        desk.ask(replace(OUT, state=State.VALID), "r", "operator:manager", AT)
    with pytest.raises(RequestRefusedError, match="counts on appeal"):
        desk.ask(replace(OUT, on_appeal=True), "r", "operator:manager", AT)
    with pytest.raises(RequestRefusedError, match="within 90 days"):
        desk.ask(OUT, "r", "operator:manager", AT + timedelta(days=91))
    asked = desk.ask(OUT, "r", "operator:manager", AT + timedelta(days=90))
    with pytest.raises(RequestRefusedError, match="already"):
        desk.ask(OUT, "r", "operator:other", AT)
    with pytest.raises(RequestRefusedError, match="passed"):
        desk.approve(asked, "operator:auditor", AT + timedelta(days=91), "late")


def test_of_two_decisions_at_once_one_holds(desk: AddAppeals) -> None:
    asked = desk.ask(OUT, "r", "operator:manager", AT)
    desk.approve(asked, "operator:auditor", AT, "r")
    with pytest.raises(StaleRequestError):
        desk.reject(asked, "operator:other", "r", AT)


def test_a_place_is_told_and_read_back() -> None:
    assert AddPlace.of(ADD.place.ref) == ADD.place
    assert len(replace(ADD.place, branch_id="1" * 20).ref) <= 64
    for wrong in ("", "2027-02-30.10." + ADD.add_id, ADD.add_id, f"../{ADD.place.ref}", ADD.place.ref + "x"):
        assert AddPlace.of(wrong) is None
