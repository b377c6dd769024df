"""Published SDKs that know nothing of us work against the simulator unchanged: only their base URL is set.

``wecom-crm-mcp`` speaks today's API, uploads, creates mass messages and moments, and reads what became of them;
``wechatpy`` the frozen single-customer call.
"""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from requests.adapters import HTTPAdapter
from wechatpy.enterprise import WeChatClient
from wechatpy.exceptions import WeChatClientException
from wecom_crm_mcp import WecomAPIError, WecomClient, WecomConfig
from wecom_crm_mcp.modules.customer import CustomerModule
from wecom_crm_mcp.modules.media import MediaModule
from wecom_crm_mcp.modules.moment import MomentModule
from wecom_crm_mcp.modules.msg_template import MsgTemplateModule
from wecom_crm_mcp.modules.transfer_active import TransferActiveModule
from wecom_crm_mcp.modules.transfer_resigned import TransferResignedModule

from local.bank import BankSize, bank_world
from local.simulator.server import RunningSimulator, running_simulator
from tests.unit.simulator.builders import PNG

DAY = 86_400
WORLD = bank_world(BankSize(branches=1, sub_branches=1, rms=3, customers=150, groups=2), seed=11)
CORP_ID, SECRET = WORLD["corp_id"], WORLD["apps"][0]["secret"]


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSimulator]:
    with running_simulator() as simulator:
        yield simulator


@pytest.fixture
def sim(running: RunningSimulator) -> RunningSimulator:
    running.control.load_world(WORLD, fresh=True)
    return running


def crm_client(sim: RunningSimulator, cache: Path) -> WecomClient:
    return WecomClient(WecomConfig(CORP_ID, SECRET, base_url=sim.base_url, cache_dir=str(cache)))


def test_wecom_crm_mcp_fetches_a_token_lists_and_transfers_customers(sim: RunningSimulator, tmp_path: Path) -> None:
    async def hand_over() -> tuple[list[str], Any, Any]:
        async with crm_client(sim, tmp_path) as client:
            customers, transfers = CustomerModule(client), TransferActiveModule(client)
            handover, takeover, *_ = (await customers.list_followers())["follow_user"]
            listed = (await customers.list(handover))["external_userid"][:3]
            page = await customers.batch_get([handover], limit=100)
            detail = await customers.get(listed[0])
            assert {row["follow_info"]["userid"] for row in page["external_contact_list"]} == {handover}
            assert detail["external_contact"]["external_userid"] == listed[0]
            started = await transfers.transfer_customer(handover, takeover, listed)
            await asyncio.to_thread(sim.control.advance, 3_600)
            waiting = await transfers.transfer_result(handover, takeover)
            await asyncio.to_thread(sim.control.advance, DAY)
            return listed, started, [waiting, await transfers.transfer_result(handover, takeover)]

    listed, started, results = asyncio.run(hand_over())

    assert [row["errcode"] for row in started["customer"]] == [0, 0, 0]
    statuses = [{row["external_userid"]: row["status"] for row in result["customer"]} for result in results]
    assert statuses == [dict.fromkeys(listed, 2), dict.fromkeys(listed, 1)]


def test_wecom_crm_mcp_moves_a_leavers_customers(sim: RunningSimulator, tmp_path: Path) -> None:
    async def hand_over() -> tuple[int, int]:
        async with crm_client(sim, tmp_path) as client:
            resigned = TransferResignedModule(client)
            handover, takeover, *_ = (await CustomerModule(client).list_followers())["follow_user"]
            await asyncio.to_thread(sim.control.delete_member, handover)
            before = (await resigned.get_unassigned_list())["info"]
            moving = [row["external_userid"] for row in before]
            for start in range(0, len(moving), 100):
                await resigned.resigned_transfer_customer(handover, takeover, moving[start : start + 100])
            await asyncio.to_thread(sim.control.advance, DAY)
            return len(before), len((await resigned.get_unassigned_list())["info"])

    before, after = asyncio.run(hand_over())

    assert before > 20
    assert after == 0


