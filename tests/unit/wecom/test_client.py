"""The typed client on scripted pages: every list follows its cursor, every limit is kept, the traps of section 9."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from scrm.wecom import limits
from scrm.wecom.api.application_messages import MarkdownMessage, TextCard, TextMessage
from scrm.wecom.client import WecomClient
from scrm.wecom.errors import InvalidRequestError, OutcomeUnknownError, TransientError
from scrm.wecom.payloads.address_book import MemberStatus
from scrm.wecom.payloads.group_chats import GroupChatStatus
from scrm.wecom.payloads.inheritance import TransferStatus
from tests.fakes.wecom import PagedWecom

WHEN = 1_760_086_400
BATCH = "externalcontact/batch/get_by_user"
RESIGNED = "externalcontact/resigned/transfer_customer"
RESIGNED_RESULT = "externalcontact/resigned/transfer_result"


@pytest.fixture
def wecom() -> PagedWecom:
    return PagedWecom()


@pytest.fixture
def client(wecom: PagedWecom) -> WecomClient:
    return WecomClient(wecom, lambda: 1000002)


def three_pages(rows: Callable[[int], dict[str, Any]]) -> list[dict[str, Any]]:
    """Three pages; the second is empty and has a cursor all the same (5.4)."""
    empty: dict[str, list[Any]] = {name: [] for name in rows(0)}
    return [{**rows(0), "next_cursor": "C1"}, {**empty, "next_cursor": "C2"}, {**rows(2), "next_cursor": ""}]


def relation(number: int) -> dict[str, Any]:
    return {
        "external_contact_list": [
            {
                "external_contact": {"external_userid": f"wm{number}", "name": "陈女士", "type": 1, "new_field": {}},
                "follow_info": {"userid": "rm_li", "createtime": WHEN, "tag_id": ["et1"], "add_way": 202},
            }
        ]
    }


LISTS: list[tuple[str, Callable[[int], dict[str, Any]], Callable[[WecomClient], Sequence[Any]], list[str]]] = [
    (
        BATCH,
        relation,
        lambda client: [row.external_contact.external_userid for row in client.external_contacts.relations(["rm_li"])],
        ["wm0", "wm2"],
    ),
    (
        RESIGNED_RESULT,
        lambda number: {"customer": [{"external_userid": f"wm{number}", "status": 2, "takeover_time": WHEN}]},
        lambda client: [row.external_userid for row in client.inheritance.resigned_results("a", "b")],
        ["wm0", "wm2"],
    ),
    (
        "externalcontact/transfer_result",
        lambda number: {"customer": [{"external_userid": f"wm{number}", "status": 1, "takeover_time": WHEN}]},
        lambda client: [row.external_userid for row in client.inheritance.onjob_results("a", "b")],
        ["wm0", "wm2"],
    ),
    (
        "externalcontact/get_unassigned_list",
        lambda number: {"info": [{"handover_userid": "a", "external_userid": f"wm{number}", "dimission_time": WHEN}]},
        lambda client: [row.external_userid for row in client.inheritance.unassigned()],
        ["wm0", "wm2"],
    ),
    (
        "externalcontact/groupchat/list",
        lambda number: {"group_chat_list": [{"chat_id": f"wr{number}", "status": 1}]},
        lambda client: [row.chat_id for row in client.group_chats.list()],
        ["wr0", "wr2"],
    ),
    (
        "user/list_id",
        lambda number: {"dept_user": [{"userid": f"u{number}", "department": 1}]},
        lambda client: [row.userid for row in client.address_book.member_ids()],
        ["u0", "u2"],
    ),
]


@pytest.mark.parametrize(("path", "rows", "read", "expected"), LISTS, ids=[row[0] for row in LISTS])
def test_every_list_call_follows_its_cursor_over_empty_pages(
    wecom: PagedWecom,
    client: WecomClient,
    path: str,
    rows: Callable[[int], dict[str, Any]],
    read: Callable[[WecomClient], Sequence[Any]],
    expected: list[str],
) -> None:
    wecom.will_answer(path, *three_pages(rows))

    found = read(client)

    assert found == expected
    assert wecom.cursors() == [None, "C1", "C2"]


def test_the_followers_of_a_customer_come_from_all_pages(wecom: PagedWecom, client: WecomClient) -> None:
    def page(number: int) -> dict[str, Any]:
        return {
            "external_contact": {"external_userid": "wmA1", "name": "陈女士"},
            "follow_user": [{"userid": f"rm_{number}", "tags": [{"tag_name": "钻石", "type": 2}]}],
        }

    wecom.will_answer(
        "externalcontact/get", {**page(0), "next_cursor": "C1"}, {**page(1), "next_cursor": "C2"}, page(2)
    )

    detail = client.external_contacts.get("wmA1")

    assert [follower.userid for follower in detail.follow_users] == ["rm_0", "rm_1", "rm_2"]
    assert wecom.cursors() == [None, "C1", "C2"]


@pytest.mark.parametrize(("path", "rows", "read", "expected"), LISTS, ids=[row[0] for row in LISTS])
def test_a_cursor_that_repeats_itself_ends_in_an_error(
    wecom: PagedWecom,
    client: WecomClient,
    path: str,
    rows: Callable[[int], dict[str, Any]],
    read: Callable[[WecomClient], Sequence[Any]],
    expected: list[str],
) -> None:
    wecom.will_answer(path, *[{**rows(0), "next_cursor": "SAME"}] * 3)

    with pytest.raises(TransientError):
        read(client)


def test_one_page_of_relations_can_be_had_alone(wecom: PagedWecom, client: WecomClient) -> None:
    wecom.will_answer(BATCH, {**relation(1), "next_cursor": "C2"})

    page = client.external_contacts.relations_page(["rm_li"], "C1")

    assert page.next_cursor == "C2"
    assert page.rows[0].follow_info.createtime == datetime.fromtimestamp(WHEN, UTC)
    assert wecom.calls[0].body == {"userid_list": ["rm_li"], "limit": 100, "cursor": "C1"}  # trap 17


def test_a_member_without_customers_has_an_empty_list(wecom: PagedWecom, client: WecomClient) -> None:  # trap 18
    wecom.will_answer("externalcontact/list", InvalidRequestError(84061, "externalcontact/list"))

    assert client.external_contacts.customers_of("rm_li") == []


def test_other_refusals_of_the_customer_list_are_raised(wecom: PagedWecom, client: WecomClient) -> None:
    wecom.will_answer("externalcontact/list", InvalidRequestError(84083, "externalcontact/list"))

    with pytest.raises(InvalidRequestError):
        client.external_contacts.customers_of("rm_li")


def test_a_transfer_sends_an_array_and_reads_the_code_of_each_customer(
    wecom: PagedWecom, client: WecomClient
) -> None:  # traps 14, 15
    rows = [{"external_userid": "wm1", "errcode": 0}, {"external_userid": "wm2", "errcode": 40096}]
    wecom.will_answer(RESIGNED, {"customer": rows})

    started = client.inheritance.transfer_resigned("rm_gone", "rm_li", ["wm1", "wm2"])

    assert [(row.external_userid, row.errcode) for row in started] == [("wm1", 0), ("wm2", 40096)]
    assert wecom.calls[0].body == {
        "handover_userid": "rm_gone",
        "takeover_userid": "rm_li",
        "external_userid": ["wm1", "wm2"],
    }
    assert not wecom.calls[0].repeatable


def test_only_the_on_job_transfer_tells_the_customer(wecom: PagedWecom, client: WecomClient) -> None:
    path = "externalcontact/transfer_customer"
    wecom.will_answer(path, {"customer": []}, {"customer": []})

    client.inheritance.transfer_onjob("rm_wang", "rm_li", ["wm1"], success_message="您好")
    client.inheritance.transfer_onjob("rm_wang", "rm_li", ["wm1"])

    bodies = [call.body or {} for call in wecom.calls]
    assert [body.get("transfer_success_msg") for body in bodies] == ["您好", None]


def test_a_transfer_answer_we_cannot_read_leaves_the_outcome_open(wecom: PagedWecom, client: WecomClient) -> None:
    wecom.will_answer(RESIGNED, {"customer": [{"external_userid": "陈女士", "errcode": "what"}]})

    with pytest.raises(OutcomeUnknownError) as unknown:
        client.inheritance.transfer_resigned("rm_gone", "rm_li", ["wm1"])

    assert "陈女士" not in f"{unknown.value!r}{unknown.value.__context__!r}{unknown.value.__cause__!r}"


def test_a_list_answer_we_cannot_read_is_like_no_answer(wecom: PagedWecom, client: WecomClient) -> None:
    wecom.will_answer(BATCH, {"external_contact_list": [{"external_contact": {"name": "陈女士"}}]})

    with pytest.raises(TransientError) as failed:
        list(client.external_contacts.relations(["rm_li"]))

    assert "陈女士" not in f"{failed.value!r}{failed.value.__context__!r}"


@pytest.mark.parametrize(
    ("status", "moment", "expected"),
    [
        (1, WHEN, TransferStatus.DONE),
        (2, WHEN, TransferStatus.WAITING),
        (3, 0, TransferStatus.REFUSED),
        (4, None, TransferStatus.TAKEOVER_LIMIT),
        (5, 0, TransferStatus.NO_RECORD),
        (9, 0, TransferStatus.UNKNOWN),
    ],
)
def test_transfer_results_have_the_status_by_name(
    wecom: PagedWecom, client: WecomClient, status: int, moment: int | None, expected: TransferStatus
) -> None:
    wecom.will_answer(
        RESIGNED_RESULT, {"customer": [{"external_userid": "wm1", "status": status, "takeover_time": moment}]}
    )

    (row,) = client.inheritance.resigned_results("rm_gone", "rm_li")

    assert row.status is expected
    assert row.takeover_at == (datetime.fromtimestamp(WHEN, UTC) if moment else None)


def test_the_unassigned_list_is_asked_by_cursor_and_never_by_page_number(
    wecom: PagedWecom, client: WecomClient
) -> None:  # trap 16
    wecom.will_answer("externalcontact/get_unassigned_list", {"info": [], "is_last": False, "next_cursor": ""})

    list(client.inheritance.unassigned())

    assert wecom.calls[0].body == {"page_size": 1000}


@pytest.mark.parametrize(
    ("transfer", "path"),
    [
        (lambda client: client.group_chats.transfer_resigned(["wr1"], "rm_li"), "externalcontact/groupchat/transfer"),
        (
            lambda client: client.group_chats.transfer_onjob(["wr1"], "rm_li"),
            "externalcontact/groupchat/onjob_transfer",
        ),
    ],
)
def test_group_transfers_use_the_right_one_of_two_paths_and_return_failures(
    wecom: PagedWecom, client: WecomClient, transfer: Callable[[WecomClient], Any], path: str
) -> None:  # trap 19
    wecom.will_answer(path, {"failed_chat_list": [{"chat_id": "wr1", "errcode": 90500, "errmsg": "not resigned"}]})

    (failure,) = transfer(client)

    assert (failure.chat_id, failure.errcode) == ("wr1", 90500)
    assert wecom.calls[0].body == {"chat_id_list": ["wr1"], "new_owner": "rm_li"}
    assert not wecom.calls[0].repeatable


def test_groups_of_an_owner_who_left_are_found_without_naming_him(
    wecom: PagedWecom, client: WecomClient
) -> None:  # trap 21
    wecom.will_answer(
        "externalcontact/groupchat/list",
        {"group_chat_list": [{"chat_id": "wr1", "status": 1}, {"chat_id": "wr2", "status": 1}], "next_cursor": ""},
    )
    for chat_id, owner in (("wr1", "RM_Gone"), ("wr2", "someone_else")):
        wecom.will_answer("externalcontact/groupchat/get", {"group_chat": {"chat_id": chat_id, "owner": owner}})

    found = [group.chat_id for group in client.group_chats.of_departed_owner("rm_gone")]

    assert found == ["wr1"]
    assert wecom.calls[0].body == {"status_filter": 1, "limit": 1000}


def test_groups_can_be_asked_by_owner_and_status(wecom: PagedWecom, client: WecomClient) -> None:
    wecom.will_answer("externalcontact/groupchat/list", {"group_chat_list": [{"chat_id": "wr1", "status": 7}]})

    page = client.group_chats.list_page(owners=["rm_li"], status=GroupChatStatus.INHERITED, cursor="C1")

    assert page.rows[0].status is GroupChatStatus.UNKNOWN
    assert wecom.calls[0].body == {
        "status_filter": 3,
        "limit": 1000,
        "owner_filter": {"userid_list": ["rm_li"]},
        "cursor": "C1",
    }


def ids(number: int) -> list[str]:
    return [f"id{each}" for each in range(number)]


TOO_MUCH: list[Callable[[WecomClient], object]] = [
    lambda client: client.inheritance.transfer_resigned("a", "b", ids(101)),
    lambda client: client.inheritance.transfer_resigned("a", "b", []),
    lambda client: client.inheritance.transfer_onjob("a", "b", ["wm1", ""]),
    lambda client: client.inheritance.transfer_onjob("a", "b", ["wm1"], success_message="好" * 201),
    lambda client: client.group_chats.transfer_resigned(ids(101), "b"),
    lambda client: client.group_chats.transfer_onjob([], "b"),
    lambda client: list(client.group_chats.list(owners=ids(101))),
    lambda client: list(client.external_contacts.relations(ids(101))),
    lambda client: client.external_contacts.relations_page([]),
    lambda client: client.external_contacts.remark("a", "wm1", remark="好" * 21),
    lambda client: client.external_contacts.remark("a", "wm1", description="好" * 151),
    lambda client: client.external_contacts.remark("a", "wm1"),
    lambda client: client.tags.add([], group_name="等级"),
    lambda client: client.tags.add(["好" * 31], group_name="等级"),
    lambda client: client.tags.add(["钻石"]),
    lambda client: client.tags.add(["钻石"], group_name="等级", group_id="et1"),
    lambda client: client.tags.rename("et1", "好" * 31),
    lambda client: client.tags.delete(),
    lambda client: client.tags.mark("a", "wm1"),
    lambda client: client.application_messages.send(ids(1001), TextMessage("您好")),
    lambda client: client.application_messages.send(["a"], TextMessage("好" * 683)),
    lambda client: client.application_messages.send(["a"], MarkdownMessage("好" * 683)),
    lambda client: client.application_messages.send(["a"], TextCard("好" * 129, "d", "https://bank.example")),
    lambda client: client.application_messages.send(["a"], TextCard("t", "好" * 513, "https://bank.example")),
    lambda client: client.application_messages.send(["a"], TextCard("t", "d", "https://bank.example", "查看一下吧")),
    lambda client: client.application_messages.send(["a"], TextCard("t", "d", "h" * 2049)),
]


@pytest.mark.parametrize("request_", TOO_MUCH)
def test_what_wecom_would_refuse_is_refused_in_a_sentence_before_sending(
    wecom: PagedWecom, client: WecomClient, request_: Callable[[WecomClient], object]
) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        request_(client)

    assert refused.value.errcode is None
    assert len(refused.value.reason.split()) > 4
    assert refused.value.reason in str(refused.value)
    assert wecom.calls == []


def test_the_address_book_reads_members_and_departments(wecom: PagedWecom, client: WecomClient) -> None:
    member = {"userid": "rm_wang", "name": "王敏", "department": [12], "status": 1, "main_department": 12, "order": [0]}
    wecom.will_answer("user/get", member)
    wecom.will_answer("user/list", {"userlist": [member, {"userid": "x", "status": 77}]})
    wecom.will_answer("user/simplelist", {"userlist": [{"userid": "rm_wang", "department": None, "name": None}]})
    wecom.will_answer("department/list", {"department": [{"id": 12, "name": "财富一部", "parentid": 1}]})
    wecom.will_answer("department/simplelist", {"department_id": [{"id": 12, "parentid": 1, "order": 100}]})
    wecom.will_answer("department/get", {"department": {"id": 12, "department_leader": ["rm_lead01"]}})

    book = client.address_book
    members = book.department_members(12)

    assert book.user("RM_Wang").status is MemberStatus.ACTIVE
    assert [row.status for row in members] == [MemberStatus.ACTIVE, MemberStatus.UNKNOWN]
    assert book.department_member_briefs(12)[0].name == ""
    assert book.departments()[0].name == "财富一部"
    assert book.department_tree(12)[0].order == 100
    assert book.department(12).department_leader == ("rm_lead01",)
    assert wecom.calls[0].query == {"department_id": 12, "fetch_child": 0}


def test_tags_are_read_added_renamed_deleted_and_marked(wecom: PagedWecom, client: WecomClient) -> None:
    group = {"group_id": "et0", "group_name": "等级", "tag": [{"id": "et1", "name": "钻石", "create_time": WHEN}]}
    wecom.will_answer("externalcontact/get_corp_tag_list", {"tag_group": [group]})
    wecom.will_answer("externalcontact/add_corp_tag", {"tag_group": group})
    for path in ("edit_corp_tag", "del_corp_tag", "mark_tag"):
        wecom.will_answer(f"externalcontact/{path}", {})

    read = client.tags.corp_tags(group_ids=["et0"])
    added = client.tags.add(["钻石"], group_name="等级")
    client.tags.rename("et1", "铂金")
    client.tags.delete(tag_ids=["et1"])
    client.tags.mark("rm_li", "wm1", add=["et1"], remove=["et2"])

    assert read[0].tag[0].name == "钻石"
    assert added.group_id == "et0"
    assert [call.body for call in wecom.calls] == [
        {"group_id": ["et0"]},
        {"group_name": "等级", "tag": [{"name": "钻石"}]},
        {"id": "et1", "name": "铂金"},
        {"tag_id": ["et1"], "group_id": []},
        {"userid": "rm_li", "external_userid": "wm1", "add_tag": ["et1"], "remove_tag": ["et2"]},
    ]


def test_a_remark_changes_only_what_was_given(wecom: PagedWecom, client: WecomClient) -> None:
    wecom.will_answer("externalcontact/remark", {})

    client.external_contacts.remark("rm_li", "wm1", remark="陈-钻石卡")

    assert wecom.calls[0].body == {"userid": "rm_li", "external_userid": "wm1", "remark": "陈-钻石卡"}


def test_a_message_is_protected_against_duplicates_and_names_who_was_not_reached(
    wecom: PagedWecom, client: WecomClient
) -> None:
    wecom.will_answer("message/send", {"msgid": "m1", "invaliduser": "a|b", "unlicenseduser": "c"})

    sent = client.application_messages.send(["a", "b", "c", "d"], TextCard("待办", "请确认", "https://bank.example"))

    body = wecom.calls[0].body or {}
    assert sent.not_reached == ("a", "b", "c")
    assert (body["touser"], body["agentid"], body["msgtype"]) == ("a|b|c|d", 1000002, "textcard")
    assert (body["enable_duplicate_check"], body["duplicate_check_interval"]) == (1, 14_400)
    assert not wecom.calls[0].repeatable


def test_personal_data_stays_out_of_representations(wecom: PagedWecom, client: WecomClient) -> None:
    wecom.will_answer(BATCH, relation(1))

    page = client.external_contacts.relations_page(["rm_li"])

    assert "陈女士" not in repr(page)


def test_follow_users_and_customers_are_plain_ids(wecom: PagedWecom, client: WecomClient) -> None:
    wecom.will_answer("externalcontact/get_follow_user_list", {"follow_user": ["rm_wang", "rm_li"]})
    wecom.will_answer("externalcontact/list", {"external_userid": ["wm1", "wo2"]})

    assert client.external_contacts.follow_users() == ["rm_wang", "rm_li"]
    assert client.external_contacts.customers_of("rm_li") == ["wm1", "wo2"]


def test_the_id_maxima_of_the_tests_are_those_of_the_limits_file() -> None:
    assert (limits.TRANSFER_CUSTOMERS, limits.TRANSFER_GROUPS, limits.RELATION_USERIDS) == (100, 100, 100)
