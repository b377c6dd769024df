"""The running simulator: two ports, dropped connections, real callbacks, the control client."""

import json
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from local.simulator.control_client import ControlError
from local.simulator.server import RunningSimulator, running_simulator

from .builders import AES_KEY, CORP_ID, DAY, SECRET, TOKEN, Json, customer, group, member, opened, relation, small_world
from .receiver import Receiver, running_receiver

ROOT = Path(__file__).parents[3]
LIST, TRANSFER = "externalcontact/list", "externalcontact/transfer_customer"
MOVE = {"handover_userid": "rm_a", "takeover_userid": "rm_c", "external_userid": ["wm1"]}


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSimulator]:
    with running_simulator() as simulator:
        yield simulator


@pytest.fixture
def sim(running: RunningSimulator) -> RunningSimulator:
    world = small_world()
    del world["apps"][0]["callback"]
    running.control.load_world(world, fresh=True)
    return running


@pytest.fixture
def receiver(sim: RunningSimulator) -> Iterator[Receiver]:
    with running_receiver() as receiver:
        sim.control.set_callback("contacts", url=receiver.url, token=TOKEN, encoding_aes_key=AES_KEY)
        yield receiver


def token(sim: RunningSimulator) -> str:
    query = {"corpid": CORP_ID, "corpsecret": SECRET}
    found: str = requests.get(f"{sim.base_url}/cgi-bin/gettoken", params=query, timeout=5).json()["access_token"]
    return found


def call(sim: RunningSimulator, path: str, body: Json | None = None, timeout: float = 5, **query: str) -> Any:
    url, query = f"{sim.base_url}/cgi-bin/{path}", {"access_token": token(sim), **query}
    if body is None:
        return requests.get(url, params=query, timeout=timeout)
    return requests.post(url, params=query, json=body, timeout=timeout)


def test_a_call_over_http_is_utf8_json_with_status_200(sim: RunningSimulator) -> None:
    reply = call(sim, "user/get", userid="rm_a")

    assert (reply.status_code, reply.json()["name"]) == (200, "名rm_a")
    assert "名rm_a".encode() in reply.content


def test_a_path_outside_the_api_is_404(sim: RunningSimulator) -> None:
    assert requests.get(f"{sim.base_url}/elsewhere", timeout=5).status_code == 404
    assert call(sim, "no/such").status_code == 404


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("html", b"<html><body>The system is busy.</body></html>"),
        ("empty", b""),
        ("bare", b'{"errcode":0,"errmsg":"ok"}'),
    ],
)
def test_a_reply_is_spoiled_after_the_work_was_done(sim: RunningSimulator, kind: str, content: bytes) -> None:
    sim.control.add_fault(kind, "user/get", count=1)
    spoiled, whole = (call(sim, "user/get", userid="rm_a") for _ in range(2))

    assert (spoiled.status_code, spoiled.content) == (200, content)
    assert whole.json()["userid"] == "rm_a"
    assert sim.control.calls(path="user/get")[0]["errcode"] == 0


def test_a_cut_reply_is_no_json(sim: RunningSimulator) -> None:
    sim.control.add_fault("cut", "user/get", count=1)
    cut, whole = (call(sim, "user/get", userid="rm_a").content for _ in range(2))
    assert whole.startswith(cut)
    assert cut != whole


def test_the_proxy_leads_to_the_simulator_whatever_host_is_asked_for(sim: RunningSimulator) -> None:
    query = {"corpid": CORP_ID, "corpsecret": SECRET}
    with requests.Session() as session, warnings.catch_warnings(action="ignore"):
        session.trust_env = False
        session.proxies = {"https": sim.proxy_url}
        reply = session.get("https://qyapi.invalid/cgi-bin/gettoken", params=query, timeout=10, verify=False)
        plain = requests.get(sim.proxy_url, timeout=10)

    assert reply.json()["access_token"]
    assert plain.status_code == 405


def test_a_slash_too_many_is_forgiven(sim: RunningSimulator) -> None:
    reply = requests.get(f"{sim.base_url}//cgi-bin//getcallbackip", params={"access_token": token(sim)}, timeout=5)

    assert reply.json()["errcode"] == 0


