"""What the bench's DynamoDB bills, by the service's published rules."""

from pathlib import Path

import pytest

from local.bench.children.fake_aws import FakeAws, FakeDynamo
from local.bench.dynamo_units import size_of

ITEM = {"pk": {"S": "A"}, "sk": {"S": "B"}, "state": {"S": "open"}, "text": {"S": "您" * 400}}


@pytest.fixture
def aws(tmp_path: Path) -> FakeAws:
    return FakeAws(tmp_path, {"Plain": [], "Indexed": [("state", ["pk", "sk", "state"])]}, {})


def dynamo(aws: FakeAws) -> FakeDynamo:
    found: FakeDynamo = aws.client("dynamodb")
    return found


def test_an_item_is_its_names_and_its_values() -> None:
    assert size_of(ITEM) == 2 + 1 + 2 + 1 + 5 + 4 + 4 + 1_200
    assert size_of({"n": {"N": "1234"}, "l": {"L": [{"S": "ab"}]}}) == 1 + 4 + 1 + 3 + 1 + 2


def test_a_write_is_billed_by_the_larger_of_the_item_before_and_after(aws: FakeAws) -> None:
    dynamo(aws).put_item(TableName="Plain", Item=ITEM)
    dynamo(aws).put_item(TableName="Plain", Item={**ITEM, "text": {"S": ""}})
    dynamo(aws).delete_item(TableName="Plain", Key={"pk": {"S": "A"}, "sk": {"S": "B"}})

    assert aws.wru == {"Plain": 2 + 2 + 1}


def test_a_transaction_is_billed_twice(aws: FakeAws) -> None:
    key = {"pk": {"S": "A"}, "sk": {"S": "B"}}
    update = {"UpdateExpression": "SET state = :state", "ExpressionAttributeValues": {":state": {"S": "closed"}}}
    dynamo(aws).transact_write_items(
        TransactItems=[
            {"Put": {"TableName": "Plain", "Item": ITEM}},
            {"Update": {"TableName": "Plain", "Key": key, **update}},
        ]
    )

    assert aws.wru == {"Plain": 8}
    assert dynamo(aws).get_item(TableName="Plain", Key=key)["Item"]["state"] == {"S": "closed"}


def test_an_index_is_billed_when_what_it_holds_changes(aws: FakeAws) -> None:
    dynamo(aws).put_item(TableName="Indexed", Item=ITEM)
    dynamo(aws).put_item(TableName="Indexed", Item={**ITEM, "text": {"S": "您"}})
    assert aws.wru == {"Indexed": 3 + 2}

    dynamo(aws).put_item(TableName="Indexed", Item={**ITEM, "state": {"S": "closed"}})

    assert aws.wru == {"Indexed": 5 + 2 + 2}  # out of one place of the index and into another