def test_wecom_crm_mcp_recovers_from_a_revoked_token_and_reports_errors(sim: RunningSimulator, tmp_path: Path) -> None:
    async def call_twice() -> int:
        async with crm_client(sim, tmp_path) as client:
            customers = CustomerModule(client)
            followers = (await customers.list_followers())["follow_user"]
            await asyncio.to_thread(sim.control.revoke_tokens)
            assert (await customers.list_followers())["follow_user"] == followers
            with pytest.raises(WecomAPIError) as refused:
                await customers.list("nobody")
            return int(refused.value.errcode)

    assert asyncio.run(call_twice()) == 60111


def test_wecom_crm_mcp_creates_a_mass_message_and_reads_its_result(sim: RunningSimulator, tmp_path: Path) -> None:
    sim.control.set_knobs(mass_quota="day_1")

    async def send() -> tuple[Any, list[Any], Any, Any]:
        async with crm_client(sim, tmp_path) as client:
            messages = MsgTemplateModule(client)
            sender, *_ = (await CustomerModule(client).list_followers())["follow_user"]
            sent, gone, full = (await CustomerModule(client).list(sender))["external_userid"][:3]
            text, targets = {"content": "本周沙龙"}, [sent, gone, full, "wmUNKNOWN"]
            made = await messages.add_msg_template("single", external_userid=targets, sender=sender, text=text)
            with pytest.raises(WecomAPIError) as too_soon:
                await messages.get_groupmsg_task(made["msgid"])
            assert too_soon.value.errcode == 41063
            await asyncio.to_thread(sim.control.advance, 60)
            before = (await messages.get_groupmsg_task(made["msgid"]))["task_list"]
            await asyncio.to_thread(sim.control.remove_relation, sender, gone, by="customer")
            await asyncio.to_thread(sim.control.send_personally, sender, [full], "早")
            await asyncio.to_thread(sim.control.confirm_messages, sender, made["msgid"])
            after = (await messages.get_groupmsg_task(made["msgid"]))["task_list"]
            first = await messages.get_groupmsg_send_result(made["msgid"], sender, limit=2)
            rest = await messages.get_groupmsg_send_result(made["msgid"], sender, limit=2, cursor=first["next_cursor"])
            now = int(datetime.fromisoformat(sim.control.clock()["now"]).timestamp())
            listed = await messages.get_groupmsg_list_v2("single", now - DAY, now, filter_type=0)
            return made, [before, after], first["send_list"] + rest["send_list"], listed["group_msg_list"]

    made, (before, after), results, listed = asyncio.run(send())

    assert made["fail_list"] == ["wmUNKNOWN"]
    assert [row["status"] for row in (*before, *after)] == [0, 2]
    assert [row["status"] for row in results] == [1, 2, 3]
    assert ["send_time" in row for row in results] == [True, False, False]
    assert [(row["msgid"], row["text"]["content"]) for row in listed] == [(made["msgid"], "本周沙龙")]


def test_wecom_crm_mcp_uploads_a_picture_and_publishes_it_as_a_moment(sim: RunningSimulator, tmp_path: Path) -> None:
    picture = tmp_path / "沙龙.png"
    picture.write_bytes(PNG)

    async def publish() -> tuple[Any, Any, Any]:
        async with crm_client(sim, tmp_path) as client:
            moments = MomentModule(client)
            lent = await MediaModule(client).upload_attachment(picture, media_type="image", attachment_type=1)
            shown = [{"msgtype": "image", "image": {"media_id": lent["media_id"]}}]
            job = await moments.add_moment_task({"content": "每日推荐"}, shown)
            await asyncio.to_thread(sim.control.advance, 60)
            result = (await moments.get_moment_task_result(job["jobid"]))["result"]
            member, *_ = (await moments.get_moment_task(result["moment_id"]))["task_list"]
            await asyncio.to_thread(sim.control.publish_moments, member["userid"])
            await asyncio.to_thread(
                sim.control.react, result["moment_id"], member["userid"], by_customer="wm1", comment=True
            )
            told = await moments.get_moment_customer_list(result["moment_id"], member["userid"])
            tasks = await moments.get_moment_task(result["moment_id"])
            return member, tasks["task_list"], told["customer_list"]

    member, tasks, customers = asyncio.run(publish())

    assert [row["publish_status"] for row in tasks].count(1) == 1
    assert {row["userid"] for row in customers} == {member["userid"]}
    (moment,) = sim.control.moments()
    assert max(row["visible"] for row in moment["members"]) > 20