@pytest.mark.parametrize(("kind", "moved"), [("drop_before", 0), ("drop_after", 1)])
def test_a_dropped_reply_is_a_closed_connection(sim: RunningSimulator, kind: str, moved: int) -> None:
    sim.control.add_fault(kind, TRANSFER, count=1)

    with pytest.raises(requests.ConnectionError):
        call(sim, TRANSFER, MOVE)

    assert len(sim.control.transfers("wm1")) == moved
    assert [row["answered"] for row in sim.control.calls(path=TRANSFER)] == [False]


def test_an_outage_closes_every_connection_while_control_answers(sim: RunningSimulator) -> None:
    sim.control.start_outage(600)

    with pytest.raises(requests.ConnectionError):
        requests.get(f"{sim.base_url}/cgi-bin/gettoken", timeout=5)
    assert sim.control.health() == {"status": "ok", "corp_id": CORP_ID}

    sim.control.advance(600)
    assert token(sim)


def test_an_outage_can_be_ended_by_hand(sim: RunningSimulator) -> None:
    sim.control.start_outage()
    sim.control.end_outage()

    assert token(sim)


def test_a_reply_slower_than_the_client_waits_was_still_work_done(sim: RunningSimulator) -> None:
    sim.control.add_fault("slow", TRANSFER, delay_ms=400, count=1)

    with pytest.raises(requests.Timeout):
        call(sim, TRANSFER, MOVE, timeout=0.1)

    assert [row["status"] for row in sim.control.transfers("wm1")] == [2]


def test_an_http_error_is_one(sim: RunningSimulator) -> None:
    sim.control.add_fault("http", LIST, status=503, count=1)

    assert call(sim, LIST, userid="rm_a").status_code == 503
    assert sim.control.faults() == []


def test_more_calls_at_once_than_the_cap_are_45033(sim: RunningSimulator) -> None:
    sim.control.set_knobs(concurrency_cap=2, latency_ms=200)
    access = token(sim)

    def ask(_number: int) -> int:
        query = {"access_token": access, "userid": "rm_a"}
        code: int = requests.get(f"{sim.base_url}/cgi-bin/{LIST}", params=query, timeout=5).json()["errcode"]
        return code

    with ThreadPoolExecutor(6) as pool:
        codes = sorted(pool.map(ask, range(6)))

    assert codes.count(45033) >= 1
    assert codes.count(0) >= 2


def test_the_whole_handover_of_a_leaver_over_http(sim: RunningSimulator, receiver: Receiver) -> None:
    sim.control.script_decisions(by_customer={"wm2": "refuse"})
    sim.control.delete_member("rm_a")
    moving = {**MOVE, "external_userid": ["wm1", "wm2", "wm3"]}

    started = call(sim, "externalcontact/resigned/transfer_customer", moving).json()
    report = sim.control.advance(DAY)

    assert [row["errcode"] for row in started["customer"]] == [0, 0, 0]
    assert report["failures"] == []
    kinds = sorted(opened(body)["ChangeType"] for _, body in receiver.bodies)
    assert kinds == [
        "add_external_contact",
        "add_external_contact",
        "del_external_contact",
        "delete_user",
        "transfer_fail",
    ]
    assert {row["userid"] for row in sim.control.relations(external_userid="wm1")} == {"rm_c"}
    assert sim.control.unassigned("rm_a") == []
    lost = [row for row in sim.control.changes(kind="transfer_refused") if row["detail"] == "relation lost"]
    assert [row["external_userid"] for row in lost] == ["wm2"]
    assert {row["outcome"] for row in sim.control.deliveries()} == {"delivered"}


def test_an_event_is_delivered_by_itself_as_wall_time_passes(sim: RunningSimulator, receiver: Receiver) -> None:
    sim.control.send_event("change_external_tag", "shuffle", fields={"Id": "etG"})

    assert receiver.received.wait(5)
    assert opened(receiver.bodies[0][1])["ChangeType"] == "shuffle"


def test_a_receiver_that_hangs_is_cut_off_and_asked_again(sim: RunningSimulator, receiver: Receiver) -> None:
    sim.control.set_knobs(callback_timeout_seconds=0.2, callback_retries=1, callback_retry_seconds=0)
    receiver.hang = threading.Event()

    sim.control.send_event("x", "y")
    sim.control.advance(1)

    rows = sim.control.deliveries()
    assert [(row["attempt"], row["outcome"], row["status"]) for row in rows] == [
        (1, "failed", None), (2, "abandoned", None),
    ]  # fmt: skip
    assert sim.control.pending_callbacks() == 0


