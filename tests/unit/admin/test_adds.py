"""Judged adds through the API: listed by branch, explained, appealed and decided by two persons, limits set."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from scrm import clock
from scrm.adds.judging import judge
from scrm.adds.model import Add, Company, Evidence, Judgement, State
from scrm.adds.rules import AddRules
from scrm.runtime.add_joins import rules_of
from scrm.settings.adds import AddsDocument
from tests.admin_api import BRANCH_10, BRANCH_20, HEAD_OFFICE, Api, Reply, Request

CHECKER = {**HEAD_OFFICE, "sub": "op-checker"}
AUDITOR = {**BRANCH_10, "scrm_roles": "[auditor]"}
AT = clock.now() - timedelta(days=2)
DAY = AT.astimezone(clock.BUSINESS_ZONE).date()


def add(userid: str, path: str, customer: str, **told: Any) -> Add:
    return Add(userid, path, customer, AT, customer_key=f"k-{customer}", home_path=path, tier="gold", **told)


def judged(one: Add, on: date = DAY) -> Judgement:
    return judge(Evidence(one, 0, Company(1), Company(1)), AddRules(), 3, on)


FRESH = judged(add("rm_a", "/1/10/12/", "wm1"))
TAKEN = judged(add("rm_a", "/1/10/12/", "wm2", was_followed=True))
STAFF = judged(replace(add("rm_b", "/1/10/", "wm3"), tier="staff"))
ELSEWHERE = judged(add("rm_c", "/1/20/", "wm4", was_followed=True))
TAKEN_REF, STAFF_REF = TAKEN.evidence.add.place.ref, STAFF.evidence.add.place.ref


@pytest.fixture(autouse=True)
def morning(api: Api) -> None:
    api.adds.judged([FRESH, TAKEN, STAFF, ELSEWHERE])


def get(api: Api, path: str, claims: Mapping[str, str] = HEAD_OFFICE, /, **query: str) -> Reply:
    return api.send(Request(path, claims=claims, query=query))


def post(api: Api, ref: str, step: str, body: Any, claims: Mapping[str, str] = HEAD_OFFICE) -> Reply:
    return api.send(
        Request(f"/v1/adds/{ref}/{step}", "POST", claims=claims, headers={"idempotency-key": "k"}, body=body)
    )


def customers(reply: Reply) -> list[str]:
    return [row["external_userid"] for row in reply.body["items"]]


def test_a_day_is_listed_by_verdict_and_everybody_sees_his_own_nodes(api: Api) -> None:
    day = DAY.isoformat()
    assert customers(get(api, "/v1/adds", day=day)) == ["wm1", "wm2", "wm3", "wm4"]
    assert customers(get(api, "/v1/adds", day=day, state="excluded")) == ["wm2", "wm3", "wm4"]
    assert customers(get(api, "/v1/adds", BRANCH_10, day=day)) == ["wm1", "wm2", "wm3"]
    assert customers(get(api, "/v1/adds", BRANCH_10, day=day, node_id="12", state="excluded")) == ["wm2"]
    assert get(api, "/v1/adds", BRANCH_10, day=day, node_id="20").status == 404
    assert customers(get(api, "/v1/adds", day=(DAY - timedelta(days=1)).isoformat())) == []
    assert get(api, "/v1/adds").status == 422


def test_pages_go_on_where_the_last_ended_and_only_in_their_own_list(api: Api) -> None:
    query, seen = {"day": DAY.isoformat(), "limit": "1"}, []
    page = get(api, "/v1/adds", **query)
    seen += customers(page)
    while cursor := page.body["cursor"]:
        another = get(api, "/v1/adds", **query, cursor=cursor, state="valid")
        page = get(api, "/v1/adds", **query, cursor=cursor)
        seen += customers(page)
    assert seen == ["wm1", "wm2", "wm3", "wm4"]
    assert another.status == 400


def test_an_exclusion_is_explained_by_rule_with_what_it_saw(api: Api) -> None:
    found = get(api, f"/v1/adds/{TAKEN_REF}", BRANCH_10).body

    assert (found["state"], found["counts"], found["reasons"], found["rules_version"]) == (
        "excluded",
        False,
        ["first_add"],
        3,
    )
    findings = {each["rule"]: each for each in found["findings"]}
    assert (findings["first_add"]["answer"], findings["first_add"]["saw"]) == ("fails", {"followed_before": 1})
    assert len(findings) == 7


def test_nothing_of_a_customer_is_told_but_his_id_and_what_excluded_him(api: Api) -> None:
    told = str([get(api, "/v1/adds", day=DAY.isoformat()).body, get(api, f"/v1/adds/{TAKEN_REF}").body])
    assert "k-wm2" not in told
    assert "gold" not in told
    staff = {each["rule"]: each["saw"] for each in get(api, f"/v1/adds/{STAFF_REF}").body["findings"]}
    assert staff["not_staff"] == {"tier": "staff"}


@pytest.mark.parametrize("ref", ["nonsense", DAY.isoformat() + ".10.add_" + "a" * 26, "2027-02-30.10.add_" + "a" * 26])
def test_an_unknown_add_is_not_found(api: Api, ref: str) -> None:
    assert get(api, f"/v1/adds/{ref}").status == 404
    assert post(api, ref, "appeal", {"reason": "r"}).status == 404
    assert post(api, ref, "approval", {"note": "r"}).status == 404


def test_an_appeal_is_asked_by_one_and_approved_by_another_at_head_office(api: Api) -> None:
    asked = post(api, TAKEN_REF, "appeal", {"reason": "柜面已核实"}, BRANCH_10)
    assert (asked.status, asked.body["state"], asked.body["rules"]) == (200, "requested", ["first_add"])
    assert post(api, TAKEN_REF, "appeal", {"reason": "again"}, BRANCH_10).body == asked.body
    assert post(api, TAKEN_REF, "approval", {"note": "r"}, BRANCH_10).status == 403
    assert customers(get(api, "/v1/adds", day=DAY.isoformat(), state="excluded")) == ["wm2", "wm3", "wm4"]
    month = DAY.isoformat()[:7]
    listed = get(api, "/v1/add-appeals", BRANCH_10, month=month, state="requested").body["items"]
    assert [row["add_ref"] for row in listed] == [TAKEN_REF]
    assert get(api, "/v1/add-appeals", BRANCH_20, month=month).body["items"] == []

    approved = post(api, TAKEN_REF, "approval", {"note": "核实账户"}, CHECKER)
    assert (approved.body["state"], approved.body["note"], approved.body["counted_on"]) == (
        "approved",
        "核实账户",
        None,
    )
    assert get(api, f"/v1/adds/{TAKEN_REF}").body["appeal"] == approved.body
    assert post(api, TAKEN_REF, "rejection", {"note": "late"}).status == 409
    actions = [entry.action for entry in api.audited("10") if entry.action.startswith("add_appeal")]
    assert actions == ["add_appeal.requested", "add_appeal.approved"]


def test_ones_own_appeal_and_an_appeal_without_a_reason_are_refused(api: Api) -> None:
    post(api, TAKEN_REF, "appeal", {"reason": "r"})
    own = post(api, TAKEN_REF, "approval", {"note": "r"})
    assert (own.status, own.body["type"]) == (409, "urn:scrm:problem:appeal-refused")
    assert post(api, TAKEN_REF, "rejection", {"note": "r"}).status == 409
    assert post(api, STAFF_REF, "appeal", {"reason": ""}).status == 422
    assert post(api, STAFF_REF, "appeal", {"reason": " "}).status == 409
    assert post(api, TAKEN_REF, "rejection", {"note": "未核实"}, CHECKER).body["state"] == "rejected"


def test_only_who_sees_an_excluded_add_and_decides_appeals(api: Api) -> None:
    assert post(api, TAKEN_REF, "appeal", {"reason": "r"}, BRANCH_20).status == 404
    assert post(api, TAKEN_REF, "appeal", {"reason": "r"}, AUDITOR).status == 403
    refused = post(api, FRESH.evidence.add.place.ref, "appeal", {"reason": "r"})
    assert (refused.status, State.PROVISIONAL.value in refused.body["detail"]) == (409, True)


def test_limits_are_set_by_head_office_over_what_was_read(api: Api) -> None:
    def put(version: int, settings: Any, claims: Mapping[str, str] = HEAD_OFFICE) -> Reply:
        body = {"version": version, "settings": settings}
        return api.send(Request("/v1/settings/adds", "PUT", claims=claims, body=body))

    before = get(api, "/v1/settings/adds", BRANCH_10).body
    changed = put(0, {"kept_days": 14, "staff_tiers": ["own"]})

    assert (before["version"], before["settings"]["kept_days"], before["settings"]["staff_tiers"]) == (0, 7, ["staff"])
    assert (changed.body["version"], changed.body["given"]) == (1, ["kept_days", "staff_tiers"])
    assert put(0, {}).status == 409
    assert put(1, {}, BRANCH_10).status == 403
    assert put(1, {"kept_days": 60}).status == 422
    assert put(1, {"appeal_days": 20}).status == 422


def test_the_defaults_of_the_settings_are_those_of_the_code() -> None:
    assert rules_of(AddsDocument()) == AddRules()