class TowardsSimulator(HTTPAdapter):
    """wechatpy writes WeCom's host into its code; this sends what it says to the simulator's address instead."""

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self._target = urlsplit(base_url)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        said = urlsplit(str(request.url))
        request.url = urlunsplit((self._target.scheme, self._target.netloc, said.path, said.query, ""))
        return super().send(request, *args, **kwargs)


@pytest.fixture
def wechatpy_client(sim: RunningSimulator) -> Iterator[WeChatClient]:
    client = WeChatClient(CORP_ID, SECRET, timeout=5)
    client._http.mount("https://qyapi.weixin.qq.com/", TowardsSimulator(sim.base_url))
    yield client
    client._http.close()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_wechatpy_fetches_a_token_lists_and_transfers_a_customer(
    sim: RunningSimulator, wechatpy_client: WeChatClient
) -> None:
    contacts = wechatpy_client.external_contact
    handover, takeover, *_ = contacts.get_follow_user_list()["follow_user"]
    customer, *_ = contacts.list(handover)["external_userid"]
    assert contacts.get(customer)["external_contact"]["external_userid"] == customer

    contacts.transfer(customer, handover, takeover)
    sim.control.advance(DAY)

    assert customer in contacts.list(takeover)["external_userid"]
    assert customer not in contacts.list(handover)["external_userid"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_wechatpy_reads_the_address_book_groups_and_unassigned_customers(
    sim: RunningSimulator, wechatpy_client: WeChatClient
) -> None:
    departments = wechatpy_client.department.get()
    member = wechatpy_client.user.get(WORLD["relations"][0]["userid"])
    groups = wechatpy_client.external_contact_group_chat.list(limit=10)["group_chat_list"]
    sim.control.delete_member(member["userid"])
    waiting = wechatpy_client.external_contact.get_unassigned_list(0, 1000)["info"]

    assert [row["name"] for row in departments][:2] == ["总行", "杭州分行"]
    assert member["position"] == "客户经理"
    assert len(groups) == 2
    assert {row["handover_userid"] for row in waiting} == {member["userid"]}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_wechatpy_sees_business_errors_as_its_own(wechatpy_client: WeChatClient) -> None:
    with pytest.raises(WeChatClientException) as refused:
        wechatpy_client.external_contact.list("nobody")

    assert refused.value.errcode == 60111


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_wechatpy_creates_a_mass_message(sim: RunningSimulator, wechatpy_client: WeChatClient) -> None:
    contacts = wechatpy_client.external_contact
    sender, *_ = contacts.get_follow_user_list()["follow_user"]
    customer, *_ = contacts.list(sender)["external_userid"]
    template = {"sender": sender, "external_userid": [customer], "text": {"content": "早"}}

    made = contacts.add_msg_template(template)
    sim.control.confirm_messages(sender)

    assert [row["msgid"] for row in sim.control.mass_deliveries(customer)] == [made["msgid"]]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_wechatpy_makes_a_contact_way_and_greets_who_scans_it(
    sim: RunningSimulator, wechatpy_client: WeChatClient
) -> None:
    contacts = wechatpy_client.external_contact
    member, *_ = contacts.get_follow_user_list()["follow_user"]
    way = contacts.add_contact_way(1, 2, remark="大堂", state="branch-hz", user=[member])
    shown = contacts.get_contact_way(way["config_id"])["contact_way"]

    scanned = sim.control.scan(way["config_id"], "wmNEW", {"external_userid": "wmNEW", "name": "新客户"})
    contacts.send_welcome_msg({"welcome_code": scanned["welcome_code"], "text": {"content": "您好"}})

    assert (shown["user"], shown["state"], scanned["userid"]) == ([member], "branch-hz", member)
    assert [row["content"]["text"]["content"] for row in sim.control.welcomes("wmNEW")] == ["您好"]
    assert [row["config_id"] for row in sim.control.contact_ways()] == [way["config_id"]]
    assert sim.control.temporary_chats() == []
