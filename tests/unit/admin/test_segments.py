"""Segments over the API: who may make them, who sees them, and what is wrong with an expression."""

import hashlib
from collections.abc import Mapping
from typing import Any

import pytest

from tests.admin_api import BRANCH_10, BRANCH_20, HEAD_OFFICE, Api, Reply, Request
from tests.fakes.audience import facts
from tests.fakes.org import member
from tests.unit.admin.test_content import RM, SUB_BRANCH, send

GOLD = {"name": "黄金客户", "expression": "tier = gold"}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    api = Api()
    api.people.rows["rm_li"] = member("rm_li", "12", "/1/10/12/")
    api.known.by_owner = {"rm_li": {"wm1": facts("wm1", tier="gold"), "wm2": facts("wm2", tier="gold", risk_class=1)}}
    return api.join(monkeypatch)


def test_a_branch_makes_segments_for_itself_and_head_office_for_all(api: Api) -> None:
    own = send(api, "POST", "/v1/segments", BRANCH_10, GOLD).body
    banks = send(api, "POST", "/v1/segments", HEAD_OFFICE, {**GOLD, "name": "全行黄金"}).body

    assert (own["node_id"], own["version"], own["explanation"]) == ("10", 1, "客户等级为gold")
    path = f"/v1/segments/{own['segment_id']}"
    assert send(api, "GET", path, BRANCH_10).body["versions"] == [own]
    assert send(api, "GET", path, HEAD_OFFICE).status == 200
    assert send(api, "GET", path, BRANCH_20).status == 404
    assert send(api, "GET", f"/v1/segments/{banks['segment_id']}", BRANCH_20).body["name"] == "全行黄金"
    assert send(api, "GET", "/v1/segments", BRANCH_10).body["items"] == [own]
    assert [send(api, "POST", "/v1/segments", claims, GOLD).status for claims in (RM, SUB_BRANCH)] == [403, 403]
    assert send(api, "POST", "/v1/segments", BRANCH_10, {**GOLD, "node_id": "20"}).status == 404


def test_a_change_names_the_version_it_was_made_from(api: Api) -> None:
    made = send(api, "POST", "/v1/segments", BRANCH_10, GOLD).body
    banks = send(api, "POST", "/v1/segments", HEAD_OFFICE, GOLD).body
    path = f"/v1/segments/{made['segment_id']}"
    wider = {"version": 1, "name": "黄金以上", "expression": "tier in (gold, private)"}

    revised = send(api, "PUT", path, BRANCH_10, wider).body

    assert (revised["version"], revised["expression"]) == (2, "tier in (gold, private)")
    assert send(api, "PUT", path, BRANCH_10, {**wider, "expression": "tier = gold"}).status == 409
    assert send(api, "PUT", f"/v1/segments/{banks['segment_id']}", BRANCH_10, wider).status == 404
    told = [entry.action for entry in api.audited("10") if entry.action.startswith("segment.")]
    assert told == ["segment.created", "segment.revised"]


def test_an_expression_that_is_not_understood_says_where_and_what_was_perhaps_meant(api: Api) -> None:
    refused = send(api, "POST", "/v1/segments", BRANCH_10, {**GOLD, "expression": "age > 60 and teir = gold"})

    assert (refused.status, refused.body["type"]) == (422, "urn:scrm:problem:invalid-expression")
    assert "unknown field teir at character 14; did you mean tier?" in refused.body["detail"].lower()


def preview(api: Api, claims: Mapping[str, Any], **query: str) -> Reply:
    return api.send(Request("/v1/audience-preview", query=query, claims=claims))


def test_a_preview_counts_and_explains(api: Api) -> None:
    found = preview(api, BRANCH_10, expression="tier=gold", product_risk="3").body
    elsewhere = preview(api, BRANCH_20, expression="tier=gold").body

    assert (found["candidates"], found["customers"], found["owners"]) == (2, 1, 1)
    assert (found["excluded"], found["sample"]) == ({"risk_above_profile": 1}, ["wm1"])
    assert (found["expression"], found["explanation"]) == ("tier = gold", "客户等级为gold")
    assert elsewhere["candidates"] == 0
    segment_id = send(api, "POST", "/v1/segments", BRANCH_10, GOLD).body["segment_id"]
    assert preview(api, BRANCH_10, segment_id=segment_id).body["customers"] == 2
    assert preview(api, BRANCH_10).status == 422
    assert preview(api, BRANCH_10, segment_id=segment_id, expression="tier = gold").status == 422
    assert preview(api, BRANCH_10, expression="tier").status == 422
    assert preview(api, BRANCH_10, segment_id="seg_nobody").status == 404


def test_the_language_can_be_read(api: Api) -> None:
    fields = {row["name"]: row for row in send(api, "GET", "/v1/segment-fields", BRANCH_10).body["items"]}

    assert fields["activity"]["values"]["silent"] == "沉默"
    assert [name for name, row in fields.items() if row["is_sensitive"]] == [
        "aum_band",
        "holdings",
        "holdings_count",
        "risk_class",
        "assessed_on",
        "age",
    ]
    assert fields["risk_class"]["chinese"] == "风险承受等级"


def put(api: Api, content: bytes, claims: Mapping[str, Any] = BRANCH_10) -> str:
    """The file's hash, after it was put at its link."""
    digest = hashlib.sha256(content).hexdigest()
    link = send(api, "POST", "/v1/segment-uploads", claims, {"size": len(content), "sha256": digest})
    assert link.status == 201, link.body
    api.lists.files[link.body["upload_url"].rsplit("/", 1)[-1]] = content
    return digest


def test_a_list_of_customers_is_a_segment(api: Api) -> None:
    digest = put(api, b"external_userid\nwm1\nwm2\nwm_nobody\n")

    made = send(api, "POST", "/v1/segments", BRANCH_10, {"name": "名单", "list_sha256": digest}).body

    assert (made["kind"], made["listed"], made["unusable"], made["explanation"]) == ("list", 3, 0, "名单，共 3 位客户")
    found = preview(api, BRANCH_10, segment_id=made["segment_id"], product_risk="3").body
    assert (found["candidates"], found["excluded"]) == (2, {"risk_above_profile": 1})
    change = {"version": 1, "name": "名单", "list_sha256": put(api, b"external_userid\nwm2\n")}
    revised = send(api, "PUT", f"/v1/segments/{made['segment_id']}", BRANCH_10, change).body
    assert (revised["version"], revised["listed"]) == (2, 1)


def test_a_list_is_refused_with_its_reason(api: Api) -> None:
    def make(**asked: str) -> Reply:
        return send(api, "POST", "/v1/segments", BRANCH_10, {"name": "名单", **asked}, key=str(asked))

    mixed = put(api, b"external_userid\nwm1\nnot one\n")
    others = put(api, b"external_userid\nwm1\n", BRANCH_20)

    assert make(list_sha256=mixed).body["detail"].startswith("1 of 2 rows cannot be used")
    assert [make(list_sha256=digest).status for digest in ("0" * 64, others)] == [409, 409]
    assert [make().status, make(list_sha256=others, expression="tier = gold").status] == [422, 422]
    upload = {"size": 9 * 1024 * 1024, "sha256": others}
    assert send(api, "POST", "/v1/segment-uploads", BRANCH_10, upload).status == 422
    assert send(api, "POST", "/v1/segment-uploads", RM, {**upload, "size": 9}).status == 403
