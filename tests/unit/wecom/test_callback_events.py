from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scrm.wecom.envelope import message_fields
from scrm.wecom.events import Event, EventFieldError, UnknownEvent, known_events, parse_event
from scrm.wecom.events.address_book import ExtendedAttribute, MemberCreated, MemberTagUpdated, MemberUpdated
from scrm.wecom.events.customer_acquisition import CustomerMessageReceived
from scrm.wecom.events.external_chat import GroupChatUpdated
from scrm.wecom.events.external_contact import ContactAdded, ContactDeleted
from tests.callbacks import CORP_ID, Content, message

AT = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
PAIR: dict[str, Content] = {"UserID": "rm_wang", "ExternalUserID": "wm1"}
PAIR_READ = {"userid": "rm_wang", "external_userid": "wm1"}

# Every event of docs/wecom.md 3, in its order: name, elements beyond the header, what is read from them.
CASES: list[tuple[str, dict[str, Content], dict[str, Any]]] = [
    (
        "change_external_contact.add_external_contact",
        {**PAIR, "State": "s1", "WelcomeCode": "w1"},
        {**PAIR_READ, "state": "s1", "welcome_code": "w1"},
    ),
    ("change_external_contact.add_external_contact", PAIR, {**PAIR_READ, "state": None, "welcome_code": None}),
    (
        "change_external_contact.add_half_external_contact",
        {**PAIR, "State": "s1", "WelcomeCode": "w1"},
        {**PAIR_READ, "state": "s1", "welcome_code": "w1"},
    ),
    ("change_external_contact.edit_external_contact", PAIR, PAIR_READ),
    (
        "change_external_contact.del_external_contact",
        {**PAIR, "Source": "DELETE_BY_TRANSFER"},
        {**PAIR_READ, "source": "DELETE_BY_TRANSFER", "by_transfer": True},
    ),
    ("change_external_contact.del_external_contact", PAIR, {**PAIR_READ, "source": None, "by_transfer": False}),
    ("change_external_contact.del_follow_user", PAIR, PAIR_READ),
    (
        "change_external_contact.transfer_fail",
        {**PAIR, "FailReason": "customer_limit_exceed"},
        {**PAIR_READ, "fail_reason": "customer_limit_exceed"},
    ),
    (
        "change_external_contact.msg_audit_approved",
        {**PAIR, "WelcomeCode": "w1"},
        {**PAIR_READ, "welcome_code": "w1"},
    ),
    ("change_external_chat.create", {"ChatId": "wr1"}, {"chat_id": "wr1"}),
    ("change_external_chat.dismiss", {"ChatId": "wr1"}, {"chat_id": "wr1"}),
    (
        "change_external_chat.update",
        {
            "ChatId": "wr1",
            "UpdateDetail": "del_member",
            "QuitScene": "1",
            "MemChangeCnt": "2",
            "MemChangeList": ["wm1", "rm_li"],
            "LastMemVer": "a" * 32,
            "CurMemVer": "b" * 32,
        },
        {
            "chat_id": "wr1",
            "update_detail": "del_member",
            "join_scene": None,
            "quit_scene": 1,
            "changed_member_count": 2,
            "changed_members": ("wm1", "rm_li"),
            "last_member_version": "a" * 32,
            "current_member_version": "b" * 32,
        },
    ),
    ("change_external_tag.create", {"Id": "et1", "TagType": "tag"}, {"tag_id": "et1", "tag_type": "tag"}),
    ("change_external_tag.update", {"Id": "et1", "StrategyId": "7"}, {"tag_id": "et1", "strategy_id": "7"}),
    (
        "change_external_tag.delete",
        {"Id": "et1", "TagType": "tag_group"},
        {"tag_id": "et1", "tag_type": "tag_group"},
    ),
    ("change_external_tag.shuffle", {"Id": "et9", "StrategyId": "7"}, {"group_id": "et9", "strategy_id": "7"}),
    ("change_external_tag.shuffle", {}, {"group_id": None}),
    (
        "change_contact.create_user",
        {
            "UserID": "rm_wang",
            "Name": "王示例",
            "Department": "1,12",
            "MainDepartment": "12",
            "IsLeaderInDept": "0,1",
            "DirectLeader": "head_zhao,head_qian",
            "Position": "客户经理",
            "Mobile": "n1",
            "Gender": "1",
            "Email": "e1",
            "BizMail": "e2",
            "Status": "1",
            "Avatar": "u1",
            "Alias": "a1",
            "Telephone": "n2",
            "Address": "d1",
            "ExtAttr": [
                {"Name": "工号", "Type": "0", "Text": {"Value": "7"}},
                {"Name": "主页", "Type": "1", "Web": {"Title": "t", "Url": "u"}},
            ],
        },
        {
            "userid": "rm_wang",
            "name": "王示例",
            "department_ids": (1, 12),
            "main_department_id": 12,
            "is_leader_in_department": (0, 1),
            "direct_leaders": ("head_zhao", "head_qian"),
            "position": "客户经理",
            "mobile": "n1",
            "gender": 1,
            "email": "e1",
            "biz_mail": "e2",
            "status": 1,
            "avatar": "u1",
            "alias": "a1",
            "telephone": "n2",
            "address": "d1",
            "extended_attributes": (
                ExtendedAttribute("工号", value="7"),
                ExtendedAttribute("主页", title="t", url="u"),
            ),
        },
    ),
    (
        "change_contact.update_user",
        {"UserID": "rm_wang", "NewUserID": "rm_wang2", "Department": "3"},
        {"userid": "rm_wang", "new_userid": "rm_wang2", "department_ids": (3,), "name": None},
    ),
    ("change_contact.delete_user", {"UserID": "rm_wang"}, {"userid": "rm_wang"}),
    (
        "change_contact.create_party",
        {"Id": "21", "Name": "示例支行", "ParentId": "11", "Order": "7"},
        {"department_id": 21, "name": "示例支行", "parent_id": 11, "order": 7},
    ),
    ("change_contact.update_party", {"Id": "21", "ParentId": "12"}, {"department_id": 21, "parent_id": 12}),
    ("change_contact.delete_party", {"Id": "21"}, {"department_id": 21}),
    (
        "change_contact.update_tag",
        {"TagId": "3", "AddUserItems": "a,b", "DelUserItems": "c", "AddPartyItems": "1,2", "DelPartyItems": "3"},
        {
            "tag_id": 3,
            "added_userids": ("a", "b"),
            "deleted_userids": ("c",),
            "added_department_ids": (1, 2),
            "deleted_department_ids": (3,),
        },
    ),
    ("msgaudit_notify", {"AgentID": "2000004"}, {"agent_id": 2000004}),
    ("customer_acquisition.balance_low", {}, {}),
    ("customer_acquisition.balance_exhausted", {}, {}),
    ("customer_acquisition.balance_increased", {}, {}),
    ("customer_acquisition.link_unavailable", {"LinkId": "l1"}, {"link_id": "l1"}),
    ("customer_acquisition.delete_link", {"LinkId": "l1"}, {"link_id": "l1"}),
    (
        "customer_acquisition.quota_expire_soon",
        {"ExpireTime": str(int(AT.timestamp())), "ExpireQuotaNum": "50"},
        {"expires_at": AT, "expiring_count": 50},
    ),
    ("customer_acquisition.open_profile", {"LinkId": "l1", "State": "s1"}, {"link_id": "l1", "state": "s1"}),
    ("customer_acquisition.friend_request", {"LinkId": "l1", "State": "s1"}, {"link_id": "l1", "state": "s1"}),
    ("customer_acquisition.customer_start_chat", PAIR, PAIR_READ),
    ("customer_acquisition.message_from_customer", {"ChatKey": "k1"}, {"chat_key": "k1", "userid": None}),
    ("customer_acquisition.message_from_customer", PAIR, {**PAIR_READ, "chat_key": None}),
    ("customer_acquisition.del_follow_user", {**PAIR, "LinkId": "l1"}, {**PAIR_READ, "link_id": "l1"}),
]


