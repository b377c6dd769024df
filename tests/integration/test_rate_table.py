"""The rate store's promises, kept by DynamoDB and by the in-memory stores the simulations use."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from local.bench.governor_simulation import SharedStore
from scrm.aws import session
from scrm.aws.rate_table import DynamoRateTable
from scrm.aws.token_table import DynamoTokenTable
from scrm.wecom.breaker import CircuitBreaker
from scrm.wecom.governor import Outcome, Permit, RateGovernor, RateStore, Wait
from scrm.wecom.governor_state import Priority, WaitReason
from scrm.wecom.token import AccessToken
from tests import platform_table
from tests.fakes.wecom import START, FakeClock, MemoryRateStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PATH = "externalcontact/get"
EXPIRES_AT = START + timedelta(days=2)


@pytest.fixture(scope="module")
def client() -> Iterator["DynamoDBClient"]:
    with platform_table.platform_table() as client:
        yield client


@pytest.fixture
def dynamodb(client: "DynamoDBClient") -> DynamoRateTable:
    platform_table.empty(client)
    return DynamoRateTable(session.client("dynamodb"), platform_table.NAME)


@pytest.fixture(params=["dynamodb", "fake", "simulation"])
def store(request: pytest.FixtureRequest) -> RateStore:
    if request.param == "dynamodb":
        table: DynamoRateTable = request.getfixturevalue("dynamodb")
        return table
    return MemoryRateStore() if request.param == "fake" else SharedStore()


def test_what_was_never_written_is_none(store: RateStore) -> None:
    assert store.load(PATH) is None


def test_a_write_over_what_was_read_counts_the_version_up(store: RateStore) -> None:
    first = store.save(PATH, "a", 0, EXPIRES_AT)
    second = store.save(PATH, "b", 1, EXPIRES_AT)

    assert (first, second) == (True, True)
    assert store.load(PATH) == ("b", 2)


@pytest.mark.parametrize("version", [0, 2, 7])
def test_a_write_over_anything_else_is_lost(store: RateStore, version: int) -> None:
    store.save(PATH, "a", 0, EXPIRES_AT)

    saved = store.save(PATH, "b", version, EXPIRES_AT)

    assert saved is False
    assert store.load(PATH) == ("a", 1)


def test_keys_are_apart(store: RateStore) -> None:
    store.save(PATH, "a", 0, EXPIRES_AT)

    assert store.load("externalcontact/list") is None


def test_several_are_read_together_and_each_is_in_the_answer(store: RateStore) -> None:
    others = [f"message/send#rm_{number}" for number in range(120)]
    store.save(PATH, "a", 0, EXPIRES_AT)

    found = store.load_all([PATH, *others])

    assert found == {PATH: ("a", 1)} | dict.fromkeys(others)


def test_governors_of_different_processes_share_budget_and_penalty(store: RateStore) -> None:
    clock = FakeClock()
    first, second = (RateGovernor(store, now=clock.now, jitter=lambda: 0.0) for _ in range(2))
    permit = first.acquire(PATH, Priority.HANDOVER)
    assert isinstance(permit, Permit)

    first.settle(permit, Outcome.FREQUENCY_REFUSED)

    assert second.acquire(PATH, Priority.HANDOVER) == Wait(START + timedelta(seconds=61), WaitReason.PENALTY)


def test_breakers_of_different_processes_share_the_circuit(store: RateStore) -> None:
    clock = FakeClock()
    for _ in range(5):
        CircuitBreaker(store, now=clock.now).record_failure()

    assert CircuitBreaker(store, now=clock.now).admit() == START + timedelta(seconds=15)


def test_an_item_has_schema_version_and_expiry(dynamodb: DynamoRateTable, client: "DynamoDBClient") -> None:
    dynamodb.save(PATH, "a", 0, EXPIRES_AT)

    (item,) = client.scan(TableName="platform")["Items"]
    assert item["pk"] == {"S": f"RATE#{PATH}"}
    assert item["schema_version"] == {"N": "1"}
    assert item["expires_at"] == {"N": str(int(EXPIRES_AT.timestamp()))}


class Failing:
    """A DynamoDB client whose every request fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def get_item(self, **parameters: object) -> None:
        raise self._error

    def batch_get_item(self, **parameters: object) -> None:
        raise self._error

    def update_item(self, **parameters: object) -> None:
        raise self._error


def failure(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "GetItem")


@pytest.mark.parametrize(
    "error", [failure("ThrottlingException"), EndpointConnectionError(endpoint_url="https://dynamodb.example")]
)
def test_an_outage_is_an_os_error_and_postpones(error: Exception) -> None:
    table = DynamoRateTable(Failing(error), "platform")  # type: ignore[arg-type]
    clock = FakeClock()

    answer = RateGovernor(table, now=clock.now, jitter=lambda: 0.0).acquire(PATH, Priority.HANDOVER)

    assert answer == Wait(START + timedelta(seconds=5), WaitReason.STORE)
    for reach in (lambda: table.save(PATH, "a", 0, EXPIRES_AT), lambda: table.load_all([PATH])):
        with pytest.raises(OSError, match="DynamoDB"):
            reach()


def test_a_fault_of_ours_is_no_outage() -> None:
    table = DynamoRateTable(Failing(failure("AccessDeniedException")), "platform")  # type: ignore[arg-type]

    with pytest.raises(ClientError):
        table.load(PATH)
    with pytest.raises(ClientError):
        table.save(PATH, "a", 0, EXPIRES_AT)


def test_the_access_token_is_read_along_with_the_budgets(dynamodb: DynamoRateTable) -> None:
    tokens = DynamoTokenTable(session.client("dynamodb"), platform_table.NAME)
    until = START + timedelta(hours=2)
    assert dynamodb.load_all(["TOKEN#contacts"]) == {"TOKEN#contacts": None}

    fence = tokens.take_lease("contacts", "holder", START, START + timedelta(seconds=8))
    assert isinstance(fence, int)
    assert dynamodb.load_all(["TOKEN#contacts"]) == {"TOKEN#contacts": None}
    tokens.save("contacts", fence, ("secret-value", until - timedelta(minutes=5), until))

    seen = dynamodb.load_all(["TOKEN#contacts", PATH])["TOKEN#contacts"]
    assert seen is not None
    assert tuple(AccessToken.seen(seen[0])) == tokens.read("contacts")
