"""A bank's settings: typed reading with defaults, strict writing, conflicts, one history."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field

from scrm.aws import session
from scrm.aws.settings_table import DynamoSettingsStore
from scrm.aws.table import Table
from scrm.settings.change import SettingsChange
from scrm.settings.errors import InvalidSettingsError, SettingsConflictError
from scrm.settings.ports import SettingsStore
from scrm.settings.reader import SettingsReader
from tests import platform_table
from tests.fakes.settings import MemorySettingsStore, RecordedChanges
from tests.fakes.wecom import FakeClock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TOPIC = "visits"
AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


class Greeting(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    node_id: str
    text: str = Field(max_length=20)


class Visits(BaseModel):
    """A topic as a feature declares it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    per_week: int = Field(default=3, ge=1)
    wait: timedelta = timedelta(hours=24)
    tiers: frozenset[str] = frozenset({"gold"})
    greetings: tuple[Greeting, ...] = ()


class Bank:
    """Readers and writers of one store."""

    def __init__(self, store: SettingsStore) -> None:
        self.store = store
        self.clock = FakeClock()
        self.journal = RecordedChanges()
        self.invalid: list[InvalidSettingsError] = []
        self.reader = SettingsReader(store, TOPIC, Visits, self.invalid.append, self.clock.now)
        self.change = SettingsChange(store, self.journal, TOPIC, Visits)

    def replace(self, document: dict[str, Any], expected_version: int = 0, actor: str = "op_chen") -> int:
        return self.change.replace(document, expected_version, actor, AT)


@pytest.fixture(scope="module")
def client() -> Iterator["DynamoDBClient"]:
    with platform_table.platform_table() as client:
        yield client


@pytest.fixture(params=["dynamodb", "fake"])
def bank(request: pytest.FixtureRequest) -> Bank:
    if request.param == "fake":
        return Bank(MemorySettingsStore())
    platform_table.empty(request.getfixturevalue("client"))
    return Bank(DynamoSettingsStore(Table(session.client("dynamodb"), platform_table.NAME)))


@pytest.fixture
def stored(bank: Bank) -> Callable[[dict[str, Any]], None]:
    """Store a document as another release might have."""

    def store(document: dict[str, Any]) -> None:
        assert bank.store.write(TOPIC, document, 0, "op_chen", AT)

    return store


def test_without_a_document_the_defaults_of_the_code_hold(bank: Bank) -> None:
    assert bank.reader.versioned() == (Visits(), 0)


def test_what_was_changed_is_read_and_the_rest_keeps_its_default(bank: Bank) -> None:
    version = bank.replace(
        {"wait": "PT2H", "tiers": ["gold", "silver"], "greetings": [{"node_id": "10", "text": "您好"}]}
    )

    settings, read_version = bank.reader.versioned()

    assert version == read_version == 1
    assert settings.wait == timedelta(hours=2)
    assert settings.tiers == {"gold", "silver"}
    assert settings.greetings[0].text == "您好"
    assert settings.per_week == 3


def test_only_what_was_given_is_stored_so_that_a_new_default_reaches_the_rest(bank: Bank) -> None:
    bank.replace({"per_week": 5})

    assert bank.store.read(TOPIC) == ({"per_week": 5}, 1)


def test_a_change_over_another_version_than_the_one_in_force_is_a_conflict(bank: Bank) -> None:
    bank.replace({"per_week": 5})

    with pytest.raises(SettingsConflictError, match="visits"):
        bank.replace({"per_week": 6})
    with pytest.raises(SettingsConflictError):
        bank.replace({"per_week": 6}, expected_version=7)

    assert bank.store.read(TOPIC) == ({"per_week": 5}, 1)
    assert bank.journal.versions() == [1]


def test_a_change_whose_answer_was_lost_may_be_repeated(bank: Bank) -> None:
    first = bank.replace({"per_week": 5, "tiers": ["gold", "silver"]})
    again = bank.replace({"per_week": 5, "tiers": ["silver", "gold"]})

    assert (first, again) == (1, 1)
    assert bank.reader.versioned() == (Visits(per_week=5, tiers=frozenset({"gold", "silver"})), 1)


