"""The lexicon through the API: two persons of head office or compliance, and what everybody may see."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from scrm.lexicon.intercept import RuleMark, SyncState
from scrm.lexicon.replays import EntryDiff, HitPlace, ReplayState
from tests.admin_api import AT, BRANCH_10, HEAD_OFFICE, Api, Reply, Request

COMPLIANCE = {"sub": "op-compliance", "scrm_node": "1", "scrm_roles": "[compliance]"}
AUDITOR = {"sub": "op-auditor", "scrm_node": "1", "scrm_roles": "[auditor]"}
SYNC = "/v1/lexicon/sync"
ENTRIES = [
    {"entry_id": "保本", "text": "保本", "direction": "to_customer", "action": "block", "severity": "serious"},
    {"entry_id": "投诉", "text": "投诉", "direction": "to_staff", "action": "complaint"},
]


def ask(api: Api, method: str, path: str, claims: Mapping[str, str], body: Any = None, **query: str) -> Reply:
    headers = {"idempotency-key": "k"} if method == "POST" else {}
    place = path if path.startswith("/v1/") else f"/v1/lexicon/versions{path}"
    request = Request(place, method, claims=claims, headers=headers, body=body)
    request.query = query
    return api.send(request)


@pytest.fixture
def drafted(api: Api) -> Api:
    reply = ask(api, "POST", "", HEAD_OFFICE, {"entries": ENTRIES, "allowed": ["不保本"], "note": "首版"})
    assert (reply.status, reply.body["number"], reply.body["state"]) == (201, 1, "draft")
    return api


def test_a_version_comes_into_force_by_two_persons(drafted: Api) -> None:
    own = ask(drafted, "POST", "/1/approve", HEAD_OFFICE)
    early = ask(drafted, "POST", "/1/put-in-force", COMPLIANCE)
    approved = ask(drafted, "POST", "/1/approve", COMPLIANCE)
    running = ask(drafted, "POST", "/1/put-in-force", HEAD_OFFICE)

    assert (own.status, early.status) == (409, 409)
    assert (approved.body["state"], running.body["state"]) == ("approved", "in_force")
    told = [(entry.action, entry.subject) for entry in drafted.audited() if entry.subject == "lexicon/v1"]
    assert told == [(f"lexicon.{step}", "lexicon/v1") for step in ("drafted", "approved", "put_in_force")]


def test_wecoms_rules_follow_at_once_and_when_asked(drafted: Api) -> None:
    ask(drafted, "POST", "/1/approve", COMPLIANCE)
    before = drafted.rule_sync.asked
    ask(drafted, "POST", "/1/put-in-force", HEAD_OFFICE)
    released = drafted.rule_sync.asked
    asked = ask(drafted, "POST", SYNC, COMPLIANCE)
    refused = ask(drafted, "POST", SYNC, BRANCH_10)

    assert (before, released, drafted.rule_sync.asked) == (0, 1, 2)
    assert (asked.status, refused.status) == (202, 403)
    assert asked.body["is_in_sync"] is False


def test_everybody_sees_how_far_wecoms_rules_follow(drafted: Api) -> None:
    nothing = ask(drafted, "GET", SYNC, AUDITOR).body
    drafted.lexicon.current = 1
    marks = {"scrm-严重拦截-abcdef-01": RuleMark("w", "h")}
    drafted.rule_sync.state = SyncState(1, AT, marks, {}, ("scrm-严重拦截-abcdef-01",), AT, others=3, no_room=2)
    equal = ask(drafted, "GET", SYNC, BRANCH_10).body
    drafted.rule_sync.state = replace(drafted.rule_sync.state, refused={"scrm-严重拦截-abcdef-02": 60011})
    other = ask(drafted, "GET", SYNC, BRANCH_10).body

    assert (nothing["in_force"], nothing["version"], nothing["checked_at"]) == (0, 0, None)
    assert (equal["is_in_sync"], equal["rules"], equal["others"], equal["no_room"]) == (True, 1, 3, 2)
    assert equal["drifted"] == ["scrm-严重拦截-abcdef-01"]
    assert other["is_in_sync"] is False
    assert other["refused"] == [{"name": "scrm-严重拦截-abcdef-02", "errcode": 60011}]


def test_a_version_is_tried_on_the_last_days(drafted: Api) -> None:
    begun = ask(drafted, "POST", "/1/replays", COMPLIANCE, {"days": 3})
    again = ask(drafted, "POST", "/1/replays", COMPLIANCE, {"days": 3})
    replay_id = begun.body["replay_id"]
    place = HitPlace(4, 5, 0)
    entries = {"保本": EntryDiff(2, 0, (place, place)), "投诉": EntryDiff(0, 3, (), (place,))}
    done = replace(drafted.replays.replays[replay_id], state=ReplayState.DONE, messages=9, changed=5, entries=entries)
    drafted.replays.save(done)
    found = ask(drafted, "GET", f"/1/replays/{replay_id}", HEAD_OFFICE).body

    assert (begun.status, begun.body["state"], again.body["replay_id"]) == (202, "running", replay_id)
    assert drafted.replays.told == [replay_id, replay_id]
    assert (found["state"], found["messages"], found["changed"]) == ("done", 9, 5)
    assert [(row["entry_id"], row["added"], row["vanished"]) for row in found["entries"]] == [
        ("投诉", 0, 3),
        ("保本", 2, 0),
    ]
    assert found["entries"][1]["added_at"][0] == {"page": 4, "seq": 5, "line": 0, "reopened_from": None}
    assert [entry.action for entry in drafted.audited() if entry.action == "lexicon.replayed"] == ["lexicon.replayed"]


def test_who_may_not_govern_the_lexicon_sees_no_replay_and_the_one_in_force_needs_none(drafted: Api) -> None:
    drafted.lexicon.current = 1

    assert ask(drafted, "POST", "/1/replays", BRANCH_10, {}).status == 403
    assert ask(drafted, "GET", f"/1/replays/replay_{'a' * 26}", AUDITOR).status == 403
    assert ask(drafted, "GET", f"/1/replays/replay_{'a' * 26}", HEAD_OFFICE).status == 404
    assert ask(drafted, "POST", "/1/replays", HEAD_OFFICE, {}).status == 409
    assert ask(drafted, "POST", "/9/replays", HEAD_OFFICE, {}).status == 404
    assert ask(drafted, "POST", "/1/replays", HEAD_OFFICE, {"days": 32}).status == 422


def test_who_may_not_make_one_may_look(drafted: Api) -> None:
    body = {"entries": ENTRIES}

    assert ask(drafted, "POST", "", BRANCH_10, body).status == 403
    assert ask(drafted, "POST", "", AUDITOR, body).status == 403
    assert ask(drafted, "POST", "/1/approve", {**COMPLIANCE, "scrm_node": "10"}).status == 403
    assert [row["number"] for row in ask(drafted, "GET", "", BRANCH_10).body["items"]] == [1]
    assert ask(drafted, "GET", "/1", AUDITOR).body["entries"] == 2


def test_entries_come_in_pages_of_their_version(drafted: Api) -> None:
    first = ask(drafted, "GET", "/1/entries", AUDITOR, limit="1").body
    second = ask(drafted, "GET", "/1/entries", AUDITOR, limit="1", cursor=first["cursor"]).body

    assert [row["entry_id"] for row in first["items"] + second["items"]] == ["保本", "投诉"]
    assert first["allowed"] == ["不保本"]
    assert second["cursor"] is None
    assert ask(drafted, "GET", "/1/entries", AUDITOR, cursor="2.1").status == 400


def test_a_text_is_tried_and_changes_are_shown(drafted: Api) -> None:
    scanned = ask(drafted, "POST", "/1/scan", AUDITOR, {"text": "这款保-本，不保本的除外，我要投诉"})
    one_way = ask(drafted, "POST", "/1/scan", AUDITOR, {"text": "我要投诉", "direction": "to_customer"})

    hits = [(hit["word"], hit["start"], hit["end"], hit["evasion"]) for hit in scanned.body["hits"]]
    assert hits == [("保本", 2, 5, "split"), ("投诉", 15, 17, None)]
    assert one_way.body == {"hits": []}
    assert ask(drafted, "GET", "/1/changes", AUDITOR).body["added"] == ["保本", "投诉"]


def test_it_is_shown_what_wecom_can_hold(drafted: Api) -> None:
    plan = ask(drafted, "GET", "/1/intercept-rules", AUDITOR).body

    assert [(rule["words"], rule["department_ids"]) for rule in plan["rules"]] == [(["保本"], [1])]
    assert plan["detect_only"] == [{"entry_id": "投诉", "cause": "detected_only"}]


def test_the_standard_lexicon_is_taken_and_a_draft_rejected(api: Api) -> None:
    made = ask(api, "POST", "", COMPLIANCE, {"standard": True})
    rejected = ask(api, "POST", "/1/reject", HEAD_OFFICE, {"note": "先讨论"})

    assert (made.status, made.body["entries"] > 90) == (201, True)
    assert (rejected.body["state"], rejected.body["decision_note"]) == ("rejected", "先讨论")


def test_what_cannot_be_used_is_named(api: Api) -> None:
    body = {"entries": [{"entry_id": "bad", "text": "(a+)+", "kind": "pattern"}]}

    refused = ask(api, "POST", "", HEAD_OFFICE, body)

    assert refused.status == 422
    assert refused.body["fields"][0]["where"] == "entries.bad"
    assert ask(api, "POST", "", HEAD_OFFICE, {}).status == 422
    assert ask(api, "POST", "", HEAD_OFFICE, {"entries": ENTRIES, "standard": True}).status == 422
    assert ask(api, "GET", "/9", HEAD_OFFICE).status == 404


def test_another_lexicon_under_a_used_key_is_a_conflict(drafted: Api) -> None:
    again = ask(drafted, "POST", "", HEAD_OFFICE, {"entries": ENTRIES, "allowed": ["不保本"], "note": "首版"})
    other = ask(drafted, "POST", "", HEAD_OFFICE, {"entries": ENTRIES[:1]})

    assert (again.status, again.body["number"]) == (201, 1)
    assert other.status == 409
