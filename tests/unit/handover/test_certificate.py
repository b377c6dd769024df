"""The certificate of a case: complete, of what is stored, the same however often it is written."""

import csv
import hashlib
import io
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from scrm.handover.certificate import Certification, TotalsDisagreeError, problems_of
from scrm.handover.edges import ChunkKind
from scrm.handover.errors import StaleVersionError
from scrm.handover.model import CaseOutcome, CaseState, HandoverCase
from scrm.handover.ports import LeaversCustomer, TransferStatus
from tests.fakes.handover import LEAVER, TAKER, FakeCertificates, customers, signal, staff
from tests.unit.handover.conftest import Bank


class KilledError(Exception):
    """The process ends here."""


def certification_of(bank: Bank, documents: FakeCertificates) -> Certification:
    return Certification(documents, bank.packages)


class DyingCertificates(FakeCertificates):
    """Ends the process at the ``dies_at``-th document, before or after it is stored."""

    dies_at = 0
    after = False

    def write(self, key: str, pieces: Iterable[bytes]) -> None:
        self.dies_at -= 1
        if self.dies_at == 0 and not self.after:
            raise KilledError
        super().write(key, pieces)
        if self.dies_at == 0:
            raise KilledError


def transferred(bank: Bank) -> HandoverCase:
    """A case whose transfers are all decided and not looked at yet; one was refused and then taken by the next."""
    bank.staff.members["rm_zhou03"] = staff("rm_zhou03")
    bank.book.customers[LEAVER].append(LeaversCustomer("wm_half", "half_added"))
    case = bank.plan(bank.open(TAKER))
    bank.submit_all(case)
    bank.wecom.decide(TransferStatus.REFUSED, only="wm00001")
    bank.poll(case)
    bank.submit_all(case)
    bank.wecom.decide()
    bank.clock.advance(timedelta(hours=25))
    return case


def delivered(bank: Bank) -> HandoverCase:
    """The same, and the next look closes the case."""
    case = transferred(bank)
    bank.look(case)
    while bank.queue.deliveries:
        bank.deliver()
    assert bank.latest(case).is_open
    return case


def test_the_documents_hold_every_edge_every_attempt_and_totals_that_add_up(bank: Bank) -> None:
    case = transferred(bank)

    bank.poll(case)

    closed = bank.latest(case)
    (certificate,) = closed.certificates
    document = json.loads(bank.certificates.documents[f"{certificate.key}.json"])
    edges = {edge["target_id"]: edge for edge in document["edges"]}
    assert document["totals"] == {
        "customers": {"total": 4, "done": 3, "ineligible": 1},
        "groups": {"total": 1, "done": 1},
    }
    assert [attempt["outcome"] for attempt in edges["wm00001"]["attempts"]] == ["refused", "done"]
    assert (edges["wm_half"]["state"], edges["wm_half"]["attempts"]) == ("ineligible", [])
    assert document["takers"] == [
        {"userid": TAKER, "customers": 2, "groups": 1},
        {"userid": "rm_zhou03", "customers": 1, "groups": 0},
    ]
    assert [told["event_id"] for told in document["signals"]] == ["hr-1"]
    assert (document["outcome"], certificate.customers, certificate.groups) == ("completed", 4, 1)
    assert problems_of(certificate, bank.certificates) == []


def test_the_table_has_a_row_an_attempt_and_one_for_an_edge_without(bank: Bank) -> None:
    case = transferred(bank)

    bank.poll(case)

    (certificate,) = bank.latest(case).certificates
    content = bank.certificates.documents[f"{certificate.key}.csv"]
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert [(row["target_id"], row["attempt"], row["outcome"]) for row in rows if row["kind"] == "customers"] == [
        ("wm00000", "1", "done"),
        ("wm00001", "1", "refused"),
        ("wm00001", "2", "done"),
        ("wm00002", "1", "done"),
        ("wm_half", "0", ""),
    ]
    assert hashlib.sha256(content).hexdigest() == certificate.csv_sha256