def fields_of(name: str, elements: dict[str, Content]) -> dict[str, Any]:
    event, _, change_type = name.partition(".")
    return message_fields(message(AT, event, change_type, **elements).encode())


@pytest.mark.parametrize(("name", "elements", "read"), CASES)
def test_event_is_read(name: str, elements: dict[str, Content], read: dict[str, Any]) -> None:
    event = parse_event(fields_of(name, elements))

    assert type(event) is known_events()[name]
    assert (event.corp_id, event.sender, event.occurred_at) == (CORP_ID, "sys", AT)
    assert {attribute: getattr(event, attribute) for attribute in read} == read
    assert not event.extra


def test_every_event_of_the_reference_has_a_class_and_a_case() -> None:
    assert {name for name, _, _ in CASES} == set(known_events())


@pytest.mark.parametrize(("name", "elements", "read"), CASES)
def test_unknown_fields_are_kept(name: str, elements: dict[str, Content], read: dict[str, Any]) -> None:
    event = parse_event({**fields_of(name, elements), "Added2027": ["a", {"b": "c"}]})

    assert event.extra == {"Added2027": ["a", {"b": "c"}]}
    assert {attribute: getattr(event, attribute) for attribute in read} == read


@pytest.mark.parametrize("name", ["change_something_new.created", "change_external_contact.new_kind", "new_event", ""])
def test_unknown_events_survive_with_all_they_said(name: str) -> None:
    event = parse_event(fields_of(name, {"Id": "x", "Part": {"A": "1"}}))

    assert type(event) is UnknownEvent
    assert (event.event, event.change_type) == tuple(name.partition("."))[::2]
    assert event.extra == {"Id": "x", "Part": {"A": "1"}}


def test_message_that_is_no_event_survives() -> None:
    event = parse_event({"MsgType": "text", "Content": "hello", "AgentID": "218"})

    assert isinstance(event, UnknownEvent)
    assert (event.message_type, event.agent_id, event.extra) == ("text", 218, {"Content": "hello"})


