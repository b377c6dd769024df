"""Moments: what is sent to WeCom, and its answers in the campaign's words (docs/wecom.md 14)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scrm.campaign.dispatch_errors import DispatchPostponedError, SendOutcomeUnknownError, SendRefusedError
from scrm.campaign.moment_packs import JobEnd
from scrm.campaign.reactions import Reaction, ReactionKind
from scrm.wecom import errors, limits
from scrm.wecom.client import WecomClient
from scrm.wecom.errors import InvalidRequestError
from scrm.wecom.moment_calls import WecomMomentCalls
from tests.fakes.wecom import PagedWecom

CREATE = "externalcontact/add_moment_task"
JOB = "externalcontact/get_moment_task_result"
LIST = "externalcontact/get_moment_list"
MEMBERS = "externalcontact/get_moment_task"
VIEWERS = "externalcontact/get_moment_send_result"
CANCEL = "externalcontact/cancel_moment_task"
REACTIONS = "externalcontact/get_moment_comments"
TAGS = "externalcontact/get_corp_tag_list"
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
WHEN = 1_760_086_400
LINK = {"msgtype": "link", "link": {"title": "t", "url": "https://bank.example", "media_id": "m"}}
IMAGE = {"msgtype": "image", "image": {"media_id": "m"}}


@pytest.fixture
def wecom() -> PagedWecom:
    return PagedWecom()


@pytest.fixture
def calls(wecom: PagedWecom) -> WecomMomentCalls:
    return WecomMomentCalls(WecomClient(wecom), lambda _: None, lambda: NOW)


def test_the_members_are_always_named_and_a_creation_is_not_repeated(
    calls: WecomMomentCalls, wecom: PagedWecom
) -> None:
    wecom.will_answer(CREATE, {"jobid": "job_1"})

    jobid = calls.create(["rm_li", "rm_wu"], "text", [LINK])

    (call,) = wecom.calls
    assert jobid == "job_1"
    assert call.body == {
        "visible_range": {"sender_list": {"user_list": ["rm_li", "rm_wu"]}},
        "text": {"content": "text"},
        "attachments": [LINK],
    }
    assert not call.repeatable


@pytest.mark.parametrize(
    ("members", "text", "attachments"),
    [
        ([], "text", []),
        (["rm"] * (limits.MOMENTS_SENDERS + 1), "text", []),
        (["rm"], "", []),
        (["rm"], "a" * 2_001, []),
        (["rm"], "中" * 1_334, []),
        (["rm"], "text", [IMAGE] * 10),
        (["rm"], "text", [IMAGE, LINK]),
    ],
)
def test_what_wecom_would_refuse_is_not_sent(
    wecom: PagedWecom, members: list[str], text: str, attachments: list[dict[str, Any]]
) -> None:
    with pytest.raises(InvalidRequestError):
        WecomClient(wecom).moments.create(members, text, attachments)

    assert wecom.calls == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"status": 1}, None),
        ({"status": 9}, None),
        ({"status": 3, "result": {"errcode": 0, "moment_id": "mom_1"}}, JobEnd("mom_1", 0)),
        ({"status": 3, "result": {"errcode": 41048}}, JobEnd("", 41048)),
    ],
)
def test_a_job_runs_makes_a_moment_or_fails_with_a_code_of_its_own(
    calls: WecomMomentCalls, wecom: PagedWecom, answer: dict[str, Any], expected: JobEnd | None
) -> None:
    wecom.will_answer(JOB, answer)

    assert calls.job("job_1") == expected
    assert wecom.calls[0].query == {"jobid": "job_1"}


def test_lists_follow_their_cursor_and_personal_moments_are_left_out(
    calls: WecomMomentCalls, wecom: PagedWecom
) -> None:
    row = {"moment_id": "mom_1", "create_time": WHEN, "text": {"content": "text"}}
    personal = {"moment_id": "mom_2", "creator": "rm_li", "create_time": WHEN}
    wecom.will_answer(LIST, {"moment_list": [row], "next_cursor": "C"}, {"moment_list": [personal]})
    wecom.will_answer(MEMBERS, {"task_list": [{"userid": "RM_Li", "publish_status": 1}, {"userid": "rm_wu"}]})
    wecom.will_answer(VIEWERS, {"customer_list": [{"external_userid": "wmA"}]})

    seen = list(calls.created_between(NOW - timedelta(minutes=5), NOW))

    assert [(one.msgid, one.text) for one in seen] == [("mom_1", "text")]
    assert (wecom.calls[0].body or {})["filter_type"] == 0
    assert list(calls.members("mom_1")) == [("rm_li", True), ("rm_wu", False)]
    assert list(calls.viewers("mom_1", "rm_li")) == ["wmA"]


@pytest.mark.parametrize("errcode", [errors.MOMENT_NOT_OF_MEMBER, errors.MOMENT_NOT_PUBLISHED])
def test_nobody_is_shown_what_a_member_has_not_published(
    calls: WecomMomentCalls, wecom: PagedWecom, errcode: int
) -> None:
    wecom.will_answer(VIEWERS, InvalidRequestError(errcode, VIEWERS))

    assert list(calls.viewers("mom_1", "rm_li")) == []


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (errors.OutcomeUnknownError(None, CREATE), SendOutcomeUnknownError),
        (errors.RateLimitedError(45009, CREATE, not_before=NOW), DispatchPostponedError),
        (InvalidRequestError(errors.MOMENT_JOBS_RUNNING, CREATE), DispatchPostponedError),
        (InvalidRequestError(41065, CREATE), SendRefusedError),
    ],
)
def test_errors_become_the_campaigns(
    calls: WecomMomentCalls, wecom: PagedWecom, error: Exception, expected: type[Exception]
) -> None:
    wecom.will_answer(CREATE, error)

    with pytest.raises(expected):
        calls.create(["rm_li"], "text", [])


def test_what_wecom_still_distributes_is_asked_again_later(calls: WecomMomentCalls, wecom: PagedWecom) -> None:
    wecom.will_answer(MEMBERS, InvalidRequestError(errors.MOMENT_DISTRIBUTING, MEMBERS))

    with pytest.raises(DispatchPostponedError):
        list(calls.members("mom_1"))


def test_a_moment_is_cancelled_by_its_id(calls: WecomMomentCalls, wecom: PagedWecom) -> None:
    wecom.will_answer(CANCEL, {})

    calls.cancel("mom_1")

    assert wecom.calls[0].body == {"moment_id": "mom_1"}


def test_ten_creations_a_minute_are_the_whole_corps() -> None:
    assert limits.of_path(CREATE).per_minute == 10


def test_customers_reactions_are_told_and_members_own_are_not(calls: WecomMomentCalls, wecom: PagedWecom) -> None:
    liked = [{"external_userid": "wm1", "create_time": WHEN}, {"userid": "rm_li", "create_time": WHEN}]
    wecom.will_answer(
        REACTIONS, {"comment_list": [{"external_userid": "wm2", "create_time": WHEN}], "like_list": liked}
    )

    found = list(calls.reactions("mom_1", "rm_li"))

    at = datetime.fromtimestamp(WHEN, UTC)
    assert found == [Reaction("wm1", ReactionKind.LIKE, at), Reaction("wm2", ReactionKind.COMMENT, at)]
    assert wecom.calls[0].body == {"moment_id": "mom_1", "userid": "rm_li"}


@pytest.mark.parametrize("errcode", [errors.MOMENT_NOT_PUBLISHED, errors.MOMENT_NOT_OF_MEMBER])
def test_before_he_has_published_there_are_no_reactions(
    calls: WecomMomentCalls, wecom: PagedWecom, errcode: int
) -> None:
    wecom.will_answer(REACTIONS, InvalidRequestError(errcode, REACTIONS))

    assert list(calls.reactions("mom_1", "rm_li")) == []


def test_a_narrowed_moment_names_its_tags_once_wecom_said_that_it_has_them_all(
    calls: WecomMomentCalls, wecom: PagedWecom
) -> None:
    wecom.will_answer(TAGS, {"tag_group": [{"group_id": "g", "tag": [{"id": "et3"}, {"id": "et4"}]}]})
    wecom.will_answer(CREATE, {"jobid": "job_1"})

    calls.create(["rm_li"], "text", [], ["et3", "et4"])

    asked, created = wecom.calls
    assert (asked.body or {})["tag_id"] == ["et3", "et4"]
    assert (created.body or {})["visible_range"]["external_contact_list"] == {"tag_list": ["et3", "et4"]}


@pytest.mark.parametrize("tags", [[{"id": "et3"}], [{"id": "et3"}, {"id": "et4", "deleted": True}]])
def test_by_a_tag_that_is_no_more_nothing_is_created(
    calls: WecomMomentCalls, wecom: PagedWecom, tags: list[dict[str, Any]]
) -> None:
    wecom.will_answer(TAGS, {"tag_group": [{"group_id": "g", "tag": tags}]})

    with pytest.raises(SendRefusedError):
        calls.create(["rm_li"], "text", [], ["et3", "et4"])

    assert [call.path for call in wecom.calls] == [TAGS]


def test_a_job_that_named_a_tag_in_vain_failed_and_its_moment_is_cancelled(
    calls: WecomMomentCalls, wecom: PagedWecom
) -> None:
    result = {"errcode": 0, "moment_id": "mom_1", "invalid_external_contact_list": {"tag_list": ["et4"]}}
    wecom.will_answer(JOB, {"status": 3, "result": result})
    wecom.will_answer(CANCEL, {})

    end = calls.job("job_1")

    assert end == JobEnd(errcode=errors.TAG_UNKNOWN)
    assert [call.path for call in wecom.calls] == [JOB, CANCEL]
