"""Which customers have a number of the bank's, on the embedded engine."""

from datetime import UTC, datetime, timedelta

import pytest

from scrm.aws.customer_numbers import DynamoCustomerNumbers
from scrm.aws.table import Table
from tests.engine import EngineTables

pytestmark = pytest.mark.engine
NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)


@pytest.fixture
def numbers(tables: EngineTables) -> DynamoCustomerNumbers:
    return DynamoCustomerNumbers(Table(tables.client, tables.names["ContactsTable"]))


def test_a_number_finds_each_account_of_its_customer_and_is_kept_nowhere(
    numbers: DynamoCustomerNumbers, tables: EngineTables
) -> None:
    numbers.note({"wmN1": "60012345", "wmN2": "60012345", "wmN3": "60019999"}, NOW)
    numbers.note({"wmN1": "60012345"}, NOW + timedelta(days=1))

    assert numbers.customers_with("60012345") == ("wmN1", "wmN2")
    assert numbers.customers_with("60010000") == ()
    stored = tables.client.scan(TableName=tables.names["ContactsTable"])["Items"]
    assert "60012345" not in repr(stored)


def test_a_number_that_changes_leaves_the_old_one_and_an_older_file_changes_nothing(
    numbers: DynamoCustomerNumbers,
) -> None:
    numbers.note({"wmN4": "70010000"}, NOW)
    numbers.note({"wmN4": "70020000"}, NOW + timedelta(days=1))
    numbers.note({"wmN4": "70030000"}, NOW - timedelta(days=1))

    assert numbers.customers_with("70010000") == ()
    assert numbers.customers_with("70020000") == ("wmN4",)
    assert numbers.customers_with("70030000") == ()
