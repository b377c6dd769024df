"""Where a customer's messages may lie: with his owner, and with those who had him before."""

from datetime import UTC, datetime, timedelta

from scrm.contacts.changes import Taken
from scrm.runtime.consent_joins import ContactPlaces
from tests.fakes.contacts import Contacts

T0 = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)


def test_owner_followers_and_who_handed_him_over_are_members_of_a_customer() -> None:
    contacts = Contacts(moment=T0)
    contacts.changes.added("rm_a", "wm1", T0 - timedelta(days=3))
    contacts.changes.added("rm_c", "wm1", T0 - timedelta(days=2))
    contacts.changes.taken_over(Taken("case_1", "rm_a", "rm_b", ("wm1",), T0, on_job=False))

    where = ContactPlaces(contacts.repository).of("wm1")

    assert where is not None
    assert (where.owner_userid, where.member_userids) == ("rm_b", ("rm_a", "rm_b", "rm_c"))


def test_a_customer_nobody_told_us_of_is_nowhere() -> None:
    assert ContactPlaces(Contacts(moment=T0).repository).of("wm1") is None
