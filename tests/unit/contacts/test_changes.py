from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrm.contacts.accountability import Decision
from scrm.contacts.changes import Taken
from scrm.contacts.model import Basis, Finding, HoldReason, Relation, RelationDetails, RelationState
from scrm.contacts.names import NameBook
from scrm.contacts.ports import ContactsBusyError
from scrm.contacts.queries import CustomerView
from tests.fakes.contacts import T0, Contacts, FakeContacts

HOUR = timedelta(hours=1)


def taken(*customers: str, leaver: str = "rm_a", taker: str = "rm_b", hours: int = 5, on_job: bool = True) -> Taken:
    return Taken("case_1", leaver, taker, customers, T0 + hours * HOUR, on_job)


def owner(contacts: Contacts, customer: str = "wm1") -> tuple[str, Basis | None]:
    known = contacts.customer(customer)
    return known.owner_userid, known.basis


def test_added_customer_has_a_relation_and_an_owner() -> None:
    contacts = Contacts()

    contacts.changes.added("rm_a", "wm1", T0)

    assert contacts.repository.live() == {
        ("rm_a", "wm1"): Relation("rm_a", "wm1", RelationState.ACTIVE, T0, T0),
    }
    assert owner(contacts) == ("rm_a", Basis.LONGEST_STANDING)


def test_callback_costs_a_read_and_a_transaction_and_a_repeat_only_the_read() -> None:
    contacts = Contacts()
    changes = contacts.changes
    contacts.source.details["rm_a", "wm1"] = RelationDetails("陈", "", ("et1",), ("老客户",))
    steps: list[Callable[[], object]] = [
        lambda: changes.added("rm_a", "wm1", T0, half=True),
        lambda: changes.added("rm_a", "wm1", T0 + HOUR),
        lambda: changes.edited("rm_a", "wm1"),
        lambda: changes.deleted_by_customer("rm_a", "wm1", T0 + 2 * HOUR),
        lambda: changes.deleted_by_member("rm_a", "wm1", T0 + 3 * HOUR),
    ]

    costs = []
    for step in steps:
        for _ in range(2):
            before = contacts.repository.requests
            step()
            costs.append(contacts.repository.requests - before)

    assert costs == [2, 1] * len(steps)


def test_edited_customer_keeps_what_the_member_noted_and_names_of_personal_tags() -> None:
    contacts = Contacts()
    contacts.changes.added("rm_a", "wm1", T0)
    contacts.source.details["rm_a", "wm1"] = RelationDetails("陈-钻石卡", "喜欢基金", ("et1",), ("老客户",))

    contacts.changes.edited("rm_a", "wm1")

    row = contacts.repository.live()["rm_a", "wm1"]
    assert row.details == RelationDetails("陈-钻石卡", "喜欢基金", ("et1",), ("老客户",))
    assert "陈" not in repr(row)
    assert "老客户" not in repr(row)


def test_what_the_leaver_noted_can_be_read_after_his_customers_were_taken_over() -> None:
    contacts = Contacts()
    contacts.changes.added("rm_a", "wm1", T0)
    contacts.source.details["rm_a", "wm1"] = RelationDetails("陈", "", ("et1",))
    contacts.changes.edited("rm_a", "wm1")

    contacts.changes.taken_over(taken("wm1"))

    assert contacts.repository.details_of("rm_a", ["wm1", "wm9"]) == {"wm1": RelationDetails("陈", "", ("et1",))}
    assert contacts.repository.details_of("rm_b", ["wm1"]) == {"wm1": RelationDetails()}


def test_edit_of_a_relation_nobody_knows_changes_nothing() -> None:
    contacts = Contacts()
    contacts.source.details["rm_a", "wm1"] = RelationDetails("陈")

    contacts.changes.edited("rm_a", "wm1")
    contacts.changes.edited("rm_b", "wm1")

    assert contacts.repository.live() == {}
    assert contacts.repository.customer_rows == {}


def test_customers_taken_over_after_their_callbacks_cost_one_read_and_one_transaction() -> None:
    contacts = Contacts()
    customers = [f"wm{place:03d}" for place in range(100)]
    for customer in customers:
        contacts.changes.added("rm_a", customer, T0)
        contacts.changes.deleted_by_member("rm_a", customer, T0 + 4 * HOUR, by_transfer=True)
        contacts.changes.added("rm_b", customer, T0 + 4 * HOUR)
    before = contacts.repository.requests

    contacts.changes.taken_over(taken(*customers))
    cost = contacts.repository.requests - before
    contacts.changes.taken_over(taken(*customers))

    assert cost == 2
    assert {owner(contacts, customer) for customer in customers} == {("rm_b", Basis.HANDOVER)}
    assert CustomerView.of(contacts.customer("wm007")).onjob_transfers == (T0 + 5 * HOUR,)


def test_customers_taken_over_whose_callbacks_were_lost_are_moved() -> None:
    contacts = Contacts()
    customers = [f"wm{place:03d}" for place in range(100)]
    for customer in customers:
        contacts.changes.added("rm_a", customer, T0)

    contacts.changes.taken_over(taken(*customers, on_job=False))

    assert {userid for userid, _ in contacts.repository.live()} == {"rm_b"}
    assert len(contacts.repository.live()) == 100
    assert owner(contacts, "wm042") == ("rm_b", Basis.HANDOVER)
    assert contacts.customer("wm042").quota_uses == ()