def test_both_documents_list_by_name_the_personal_tags_that_could_not_be_carried(bank: Bank) -> None:
    tags = {"remark": "Li", "personal_tags": ["=爱喝茶", "女儿高考"]}
    bank.part.notes = {"wm00000": {"remark": "Wang", "personal_tags": None}, "wm00001": tags}  # type: ignore[dict-item]
    case = transferred(bank)

    bank.poll(case)

    (certificate,) = bank.latest(case).certificates
    document = json.loads(bank.certificates.documents[f"{certificate.key}.json"])
    named = {edge["target_id"]: edge["personal_tags"] for edge in document["edges"]}
    assert (named["wm00001"], named["wm00000"], named["wr01"]) == (["=爱喝茶", "女儿高考"], [], [])
    content = bank.certificates.documents[f"{certificate.key}.csv"].decode("utf-8-sig")
    rows = [(row["target_id"], row["personal_tags"]) for row in csv.DictReader(io.StringIO(content))]
    assert [names for customer, names in rows if customer == "wm00001"] == ["'=爱喝茶; 女儿高考"] * 2
    assert {names for customer, names in rows if customer != "wm00001"} == {""}


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("document", [1, 2])
def test_killed_while_it_writes_the_case_stays_open_and_then_gets_the_same_certificate(
    bank: Bank,
    document: int,
    after: bool,  # noqa: FBT001 - pytest passes it
) -> None:
    case = delivered(bank)
    dying = DyingCertificates(bank.certificates.documents)
    dying.dies_at, dying.after = document, after

    with pytest.raises(KilledError):
        replace(bank.reconcile(), certification=lambda: certification_of(bank, dying)).poll(case.case_id, bank.clock)
    between = bank.latest(case)
    due = list(bank.cases.due_cases(bank.clock()))
    ended_at = bank.clock()
    bank.clock.advance(timedelta(hours=7))
    bank.poll(case)

    (certificate,) = bank.latest(case).certificates
    assert (between.state, between.certificates, due) == (CaseState.TRANSFERRING, (), [case.case_id])
    assert certificate.issued_at == ended_at
    assert sorted(bank.certificates.documents) == [f"{certificate.key}.csv", f"{certificate.key}.json"]
    assert problems_of(certificate, bank.certificates) == []


def test_a_look_that_lost_the_race_leaves_the_winners_certificate_whole(bank: Bank) -> None:
    case = delivered(bank)
    reconcile = bank.reconcile()
    meanwhile = FakeCertificates(bank.certificates.documents)

    class Overtaken(FakeCertificates):
        def write(self, key: str, pieces: Iterable[bytes]) -> None:
            if not bank.latest(case).certificates:
                replace(reconcile, certification=lambda: certification_of(bank, meanwhile)).poll(
                    case.case_id, bank.clock
                )
            super().write(key, pieces)

    with pytest.raises(StaleVersionError):
        replace(
            reconcile, certification=lambda: Certification(Overtaken(bank.certificates.documents), bank.packages)
        ).poll(case.case_id, bank.clock)

    (certificate,) = bank.latest(case).certificates
    assert problems_of(certificate, bank.certificates) == []


def test_a_cancelled_case_is_proved_too(bank: Bank) -> None:
    bank.wecom.accounts.add(LEAVER)
    case = bank.plan(bank.tell(signal(last_day=bank.clock().date() + timedelta(days=30))))
    bank.tell(signal(event_id="hr-2", at=bank.clock() + timedelta(hours=1), cancels=True))

    bank.poll(case)

    closed = bank.latest(case)
    (certificate,) = closed.certificates
    document = json.loads(bank.certificates.documents[f"{certificate.key}.json"])
    assert (closed.outcome, document["outcome"]) == (CaseOutcome.CANCELLED, "cancelled")
    assert document["totals"]["customers"] == {"total": 3, "kept": 3}


def test_a_document_that_was_changed_is_noticed(bank: Bank) -> None:
    case = delivered(bank)
    bank.poll(case)
    (certificate,) = bank.latest(case).certificates
    documents = bank.certificates.documents

    documents[f"{certificate.key}.json"] = documents[f"{certificate.key}.json"].replace(b"refused", b"granted")
    del documents[f"{certificate.key}.csv"]

    assert problems_of(certificate, bank.certificates) == [
        "The json document is not the one whose hash was stored.",
        "The csv document is missing.",
    ]


def test_totals_that_are_not_those_of_the_edges_are_noticed(bank: Bank) -> None:
    case = delivered(bank)
    bank.poll(case)
    (certificate,) = bank.latest(case).certificates
    key = f"{certificate.key}.json"
    forged = bank.certificates.documents[key].replace(b'"done":3', b'"done":4')
    bank.certificates.documents[key] = forged

    told = replace(certificate, json_sha256=hashlib.sha256(forged).hexdigest())

    assert problems_of(told, bank.certificates) == ["The totals of the customers are not those of its edges."]


def test_an_edge_that_is_in_two_chunks_gets_no_certificate(bank: Bank) -> None:
    case = bank.plan(bank.open(TAKER))
    chunk = bank.chunks(case)[0]

    with pytest.raises(TotalsDisagreeError):
        Certification(bank.certificates, bank.packages).issue(case, [chunk, replace(chunk, number=7)])

    assert bank.certificates.documents == {}


def test_chunks_in_another_order_give_the_same_bytes(bank: Bank) -> None:
    bank.book.customers[LEAVER] = customers(250)
    case = bank.plan(bank.open(TAKER))
    chunks = bank.chunks(case)

    first = Certification(bank.certificates, bank.packages).issue(case, chunks)
    second = Certification(bank.certificates, bank.packages).issue(case, list(reversed(chunks)))

    assert first == second
    assert sum(chunk.kind is ChunkKind.CUSTOMERS for chunk in chunks) > 1