def test_the_url_check_passes_only_with_the_plain_echo(sim: RunningSimulator, receiver: Receiver) -> None:
    good = sim.control.verify_callback("contacts")
    receiver.echo = False
    bad = sim.control.verify_callback("contacts")

    assert (good, bad) == (None, "the reply is not the echo")


def test_the_clock_is_read_moved_and_never_goes_back(sim: RunningSimulator) -> None:
    before = sim.control.clock()
    sim.control.advance(90)
    after = sim.control.clock()
    sim.control.advance_to(before["now"])

    assert after["offset_seconds"] - before["offset_seconds"] == pytest.approx(90, abs=5)
    assert sim.control.clock()["offset_seconds"] >= after["offset_seconds"]


def test_timers_are_registered_listed_fired_and_dropped(sim: RunningSimulator, receiver: Receiver) -> None:
    hook = receiver.url.replace("contacts", "timer")
    made = sim.control.set_timer("poll", "rate(10 minutes)", hook)
    report = sim.control.advance(1_300)

    assert report["fired"] == {"timer:poll": 2}
    assert [json.loads(body)["name"] for _, body in receiver.bodies] == ["poll", "poll"]
    assert json.loads(receiver.bodies[0][1])["due_at"] == made["next_at"]
    assert [timer["name"] for timer in sim.control.timers()] == ["poll"]
    sim.control.drop_timer("poll")
    assert sim.control.timers() == []


def test_the_settle_hook_runs_after_the_events_of_each_step(sim: RunningSimulator, receiver: Receiver) -> None:
    call(sim, TRANSFER, MOVE)
    sim.control.settle_hook(receiver.url.replace("contacts", "settle"))

    sim.control.advance(DAY)

    assert [path.rpartition("/")[2] for path, _ in receiver.bodies] == ["settle", "contacts", "contacts", "settle"]


def test_snapshots_by_name(sim: RunningSimulator) -> None:
    sim.control.take_snapshot("before")
    sim.control.delete_member("rm_a")
    sim.control.restore_snapshot("before")

    assert sim.control.member("rm_a")["userid"] == "rm_a"
    with pytest.raises(ControlError, match="404"):
        sim.control.restore_snapshot("never taken")


def test_people_and_groups_are_changed_through_control(sim: RunningSimulator) -> None:
    control = sim.control
    control.put_department({"id": 30, "name": "温州分行", "parentid": 1})
    control.create_member(member("rm_n", 30))
    control.cap_member("rm_n", 1)
    control.patch_member("rm_n", position="客户经理")
    codes = control.add_customers([{"relation": relation("rm_n", "wmN"), "customer": customer("wmN")}])
    control.patch_relation("rm_n", "wmN", remark="新")
    control.create_group(group("wrN", "rm_n"))
    control.join_group("wrN", [{"userid": "wmN", "type": 2, "join_time": 1}])
    control.leave_group("wrN", ["wmN"])
    control.patch_group("wrN", name="新群", owner="rm_a")
    control.remove_relation("rm_n", "wmN", by="customer")

    assert control.member("rm_n") | {"customer_cap": 1, "position": "客户经理"} == control.member("rm_n")
    assert codes[0] is not None
    assert (
        control.relations("rm_n")[0] | {"remark": "新", "standing": "customer_deleted"} == control.relations("rm_n")[0]
    )
    assert (control.group("wrN")["name"], control.group("wrN")["owner"]) == ("新群", "rm_a")
    assert len(control.groups("rm_a")) == 3
    assert control.summary()["members"] == 4
    assert [row["userid"] for row in control.members(departed=True)] == []


def test_a_members_last_login_is_set_through_control(sim: RunningSimulator) -> None:
    sim.control.patch_member("rm_c", last_login_at=1_600_000_000)

    refused = call(sim, TRANSFER, MOVE).json()["errcode"]
    sim.control.patch_member("rm_c", last_login_at=None)

    assert (refused, call(sim, TRANSFER, MOVE).json()["errcode"]) == (40098, 0)


