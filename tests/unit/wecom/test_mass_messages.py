"""Mass messages: what is sent to WeCom, and its answers in the campaign's words (docs/wecom.md 13)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scrm.campaign.dispatch_errors import DispatchPostponedError, SendOutcomeUnknownError, SendRefusedError
from scrm.campaign.ports import AcceptedMessage, ApprovedContent, MassMessage
from scrm.campaign.task import PENDING, RecipientState, Result
from scrm.campaign.terms import Channel
from scrm.wecom import errors, limits
from scrm.wecom.client import WecomClient
from scrm.wecom.errors import InvalidRequestError
from scrm.wecom.mass_sends import WecomMassMessages
from tests.fakes.dispatch import CONTENT, FAR
from tests.fakes.wecom import PagedWecom

CREATE = "externalcontact/add_msg_template"
LIST = "externalcontact/get_groupmsg_list_v2"
MEMBERS = "externalcontact/get_groupmsg_task"
RESULTS = "externalcontact/get_groupmsg_send_result"
REMIND = "externalcontact/remind_groupmsg_send"
CANCEL = "externalcontact/cancel_groupmsg_send"
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
WHEN = 1_760_086_400
SENT_AT = datetime.fromtimestamp(WHEN, UTC)
LINK = {"msgtype": "link", "link": {"title": "t", "url": "https://bank.example"}}


@pytest.fixture
def wecom() -> PagedWecom:
    return PagedWecom()


@pytest.fixture
def denied() -> list[errors.PermissionDeniedError]:
    return []


@pytest.fixture
def adapter(wecom: PagedWecom, denied: list[errors.PermissionDeniedError]) -> WecomMassMessages:
    return WecomMassMessages(WecomClient(wecom), denied.append, lambda: NOW)


def message(channel: Channel = Channel.ONE_TO_ONE, targets: tuple[str, ...] = ("wmA", "wmB")) -> MassMessage:
    return MassMessage(channel, "rm_li", targets, ApprovedContent(CONTENT, "text", (LINK,), FAR))


def test_sender_and_customers_are_always_named_and_the_member_never_chooses(
    adapter: WecomMassMessages, wecom: PagedWecom
) -> None:
    wecom.will_answer(CREATE, {"msgid": "msg_1", "fail_list": ["wmB"]})

    accepted = adapter.create(message())

    assert accepted == AcceptedMessage("msg_1", ("wmB",))
    (call,) = wecom.calls
    assert call.body == {
        "chat_type": "single",
        "sender": "rm_li",
        "external_userid": ["wmA", "wmB"],
        "allow_select": False,
        "text": {"content": "text"},
        "attachments": [LINK],
    }
    assert not call.repeatable


def test_a_message_to_groups_names_the_groups(adapter: WecomMassMessages, wecom: PagedWecom) -> None:
    wecom.will_answer(CREATE, {"msgid": "msg_1"})

    adapter.create(message(Channel.GROUP, ("wrA",)))

    body = wecom.calls[0].body or {}
    assert (body["chat_type"], body["chat_id_list"]) == ("group", ["wrA"])
    assert "allow_select" not in body


@pytest.mark.parametrize(
    ("chat_type", "targets", "text", "attachments"),
    [
        ("single", ["wm"] * (limits.MASS_MESSAGE_CUSTOMERS + 1), "text", []),
        ("group", ["wr"] * (limits.MASS_MESSAGE_GROUPS + 1), "text", []),
        ("single", [], "text", []),
        ("single", ["wm"], "", []),
        ("single", ["wm"], "中" * 1_334, []),
        ("single", ["wm"], "text", [LINK] * 10),
    ],
)
def test_what_wecom_would_refuse_is_not_sent(
    wecom: PagedWecom, chat_type: Any, targets: list[str], text: str, attachments: list[dict[str, Any]]
) -> None:
    with pytest.raises(InvalidRequestError):
        WecomClient(wecom).mass_messages.create(chat_type, "rm_li", targets, text, attachments)

    assert wecom.calls == []


def test_the_list_follows_its_cursor_and_leaves_personal_messages_out(
    adapter: WecomMassMessages, wecom: PagedWecom
) -> None:
    row = {"msgid": "msg_1", "create_time": str(WHEN), "text": {"content": "text"}}
    personal = {"msgid": "msg_2", "creator": "rm_li", "create_time": WHEN}
    wecom.will_answer(LIST, {"group_msg_list": [row], "next_cursor": "C"}, {"group_msg_list": [personal]})

    seen = list(adapter.created_between(Channel.ONE_TO_ONE, NOW - timedelta(minutes=5), NOW))

    assert [(one.msgid, one.created_at, one.text) for one in seen] == [("msg_1", SENT_AT, "text")]
    assert wecom.cursors() == [None, "C"]
    assert (wecom.calls[0].body or {})["filter_type"] == 0


def test_members_and_results_come_in_the_campaigns_words(adapter: WecomMassMessages, wecom: PagedWecom) -> None:
    wecom.will_answer(MEMBERS, {"task_list": [{"userid": "RM_Li", "status": 2}, {"userid": "rm_wu", "status": 0}]})
    rows = [
        {"external_userid": "wmA", "userid": "rm_li", "status": 1, "send_time": WHEN},
        {"external_userid": "wmB", "userid": "rm_li", "status": 2},
        {"external_userid": "wmC", "userid": "rm_li", "status": 3},
    ]
    more = [{"external_userid": "wmD", "userid": "rm_li", "status": 0}, {"chat_id": "wrA", "status": 1}]
    wecom.will_answer(RESULTS, {"send_list": rows, "next_cursor": "C"}, {"send_list": more})

    members = list(adapter.members("msg_1"))
    results = dict(adapter.results("msg_1", "rm_li"))

    assert members == [("rm_li", True), ("rm_wu", False)]
    assert results == {
        "wmA": Result(RecipientState.SENT, SENT_AT),
        "wmB": Result(RecipientState.NOT_FRIEND, NOW),
        "wmC": Result(RecipientState.QUOTA_REACHED, NOW),
        "wmD": PENDING,
        "wrA": Result(RecipientState.SENT, NOW),
    }


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (errors.OutcomeUnknownError(None, CREATE), SendOutcomeUnknownError),
        (errors.TransientError(-1, CREATE), DispatchPostponedError),
        (errors.TokenExpiredError(42001, CREATE), DispatchPostponedError),
        (errors.CallPostponedError(CREATE, NOW), DispatchPostponedError),
        (errors.RateLimitedError(45009, CREATE, not_before=NOW), DispatchPostponedError),
        (errors.PermissionDeniedError(48002, CREATE), DispatchPostponedError),
        (errors.InvalidRequestError(41048, CREATE), SendRefusedError),
    ],
)
def test_errors_become_the_campaigns(
    adapter: WecomMassMessages,
    wecom: PagedWecom,
    denied: list[errors.PermissionDeniedError],
    error: Exception,
    expected: type[Exception],
) -> None:
    wecom.will_answer(CREATE, error)

    with pytest.raises(expected):
        adapter.create(message())

    assert len(denied) == isinstance(error, errors.PermissionDeniedError)


def test_what_wecom_still_distributes_is_asked_again_later(adapter: WecomMassMessages, wecom: PagedWecom) -> None:
    wecom.will_answer(MEMBERS, errors.InvalidRequestError(errors.MASS_MESSAGE_DISTRIBUTING, MEMBERS))

    with pytest.raises(DispatchPostponedError) as postponed:
        list(adapter.members("msg_1"))

    assert postponed.value.not_before > NOW


def test_a_message_cancelled_before_is_cancelled(adapter: WecomMassMessages, wecom: PagedWecom) -> None:
    wecom.will_answer(CANCEL, errors.InvalidRequestError(errors.MASS_MESSAGE_CANCELLED, CANCEL), {})

    adapter.cancel("msg_1")
    adapter.cancel("msg_1")

    assert [call.body for call in wecom.calls] == [{"msgid": "msg_1"}] * 2


def test_a_message_wecom_does_not_know_is_refused(adapter: WecomMassMessages, wecom: PagedWecom) -> None:
    wecom.will_answer(CANCEL, errors.InvalidRequestError(41047, CANCEL))

    with pytest.raises(SendRefusedError):
        adapter.cancel("msg_1")


@pytest.mark.parametrize("error", [errors.InvalidRequestError(41094, REMIND), errors.CallPostponedError(REMIND, NOW)])
def test_a_reminder_that_is_not_taken_is_none(adapter: WecomMassMessages, wecom: PagedWecom, error: Exception) -> None:
    wecom.will_answer(REMIND, error)

    adapter.remind("msg_1")

    assert len(wecom.calls) == 1
