"""Who is archived, as WeCom tells it."""

from datetime import UTC, datetime

import pytest

from scrm.wecom.client import WecomClient
from scrm.wecom.errors import InvalidRequestError, TransientError
from scrm.wecom.payloads.archive import AGREED, REFUSED, Edition
from tests.fakes.wecom import PagedWecom

WHEN = 1_760_086_400


@pytest.fixture
def wecom() -> PagedWecom:
    return PagedWecom()


@pytest.fixture
def client(wecom: PagedWecom) -> WecomClient:
    return WecomClient(wecom)


def test_members_with_a_seat_are_listed_of_all_editions_or_one(wecom: PagedWecom, client: WecomClient) -> None:
    wecom.will_answer("msgaudit/get_permit_user_list", {"ids": ["rm_li", "RM_Wu"]}, {"ids": []})

    assert client.conversation_archive.permitted_members() == ["rm_li", "RM_Wu"]
    assert client.conversation_archive.permitted_members(Edition.SERVICE) == []
    assert [call.body for call in wecom.calls] == [{}, {"type": 2}]


def test_answers_are_read_with_their_time(wecom: PagedWecom, client: WecomClient) -> None:
    answer = {"status_change_time": WHEN, "userid": "rm_li", "exteranalopenid": "wm1", "agree_status": "Agree"}
    wecom.will_answer("msgaudit/check_single_agree", {"agreeinfo": [answer]})

    (found,) = client.conversation_archive.agreements([("rm_li", "wm1")])

    assert (found.userid, found.external_userid, found.status) == ("rm_li", "wm1", AGREED)
    assert found.changed_at == datetime.fromtimestamp(WHEN, UTC)
    assert wecom.calls[0].body == {"info": [{"userid": "rm_li", "exteranalopenid": "wm1"}]}


def test_a_groups_answers_name_no_member(wecom: PagedWecom, client: WecomClient) -> None:
    answer = {"exteranalopenid": "wm1", "agree_status": "Disagree"}
    wecom.will_answer("msgaudit/check_room_agree", {"agreeinfo": [answer]})

    (found,) = client.conversation_archive.room_agreements("wr1")

    assert (found.userid, found.status, found.changed_at) == ("", REFUSED, None)


def test_more_than_a_hundred_pairs_are_refused_before_anything_is_sent(wecom: PagedWecom, client: WecomClient) -> None:
    with pytest.raises(InvalidRequestError):
        client.conversation_archive.agreements([("rm_li", f"wm{number}") for number in range(101)])

    assert wecom.calls == []


def test_an_answer_that_cannot_be_read_is_no_answer(wecom: PagedWecom, client: WecomClient) -> None:
    wecom.will_answer("msgaudit/check_single_agree", {"agreeinfo": [{"userid": "rm_li"}]})

    with pytest.raises(TransientError):
        client.conversation_archive.agreements([("rm_li", "wm1")])