def test_counted_attempts_are_counted_once_and_a_full_quota_is_remembered() -> None:
    contacts = Contacts()
    contacts.changes.added("rm_a", "wm1", T0)

    for _ in range(2):
        contacts.changes.quota_counted("case_1", ["wm1"], T0 + HOUR, full=False)
        contacts.changes.quota_counted("case_1", ["wm1"], T0 + 2 * HOUR, full=True)
    contacts.changes.quota_counted("case_1", ["wm1"], T0, full=True)

    view = CustomerView.of(contacts.customer("wm1"))
    assert view.onjob_transfers == (T0 + HOUR,)
    assert view.quota_full_at == T0 + 2 * HOUR


def test_conflicting_writer_is_read_again() -> None:
    contacts = Contacts()
    contacts.changes.added("rm_a", "wm1", T0)
    contacts.repository.before_write = lambda: contacts.changes.added("rm_b", "wm1", T0 + HOUR)

    contacts.changes.deleted_by_member("rm_a", "wm1", T0 + 2 * HOUR)

    assert list(contacts.repository.live()) == [("rm_b", "wm1")]
    assert owner(contacts) == ("rm_b", Basis.LONGEST_STANDING)


def test_customer_whom_others_change_without_end_is_left_to_a_later_try() -> None:
    class Busy(FakeContacts):
        def write(self, changes: object) -> bool:
            return False

    contacts = Contacts(Busy())

    with pytest.raises(ContactsBusyError):
        contacts.changes.added("rm_a", "wm1", T0)


type Told = tuple[str, str, int]
EVENTS = st.tuples(
    st.sampled_from(["added", "half", "deleted", "transferred", "unfollowed", "taken_a", "taken_b", "full"]),
    st.sampled_from(["rm_a", "rm_b", "rm_c"]),
    st.integers(0, 9),
)


def tell(contacts: Contacts, event: Told) -> None:
    kind, userid, hours = event
    at = T0 + hours * HOUR
    match kind:
        case "added" | "half":
            contacts.changes.added(userid, "wm1", at, half=kind == "half")
        case "deleted" | "transferred":
            contacts.changes.deleted_by_member(userid, "wm1", at, by_transfer=kind == "transferred")
        case "unfollowed":
            contacts.changes.deleted_by_customer(userid, "wm1", at)
        case "full":
            contacts.changes.quota_counted(userid, ["wm1"], at, full=True)
        case _:
            leaver = "rm_a" if kind == "taken_a" else "rm_b"
            if leaver != userid:
                told = taken("wm1", leaver=leaver, taker=userid, hours=hours)
                contacts.changes.taken_over(replace(told, case_id=f"case_{userid}_{leaver}"))


@settings(max_examples=300)
@given(st.lists(EVENTS, max_size=8, unique=True).flatmap(lambda told: st.tuples(st.just(told), st.permutations(told))))
def test_order_of_arrival_and_repeats_do_not_matter(told: tuple[list[Told], list[Told]]) -> None:
    in_order, shuffled = Contacts(), Contacts()

    for event in sorted(told[0], key=lambda event: event[2]):
        tell(in_order, event)
    for event in [*told[1], *told[0]]:
        tell(shuffled, event)

    assert shuffled.repository.customer_rows == in_order.repository.customer_rows
    assert shuffled.repository.live() == in_order.repository.live()


class TestRename:
    def test_relations_groups_and_ownership_move_to_the_new_name(self) -> None:
        contacts = Contacts()
        for place in range(70):
            contacts.changes.added("rm_old", f"wm{place:03d}", T0)
        contacts.source.details["rm_old", "wm007"] = RelationDetails("陈", "", ("et1",))
        contacts.changes.edited("rm_old", "wm007")

        after, steps = "", 0
        while steps == 0 or after:
            after, steps = contacts.rename.step("rm_old", "rm_new", T0 + HOUR, after), steps + 1

        assert steps == 3
        assert {userid for userid, _ in contacts.repository.live()} == {"rm_new"}
        assert len(contacts.repository.live()) == 70
        assert contacts.repository.live()["rm_new", "wm007"].details.remark == "陈"
        assert owner(contacts, "wm069") == ("rm_new", Basis.LONGEST_STANDING)

    def test_move_that_was_interrupted_starts_again_and_finds_the_rest(self) -> None:
        contacts = Contacts()
        for place in range(40):
            contacts.changes.added("rm_old", f"wm{place:03d}", T0)
        contacts.rename.step("rm_old", "rm_new", T0 + HOUR)

        assert contacts.rename.step("rm_old", "rm_new", T0 + HOUR) == ""

        assert {userid for userid, _ in contacts.repository.live()} == {"rm_new"}

    def test_late_callbacks_of_the_old_name_reach_the_new_one(self) -> None:
        contacts = Contacts()
        contacts.changes.added("rm_old", "wm1", T0)
        contacts.rename.step("rm_old", "rm_mid", T0 + HOUR)
        contacts.rename.step("rm_mid", "rm_new", T0 + 2 * HOUR)

        contacts.changes.added("rm_old", "wm2", T0)
        contacts.changes.deleted_by_customer("rm_old", "wm1", T0 + HOUR)
        contacts.changes.taken_over(taken("wm2", leaver="rm_old", taker="rm_b"))

        states = {pair: row.state for pair, row in contacts.repository.live().items()}
        assert states == {
            ("rm_new", "wm1"): RelationState.DELETED_BY_CUSTOMER,
            ("rm_b", "wm2"): RelationState.ACTIVE,
        }

    def test_name_that_came_back_is_itself_again(self) -> None:
        contacts = Contacts()
        contacts.rename.step("rm_x", "rm_y", T0)
        contacts.rename.step("rm_y", "rm_x", T0 + HOUR)
        contacts.rename.step("rm_x", "rm_y", T0)

        assert NameBook(contacts.repository).current("rm_x", "rm_y") == ("rm_x", "rm_x")


