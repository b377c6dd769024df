"""The token store's promises, kept by DynamoDB and by the fake the unit tests use; and the wiring on top."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ClientError

from scrm.aws import session
from scrm.aws.callback_inbox import JsonSecret
from scrm.aws.token_table import DynamoTokenTable
from scrm.runtime.wiring import wecom as wiring
from scrm.wecom.governor_state import Priority
from scrm.wecom.token import TokenBroker, TokenStore
from scrm.wecom.transport import AppCredentials
from tests import platform_table
from tests.fakes.wecom import START, FakeClock, MemoryTokenStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

APP = "contacts"
SOON = START + timedelta(seconds=8)
TOKEN = ("TOKEN-1", START + timedelta(seconds=6900), START + timedelta(seconds=7200))
NEWER = ("TOKEN-2", START + timedelta(seconds=6950), START + timedelta(seconds=7250))


@pytest.fixture(scope="module")
def client() -> Iterator["DynamoDBClient"]:
    with platform_table.platform_table() as client:
        yield client


@pytest.fixture
def dynamodb(client: "DynamoDBClient") -> DynamoTokenTable:
    platform_table.empty(client)
    return DynamoTokenTable(session.client("dynamodb"), platform_table.NAME)


@pytest.fixture(params=["dynamodb", "fake"])
def store(request: pytest.FixtureRequest) -> TokenStore:
    if request.param == "fake":
        return MemoryTokenStore()
    table: DynamoTokenTable = request.getfixturevalue("dynamodb")
    return table


def leased(store: TokenStore, holder: str = "a", app: str = APP) -> int:
    fence = store.take_lease(app, holder, START, SOON)
    assert isinstance(fence, int)
    return fence


def test_nothing_is_stored_at_first(store: TokenStore) -> None:
    assert store.read(APP) is None


def test_a_lease_excludes_others_until_it_ends(store: TokenStore) -> None:
    leased(store)

    refused = store.take_lease(APP, "b", START, SOON)
    later = store.take_lease(APP, "b", SOON, SOON + timedelta(seconds=8))

    assert refused == SOON
    assert isinstance(later, int)


def test_a_request_repeated_because_its_answer_was_lost_gets_the_same_lease(store: TokenStore) -> None:
    fence = leased(store, "a")

    repeated = store.take_lease(APP, "a", START, SOON)

    assert repeated == fence


def test_saving_stores_the_token_and_ends_the_lease(store: TokenStore) -> None:
    saved = store.save(APP, leased(store), TOKEN)

    assert saved
    assert store.read(APP) == TOKEN
    assert isinstance(store.take_lease(APP, "b", START, SOON), int)


def test_a_late_holder_cannot_save(store: TokenStore) -> None:  # trap 3
    late = leased(store)
    newer = store.take_lease(APP, "b", SOON, SOON + timedelta(seconds=8))
    assert isinstance(newer, int)
    store.save(APP, newer, NEWER)

    saved = store.save(APP, late, TOKEN)

    assert newer > late
    assert not saved
    assert store.read(APP) == NEWER


def test_only_the_holder_can_end_a_lease(store: TokenStore) -> None:
    late = leased(store)
    store.take_lease(APP, "b", SOON, SOON + timedelta(seconds=8))

    store.end_lease(APP, late, START)

    assert store.take_lease(APP, "c", SOON, SOON) == SOON + timedelta(seconds=8)


def test_an_ended_lease_is_free_and_a_lengthened_one_is_not(store: TokenStore) -> None:
    store.end_lease(APP, leased(store), START)
    again = leased(store, "b")
    store.end_lease(APP, again, START + timedelta(seconds=60))

    assert store.take_lease(APP, "c", SOON, SOON) == START + timedelta(seconds=60)


def test_forgetting_deletes_only_this_very_token(store: TokenStore) -> None:  # trap 2
    store.save(APP, leased(store), NEWER)

    store.forget(APP, "TOKEN-1")
    kept = store.read(APP)
    store.forget(APP, "TOKEN-2")

    assert kept == NEWER
    assert store.read(APP) is None


def test_apps_are_apart(store: TokenStore) -> None:
    store.save(APP, leased(store), TOKEN)

    assert store.read("archive") is None
    assert leased(store, app="archive") > 0


def test_two_brokers_share_one_fetch_over_dynamodb(dynamodb: DynamoTokenTable) -> None:
    clock, fetched = FakeClock(), iter(["TOKEN-1", "TOKEN-2"])
    brokers = [
        TokenBroker(dynamodb, APP, lambda: (next(fetched), timedelta(seconds=7200)), now=clock.now, sleep=clock.sleep)
        for _ in range(2)
    ]
    before = [broker.current() for broker in brokers]

    brokers[0].reject("TOKEN-1")
    brokers[1].reject("TOKEN-1")

    assert before == ["TOKEN-1", "TOKEN-1"]
    assert [broker.current() for broker in brokers] == ["TOKEN-2", "TOKEN-2"]


def test_other_errors_of_dynamodb_are_raised() -> None:
    class Denied:
        def update_item(self, **parameters: object) -> None:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "UpdateItem")

    with pytest.raises(ClientError):
        DynamoTokenTable(Denied(), "platform").forget(APP, "TOKEN-1")  # type: ignore[arg-type]


def test_a_throttled_table_is_an_outage() -> None:
    class Throttled:
        def update_item(self, **parameters: object) -> None:
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "no"}}, "UpdateItem")

        get_item = update_item

    table = DynamoTokenTable(Throttled(), "platform")  # type: ignore[arg-type]

    with pytest.raises(OSError, match="ThrottlingException"):
        table.read(APP)
    with pytest.raises(OSError, match="ThrottlingException"):
        table.take_lease(APP, "a", START, SOON)


def test_the_wiring_reads_credentials_and_agent_id_from_the_secret(dynamodb: DynamoTokenTable) -> None:
    secret_id = "scrm/complete"
    text = {"corp_id": "wwCORP", "apps": {APP: {"agent_id": 1000002, "secret": "s3cret"}}}
    boto3.client("secretsmanager").create_secret(Name=secret_id, SecretString=json.dumps(text))
    secret = wiring.AppSecret(JsonSecret(session.client("secretsmanager"), secret_id), APP)

    assert secret.credentials() == AppCredentials("wwCORP", "s3cret")
    assert secret.agent_id == 1000002
    assert "s3cret" not in repr(secret.credentials())


@pytest.mark.parametrize("text", [{}, {"corp_id": "ww"}, {"corp_id": "ww", "apps": {APP: {"secret": ""}}}])
def test_an_incomplete_secret_names_the_field_that_is_missing(
    dynamodb: DynamoTokenTable, text: dict[str, object]
) -> None:
    secret_id = f"scrm/incomplete{len(text)}{len(str(text))}"
    boto3.client("secretsmanager").create_secret(Name=secret_id, SecretString=json.dumps(text))

    with pytest.raises(wiring.SecretIncompleteError, match=r"corp_id|apps\.contacts\.secret"):
        wiring.AppSecret(JsonSecret(session.client("secretsmanager"), secret_id), APP).credentials()


def test_a_function_has_one_client_per_class_of_work(dynamodb: DynamoTokenTable) -> None:
    wiring.reset()

    first = wiring.wecom_client(Priority.HANDOVER)

    assert wiring.wecom_client(Priority.HANDOVER) is first
    assert wiring.wecom_client(Priority.STATISTICS) is not first
    wiring.reset()
