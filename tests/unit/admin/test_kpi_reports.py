"""Monthly reports through the API: made at once, fetched by link, of one's own nodes only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from scrm.aws.report_documents import BucketReports
from scrm.runtime.wiring import kpi_reports as wiring
from tests.admin_api import BRANCH_10, HEAD_OFFICE, Api, Reply, Request
from tests.fakes.report import ReportBank

MONTH = "2026-10"


@dataclass
class LinkedFiles:
    """A bucket whose links are its keys."""

    files: dict[str, bytes] = field(default_factory=dict)

    def put(self, key: str, body: bytes, content_type: str) -> bool:
        assert content_type
        self.files[key] = body
        return True

    def sizes_below(self, prefix: str) -> Iterator[tuple[str, int]]:
        return ((key, len(body)) for key, body in sorted(self.files.items()) if key.startswith(prefix))

    def link(self, key: str, file_name: str, valid_for_s: int) -> str:
        return f"https://files.example/{key}?name={file_name}&for={valid_for_s}"


@pytest.fixture
def files(api: Api, monkeypatch: pytest.MonkeyPatch) -> LinkedFiles:
    del api
    kept = LinkedFiles()

    def desk(most_nodes: int) -> wiring.ReportDesk:
        return wiring.ReportDesk(ReportBank().reports(most_nodes), BucketReports(kept))

    monkeypatch.setattr(wiring, "desk", desk)
    return kept


def make(api: Api, body: dict[str, str], claims: Mapping[str, Any] = HEAD_OFFICE) -> Reply:
    return api.send(Request("/v1/kpi-reports", "POST", claims=claims, headers={"idempotency-key": "k"}, body=body))


def test_a_report_is_made_and_fetched_by_a_short_lived_link(api: Api, files: LinkedFiles) -> None:
    made = make(api, {"month": MONTH})
    found = api.send(Request(f"/v1/kpi-reports/{MONTH}/nodes/1"))

    assert (made.status, made.body["node_id"]) == (201, "1")
    assert sorted(made.body["links"]) == ["csv", "html", "xlsx"]
    assert found.body["links"]["html"].endswith(f"reports/kpi/{MONTH}/1.html?name=kpi-{MONTH}-1.html&for=300")
    assert b"2026\xe5\xb9\xb410\xe6\x9c\x88" in files.files[f"reports/kpi/{MONTH}/1.html"]


def test_a_report_that_was_not_made_is_not_found(api: Api, files: LinkedFiles) -> None:
    del files

    assert api.send(Request(f"/v1/kpi-reports/{MONTH}/nodes/1")).status == 404


def test_a_branch_has_its_own_report_and_sees_no_other(api: Api, files: LinkedFiles) -> None:
    del files
    make(api, {"month": MONTH})

    assert make(api, {"month": MONTH}, BRANCH_10).body["node_id"] == "10"
    assert make(api, {"month": MONTH, "node_id": "20"}, BRANCH_10).status == 404
    assert api.send(Request(f"/v1/kpi-reports/{MONTH}/nodes/1", claims=BRANCH_10)).status == 404


def test_a_month_to_come_has_no_report(api: Api, files: LinkedFiles) -> None:
    del files

    assert make(api, {"month": "2099-01"}).body["type"] == "urn:scrm:problem:wrong-month"


def test_a_node_that_is_too_large_to_wait_for_says_who_makes_it(
    api: Api, files: LinkedFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    del files
    monkeypatch.setattr(wiring, "MOST_NODES_HERE", 3)

    refused = make(api, {"month": MONTH})

    assert (refused.status, refused.body["type"]) == (409, "urn:scrm:problem:report-refused")
    assert "made by the schedule" in refused.body["detail"]
