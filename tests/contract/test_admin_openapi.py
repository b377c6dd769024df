"""The committed OpenAPI document is the API: generated from it, valid, and kept by every answer."""

import json
import re
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import validate

from local.engine.paths import ROOT
from scrm.handover.edges import EdgeState
from scrm.handover.four_eyes import PendingDecision, Wish
from scrm.org.model import MemberDetail
from scrm.runtime.http.contract import document
from scrm.tasks.model import Task, TaskKind
from scrm.tasks.ports import TaskChange
from tests.admin_api import ARCHIVE_EVENTS, AT, EVENTS, Api, case, edge, rejection, sample
from tests.fakes.org import member

COMMITTED = ROOT / "docs" / "contracts" / "admin-api.openapi.json"
DECISION_ID = "decision_" + "a" * 26
CASE_ID = "case_" + "a" * 26
CUSTOMER_ID = "wmEXAMPLE0000000000000000000001"
SAMPLES = sorted(path.stem for folder in (EVENTS, ARCHIVE_EVENTS) for path in folder.glob("*.json"))


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(COMMITTED.read_text(encoding="utf-8"))
    return found


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    api = Api().join(monkeypatch)
    found = case()
    api.cases.cases = [replace(found, summary=replace(found.summary, case_id=CASE_ID))]
    api.cases.edges = {CASE_ID: [edge("wm1", EdgeState.MANUAL), edge("wm2")]}
    api.cases.groups = {CASE_ID: [edge("wr1")]}
    api.org.rejected = [rejection(1)]
    wish = Wish("close", CASE_ID, "/1/10/", {"reason": "served by the branch"})
    api.decisions.save(PendingDecision(DECISION_ID, wish, "operator:op-1", AT, AT))
    api.org.people.append(MemberDetail(member("rm_zhou", "12", "/1/10/12/")))
    task = Task("task_" + "a" * 26, "rm_zhou", TaskKind.GREET_CUSTOMER, ("wm1",), "/1/10/12/", AT, AT)
    api.tasks.save([TaskChange(None, task)])
    api.people.rows["rm_zhou"] = member("rm_zhou", "12", "/1/10/12/")
    api.contacts.changes.added("rm_zhou", CUSTOMER_ID, AT)
    api.contacts.accountability.master_says(CUSTOMER_ID, "rm_nobody", AT)
    return api


def test_the_committed_document_is_what_the_code_generates() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == document(), "regenerate: see scrm.runtime.http.contract"


def test_the_document_is_valid_openapi_and_every_operation_is_secured(contract: dict[str, Any]) -> None:
    validate(contract)

    assert contract["security"] == [{"operators": []}]
    assert contract["components"]["securitySchemes"]["operators"]["bearerFormat"] == "JWT"


def test_every_operation_describes_its_problems_and_has_a_sample(contract: dict[str, Any]) -> None:
    operations = {
        (method.upper(), path): operation
        for path, methods in contract["paths"].items()
        for method, operation in methods.items()
    }

    sampled = {(_method(name), _template(contract, sample(name))) for name in SAMPLES}

    assert set(operations) <= sampled
    for operation in operations.values():
        assert {"401", "403", "422", "500"} <= set(operation["responses"])
        assert "application/problem+json" in operation["responses"]["403"]["content"]


def test_every_post_needs_an_idempotency_key(contract: dict[str, Any]) -> None:
    posts = [methods["post"] for methods in contract["paths"].values() if "post" in methods]

    assert posts
    for operation in posts:
        named = [found for found in operation["parameters"] if found["in"] == "header"]
        (header,) = [found for found in named if found["name"].lower() != "if-match"]
        assert (header["name"].lower(), header["required"]) == ("idempotency-key", True)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_answer_keeps_its_schema(api: Api, contract: dict[str, Any], name: str) -> None:
    reply = api.send_event(sample(name))

    path = _template(contract, sample(name)) or "/v1/cases"  # an unknown route answers with the same problem
    described = contract["paths"][path][_method(name).lower()]["responses"][str(reply.status)]
    schema = described["content"][reply.content_type]["schema"]
    jsonschema.Draft202012Validator({**schema, "components": contract["components"]}).validate(reply.body)


def _method(name: str) -> str:
    method: str = sample(name)["requestContext"]["http"]["method"]
    return method


def _template(contract: dict[str, Any], event: dict[str, Any]) -> str | None:
    """The path of the document that the event's path belongs to."""
    path = event["requestContext"]["http"]["path"]
    return next((known for known in contract["paths"] if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", known), path)), None)
