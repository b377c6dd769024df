"""What the contacts table writes of a finished handover without reading is what the rules would have made of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from scrm.aws import session
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.table import Table
from scrm.contacts.changes import ContactChanges, Taken
from scrm.contacts.model import Claim, Customer, Hold, HoldReason, MasterRow, QuotaUse
from scrm.contacts.ownership import with_master
from scrm.contacts.writer import CustomerWriter, Wanted
from tests.engine import EngineTables
from tests.fakes.contacts import T0, FakeContacts, FakeCustomerSource

pytestmark = pytest.mark.engine

HOUR = timedelta(hours=1)
type History = Callable[[ContactChanges, CustomerWriter], None]


class Contacts(DynamoContactRepository):
    """Remembers whether the short way was enough."""

    short: bool | None = None

    def note_taken_over(self, claim: Claim, external_userids: Sequence[str], quota_use: QuotaUse | None) -> bool:
        self.short = super().note_taken_over(claim, external_userids, quota_use)
        return self.short


@pytest.fixture
def contacts(tables: EngineTables) -> Iterator[Contacts]:
    session.reset()
    yield Contacts(Table(session.client("dynamodb"), tables.names["ContactsTable"]))
    session.reset()


def _plain(changes: ContactChanges, _: CustomerWriter, customer: str = "wm1") -> None:
    changes.added("rm_a", customer, T0)
    changes.added("rm_b", customer, T0 + HOUR)
    changes.deleted_by_member("rm_a", customer, T0 + HOUR, by_transfer=True)


def _managed_by_the_leaver(changes: ContactChanges, writer: CustomerWriter) -> None:
    _edited(writer, lambda customer: with_master(customer, MasterRow("rm_a", T0)))
    _plain(changes, writer)


def _managed_by_the_taker(changes: ContactChanges, writer: CustomerWriter) -> None:
    _plain(changes, writer)
    _edited(writer, lambda customer: with_master(customer, MasterRow("rm_b", T0 + 2 * HOUR)))


def _managed_by_somebody_else(changes: ContactChanges, writer: CustomerWriter) -> None:
    _plain(changes, writer)
    _edited(writer, lambda customer: with_master(customer, MasterRow("rm_c", T0)))


def _followed_by_a_third(changes: ContactChanges, writer: CustomerWriter) -> None:
    changes.added("rm_c", "wm1", T0 - HOUR)
    _plain(changes, writer)


def _under_a_hold_and_refused_before(changes: ContactChanges, writer: CustomerWriter) -> None:
    _edited(writer, lambda customer: replace(customer, hold=Hold(HoldReason.COMPLAINT, T0, "op")))
    changes.quota_counted("case_0", ["wm1"], T0, full=True)
    _plain(changes, writer)


def _quota_used_before(changes: ContactChanges, writer: CustomerWriter) -> None:
    _plain(changes, writer)
    changes.quota_counted("case_0", ["wm1"], T0, full=False)


def _told_that_the_taker_lost_him(changes: ContactChanges, writer: CustomerWriter) -> None:
    _plain(changes, writer)
    changes.deleted_by_customer("rm_b", "wm1", T0 + 2 * HOUR)


def _only_the_leaver_is_known(changes: ContactChanges, _: CustomerWriter) -> None:
    changes.added("rm_a", "wm1", T0)


def _end_told_without_a_transfer(changes: ContactChanges, _: CustomerWriter) -> None:
    changes.added("rm_a", "wm1", T0)
    changes.added("rm_b", "wm1", T0 + HOUR)
    changes.deleted_by_member("rm_a", "wm1", T0 + HOUR)


def _moved_a_second_time_since(changes: ContactChanges, writer: CustomerWriter) -> None:
    _plain(changes, writer)
    changes.added("rm_a", "wm1", T0 + 4 * HOUR)
    changes.deleted_by_member("rm_b", "wm1", T0 + 4 * HOUR, by_transfer=True)


def _edited(writer: CustomerWriter, edit: Callable[[Customer], Customer]) -> None:
    writer.apply([Wanted("wm1", edit)])


PLAIN = (_plain, _managed_by_the_leaver, _under_a_hold_and_refused_before)
OTHERS = (
    _managed_by_the_taker,
    _managed_by_somebody_else,
    _followed_by_a_third,
    _quota_used_before,
    _told_that_the_taker_lost_him,
    _only_the_leaver_is_known,
    _end_told_without_a_transfer,
    _moved_a_second_time_since,
)


@pytest.mark.parametrize("api", ["on_job", "resigned"])
@pytest.mark.parametrize("told", [*PLAIN, *OTHERS], ids=lambda told: told.__name__)
def test_short_and_long_way_end_the_same(contacts: Contacts, told: History, api: str) -> None:
    fake = FakeContacts()
    taken = Taken("case_1", "rm_a", "rm_b", ("wm1",), T0 + 3 * HOUR, on_job=api == "on_job")

    for repository in (contacts, fake):
        writer = CustomerWriter(repository, lambda: T0 + 4 * HOUR)
        changes = ContactChanges(FakeCustomerSource(), repository, writer)
        told(changes, writer)
        changes.taken_over(taken)

    rows = [(userid, "wm1") for userid in ("rm_a", "rm_b", "rm_c")]
    assert contacts.short is (told in PLAIN)
    assert contacts.customers(["wm1"]) == fake.customers(["wm1"])
    assert contacts.read(relations=rows).relations == fake.read(relations=rows).relations


def test_one_who_is_no_plain_case_sends_all_the_long_way(contacts: Contacts) -> None:
    writer = CustomerWriter(contacts, lambda: T0 + 4 * HOUR)
    changes = ContactChanges(FakeCustomerSource(), contacts, writer)
    for customer in ("wm1", "wm2"):
        _plain(changes, writer, customer)
    changes.added("rm_c", "wm2", T0)
    taken = Taken("case_1", "rm_a", "rm_b", ("wm1", "wm2"), T0 + 3 * HOUR, on_job=True)

    for _ in range(2):
        changes.taken_over(taken)

    known = contacts.customers(["wm1", "wm2"])
    assert contacts.short is False
    assert {one.owner_userid for one in known.values()} == {"rm_b"}
    assert [len(one.quota_uses) for one in known.values()] == [1, 1]
