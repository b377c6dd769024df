"""From what people write to cases, opt-outs, needs and a searchable index: the real functions on the engine."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.archive_intake import handler as archive_intake
from functions.archive_screen import handler as archive_screen
from scrm import clock, ids
from scrm.archive import search
from scrm.archive.coverage import ArchiveConsent, MemberCoverage
from scrm.archive.places import segment_key
from scrm.archive.search import Search
from scrm.archive.segment import RowState
from scrm.archive.sweep import OVERDUE
from scrm.aws import session
from scrm.aws.archive_members import DynamoArchiveMembers
from scrm.aws.consent_table import DynamoConsentStore
from scrm.aws.documents import DocumentStore
from scrm.aws.duckdb_engine import DuckDbEngine
from scrm.aws.heard_needs import DynamoHeardNeeds
from scrm.aws.lexicon_table import DynamoLexicons
from scrm.aws.review_table import DynamoReviewCases
from scrm.aws.table import Table
from scrm.aws.waiting_segments import DynamoWaitingSegments, waiting_puts
from scrm.clock import BUSINESS_ZONE
from scrm.consent.model import ConsentAnswer
from scrm.lexicon import documents
from scrm.lexicon.versions import LexiconVersion, VersionState
from scrm.node_paths import ROOT_PATH
from scrm.review.model import ReviewKind, case_id_of
from tests.engine import EngineTables
from tests.fakes.screening import LEXICON
from tests.integration.test_archive import lines, put_keys, upload_key
from tests.local_bank import Context, LocalBank, local_bank, small_world

pytestmark = pytest.mark.engine
MEMBER = "rm_wang01"
NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)


@pytest.fixture
def bank(tables: EngineTables, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalBank]:
    world = small_world(3, 1)
    with local_bank(tables, world, monkeypatch) as bank:
        bank.sim.control.archive.set_seats([MEMBER])
        for relation in world["relations"]:
            bank.sim.control.patch_relation(relation["userid"], relation["external_userid"], archive_consent="agreed")
        bank.full_pass()
        upload_key(bank, 1)
        put_keys(bank, 1)
        put_in_force(bank)
        yield bank


def at(bank: LocalBank, name: str) -> Table:
    return Table(bank.tables.client, bank.tables.names[name])


def put_in_force(bank: LocalBank) -> None:
    store = DynamoLexicons(at(bank, "LexiconTable"))
    sha256 = ids.derive("lex", documents.written(LEXICON).decode())
    version = LexiconVersion(1, VersionState.IN_FORCE, sha256, len(LEXICON.entries), "", "maker", NOW, "cause")
    assert store.add(version, LEXICON)
    assert store.put_in_force(replace(version, revision=2), None)


def customer_of(bank: LocalBank) -> str:
    world = small_world(3, 1)
    return next(str(each["external_userid"]) for each in world["relations"] if each["userid"] == MEMBER)


def pull(bank: LocalBank) -> None:
    clock.refresh()
    archive_intake.lambda_handler({"schedule": archive_intake.DUE}, Context())  # type: ignore[arg-type]
    bank.run_until_idle()


def found() -> list[str]:
    engine = DuckDbEngine(DocumentStore(lambda: session.client("s3"), os.environ["DATA_BUCKET"]))
    today = clock.now().astimezone(BUSINESS_ZONE).date()
    return [each.text for each in search.find(engine, Search(ROOT_PATH, today, today)).items if each.text]


def cases_of(bank: LocalBank) -> dict[str, set[ReviewKind]]:
    """Kinds of cases by the text of their message."""
    cases = DynamoReviewCases(at(bank, "ReviewTable"))
    opened: dict[str, set[ReviewKind]] = {}
    for message in said(bank):
        for kind in ReviewKind:
            if cases.case(case_id_of(kind, message["msgid"])) is not None:
                opened.setdefault(message["text"]["content"], set()).add(kind)
    return opened


def said(bank: LocalBank) -> list[dict[str, Any]]:
    return [line.message for line in lines(bank, segment_key(0)) if line.state is RowState.OPENED]


def test_what_is_written_is_found_checked_and_heard(bank: LocalBank) -> None:
    customer, write = customer_of(bank), bank.sim.control.archive.write
    write(MEMBER, customer, "这款产品保本")
    write(customer, MEMBER, "我要投诉")
    write(customer, MEMBER, "我想贷款")
    write(customer, MEMBER, "不要再发了")

    pull(bank)

    assert found() == ["这款产品保本", "我要投诉", "我想贷款", "不要再发了"]
    assert {"这款产品保本": {ReviewKind.COMPLIANCE}, "我要投诉": {ReviewKind.COMPLAINT}} == cases_of(bank)
    [standing] = DynamoConsentStore(at(bank, "ConsentTable")).standings([customer]).values()
    assert standing.answer is ConsentAnswer.OPTED_OUT
    assert DynamoHeardNeeds(at(bank, "AudienceTable"), clock.now).of_member(MEMBER) == {customer: ("loan",)}
    assert list(DynamoWaitingSegments(at(bank, "ArchiveTable")).all_waiting()) == []


def test_a_run_that_dies_before_and_after_each_call_screens_once(bank: LocalBank) -> None:
    customer, write = customer_of(bank), bank.sim.control.archive.write
    write(MEMBER, customer, "这款产品保本")
    write(customer, MEMBER, "不要再发了")
    clock.refresh()
    archive_intake.lambda_handler({"schedule": archive_intake.DUE}, Context())  # type: ignore[arg-type]
    bank.kill_everywhere = True

    bank.run_until_idle()
    bank.kill_everywhere = False

    assert bank.killer.kills > 20
    assert found() == ["这款产品保本", "不要再发了"]
    assert cases_of(bank) == {"这款产品保本": {ReviewKind.COMPLIANCE}}
    assert (
        DynamoConsentStore(at(bank, "ConsentTable")).standings([customer])[customer].answer is ConsentAnswer.OPTED_OUT
    )
    assert list(DynamoWaitingSegments(at(bank, "ArchiveTable")).all_waiting()) == []


def test_a_segment_whose_message_was_lost_is_told_again(bank: LocalBank) -> None:
    bank.sim.control.archive.write(MEMBER, customer_of(bank), "您好")
    pull(bank)
    note, *_ = waiting_puts(0, None, clock.now())
    assert at(bank, "ArchiveTable").put(note.item)

    archive_screen.lambda_handler({"schedule": archive_screen.WAITING}, Context())  # type: ignore[arg-type]
    bank.run_until_idle()
    assert len(list(DynamoWaitingSegments(at(bank, "ArchiveTable")).all_waiting())) == 1  # not yet overdue

    bank.sim.control.advance(OVERDUE.total_seconds() + 60)
    clock.refresh()
    archive_screen.lambda_handler({"schedule": archive_screen.WAITING}, Context())  # type: ignore[arg-type]
    bank.run_until_idle()
    assert list(DynamoWaitingSegments(at(bank, "ArchiveTable")).all_waiting()) == []


def test_seats_and_answers_about_the_archive_are_known_by_member(bank: LocalBank) -> None:
    customer = customer_of(bank)
    archive_intake.lambda_handler({"schedule": archive_intake.SEATS}, Context())  # type: ignore[arg-type]
    pull(bank)
    members = DynamoArchiveMembers(at(bank, "ArchiveTable"))
    assert members.of([MEMBER])[MEMBER] == MemberCoverage(MEMBER, has_seat=True)

    bank.sim.control.patch_relation(MEMBER, customer, archive_consent="refused")
    pull(bank)
    bank.sim.control.archive.set_seats([])
    archive_intake.lambda_handler({"schedule": archive_intake.SEATS}, Context())  # type: ignore[arg-type]

    assert members.of([MEMBER])[MEMBER] == MemberCoverage(MEMBER, has_seat=False, refused=frozenset({customer}))
    answer = members.answer(MEMBER, customer)
    assert answer is not None
    assert answer.consent is ArchiveConsent.REFUSED
