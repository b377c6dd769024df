"""Seats and answers in the archive's table on the embedded engine."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.engine.emulator import Engine
from scrm.archive.coverage import Answer, ArchiveConsent, Coverage
from scrm.aws.archive_members import DynamoArchiveMembers
from scrm.aws.table import Table

pytestmark = pytest.mark.engine
NAME = "archive-members-alone"
NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)


@pytest.fixture
def store(engine: Engine) -> Iterator[DynamoArchiveMembers]:
    client: Any = engine.client("dynamodb")
    client.create_table(
        TableName=NAME,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
    yield DynamoArchiveMembers(Table(client, NAME))
    client.delete_table(TableName=NAME)


def test_seats_are_given_taken_and_listed(store: DynamoArchiveMembers) -> None:
    coverage = Coverage(store)
    coverage.take_over([f"rm_{number}" for number in range(30)], NOW)
    coverage.take_over([f"rm_{number}" for number in range(25)], NOW)

    assert sorted(store.seated()) == sorted(f"rm_{number}" for number in range(25))
    assert store.of(["rm_1", "rm_29", "rm_none"]).keys() == {"rm_1", "rm_29"}
    assert [each.has_seat for each in store.of(["rm_1", "rm_29"]).values()].count(True) == 1


def test_an_answer_is_kept_once_and_only_over_the_one_that_was_read(store: DynamoArchiveMembers) -> None:
    no = Answer("rm_li", "wmA1", ArchiveConsent.REFUSED, NOW)
    yes = Answer("rm_li", "wmA1", ArchiveConsent.AGREED, NOW + timedelta(minutes=1))

    assert [store.keep(no, None), store.keep(yes, None), store.keep(yes, no)] == [True, False, True]
    assert store.answer("rm_li", "wmA1") == yes
    assert store.answer("rm_li", "wmB2") is None


def test_refusals_lie_with_the_member_until_he_is_answered_otherwise(store: DynamoArchiveMembers) -> None:
    coverage = Coverage(store)
    coverage.take_over(["rm_li"], NOW)
    for customer in ("wmA1", "wmB2"):
        coverage.hear(Answer("rm_li", customer, ArchiveConsent.REFUSED, NOW))
    assert coverage.not_archived("rm_li", ["wmA1", "wmB2", "wmC3"]).keys() == {"wmA1", "wmB2"}

    for customer in ("wmA1", "wmB2"):
        coverage.hear(Answer("rm_li", customer, ArchiveConsent.AGREED, NOW + timedelta(minutes=1)))

    assert coverage.not_archived("rm_li", ["wmA1", "wmB2"]) == {}
