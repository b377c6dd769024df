"""Review cases through the API: at their desk, by the right people, two where it matters, never over a newer state."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from scrm import clock
from scrm.review.desk import ReviewRules, Suspicion
from scrm.review.model import Hit, ReviewKind, Severity, case_id_of
from scrm.runtime.review_joins import review_rules
from scrm.settings.review import ReviewDocument
from tests.admin_api import BRANCH_10, BRANCH_20, HEAD_OFFICE, Api, Reply, Request

MESSAGE = f"2026-11-26.07.{2**63}.{2**63 + 3}"
COMPLIANCE = {"sub": "op-compliance", "scrm_node": "1", "scrm_roles": "[compliance]"}
COMPLIANCE_10 = {"sub": "op-compliance-10", "scrm_node": "10", "scrm_roles": "[compliance]"}
COLLEAGUE_10 = {**COMPLIANCE_10, "sub": "op-colleague-10"}
COMPLIANCE_20 = {**COMPLIANCE_10, "scrm_node": "20"}
AUDITOR_10 = {**COMPLIANCE_10, "scrm_roles": "[auditor]"}
TEAM = {**COMPLIANCE_10, "scrm_node": "12"}


def opened(api: Api, msgid: str, severity: Severity = Severity.WARNING, **changes: Any) -> str:
    hit = Hit("promise:保本", "保本", 0, 2, 4, severity, "pinyin")
    found = Suspicion(ReviewKind.COMPLIANCE, msgid, MESSAGE, "conv_1", "rm_li", "/1/10/12/", (hit,), 7)
    found = replace(found, **changes)
    api.review_desk().open_cases([found])
    return case_id_of(found.kind, msgid)


def get(api: Api, path: str = "", claims: Mapping[str, str] = COMPLIANCE_10, **query: str) -> Reply:
    return api.send(Request(f"/v1/review-cases{path}", query=query, claims=claims))


def step(
    api: Api,
    case_id: str,
    name: str,
    claims: Mapping[str, str] = COMPLIANCE_10,
    *,
    seen: str = "*",
    key: str = "",
    **body: str,
) -> Reply:
    headers = {"idempotency-key": key or f"{name}-{len(api.audited('10'))}", "if-match": seen}
    return api.send(Request(f"/v1/review-cases/{case_id}/{name}", "POST", claims=claims, headers=headers, body=body))


def ids(reply: Reply) -> list[str]:
    return [row["case_id"] for row in reply.body["items"]]


def test_a_serious_case_is_claimed_decided_and_confirmed_by_somebody_else(api: Api) -> None:
    case_id = opened(api, "m1", Severity.SERIOUS)

    step(api, case_id, "claim")
    decided = step(api, case_id, "decide", disposition="violation", note="承诺保本")
    own = step(api, case_id, "confirm")
    confirmed = step(api, case_id, "confirm", COLLEAGUE_10, note="同意")

    assert (decided.status, decided.body["state"], own.status) == (200, "decided", 409)
    assert (confirmed.body["state"], confirmed.body["disposition"]) == ("closed", "violation")
    assert [each["action"] for each in confirmed.body["steps"]] == ["claimed", "decided:violation", "confirmed"]
    told = [(each.action, each.actor) for each in api.audited("10") if each.action.startswith("review.")]
    assert told == [
        ("review.claimed", "operator:op-compliance-10"),
        ("review.decided.violation", "operator:op-compliance-10"),
        ("review.confirmed", "operator:op-colleague-10"),
    ]


def test_a_second_person_who_disagrees_opens_the_case_again(api: Api) -> None:
    case_id = opened(api, "m1", Severity.SERIOUS)
    step(api, case_id, "claim")
    step(api, case_id, "decide", disposition="false_positive", note="误报")

    sent_back = step(api, case_id, "send-back", COMPLIANCE, note="不是误报")

    assert (sent_back.body["state"], sent_back.body["disposition"], sent_back.body["claimed_by"]) == ("open", None, "")


def test_a_case_is_shown_with_its_hits_and_the_place_of_its_message_and_no_text(api: Api) -> None:
    case_id = opened(api, "m1")

    shown = get(api, f"/{case_id}").body

    assert shown["message"] == f"/v1/archive/messages/{MESSAGE}"
    assert shown["hits"] == [
        {
            "entry_id": "promise:保本",
            "word": "保本",
            "text": 0,
            "start": 2,
            "end": 4,
            "severity": "warning",
            "evasion": "pinyin",
        }
    ]
    assert (shown["entry_ids"], shown["overdue"], shown["at_head_office"]) == (["promise:保本"], False, False)


def test_a_case_is_seen_at_its_desk_and_above_only(api: Api) -> None:
    case_id = opened(api, "m1")

    def status(claims: Mapping[str, str]) -> int:
        return get(api, f"/{case_id}", claims).status

    assert [status(each) for each in (COMPLIANCE_10, AUDITOR_10, COMPLIANCE, HEAD_OFFICE)] == [200] * 4
    assert [status(each) for each in (BRANCH_10, TEAM, BRANCH_20)] == [403] * 3
    assert status(COMPLIANCE_20) == 404
    assert step(api, case_id, "claim", COMPLIANCE_20).status == 404
    assert step(api, case_id, "claim", AUDITOR_10).status == 403
    assert ids(get(api, claims=COMPLIANCE_20)) == []
    assert ids(get(api, claims=COMPLIANCE)) == ids(get(api)) == [case_id]


def test_lists_are_narrowed_and_paged_what_is_due_first_first(api: Api) -> None:
    late = opened(api, "m1", Severity.NOTICE)
    api.review_age = timedelta(days=-6, hours=-23)
    soon = opened(api, "m2", Severity.SERIOUS)
    grumble = opened(api, "m3", kind=ReviewKind.COMPLAINT)
    api.review_age = timedelta()
    elsewhere = opened(api, "m4", node_path="/1/20/", kind=ReviewKind.SAMPLE, hits=())
    step(api, soon, "claim")

    first = get(api, limit="2")
    rest = get(api, limit="2", cursor=first.body["cursor"])

    assert [*ids(first), *ids(rest)] == [late, soon, grumble]
    assert rest.body["cursor"] is None
    assert ids(get(api, kind="complaint")) == [grumble]
    assert ids(get(api, severity="serious")) == ids(get(api, only="mine")) == ids(get(api, state="claimed")) == [soon]
    assert ids(get(api, claims=COMPLIANCE, node_id="20")) == [elsewhere]
    assert ids(get(api, state="closed")) == ids(get(api, only="overdue")) == []
    assert get(api, cursor=first.body["cursor"], kind="complaint").status == 400
    assert get(api, only="head_office").status == 403


def test_an_overdue_case_is_listed_as_such(api: Api) -> None:
    api.review_age = timedelta(days=4)
    case_id = opened(api, "m1")
    api.review_age = timedelta()
    opened(api, "m2")

    [row] = get(api, only="overdue").body["items"]

    assert (row["case_id"], row["overdue"]) == (case_id, True)


def test_what_changed_since_it_was_read_is_not_written_over(api: Api) -> None:
    case_id = opened(api, "m1")
    assert api.etag(f"/v1/review-cases/{case_id}", COMPLIANCE_10) == '"1"'
    step(api, case_id, "claim", seen='"1"')

    stale = step(api, case_id, "decide", seen='"1"', disposition="violation", note="x")

    assert (stale.status, stale.body["type"]) == (412, "urn:scrm:problem:case-changed")
    assert step(api, case_id, "decide", seen='"2"', disposition="violation", note="x").body["state"] == "closed"
    assert step(api, case_id, "claim", seen="soon").status == 422


def test_a_repeat_with_the_same_key_gets_the_answer_of_the_first(api: Api) -> None:
    case_id = opened(api, "m1")
    first = step(api, case_id, "claim", seen='"1"', key="k")
    again = step(api, case_id, "claim", seen='"1"', key="k")

    assert (first.status, again.status, again.body) == (200, 200, first.body)


def test_an_escalated_case_is_head_offices_and_who_sent_it_sees_it_as_he_left_it(api: Api) -> None:
    case_id = opened(api, "m1")
    step(api, case_id, "claim")
    left = step(api, case_id, "escalate", key="e", note="涉及支行负责人")
    step(api, case_id, "claim", COMPLIANCE)
    step(api, case_id, "decide", COMPLIANCE, disposition="violation", note="属实")

    again = step(api, case_id, "escalate", key="e", note="涉及支行负责人")

    assert (left.status, left.body["at_head_office"], left.body["state"]) == (200, True, "open")
    assert (again.body["state"], again.body["disposition"], again.body["steps"]) == ("open", None, left.body["steps"])
    assert get(api, f"/{case_id}").status == 404
    assert step(api, case_id, "claim").status == 404
    assert ids(get(api, claims=COMPLIANCE, only="head_office", state="closed")) == [case_id]


def test_head_office_gives_a_case_to_another_reviewer(api: Api) -> None:
    case_id = opened(api, "m1")
    step(api, case_id, "claim")

    refused = step(api, case_id, "reassign", COLLEAGUE_10, to="op-colleague-10", note="休假")
    given = step(api, case_id, "reassign", COMPLIANCE, to="op-colleague-10", note="休假")

    assert refused.status == 403
    assert (given.body["claimed_by"], given.body["state"]) == ("operator:op-colleague-10", "claimed")
    assert step(api, case_id, "release", note="").status == 409
    assert step(api, case_id, "release", COLLEAGUE_10, note="").body["state"] == "open"


def test_an_end_that_does_not_fit_and_a_missing_reason_are_refused(api: Api) -> None:
    case_id = opened(api, "m1")
    step(api, case_id, "claim")

    assert step(api, case_id, "decide", disposition="clean", note="x").status == 409
    assert step(api, case_id, "decide", disposition="violation", note=" ").status == 409
    assert step(api, case_id, "decide", disposition="violation").status == 422
    assert get(api, f"/{case_id}").body["state"] == "claimed"


def test_reports_add_up_what_the_caller_sees(api: Api) -> None:
    for number, end in enumerate(("violation", "violation", "false_positive")):
        case_id = opened(api, f"m{number}")
        step(api, case_id, "claim")
        step(api, case_id, "decide", disposition=end, note="x")
    for number, end in enumerate(("clean", "missed")):
        case_id = opened(api, f"s{number}", kind=ReviewKind.SAMPLE, hits=())
        step(api, case_id, "claim")
        step(api, case_id, "decide", disposition=end, note="x")
    opened(api, "open")

    def report(path: str = "", claims: Mapping[str, str] = COMPLIANCE_10, **query: str) -> Any:
        return api.send(Request(f"/v1/review-reports{path}", query=query, claims=claims))

    shown = report().body
    hits, samples = shown["desks"]
    assert (hits["kind"], hits["closed"], hits["ended"]) == ("compliance", 3, {"violation": 2, "false_positive": 1})
    assert (samples["kind"], shown["sampling"]["part"], shown["sampling"]["whole"]) == ("sample", 1, 2)
    assert (shown["open"], shown["overdue"]) == (1, 0)
    assert report(claims=COMPLIANCE_20).body["desks"] == []
    assert report(claims=COMPLIANCE, first_day="2026-01-01", last_day="2026-01-31").body["desks"] == []
    assert report(claims=BRANCH_10).status == 403
    assert report(first_day="2026-02-01", last_day="2026-01-01").status == 422
    [entry] = report("/precision", lexicon_version="7").body["items"]
    assert (entry["entry_id"], entry["right"]["part"], entry["right"]["whole"]) == ("promise:保本", 2, 3)
    assert (entry["violations"], report("/precision", lexicon_version="8").body["items"]) == (2, [])


def test_the_bank_decides_how_long_cases_take_and_who_looks_twice(api: Api) -> None:
    path = "/v1/settings/review"
    body = {"version": 0, "settings": {"serious_due": "PT12H", "second_for": ["serious", "warning"]}}
    upside_down = {"version": 0, "settings": {"serious_due": "P9D"}}

    assert api.send(Request(path, claims=AUDITOR_10)).body["settings"]["complaint_due"] == "P15D"
    assert api.send(Request(path, "PUT", claims=COMPLIANCE, body=body)).status == 403
    assert api.send(Request(path, "PUT", body=upside_down)).status == 422
    changed = api.send(Request(path, "PUT", body=body)).body

    assert (changed["version"], changed["given"]) == (1, ["second_for", "serious_due"])
    assert api.send(Request(path, "PUT", body=body | {"settings": {}})).status == 409
    case = get(api, f"/{opened(api, 'm1', Severity.SERIOUS)}").body
    assert clock.from_iso(case["due_at"]) - clock.from_iso(case["opened_at"]) == timedelta(hours=12)


def test_rules_without_settings_are_those_of_the_domain() -> None:
    assert review_rules(ReviewDocument(), "") == ReviewRules()