class TestDecisions:
    def test_hold_stands_until_it_is_lifted_for_its_reason(self) -> None:
        contacts = Contacts()
        contacts.changes.added("rm_a", "wm1", T0)
        people = contacts.accountability

        assert people.set_hold("wm1", HoldReason.COMPLAINT, "op_1", T0) is Decision.APPLIED
        assert people.set_hold("wm1", HoldReason.INVESTIGATION, "op_2", T0) is Decision.UNCHANGED
        assert people.lift_hold("wm1", HoldReason.INVESTIGATION) is Decision.UNCHANGED
        hold = contacts.customer("wm1").hold
        assert hold is not None
        assert (hold.reason, hold.by) == (HoldReason.COMPLAINT, "op_1")
        assert people.lift_hold("wm1", HoldReason.COMPLAINT) is Decision.APPLIED
        assert contacts.customer("wm1").hold is None

    def test_only_an_active_follower_can_be_made_the_owner(self) -> None:
        contacts = Contacts()
        contacts.changes.added("rm_a", "wm1", T0)
        contacts.changes.added("rm_b", "wm1", T0 + HOUR)
        contacts.changes.added("rm_c", "wm1", T0 + HOUR, half=True)
        people, now = contacts.accountability, T0 + 2 * HOUR

        assert people.assign_owner("wm9", "rm_b", "op_1", now) is Decision.UNKNOWN_CUSTOMER
        assert people.assign_owner("wm1", "rm_c", "op_1", now) is Decision.NOT_FOLLOWING
        assert people.assign_owner("wm1", "rm_b", "op_1", now) is Decision.APPLIED
        assert people.assign_owner("wm1", "rm_b", "op_1", now + HOUR) is Decision.UNCHANGED
        assert owner(contacts) == ("rm_b", Basis.ASSIGNED)

    def test_master_that_names_someone_who_does_not_follow_is_a_gap(self) -> None:
        contacts = Contacts()
        contacts.changes.added("rm_a", "wm1", T0)

        assert contacts.accountability.master_says("wm1", "rm_z", T0) is Decision.APPLIED

        view = CustomerView.of(contacts.customer("wm1"))
        assert (view.owner_userid, view.managing_userid, view.finding) == ("rm_a", "rm_z", Finding.GAP)


def test_a_new_owner_is_noted_in_the_write_that_makes_him_one() -> None:
    noted: list[tuple[str, str, str, int]] = []
    contacts = Contacts(FakeContacts(noted.extend))
    names = [f"wm{number:02d}" for number in range(60)]
    for name in names:
        contacts.changes.added("rm_a", name, T0)
    assert noted == []

    contacts.changes.taken_over(Taken("case_1", "rm_a", "rm_b", tuple(names), T0, on_job=True))
    contacts.changes.deleted_by_member("rm_b", "wm00", T0)

    assert [change[:3] for change in noted[:60]] == [(name, "rm_a", "rm_b") for name in names]
    assert noted[60:] == [("wm00", "rm_b", "", noted[0][3] + 1)]


def test_customers_whom_nobody_owned_have_notes_of_their_own_and_still_fit_into_a_write() -> None:
    noted: list[tuple[str, str, str, int]] = []
    contacts = Contacts(FakeContacts(noted.extend))  # refuses a write that is too large
    names = [f"wm{number:02d}" for number in range(60)]
    for name in names:
        contacts.changes.added("rm_a", name, T0)
        contacts.changes.deleted_by_member("rm_a", name, T0)

    contacts.changes.taken_over(Taken("case_1", "rm_a", "rm_b", tuple(names), T0, on_job=True))

    assert [change[:3] for change in noted[60:]] == [(name, "", "rm_b") for name in names]


def test_a_change_that_leaves_the_owner_notes_nothing() -> None:
    noted: list[tuple[str, str, str, int]] = []
    contacts = Contacts(FakeContacts(noted.extend))
    contacts.changes.added("rm_a", "wm1", T0)

    contacts.changes.added("rm_b", "wm1", T0)

    assert noted == []
