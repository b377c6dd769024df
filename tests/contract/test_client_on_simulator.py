"""The typed client and its transport against the WeCom simulator over HTTP, with everything that can go wrong."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from local.simulator.server import RunningSimulator, running_simulator
from scrm.wecom.api.application_messages import TextCard
from scrm.wecom.errors import (
    CallPostponedError,
    InvalidRequestError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitedError,
    TransientError,
)
from scrm.wecom.payloads.address_book import MemberStatus
from scrm.wecom.payloads.group_chats import GroupChatStatus
from scrm.wecom.payloads.inheritance import TransferStatus
from tests.simulated_corp import Corp, loaded
from tests.unit.simulator.builders import customer, group, member, relation

TRANSFER = "externalcontact/resigned/transfer_customer"
BATCH = "externalcontact/batch/get_by_user"


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with running_simulator() as running:
        yield running


@pytest.fixture
def corp(simulator: RunningSimulator) -> Corp:
    return loaded(simulator)


def large(simulator: RunningSimulator, customers: int = 250) -> Corp:
    names = [f"wm{number:04}" for number in range(customers)]
    return loaded(
        simulator,
        customers=[customer(name) for name in names],
        relations=[relation("rm_a", name) for name in names],
    )


def test_every_family_reads_what_the_simulator_answers(corp: Corp) -> None:
    client = corp.client()
    corp.control.set_knobs(extra_fields=True)

    assert client.address_book.user("RM_A").status is MemberStatus.ACTIVE
    assert {department.id for department in client.address_book.departments()} == {1, 10, 20}
    assert {row.userid for row in client.address_book.department_members(10)} == {"rm_a", "rm_b"}
    assert set(client.external_contacts.follow_users()) == {"rm_a", "rm_b", "rm_c"}
    assert set(client.external_contacts.customers_of("rm_a")) == {"wm1", "wm2", "wm3"}
    assert {each.userid for each in client.external_contacts.get("wm3").follow_users} == {"rm_a", "rm_b"}
    assert [each.tag[0].name for each in client.tags.corp_tags()] == ["钻石"]
    assert {row.chat_id for row in client.group_chats.list()} == {"wr1", "wr2"}
    assert client.group_chats.get("wr1").owner == "rm_a"


def test_optional_fields_may_be_missing(corp: Corp) -> None:
    corp.control.set_knobs(omit_optional_fields=True)
    client = corp.client()

    assert client.address_book.user("rm_a").userid == "rm_a"
    assert client.external_contacts.get("wm1").contact.external_userid == "wm1"
    assert len(list(client.external_contacts.relations(["rm_a"]))) == 3
    assert client.group_chats.get("wr1").chat_id == "wr1"


def test_writes_take_effect(corp: Corp) -> None:
    client = corp.client()

    client.external_contacts.remark("rm_a", "wm2", remark="陈-钻石卡")
    client.tags.mark("rm_a", "wm2", add=["et1"])
    added = client.tags.add(["铂金"], group_name="等级")
    sent = client.application_messages.send(["rm_a"], TextCard("待办", "请确认", "https://bank.example/t/1"))

    (row,) = corp.control.relations(userid="rm_a", external_userid="wm2")
    assert (row["remark"], row["tag_ids"]) == ("陈-钻石卡", ["et1"])
    assert "铂金" in {tag.name for tag in added.tag}
    assert sent.not_reached == ()


def test_all_pages_are_read_also_when_pages_are_short(simulator: RunningSimulator) -> None:
    corp = large(simulator)
    corp.control.set_knobs(short_pages=True)

    rows = list(corp.client().external_contacts.relations(["rm_a"]))

    assert len({row.external_contact.external_userid for row in rows}) == len(rows) == 250
    assert len(corp.codes(BATCH)) >= 3


def test_a_token_revoked_between_two_pages_is_replaced_once(simulator: RunningSimulator) -> None:
    corp = large(simulator)
    rows = corp.client().external_contacts.relations(["rm_a"])
    next(rows)
    corp.control.revoke_tokens(errcode=42001)

    rest = list(rows)

    assert len(rest) == 249
    assert corp.codes(BATCH).count(42001) == 1
    assert corp.codes("gettoken") == [0, 0]


def test_functions_share_one_token(corp: Corp) -> None:
    for _ in range(4):
        corp.client().external_contacts.follow_users()

    assert corp.codes("gettoken") == [0]


def test_a_full_minute_closes_the_path_for_everybody_and_it_opens_again(corp: Corp) -> None:
    corp.control.set_knobs(corp_calls_per_minute=3)
    client, other = corp.client(), corp.client()
    for _ in range(3):
        client.external_contacts.follow_users()
    with pytest.raises(RateLimitedError) as limited:
        client.external_contacts.follow_users()
    closed_for = limited.value.not_before - corp.time.now()

    with pytest.raises(CallPostponedError):
        other.external_contacts.follow_users()
    corp.time.advance(62)

    assert timedelta(seconds=60) < closed_for < timedelta(seconds=62)
    assert other.external_contacts.follow_users()
    assert corp.codes("externalcontact/get_follow_user_list") == [0, 0, 0, 45009, 0]


def test_other_paths_stay_open_during_a_penalty(corp: Corp) -> None:
    corp.control.add_fault("errcode", "externalcontact/get", errcode=45009, count=1)
    client = corp.client()

    with pytest.raises(RateLimitedError):
        client.external_contacts.get("wm1")

    assert client.external_contacts.customers_of("rm_a")


def test_a_busy_wecom_is_asked_again_after_1_and_2_seconds(corp: Corp) -> None:
    corp.control.add_fault("errcode", "externalcontact/get", errcode=-1, count=2)

    corp.client().external_contacts.get("wm1")

    assert corp.codes("externalcontact/get") == [-1, -1, 0]
    assert corp.time.slept == [1.0, 2.0]


def test_a_wecom_that_stays_busy_is_given_up_after_three_retries(corp: Corp) -> None:
    corp.control.add_fault("errcode", "externalcontact/get", errcode=-1)

    with pytest.raises(TransientError) as failed:
        corp.client().external_contacts.get("wm1")

    assert failed.value.errcode == -1
    assert corp.codes("externalcontact/get") == [-1] * 4


def test_too_many_calls_at_once_are_waited_out(corp: Corp) -> None:
    corp.control.add_fault("errcode", "externalcontact/get", errcode=45033, count=2)

    corp.client().external_contacts.get("wm1")

    assert corp.codes("externalcontact/get") == [45033, 45033, 0]


def test_a_transfer_whose_reply_was_dropped_is_looked_up_and_not_repeated(corp: Corp) -> None:
    corp.control.delete_member("rm_a")
    corp.control.add_fault("drop_after", TRANSFER, count=1)
    client = corp.client()

    with pytest.raises(OutcomeUnknownError):
        client.inheritance.transfer_resigned("rm_a", "rm_c", ["wm1", "wm2"])

    assert corp.codes(TRANSFER) == [0]
    results = {row.external_userid: row.status for row in client.inheritance.resigned_results("rm_a", "rm_c")}
    assert results == {"wm1": TransferStatus.WAITING, "wm2": TransferStatus.WAITING}


def test_a_transfer_that_was_cut_off_before_the_work_is_not_repeated_either(corp: Corp) -> None:
    corp.control.delete_member("rm_a")
    corp.control.add_fault("drop_before", TRANSFER, count=1)
    client = corp.client()

    with pytest.raises(OutcomeUnknownError):
        client.inheritance.transfer_resigned("rm_a", "rm_c", ["wm1"])

    assert corp.codes(TRANSFER) == [None]
    assert list(client.inheritance.resigned_results("rm_a", "rm_c")) == []


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "http"])
def test_a_read_whose_reply_was_lost_is_repeated(corp: Corp, kind: str) -> None:
    corp.control.add_fault(kind, "externalcontact/get", count=2)

    assert corp.client().external_contacts.get("wm1").contact.external_userid == "wm1"
    assert len(corp.codes("externalcontact/get")) == 3


def test_a_slow_transfer_is_an_unknown_outcome_and_a_slow_read_is_repeated(corp: Corp) -> None:
    corp.control.delete_member("rm_a")
    corp.client().external_contacts.follow_users()  # the token is there
    for path in (TRANSFER, "externalcontact/get"):
        corp.control.add_fault("slow", path, delay_ms=1_500, count=1)
    client = corp.client(timeout=(1.0, 0.5))

    with pytest.raises(OutcomeUnknownError):
        client.inheritance.transfer_resigned("rm_a", "rm_c", ["wm1"])
    detail = client.external_contacts.get("wm3")

    assert detail.contact.external_userid == "wm3"
    assert corp.codes(TRANSFER) == [0]


def test_an_outage_stops_the_calls_of_all_functions_and_a_probe_ends_it(corp: Corp) -> None:
    corp.client().external_contacts.follow_users()
    corp.control.start_outage()
    for _ in range(3):
        with pytest.raises((TransientError, CallPostponedError)):
            corp.client().external_contacts.get("wm1")
    tried = len(corp.codes("externalcontact/get"))
    for _ in range(5):
        with pytest.raises(CallPostponedError):
            corp.client().external_contacts.get("wm1")

    corp.control.end_outage()
    corp.time.advance(61)

    assert len(corp.codes("externalcontact/get")) == tried <= 6
    assert corp.client().external_contacts.get("wm1")
    assert corp.client().external_contacts.customers_of("rm_a")


def test_a_resigned_transfer_runs_from_waiting_to_done(corp: Corp) -> None:
    corp.control.delete_member("rm_a")
    client = corp.client()
    started = client.inheritance.transfer_resigned("rm_a", "rm_c", ["wm1", "wm2", "wmNOBODY"])
    waiting = {row.status for row in client.inheritance.resigned_results("rm_a", "rm_c")}

    corp.time.advance(timedelta(hours=25).total_seconds())

    codes = {row.external_userid: row.errcode for row in started}
    assert (codes["wm1"], codes["wm2"]) == (0, 0)
    assert codes["wmNOBODY"] != 0
    assert waiting == {TransferStatus.WAITING}
    assert {row.status for row in client.inheritance.resigned_results("rm_a", "rm_c")} == {TransferStatus.DONE}
    assert {row.external_userid for row in client.inheritance.unassigned()} == {"wm3"}


def test_an_active_member_cannot_be_handed_over_as_resigned(corp: Corp) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        corp.client().inheritance.transfer_resigned("rm_a", "rm_c", ["wm1"])

    assert refused.value.errcode == 40097
    assert refused.value.hint
    assert "127.0.0.1" not in f"{refused.value}{refused.value!r}"


def test_an_on_job_transfer_runs(corp: Corp) -> None:
    client = corp.client()
    (started,) = client.inheritance.transfer_onjob("rm_a", "rm_c", ["wm1"], success_message="您好")
    corp.time.advance(timedelta(hours=25).total_seconds())

    (result,) = client.inheritance.onjob_results("rm_a", "rm_c")

    assert started.errcode == 0
    assert result.status is TransferStatus.DONE


def test_groups_of_a_leaver_move_and_those_of_active_owners_are_named(corp: Corp) -> None:
    corp.control.create_group(group("wr9", "rm_b"))
    corp.control.delete_member("rm_a")
    client = corp.client()
    waiting = {each.chat_id for each in client.group_chats.of_departed_owner("rm_a")}

    failures = client.group_chats.transfer_resigned(["wr1", "wr2", "wr9"], "rm_c")
    corp.time.advance(timedelta(hours=1).total_seconds())

    assert waiting == {"wr1", "wr2"}
    assert [(failure.chat_id, failure.errcode) for failure in failures] == [("wr9", 90500)]
    assert {client.group_chats.get(chat_id).owner for chat_id in ("wr1", "wr2")} == {"rm_c"}
    assert list(client.group_chats.of_departed_owner("rm_a")) == []


def test_an_owner_who_left_cannot_be_named_in_the_group_list(corp: Corp) -> None:  # trap 21
    corp.control.delete_member("rm_a")

    with pytest.raises(InvalidRequestError) as refused:
        list(corp.client().group_chats.list(owners=["rm_a"]))

    assert refused.value.errcode == 40003
    assert list(corp.client().group_chats.list(status=GroupChatStatus.OWNER_RESIGNED))


def test_a_member_without_customers_has_none(corp: Corp) -> None:
    assert corp.client().external_contacts.customers_of("rm_c") == []


def test_a_deleted_member_is_unknown(corp: Corp) -> None:
    corp.control.delete_member("rm_a")

    with pytest.raises(InvalidRequestError) as refused:
        corp.client().address_book.user("rm_a")

    assert refused.value.errcode == 60111


def test_an_untrusted_address_is_for_an_operator(corp: Corp) -> None:
    corp.client().external_contacts.follow_users()
    corp.control.set_knobs(trusted_ip_delay_seconds=0)
    corp.control.patch_app("contacts", trusted_ips=["203.0.113.9"])

    with pytest.raises(PermissionDeniedError) as denied:
        corp.client().external_contacts.follow_users()

    assert denied.value.errcode == 60020


def test_a_wrong_secret_is_not_hammered(corp: Corp) -> None:
    corp.secret = "wrong"
    outcomes = []
    for _ in range(10):
        with pytest.raises((PermissionDeniedError, CallPostponedError)) as refused:
            corp.client().external_contacts.follow_users()
        outcomes.append(type(refused.value))

    assert outcomes == [PermissionDeniedError] + [CallPostponedError] * 9
    assert len(corp.codes("gettoken")) == 1


def test_more_members_than_a_department_page_are_all_read(simulator: RunningSimulator) -> None:
    corp = loaded(simulator, members=[member(f"rm_{number:03}") for number in range(120)], relations=[], groups=[])

    rows = corp.client().address_book.department_members(10)

    assert len(rows) == 120
