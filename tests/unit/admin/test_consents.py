"""Customers' answers through the API: who sees and records them, and what an operator may not do."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from scrm import clock
from tests.admin_api import AT, BRANCH_10, BRANCH_20, HEAD_OFFICE, Api, Reply, Request
from tests.fakes.org import member

AUDITOR_10 = {**BRANCH_10, "scrm_roles": "[auditor]"}
COMPLIANCE_10 = {**BRANCH_10, "scrm_roles": "[compliance]"}


@pytest.fixture
def bank(api: Api) -> Api:
    api.people.rows["rm_owner"] = member("rm_owner", "12", "/1/10/12/")
    api.contacts.changes.added("rm_owner", "wm1", AT)
    return api


def ask(api: Api, claims: Mapping[str, str] = BRANCH_10) -> Reply:
    return api.send(Request("/v1/consents/wm1", claims=claims))


def record(api: Api, answer: str = "opted_out", claims: Mapping[str, str] = BRANCH_10, **more: Any) -> Reply:
    return api.send(Request("/v1/consents/wm1", "PUT", claims=claims, body={"answer": answer, **more}))


def test_a_customer_who_never_answered_has_no_answer(bank: Api) -> None:
    assert ask(bank).body == {"external_userid": "wm1", "answer": None, "since": None, "statements": []}


def test_what_an_operator_records_stands_is_kept_and_reaches_the_campaigns(bank: Api) -> None:
    said_at = clock.now() - timedelta(hours=1)

    reply = record(bank, said_at=clock.to_iso(said_at))

    assert reply.status == 200
    assert (reply.body["answer"], reply.body["since"]) == ("opted_out", clock.to_iso(said_at))
    (statement,) = reply.body["statements"]
    assert (statement["source"], statement["by"]) == ("operator", "operator:op-branch-10")
    assert bank.answers.news.told == [("wm1", ("rm_owner",))]
    assert bank.audited("10")[-1].action == "api.put.consents"


def test_an_older_answer_that_comes_late_is_listed_and_does_not_stand(bank: Api) -> None:
    record(bank)

    late = record(bank, "consented", said_at="2026-01-05T10:00:00+08:00", reference="FORM-7").body

    assert late["answer"] == "opted_out"
    assert [row["answer"] for row in late["statements"]] == ["opted_out", "consented"]


def test_a_consent_needs_its_proof(bank: Api) -> None:
    assert record(bank, "consented").status == 422
    assert record(bank, "consented", reference="FORM-2026-7").body["answer"] == "consented"


def test_nobody_answered_in_the_future(bank: Api) -> None:
    later = clock.to_iso(clock.now() + timedelta(minutes=1))

    assert record(bank, said_at=later).status == 422


@pytest.mark.parametrize("claims", [COMPLIANCE_10, HEAD_OFFICE])
def test_compliance_and_head_office_record_too(bank: Api, claims: Mapping[str, str]) -> None:
    assert record(bank, claims=claims).status == 200


def test_an_auditor_looks_and_another_branch_sees_nothing(bank: Api) -> None:
    assert ask(bank, AUDITOR_10).status == 200
    assert record(bank, claims=AUDITOR_10).status == 403
    assert (ask(bank, BRANCH_20).status, record(bank, claims=BRANCH_20).status) == (404, 404)
    assert ask(bank, BRANCH_10).body["answer"] is None


def test_settings_are_read_by_all_and_changed_by_head_office(api: Api) -> None:
    wanted = {"version": 0, "settings": {"consent_required": True}}

    def put(claims: Mapping[str, str]) -> Reply:
        return api.send(Request("/v1/settings/consent", "PUT", claims=claims, body=wanted))

    assert put(BRANCH_10).status == 403
    assert put(HEAD_OFFICE).body["settings"]["consent_required"] is True
    assert api.send(Request("/v1/settings/consent", claims=BRANCH_10)).body["given"] == ["consent_required"]


def test_a_link_is_made_for_a_customer_of_the_branch_and_audited(bank: Api) -> None:
    reply = ask_for_link(bank)

    assert reply.status == 200
    page, _, token = reply.body["url"].rpartition("/")
    assert page == "https://m.bank.example/o"
    assert bank.answers.tokens.customer_of(token) == "wm1"
    assert reply.body["good_until"] == clock.to_iso(bank.answers.tokens.good_until())
    assert bank.audited("10")[-1].action == "api.post.consents.link"
    assert token not in str(bank.audited("10"))


def test_an_auditor_makes_no_link_and_another_branch_none_of_ours(bank: Api) -> None:
    assert ask_for_link(bank, AUDITOR_10).status == 403
    assert ask_for_link(bank, BRANCH_20).status == 404


def ask_for_link(bank: Api, claims: Mapping[str, str] = BRANCH_10) -> Reply:
    headers = {"idempotency-key": "link-1"}
    return bank.send(Request("/v1/consents/wm1/link", "POST", claims=claims, headers=headers, body={}))
