"""Versions of the lexicon on DynamoDB as the engine has it: parts, steps, and who comes second."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from scrm.aws import session
from scrm.aws.lexicon_sync import DynamoSyncStates
from scrm.aws.lexicon_table import DynamoLexicons
from scrm.aws.table import Table
from scrm.lexicon import documents
from scrm.lexicon.intercept import RuleMark, SyncState
from scrm.lexicon.model import Entry, Lexicon
from scrm.lexicon.versions import LexiconVersion, VersionState
from tests.engine import EngineTables

AT = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)


@pytest.fixture
def store(tables: EngineTables) -> Iterator[DynamoLexicons]:
    session.reset()
    yield DynamoLexicons(Table(session.client("dynamodb"), tables.names["LexiconTable"]))
    session.reset()


def version(number: int, lexicon: Lexicon) -> LexiconVersion:
    sha256 = documents.sha256_of(lexicon)
    return LexiconVersion(number, VersionState.DRAFT, sha256, len(lexicon.entries), "", "maker", AT, f"cause{number}")


def test_a_lexicon_larger_than_an_item_comes_back_and_versions_take_their_steps(store: DynamoLexicons) -> None:
    draw = random.Random(7)
    letters = [chr(point) for point in range(0x4E00, 0x9FA5)]
    words = ("".join(draw.choices(letters, k=32)) for _ in range(6_000))
    large = Lexicon(tuple(Entry(f"entry-{number}", word) for number, word in enumerate(words)), ("不保本",))
    assert store.add(version(1, large), large)
    assert store.lexicon(1) == large

    other = Lexicon((Entry("one", "保本"),))
    assert not store.add(version(1, other), other)
    assert store.lexicon(1) == large
    assert store.add(version(2, other), other)
    latest = store.latest()
    assert latest is not None
    assert latest.number == 2

    first = replace(version(1, large), state=VersionState.IN_FORCE, in_force_by="maker", in_force_at=AT, revision=2)
    assert store.put_in_force(first, None)
    assert not store.put_in_force(replace(first, revision=3), None)
    second = replace(version(2, other), state=VersionState.IN_FORCE, revision=2)
    assert store.put_in_force(second, replace(first, state=VersionState.RETIRED, revision=3))
    assert (store.in_force(), store.version(1)) == (2, replace(first, state=VersionState.RETIRED, revision=3))
    assert not store.save(second)
    page = store.page(None, 1)
    assert [each.number for each in page.items] == [2]
    assert [each.number for each in store.page(page.cursor, 1).items] == [1]
    assert store.lexicon(9) is None


def test_what_wecom_holds_is_kept_and_of_two_passes_one_is_second(tables: EngineTables) -> None:
    session.reset()
    states = DynamoSyncStates(Table(session.client("dynamodb"), tables.names["LexiconTable"]))
    marks = {"scrm-严重拦截-abcdef-01": RuleMark("w", "h")}
    seen = SyncState(
        2, AT, marks, {"scrm-严重拦截-abcdef-02": 60011}, ("scrm-严重拦截-abcdef-01",), AT, 3, 4, revision=1
    )

    assert states.load() == SyncState()
    assert states.save(seen)
    assert states.load() == seen
    assert not states.save(seen)
    bare = SyncState(revision=2)
    assert states.save(bare)
    assert states.load() == bare
    session.reset()