def test_numbers_in_cdata_and_texts_without_it_are_read_alike() -> None:
    event = parse_event(
        message_fields(
            b"<xml><CreateTime><![CDATA[1760000000]]></CreateTime><Event>change_contact</Event>"
            b"<ChangeType>update_user</ChangeType><UserID>rm_wang</UserID><Gender><![CDATA[ 2 ]]></Gender></xml>"
        )
    )

    assert isinstance(event, MemberUpdated)
    assert (event.userid, event.gender, event.occurred_at) == ("rm_wang", 2, datetime.fromtimestamp(1760000000, UTC))


@pytest.mark.parametrize("members", [["wm1"], "wm1", "wm1,"])
def test_member_list_may_be_items_or_a_text(members: Any) -> None:
    event = parse_event({**fields_of("change_external_chat.update", {"ChatId": "wr1"}), "MemChangeList": members})

    assert isinstance(event, GroupChatUpdated)
    assert event.changed_members == ("wm1",)


@pytest.mark.parametrize(
    ("name", "elements", "raw"),
    [
        ("change_external_chat.update", {"ChatId": "wr1"}, {"JoinScene": "later"}),
        ("change_contact.update_user", {"UserID": "rm_wang"}, {"ExtAttr": "none"}),
        ("change_contact.update_user", {"UserID": "rm_wang"}, {"ExtAttr": [{"Type": "0"}]}),
        ("change_contact.update_user", {"UserID": "rm_wang"}, {"Department": "1,x"}),
        ("change_contact.update_user", {"UserID": "rm_wang"}, {"Name": ["a", "b"]}),
    ],
)
def test_optional_field_of_another_type_is_kept_as_it_came(
    name: str, elements: dict[str, Content], raw: dict[str, Any]
) -> None:
    event = parse_event({**fields_of(name, elements), **raw})

    assert event.extra == raw


@pytest.mark.parametrize(
    ("name", "elements", "element"),
    [
        ("change_contact.delete_user", {}, "UserID"),
        ("change_contact.delete_user", {"UserID": ""}, "UserID"),
        ("change_contact.delete_party", {"Id": "x"}, "Id"),
        ("change_external_contact.transfer_fail", {"UserID": "rm_wang"}, "ExternalUserID"),
    ],
)
def test_known_event_without_its_subject_is_an_error_that_names_no_value(
    name: str, elements: dict[str, Content], element: str
) -> None:
    with pytest.raises(EventFieldError) as error:
        parse_event(fields_of(name, elements))

    assert str(error.value) == f"{name}: {element}"


def test_personal_data_and_codes_stay_out_of_the_representation() -> None:
    member = parse_event(fields_of("change_contact.create_user", next(c[1] for c in CASES if c[0].endswith("e_user"))))
    added = parse_event(fields_of("change_external_contact.add_external_contact", {**PAIR, "WelcomeCode": "secret"}))
    received = parse_event(fields_of("customer_acquisition.message_from_customer", {"ChatKey": "secret"}))

    assert isinstance(member, MemberCreated)
    assert isinstance(added, ContactAdded)
    assert isinstance(received, CustomerMessageReceived)
    assert "王示例" not in repr(member)
    assert "secret" not in repr(added) + repr(received)


def test_events_cannot_be_changed() -> None:
    event = parse_event(fields_of("change_external_contact.del_external_contact", dict(PAIR)))

    assert isinstance(event, ContactDeleted)
    with pytest.raises(FrozenInstanceError):
        event.userid = "rm_li"  # type: ignore[misc]


def test_empty_lists_read_as_none_told() -> None:
    event = parse_event(fields_of("change_contact.update_tag", {"TagId": "3", "AddUserItems": ""}))

    assert isinstance(event, MemberTagUpdated)
    assert event.added_userids == ()
    assert not event.extra


JSON_VALUES = st.recursive(
    st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@settings(
    suppress_health_check=[HealthCheck.too_slow]
)  # the first draw builds the strategies, slowly on a busy machine
@given(name=st.sampled_from(sorted(known_events())), data=st.data())
def test_whatever_the_fields_hold_is_read_kept_or_named(name: str, data: st.DataObject) -> None:
    event, _, change_type = name.partition(".")
    claimed = [
        "UserID",
        "ExternalUserID",
        "ChatId",
        "Id",
        "MemChangeList",
        "ExtAttr",
        "CreateTime",
        "LinkId",
        "TagId",
        "X",
    ]
    values = data.draw(st.dictionaries(st.sampled_from(claimed), JSON_VALUES))

    parsed = outcome({**values, "Event": event, "ChangeType": change_type})

    if isinstance(parsed, EventFieldError):
        assert parsed.element in {*claimed}
    else:
        assert set(parsed.extra) <= set(values)
        assert "X" not in values or parsed.extra["X"] == values["X"]


def outcome(fields: dict[str, Any]) -> Event | EventFieldError:
    """The event, or the error that parsing may raise; any other error is the test's."""
    try:
        return parse_event(fields)
    except EventFieldError as error:
        return error
