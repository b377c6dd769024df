"""O4: four-eyes content with hash and expiry. What a recall does to campaigns comes with them."""

from datetime import timedelta

import pytest

from scrm import clock
from scrm.content.errors import ContentRefusedError
from scrm.content.hashing import content_hash
from scrm.content.model import Scene, SendRefusal, Variant
from tests.admin_api import BRANCH_10, Api
from tests.fakes.content import START, Library, a_draft
from tests.unit.admin.test_content import CHECKER, COMPLIANCE, RM, SUB_BRANCH, draft, released, send

TICK = timedelta(milliseconds=1)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    api = Api()
    api.library.moment = clock.now()
    return api.join(monkeypatch)


def test_the_maker_is_refused_as_checker(api: Api) -> None:
    activity_id = send(api, "POST", "/v1/activities", BRANCH_10, draft()).body["activity_id"]
    path = f"/v1/activities/{activity_id}/versions/1"
    both = {**BRANCH_10, "scrm_roles": "[operator compliance]"}
    send(api, "POST", f"{path}/submit", BRANCH_10)

    reviewed = send(api, "POST", f"{path}/review", both, {"note": "mine"})
    send(api, "POST", f"{path}/review", COMPLIANCE, {"note": "no objection"})
    approved = send(api, "POST", f"{path}/approve", BRANCH_10)

    assert (reviewed.status, approved.status) == (409, 409)
    assert send(api, "GET", path, BRANCH_10).body["state"] == "in_approval"
    assert send(api, "POST", f"{path}/approve", CHECKER).body["state"] == "approved"


def test_an_rm_does_not_originate(api: Api) -> None:
    replies = [send(api, "POST", "/v1/activities", claims, draft()).status for claims in (RM, SUB_BRANCH)]

    assert replies == [403, 403]


def test_one_byte_more_is_not_sent(api: Api) -> None:
    activity_id = released(api).split("/")[3]
    content = api.library.gate.approved_content(activity_id, 1, Scene.GROUP)
    stored = api.library.contents.rows[activity_id, 1]

    edited = content_hash(activity_id, 1, Scene.GROUP, stored.draft, Variant(content.text + "!"))

    assert api.library.gate.is_sendable(clock.now(), content.content_hash) is None
    assert api.library.gate.is_sendable(clock.now(), edited) is SendRefusal.UNKNOWN_CONTENT


def test_what_expires_between_queue_and_send_is_refused_with_its_reason() -> None:
    library = Library()
    found = library.released(a_draft(valid_until=START + timedelta(hours=1)))
    content = library.gate.approved_content(found.activity_id, 1, Scene.ONE_TO_ONE)

    queued = library.gate.is_sendable(START + timedelta(hours=1) - TICK, content.content_hash)
    sent = library.gate.is_sendable(START + timedelta(hours=1), content.content_hash)

    assert (queued, sent) == (None, SendRefusal.EXPIRED)


def test_moments_without_their_variant_are_refused(api: Api) -> None:
    activity_id = released(api).split("/")[3]

    with pytest.raises(ContentRefusedError) as refused:
        api.library.gate.approved_content(activity_id, 1, Scene.MOMENTS)

    assert refused.value.refusal is SendRefusal.UNKNOWN_CONTENT


def test_a_recall_counts_from_its_answer_on(api: Api) -> None:
    path = released(api)
    content = api.library.gate.approved_content(path.split("/")[3], 1, Scene.GROUP)

    send(api, "POST", f"{path}/recall", COMPLIANCE, {"note": "the bonus has ended"})

    assert api.library.gate.is_sendable(clock.now(), content.content_hash) is SendRefusal.RECALLED
