"""The platform table on moto, emptied instead of built anew: a new account and client cost more than a test."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import boto3
from moto import mock_aws

from scrm.aws import session

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NAME = "platform"


@contextmanager
def platform_table() -> Iterator["DynamoDBClient"]:
    """A client that, unlike the product's, may also create and scan; the product's finds the same table."""
    with mock_aws():
        session.reset()
        client = boto3.client("dynamodb")
        client.create_table(
            TableName=NAME,
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client
    session.reset()


def empty(client: "DynamoDBClient") -> None:
    """Delete every item."""
    for item in client.scan(TableName=NAME)["Items"]:
        client.delete_item(TableName=NAME, Key={name: item[name] for name in ("pk", "sk")})