def test_every_change_is_told_to_the_audit_log_with_its_author(bank: Bank) -> None:
    bank.replace({"per_week": 5})
    bank.replace({"per_week": 6}, expected_version=1, actor="op_li")

    assert bank.journal.entries == [(TOPIC, 1, "op_chen", AT), (TOPIC, 2, "op_li", AT)]


def test_fields_only_a_newer_release_knows_are_ignored_at_any_depth(
    bank: Bank, stored: Callable[[dict[str, Any]], None]
) -> None:
    stored({"per_week": 5, "colour": "red", "greetings": [{"node_id": "10", "text": "您好", "voice": True}]})

    settings = bank.reader.current()

    assert settings == Visits(per_week=5, greetings=(Greeting(node_id="10", text="您好"),))


def test_an_unknown_field_is_not_taken_from_a_person(bank: Bank) -> None:
    with pytest.raises(InvalidSettingsError) as refused:
        bank.replace({"per_weak": 5})

    assert [field for field, _ in refused.value.problems] == ["per_weak"]
    assert bank.store.read(TOPIC) == ({}, 0)


def test_invalid_fields_are_named_and_their_values_are_not_repeated(bank: Bank) -> None:
    with pytest.raises(InvalidSettingsError) as refused:
        bank.replace({"per_week": 0, "greetings": [{"node_id": "10", "text": "王经理" * 10}]})

    assert [field for field, _ in refused.value.problems] == ["per_week", "greetings.0.text"]
    assert "王经理" not in str(refused.value)


def test_an_invalid_stored_field_is_an_error_for_those_who_edit_even_beside_an_unknown_one(
    bank: Bank, stored: Callable[[dict[str, Any]], None]
) -> None:
    stored({"per_week": "many", "colour": "red"})

    with pytest.raises(InvalidSettingsError) as invalid:
        bank.reader.versioned()

    assert [field for field, _ in invalid.value.problems] == ["per_week"]


def test_an_invalid_stored_document_is_told_once_a_minute_and_work_goes_on_with_what_held_before(bank: Bank) -> None:
    bank.replace({"per_week": 5})
    before = bank.reader.current()
    bank.store.write(TOPIC, {"per_week": "many"}, 1, "op_chen", AT)

    bank.clock.advance(60)
    found = [bank.reader.current(), bank.reader.current()]

    assert found == [before, before]
    assert [error.problems[0][0] for error in bank.invalid] == ["per_week"]


def test_an_invalid_stored_document_leaves_a_new_process_with_the_defaults(
    bank: Bank, stored: Callable[[dict[str, Any]], None]
) -> None:
    stored({"per_week": "many"})

    assert bank.reader.current() == Visits()
    assert len(bank.invalid) == 1


def test_a_process_keeps_what_it_read_for_a_minute_of_the_products_clock(bank: Bank) -> None:
    bank.replace({"per_week": 5})
    first = bank.reader.current()
    bank.replace({"per_week": 6}, expected_version=1)

    bank.clock.advance(59)
    kept = bank.reader.current()
    bank.clock.advance(1)
    renewed = bank.reader.current()

    assert (first.per_week, kept.per_week, renewed.per_week) == (5, 5, 6)


def test_every_version_stays_in_the_table_with_its_author_and_without_an_expiry(client: "DynamoDBClient") -> None:
    platform_table.empty(client)
    bank = Bank(DynamoSettingsStore(Table(session.client("dynamodb"), platform_table.NAME)))
    bank.replace({"per_week": 5})
    bank.replace({"per_week": 6}, expected_version=1, actor="op_li")

    items = {item["sk"]["S"]: item for item in client.scan(TableName=platform_table.NAME)["Items"]}

    assert items.keys() == {"DOCUMENT", "V#00000001", "V#00000002"}
    assert items["V#00000001"]["document"]["S"] == '{"per_week":5}'
    assert items["V#00000002"]["changed_by"]["S"] == "op_li"
    assert not any("expires_at" in item for item in items.values())
