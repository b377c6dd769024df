"""Certificates and findings of audits through the API."""

from dataclasses import replace

import pytest

from scrm.handover.certificate import digest_of
from scrm.handover.model import CaseState, Certificate
from scrm.handover.orphans import AuditCounts, AuditRun, OrphanFinding, OrphanKind
from tests.admin_api import AT, BRANCH_20, Api, Request, case

KEY = "handover/certificates/case_1/0001-abc"
DOCUMENT = (
    b'{"totals":{"customers":{"total":1,"done":1},"groups":{"total":0}},"edges":[\n'
    b'{"kind":"customers","state":"done"}\n'
    b"]}\n"
)
TABLE = b"kind,target_id\r\ncustomers,wm1\r\n"


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    api = Api().join(monkeypatch)
    certificate = Certificate(1, AT, KEY, digest_of([DOCUMENT]), digest_of([TABLE]), 1, 0)
    api.certificates.documents = {f"{KEY}.json": DOCUMENT, f"{KEY}.csv": TABLE}
    api.cases.cases = [
        replace(case(1, "10", CaseState.CLOSED), certificates=(certificate, replace(certificate, number=2))),
        case(2, "10"),
    ]
    return api


def path(number: int, part: str) -> str:
    return f"/v1/cases/{case(number).summary.case_id}/{part}"


def test_certificates_are_listed_with_hashes_and_totals(api: Api) -> None:
    body = api.send(Request(path(1, "certificate"))).body

    assert [(row["number"], row["json_sha256"], row["problems"]) for row in body["items"]] == [
        (1, digest_of([DOCUMENT]), None),
        (2, digest_of([DOCUMENT]), None),
    ]
    assert body["customers"]["total"] == 3


def test_documents_are_compared_with_what_the_table_says_when_asked(api: Api) -> None:
    whole = api.send(Request(path(1, "certificate"), query={"verify": "true"})).body
    api.certificates.documents[f"{KEY}.csv"] = b"forged"

    forged = api.send(Request(path(1, "certificate"), query={"verify": "true"})).body

    assert whole["items"][0]["problems"] == []
    assert forged["items"][0]["problems"] == ["The csv document is not the one whose hash was stored."]


def test_a_download_is_a_link_and_the_hash_of_what_it_leads_to(api: Api) -> None:
    body = api.send(Request(path(1, "download"), query={"format": "csv", "number": "1"})).body

    assert body["url"] == f"https://bucket.example.com/{KEY}.csv"
    assert (body["number"], body["format"], body["sha256"]) == (1, "csv", digest_of([TABLE]))
    assert body["file_name"] == f"{case(1).summary.case_id}-0001.csv"


def test_the_latest_certificate_is_the_default(api: Api) -> None:
    body = api.send(Request(path(1, "download"))).body

    assert (body["number"], body["format"]) == (2, "json")


@pytest.mark.parametrize(("number", "query"), [(2, {}), (1, {"number": "3"})])
def test_a_certificate_that_is_not_there_is_not_found(api: Api, number: int, query: dict[str, str]) -> None:
    assert api.send(Request(path(number, "download"), query=query)).status == 404
    assert api.send(Request(path(2, "certificate"))).body["items"] == []


@pytest.mark.parametrize("part", ["certificate", "download"])
def test_another_branchs_certificate_does_not_exist(api: Api, part: str) -> None:
    assert api.send(Request(path(1, part), claims=BRANCH_20)).status == 404


def test_every_download_is_in_the_audit_log(api: Api) -> None:
    api.send(Request(path(1, "download")))

    (entry,) = api.audited()
    assert (entry.actor, entry.action) == ("operator:op-head-office", "api.get.cases.download")
    assert entry.subject == case(1).summary.case_id


def test_findings_are_listed_newest_first_within_the_callers_node(api: Api) -> None:
    for place, node_path in enumerate(("/1/10/", "/1/20/")):
        finding = OrphanFinding(
            f"orphan_{place}", "audit_1", OrphanKind.OWNERLESS_GROUP, "rm_a", node_path, "case_1", ("wr1",), AT
        )
        api.orphans.keep(finding if place else replace(finding, resolved_at=AT))
    api.orphans.begin(AuditRun("audit_1", AT, AuditCounts(listed=3, answered=2), 1))

    everything = api.send(Request("/v1/orphans")).body
    branch = api.send(Request("/v1/orphans", claims=BRANCH_20)).body
    unresolved = api.send(Request("/v1/orphans", query={"unresolved": "true"})).body

    assert [row["finding_id"] for row in everything["items"]] == ["orphan_1", "orphan_0"]
    assert [row["finding_id"] for row in branch["items"]] == ["orphan_1"]
    assert [row["finding_id"] for row in unresolved["items"]] == ["orphan_1"]
    assert everything["latest_audit"]["counts"] == {"listed": 3, "answered": 2, "departed": 0, "opened": 0}


def test_without_an_audit_there_is_none_to_tell_of(api: Api) -> None:
    assert api.send(Request("/v1/orphans")).body == {"items": [], "cursor": None, "latest_audit": None}
