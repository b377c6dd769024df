"""Members' own mass messages: what WeCom is asked, and its answers in the ledger's words (docs/wecom.md 13)."""

from datetime import UTC, datetime, timedelta

import pytest

from scrm.pressure.model import PressureClass
from scrm.pressure.personal import PersonalMessage, PersonalPostponedError, PersonalRefusedError, Received
from scrm.wecom import errors
from scrm.wecom.client import WecomClient
from scrm.wecom.personal_sends import WecomPersonalMessages
from tests.fakes.wecom import PagedWecom

LIST = "externalcontact/get_groupmsg_list_v2"
RESULTS = "externalcontact/get_groupmsg_send_result"
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
WHEN = 1_760_086_400
SENT_AT = datetime.fromtimestamp(WHEN, UTC)
MESSAGE = PersonalMessage("msg_1", "rm_li", PressureClass.PUSH, NOW)


@pytest.fixture
def wecom() -> PagedWecom:
    return PagedWecom()


@pytest.fixture
def denied() -> list[errors.PermissionDeniedError]:
    return []


@pytest.fixture
def adapter(wecom: PagedWecom, denied: list[errors.PermissionDeniedError]) -> WecomPersonalMessages:
    return WecomPersonalMessages(WecomClient(wecom), denied.append, lambda: NOW)


@pytest.mark.parametrize(
    ("pressure_class", "chat_type"), [(PressureClass.PUSH, "single"), (PressureClass.GROUP, "group")]
)
def test_only_members_own_messages_are_listed_page_by_page(
    adapter: WecomPersonalMessages, wecom: PagedWecom, pressure_class: PressureClass, chat_type: str
) -> None:
    own = {"msgid": "msg_1", "creator": "RM_Li", "create_time": str(WHEN), "create_type": 1}
    of_the_corp = {"msgid": "msg_2", "create_time": WHEN}
    wecom.will_answer(LIST, {"group_msg_list": [own], "next_cursor": "C"}, {"group_msg_list": [of_the_corp]})

    seen = list(adapter.created_between(pressure_class, NOW - timedelta(hours=1), NOW))

    assert seen == [PersonalMessage("msg_1", "rm_li", pressure_class, SENT_AT)]
    assert wecom.cursors() == [None, "C"]
    body = wecom.calls[0].body or {}
    assert (body["filter_type"], body["chat_type"]) == (1, chat_type)


def test_who_got_it_and_who_may_still_get_it(adapter: WecomPersonalMessages, wecom: PagedWecom) -> None:
    rows = [
        {"external_userid": "wmA", "userid": "rm_li", "status": 1, "send_time": WHEN},
        {"external_userid": "wmB", "userid": "rm_li", "status": 0},
        {"external_userid": "wmC", "userid": "rm_li", "status": 3},
        {"chat_id": "wrA", "status": 1},
    ]
    wecom.will_answer(RESULTS, {"send_list": rows})

    assert list(adapter.received(MESSAGE)) == [
        Received("wmA", SENT_AT),
        Received("wmB", is_open=True),
        Received("wmC"),
        Received("wrA", NOW),
    ]
    assert [(call.body or {})["userid"] for call in wecom.calls] == ["rm_li"]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (errors.TransientError(-1, LIST), PersonalPostponedError),
        (errors.TokenExpiredError(42001, LIST), PersonalPostponedError),
        (errors.CallPostponedError(LIST, NOW), PersonalPostponedError),
        (errors.RateLimitedError(45009, LIST, not_before=NOW), PersonalPostponedError),
        (errors.PermissionDeniedError(48002, LIST), PersonalPostponedError),
        (errors.InvalidRequestError(errors.MASS_MESSAGE_DISTRIBUTING, LIST), PersonalPostponedError),
        (errors.InvalidRequestError(41047, LIST), PersonalRefusedError),
    ],
)
def test_errors_become_the_ledgers(
    adapter: WecomPersonalMessages,
    wecom: PagedWecom,
    denied: list[errors.PermissionDeniedError],
    error: Exception,
    expected: type[Exception],
) -> None:
    wecom.will_answer(RESULTS, error)

    with pytest.raises(expected):
        list(adapter.received(MESSAGE))

    assert len(denied) == isinstance(error, errors.PermissionDeniedError)
