from datetime import timedelta

from scrm.contacts.changes import Taken
from scrm.contacts.model import HoldReason, RelationDetails
from scrm.handover.ports import LeaversCustomer
from scrm.runtime.joins import ContactCustomerBook
from tests.fakes.contacts import T0, Contacts

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def book(contacts: Contacts) -> ContactCustomerBook:
    return ContactCustomerBook(
        contacts.repository,
        tier_tags={"et_diamond": "diamond", "et_gold": "gold"},
        language_tags={"et_en": "en"},
        full_for=30 * DAY,
        now=lambda: contacts.moment,
    )


def only(contacts: Contacts, userid: str = "rm_a") -> LeaversCustomer:
    (customer,) = book(contacts).customers_of(userid)
    return customer


def test_customer_comes_with_other_active_followers_longest_first() -> None:
    contacts = Contacts()
    for hours, userid in enumerate(("rm_d", "rm_b", "rm_a")):
        contacts.changes.added(userid, "wm1", T0 + hours * HOUR)
    contacts.changes.added("rm_half", "wm1", T0, half=True)

    assert only(contacts) == LeaversCustomer("wm1", followers=("rm_d", "rm_b"))


def test_marks_of_the_relation_say_why_nobody_can_move_it() -> None:
    contacts = Contacts()
    contacts.changes.added("rm_a", "wm1", T0, half=True)
    contacts.changes.added("rm_a", "wm2", T0)
    contacts.changes.deleted_by_customer("rm_a", "wm2", T0 + HOUR)

    causes = [customer.ineligible_cause for customer in book(contacts).customers_of("rm_a")]

    assert causes == ["half_added", "deleted_by_customer"]


def test_hold_tier_and_language_come_along() -> None:
    contacts = Contacts()
    contacts.changes.added("rm_a", "wm1", T0)
    contacts.source.details["rm_a", "wm1"] = RelationDetails(tag_ids=("et_gold", "et_other", "et_diamond", "et_en"))
    contacts.changes.edited("rm_a", "wm1")
    contacts.accountability.set_hold("wm1", HoldReason.COMPLAINT, "op_1", T0)

    customer = only(contacts)

    assert (customer.hold, customer.tier, customer.language) == ("complaint", "diamond", "en")


def test_transfers_count_for_ninety_days_and_a_full_quota_as_long_as_it_is_believed() -> None:
    contacts = Contacts()
    contacts.changes.added("rm_z", "wm1", T0 - DAY)
    contacts.changes.taken_over(Taken("case_1", "rm_z", "rm_a", ("wm1",), T0, on_job=True))
    assert only(contacts).onjob_transfers == (T0,)

    contacts.moment = T0 + 80 * DAY
    contacts.changes.quota_counted("case_2", ["wm1"], contacts.moment, full=True)
    moments = only(contacts).onjob_transfers
    assert moments == (T0, T0 + 20 * DAY, T0 + 20 * DAY)

    contacts.moment = T0 + 111 * DAY
    assert only(contacts).onjob_transfers == ()


def test_customers_are_read_a_hundred_at_a_time() -> None:
    contacts = Contacts()
    for place in range(250):
        contacts.changes.added("rm_a", f"wm{place:03d}", T0)
    before = contacts.repository.requests

    found = list(book(contacts).customers_of("rm_a"))

    assert len(found) == 250
    assert contacts.repository.requests - before == 3
