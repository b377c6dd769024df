"""The table of customers' answers on the embedded engine, and the fake of the unit tests by the same rules."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from scrm import clock
from scrm.aws import session
from scrm.aws.consent_table import DynamoArrivalNotes, DynamoConsentStore, bucket_item
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.settings_table import DynamoSettingsStore
from scrm.aws.table import Table, to_item
from scrm.consent.consents import ConsentDesk, Consents, Heard
from scrm.consent.model import ConsentAnswer, ConsentSource, Standing, Statement
from scrm.consent.ports import ConsentStore
from scrm.consent.shelf import ArrivalNote, ConsentBucket, ConsentShelf
from scrm.contacts.changes import ContactChanges, Taken
from scrm.contacts.writer import CustomerWriter
from scrm.homes import OwnerMove, key_of
from scrm.runtime.consent_joins import ContactPlaces
from scrm.runtime.wiring import bank_settings, consent_desk
from scrm.runtime.wiring import consent as wiring
from tests.engine import EngineTables
from tests.fakes.consent import FakeConsentStore, FakeNews
from tests.fakes.contacts import FakeCustomerSource

pytestmark = pytest.mark.engine

T0 = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
OUT, YES = ConsentAnswer.OPTED_OUT, ConsentAnswer.CONSENTED


@pytest.fixture
def table(tables: EngineTables) -> Iterator[Table]:
    session.reset()
    yield Table(session.client("dynamodb"), tables.names["ConsentTable"])
    session.reset()


@pytest.fixture(params=["table", "fake"])
def store(request: pytest.FixtureRequest) -> ConsentStore:
    return FakeConsentStore() if request.param == "fake" else DynamoConsentStore(request.getfixturevalue("table"))


def said(answer: ConsentAnswer = OUT, minute: int = 0) -> Statement:
    return Statement("wm1", answer, ConsentSource.FEED, T0 + timedelta(minutes=minute), "row", by="bank")


def test_the_history_holds_each_statement_once_by_its_time(store: ConsentStore) -> None:
    for statement, recorded in ((said(YES, 5), 1), (said(OUT, 1), 2), (said(YES, 5), 3)):
        store.remember(statement, T0 + timedelta(hours=recorded))

    assert store.history("wm1") == [
        (said(OUT, 1), T0 + timedelta(hours=2)),
        (said(YES, 5), T0 + timedelta(hours=1)),
    ]
    assert store.history("wm2") == []


@pytest.mark.parametrize(
    ("known", "told", "stands"),
    [((OUT, 1), (YES, 2), (YES, 2)), ((YES, 2), (OUT, 1), (YES, 2)), ((YES, 1), (OUT, 1), (OUT, 1)),
     ((OUT, 1), (YES, 1), (OUT, 1)), ((OUT, 1), (OUT, 1), (OUT, 1))],
)  # fmt: skip
def test_the_later_answer_stands(
    store: ConsentStore,
    known: tuple[ConsentAnswer, int],
    told: tuple[ConsentAnswer, int],
    stands: tuple[ConsentAnswer, int],
) -> None:
    first, second, expected = (Standing(answer, T0 + timedelta(minutes=at)) for answer, at in (known, told, stands))

    assert store.settle("wm1", first) == first
    assert store.settle("wm1", second) == expected
    assert store.standings(["wm1", "wm2"]) == {"wm1": expected}


def test_what_is_stored_is_what_was_saved_and_the_second_writer_loses(store: ConsentStore) -> None:
    standings = {key_of(f"wm{number}"): Standing(OUT if number % 2 else YES, T0) for number in range(50)}
    written = ConsentBucket("rm1", "", standings)

    assert store.shelf("rm1") == ConsentShelf("rm1")
    assert store.save([written])
    assert not store.save([replace(written, standings={})])

    found = store.shelf("rm1").buckets[""]
    assert (found, found.version) == (written, 1)
    halves = [replace(found, standings={}, is_split=True), ConsentBucket("rm1", "0"), ConsentBucket("rm1", "1")]
    assert store.save(halves)
    assert sorted(store.shelf("rm1").buckets) == ["", "0", "1"]


def test_a_customer_takes_fifteen_bytes() -> None:
    standings = {key_of(f"wm{number}"): Standing(OUT, T0) for number in range(1_000)}

    item = to_item(bucket_item(ConsentBucket("rm1", "", standings)))

    assert len(item["answers"]["B"]) == 15_000


def test_answers_go_with_the_owner_in_the_transaction_of_a_handover(table: Table, tables: EngineTables) -> None:
    clock.reset()
    contacts = DynamoContactRepository(
        Table(session.client("dynamodb"), tables.names["ContactsTable"]), lambda: [DynamoArrivalNotes(table)]
    )
    changes = ContactChanges(FakeCustomerSource(), contacts, CustomerWriter(contacts, clock.now))
    consents = Consents(DynamoConsentStore(table), lambda _: None)
    desk = ConsentDesk(consents, ContactPlaces(contacts), FakeNews(), clock.now)
    names = [f"wm{number}" for number in range(40)]
    for name in names:
        changes.added("rm1", name, clock.now())
    for name in names[:30]:
        desk.hear(replace(said(), external_userid=name))
    assert len(consents.answers_of("rm1", names, clock.now())) == 30

    changes.taken_over(Taken("case_1", "rm1", "rm2", tuple(names), clock.now(), on_job=False))

    assert DynamoConsentStore(table).shelf("rm2").notes != ()
    assert consents.answers_of("rm2", names, clock.now()) == dict.fromkeys(names[:30], OUT)
    assert DynamoConsentStore(table).shelf("rm2").notes == ()


def test_a_note_is_read_back_as_written(table: Table) -> None:
    (put,) = DynamoArrivalNotes(table).puts([OwnerMove("wm1", "", "rm1", 2), OwnerMove("wm2", "rm2", "", 3)])
    table.put(put.item)

    (note,) = DynamoConsentStore(table).shelf("rm1").notes
    assert (note.home, note.external_userids) == ("rm1", ("wm1",))
    DynamoConsentStore(table).remove([note, ArrivalNote("rm1", "come_gone", ())])
    assert DynamoConsentStore(table).shelf("rm1").notes == ()


def test_a_tag_is_heard_with_the_settings_of_the_bank(
    table: Table, tables: EngineTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Platform", "Contacts", "Consent"):
        monkeypatch.setenv(f"{name.upper()}_TABLE", tables.names[f"{name}Table"])
    for module in (bank_settings, wiring):
        module.reset()
    platform = DynamoSettingsStore(Table(session.client("dynamodb"), tables.names["PlatformTable"]))
    assert platform.write("consent", {"opt_out_tag_ids": ["tag_out"]}, 0, "operator:x", T0)

    assert consent_desk.hear_tags("rm1", "wm7", ["tag_vip"], T0) is None
    assert consent_desk.hear_tags("rm1", "wm7", ["tag_vip", "tag_out"], T0) is Heard.UNKNOWN_CUSTOMER

    assert DynamoConsentStore(table).standings(["wm7"]) == {"wm7": Standing(OUT, T0)}
    for module in (bank_settings, wiring):
        module.reset()