def test_members_are_moved_and_made_leaders_through_control(sim: RunningSimulator) -> None:
    moved = sim.control.move_member("rm_a", 20, 10)
    led = sim.control.set_leaders(20, "rm_a", "rm_c")

    assert (moved["department"], moved["main_department"]) == ([20, 10], 20)
    assert led["department_leader"] == ["rm_a", "rm_c"]
    assert sim.control.member("rm_a")["is_leader_in_dept"] == [1, 0]


def test_customers_are_scripted_attempt_by_attempt_through_control(sim: RunningSimulator) -> None:
    sim.control.script_decisions(by_customer={"wm1": ["refuse", "full"], "wm2": "accept"}, untold=["wm1"])
    call(sim, TRANSFER, MOVE)
    sim.control.advance(3_600)
    call(sim, TRANSFER, {**MOVE, "external_userid": ["wm1", "wm2"]})
    sim.control.advance(3_600)

    assert [row["status"] for row in sim.control.transfers("wm1")] == [3, 4]
    assert [row["status"] for row in sim.control.transfers("wm2")] == [1]


def test_a_decision_made_through_control_ends_the_transfer(sim: RunningSimulator) -> None:
    call(sim, TRANSFER, MOVE)

    assert sim.control.decide("wm1", "refuse") == 1
    assert [row["status"] for row in sim.control.transfers("wm1")] == [3]


def test_revoked_tokens_are_counted_and_refused(sim: RunningSimulator) -> None:
    access = token(sim)

    assert sim.control.revoke_tokens("contacts") == 1

    query = {"access_token": access, "userid": "rm_a"}
    assert requests.get(f"{sim.base_url}/cgi-bin/{LIST}", params=query, timeout=5).json()["errcode"] == 40014


def test_sent_messages_can_be_read(sim: RunningSimulator) -> None:
    call(sim, "message/send", {"touser": "rm_a", "msgtype": "text", "agentid": 1000002, "text": {"content": "您好"}})

    assert [message["receivers"] for message in sim.control.messages("contacts")] == [["rm_a"]]
    assert [message["content"] for message in sim.control.inbox("RM_A")] == [{"content": "您好"}]
    assert sim.control.inbox("rm_b") == []


def test_what_members_send_is_done_and_read_through_control(sim: RunningSimulator) -> None:
    template = {"sender": "rm_a", "external_userid": ["wm1", "wm2"], "text": {"content": "早"}}
    msgid = call(sim, "externalcontact/add_msg_template", template).json()["msgid"]
    call(sim, "externalcontact/cancel_groupmsg_send", {"msgid": msgid})
    in_vain = sim.control.confirm_messages("rm_a", msgid)
    told_late = sim.control.confirm_messages("RM_A", msgid, sent_at="2026-01-01T00:00:00Z")
    sim.control.send_personally("rm_a", ["wr1"], "群里早", chat_type="group")
    moment = sim.control.publish_personally("rm_b", "午安")

    assert (in_vain, told_late) == (0, 1)
    assert [row["target_id"] for row in sim.control.mass_deliveries()] == ["wm1", "wm2", "wr1"]
    assert [row["creator"] for row in sim.control.mass_messages("rm_a")] == [None, "rm_a"]
    assert sim.control.moments() == [moment]
    assert sim.control.publish_moments() == 0


def test_running_penalties_can_be_read(sim: RunningSimulator) -> None:
    sim.control.set_knobs(corp_calls_per_minute=1)
    access = token(sim)
    for _ in range(2):
        query = {"access_token": access, "userid": "rm_a"}
        last = requests.get(f"{sim.base_url}/cgi-bin/{LIST}", params=query, timeout=5).json()["errcode"]

    assert last == 45009
    assert list(sim.control.penalties()) == [f"corp {LIST}"]


def test_an_app_is_narrowed_through_control(sim: RunningSimulator) -> None:
    sim.control.patch_app("contacts", visible_departments=[20])

    assert call(sim, "externalcontact/get_follow_user_list").json()["follow_user"] == ["rm_c"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "faults", {"kind": "errcode"}, 422),
        ("POST", "faults", {"kind": "explode"}, 422),
        ("POST", "timers", {"name": "x", "expression": "rate(0 minutes)", "url": "http://x"}, 422),
        ("POST", "clock/advance", {}, 422),
        ("POST", "clock/advance", {"seconds": -1}, 422),
        ("PATCH", "knobs", {"no_such_knob": 1}, 422),
        ("PUT", "world", {"corp_id": "x", "members": [{"userid": "u", "name": "n", "department": [5]}]}, 422),
        ("PUT", "apps/contacts/callback", {"url": "http://x", "token": "t", "encoding_aes_key": "short"}, 422),
        ("PUT", "apps/none/callback", {"url": "http://x", "token": "t", "encoding_aes_key": AES_KEY}, 404),
        ("DELETE", "members/nobody", None, 404),
        ("PATCH", "members/rm_a", {"department": None}, 422),
        ("PATCH", "members/rm_a", {"department": [99]}, 404),
        ("PATCH", "members/rm_a", {"new_userid": "rm_b"}, 404),
        ("PUT", "departments/20/leaders", {"userids": ["rm_a"]}, 404),
        ("PUT", "decisions", {"by_customer": {"wm1": [{"decision": "perhaps"}]}}, 422),
        ("PUT", "world", [], 422),
        ("DELETE", "departments/10", None, 404),
        ("POST", "mass-messages/confirm", {"msgid": "made-up"}, 404),
        ("POST", "mass-messages/confirm", {"share_percent": 0}, 422),
        ("POST", "mass-messages/personal", {"userid": "nobody", "target_ids": ["wm1"], "text": "x"}, 404),
        ("PUT", "confirmations", {"by_member": {"rm_a": {"confirms": "perhaps"}}}, 422),
        ("POST", "moments/publish", {"moment_id": "made-up"}, 404),
        ("POST", "moments/personal", {"userid": "nobody", "text": "x"}, 404),
        ("POST", "moments/reactions", {"moment_id": "made-up", "userid": "rm_a", "by_customer": "wm1"}, 404),
        ("POST", "moments/reactions", {"moment_id": "made-up", "userid": "rm_a"}, 422),
        ("POST", "contact-ways/scan", {"config_id": "made-up", "external_userid": "wm1"}, 404),
        ("POST", "apps/contacts/callback/verify", None, 409),
    ],
)
def test_control_refuses_nonsense(sim: RunningSimulator, method: str, path: str, body: Any, status: int) -> None:
    reply = requests.request(method, f"{sim.control_url}/control/v1/{path}", json=body, timeout=5)

    assert reply.status_code == status, reply.text


def test_the_command_line_serves_a_world_file(tmp_path: Path) -> None:
    world = tmp_path / "world.json"
    world.write_text(json.dumps(small_world()), "utf-8")
    command = [sys.executable, "-m", "local.simulator", "--port", "0", "--control-port", "0", "--world", str(world)]

    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        words = process.stdout.readline().split()
        summary = requests.get(f"{words[-1]}/control/v1/world/summary", timeout=10).json()
        process.terminate()
        ended = process.wait(10)

    assert summary["members"] == 3
    assert ended == 0


def test_a_file_is_no_json_on_the_wire_and_its_refusal_is(sim: RunningSimulator) -> None:
    def asked(path: str, **query: str) -> requests.Response:
        return requests.get(f"{sim.base_url}/cgi-bin/{path}", params=query, timeout=5)

    token = asked("gettoken", corpid=CORP_ID, corpsecret=SECRET).json()["access_token"]
    upload = f"{sim.base_url}/cgi-bin/media/upload?type=file&access_token={token}"
    lent = requests.post(upload, files={"media": ("r.pdf", b"%PDF-1.7 and more")}, timeout=5).json()["media_id"]

    found = asked("media/get", media_id=lent, access_token=token)
    refused = asked("media/get", media_id="unknown", access_token=token)

    assert (found.content, found.headers["Content-Type"]) == (b"%PDF-1.7 and more", "application/octet-stream")
    assert "r.pdf" in found.headers["Content-Disposition"]
    assert (refused.json()["errcode"], "json" in refused.headers["Content-Type"]) == (40007, True)
    assert [call["errcode"] for call in sim.control.calls(path="media/get")] == [0, 40007]
    assert [file["file_name"] for file in sim.control.media()] == ["r.pdf"]
