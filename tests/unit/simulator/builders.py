"""A simulator without sockets or wall time, and a small corp for it."""

import asyncio
import json
import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

from local.simulator.callbacks import HttpReply
from local.simulator.clock import Clock
from local.simulator.crypto import decrypt
from local.simulator.decisions import DecisionScript, ScriptedDecision
from local.simulator.gate import ApiRequest
from local.simulator.model import Decision, Member, Relation, Standing
from local.simulator.simulator import Simulator
from local.simulator.timeline import WalkReport

CORP_ID = "wwSIMCORP0000001"
AGENT_ID = 1000002
SECRET = "contacts-secret"
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
TOKEN = "QDG6eK"
START = 1_800_000_000.0  # 2027-01-15T08:00:00Z, 16:00 in Beijing
HOUR, DAY = 3_600, 86_400

type Json = dict[str, Any]


def member(userid: str, *departments: int, **more: Any) -> Json:
    return {"userid": userid, "name": f"名{userid}", "department": list(departments or (10,)), **more}


def customer(external_userid: str, **more: Any) -> Json:
    return {"external_userid": external_userid, "name": f"客{external_userid}", **more}


def relation(userid: str, external_userid: str, **more: Any) -> Json:
    return {"userid": userid, "external_userid": external_userid, "createtime": 1_700_000_000, **more}


def group(chat_id: str, owner: str, **more: Any) -> Json:
    members = [{"userid": owner, "type": 1, "join_time": 1_700_000_000}]
    return {"chat_id": chat_id, "name": chat_id, "owner": owner, "create_time": 1, "members": members, **more}


def small_world(**more: Any) -> Json:
    """Department 1 over 10 and 20; rm_a (wm1..wm3), rm_b (wm3), rm_c in 20 with nobody; two groups of rm_a."""
    return {
        "corp_id": CORP_ID,
        "apps": [
            {
                "app": "contacts",
                "agent_id": AGENT_ID,
                "secret": SECRET,
                "callback": {"url": "http://receiver.invalid/cb", "token": TOKEN, "encoding_aes_key": AES_KEY},
            }
        ],
        "departments": [
            {"id": 1, "name": "总行"},
            {"id": 10, "name": "杭州分行", "parentid": 1},
            {"id": 20, "name": "宁波分行", "parentid": 1},
        ],
        "members": [member("rm_a"), member("rm_b"), member("rm_c", 20)],
        "customers": [customer("wm1"), customer("wm2"), customer("wm3")],
        "relations": [
            relation("rm_a", "wm1", remark="老客户", tag_ids=["et1"]),
            relation("rm_a", "wm2"),
            relation("rm_a", "wm3"),
            relation("rm_b", "wm3"),
        ],
        "tag_groups": [
            {
                "group_id": "etG",
                "group_name": "等级",
                "create_time": 1,
                "tag": [{"id": "et1", "name": "钻石", "create_time": 1}],
            }
        ],
        "groups": [group("wr1", "rm_a"), group("wr2", "rm_a")],
        **more,
    }


@dataclass
class FakeHttp:
    """Receives callbacks and webhooks; ``answer`` decides the status, or raises, ``told`` the body."""

    answer: Callable[[str], int] = lambda _url: 200
    told: Callable[[str], bytes] = lambda _url: b""
    requests: list[tuple[str, bytes]] = field(default_factory=list)

    async def request(
        self, method: str, url: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None, timeout: float
    ) -> HttpReply:
        self.requests.append((url, body))
        return HttpReply(self.answer(url), self.told(url))

    def events(self) -> list[dict[str, str]]:
        """The inner fields of every callback received, in order."""
        return [opened(body) for url, body in self.requests if "msg_signature" in url]

    def kinds(self) -> list[str]:
        return [event.get("ChangeType", "") for event in self.events()]


def opened(body: bytes) -> dict[str, str]:
    encrypted = ElementTree.fromstring(body).findtext("Encrypt") or ""
    inner = ElementTree.fromstring(decrypt(AES_KEY, encrypted)[0])
    return {element.tag: element.text or "" for element in inner}


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", width, height) + b"\x08\x02\x00\x00\x00"


def mp4(seconds: int) -> bytes:
    header = struct.pack(">4s4xIIII", b"mvhd", 0, 0, 1_000, seconds * 1_000)
    return b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\x00\x00\x00\x6cmoov" + header + bytes(80)


PNG, MP4, AMR = png(800, 600), mp4(20), b"#!AMR\n\x3c and a voice"


class Corp:
    """One simulated corp on a frozen wall clock, called as an app would."""

    def __init__(self, world: Json | None = None, **knobs: Any) -> None:
        self.http = FakeHttp()
        self.wall = START
        self.simulator = Simulator(self.http, Clock(lambda: self.wall))
        self.simulator.load_world(world or small_world())
        self.set_knobs(**{"extra_fields": False, **knobs})
        self._tokens: dict[str, tuple[str, float]] = {}

    def set_knobs(self, **knobs: Any) -> None:
        state = self.simulator.simulation.state
        state.knobs = state.knobs.model_copy(update=knobs)

    def raw(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        source: str = "127.0.0.1",
    ) -> Json:
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.simulator.call(ApiRequest(method, path, query or {}, content, source)).body

    def token(self, secret: str = SECRET) -> str:
        """Fetch a token."""
        reply = self.raw("GET", "gettoken", {"corpid": CORP_ID, "corpsecret": secret})
        assert reply["errcode"] == 0, reply
        token: str = reply["access_token"]
        return token

    def _living_token(self, secret: str) -> str:
        token, good_until = self._tokens.get(secret, ("", 0.0))
        if self.simulator.simulation.now() >= good_until:
            token = self.token(secret)
            self._tokens[secret] = token, self.simulator.simulation.now() + HOUR
        return token

    def get(self, path: str, *, secret: str = SECRET, **query: Any) -> Json:
        query = {name: str(value) for name, value in query.items()}
        return self.raw("GET", path, {"access_token": self._living_token(secret), **query})

    def post(self, path: str, body: Any = None, *, secret: str = SECRET, source: str = "127.0.0.1") -> Json:
        return self.raw(
            "POST", path, {"access_token": self._living_token(secret)}, body if body is not None else {}, source
        )

    def upload(
        self, path: str, content: bytes, *, file_name: str = "海报.png", part: str = "media", **query: Any
    ) -> Json:
        """A form with one file, as SDKs post it."""
        head = f'--xyz\r\nContent-Disposition: form-data; name="{part}"; filename="{file_name}"\r\n\r\n'
        body = head.encode() + content + b"\r\n--xyz--\r\n"
        asked = {name: str(value) for name, value in query.items()} | {"access_token": self._living_token(SECRET)}
        kind = "multipart/form-data; boundary=xyz"
        return self.simulator.call(ApiRequest("POST", path, asked, body, "127.0.0.1", kind)).body

    def lend(self, kind: str = "image", *, moments: bool = False) -> str:
        """Upload some file of that kind; its media id."""
        content = {"image": PNG, "video": MP4, "voice": AMR, "file": b"%PDF-1.7 and more"}[kind]
        if moments:
            reply = self.upload("media/upload_attachment", content, media_type=kind, attachment_type=1)
        else:
            reply = self.upload("media/upload", content, type=kind)
        assert reply["errcode"] == 0, reply
        media_id: str = reply["media_id"]
        return media_id

    def advance(self, seconds: float) -> WalkReport:
        return asyncio.run(self.simulator.advance(seconds))

    # Everyday business

    def leave(self, userid: str) -> None:
        self.simulator.actions.delete_member(userid)

    def hire(self, userid: str) -> None:
        self.simulator.actions.create_member(Member(userid=userid, name=userid, department=[10]))

    def befriend(self, userid: str, external_userid: str, standing: Standing = "mutual") -> None:
        """A customer adds a member."""
        added = Relation(userid=userid, external_userid=external_userid, createtime=int(START), standing=standing)
        self.simulator.actions.add_customer(added)

    def transfer(self, kind: str, handover: str, takeover: str, *customers: str) -> Json:
        path = "externalcontact/transfer_customer" if kind == "onjob" else "externalcontact/resigned/transfer_customer"
        body = {"handover_userid": handover, "takeover_userid": takeover, "external_userid": list(customers)}
        return self.post(path, body)

    def codes(self, kind: str, handover: str, takeover: str, *customers: str) -> list[int]:
        """The errcode of each customer; the call itself must succeed."""
        reply = self.transfer(kind, handover, takeover, *customers)
        assert reply["errcode"] == 0, reply
        return [row["errcode"] for row in reply["customer"]]

    def statuses(self, kind: str, handover: str, takeover: str) -> list[tuple[str, int]]:
        path = "externalcontact/transfer_result" if kind == "onjob" else "externalcontact/resigned/transfer_result"
        reply = self.post(path, {"handover_userid": handover, "takeover_userid": takeover})
        assert reply["errcode"] == 0, reply
        return [(row["external_userid"], row["status"]) for row in reply["customer"]]

    def decide(self, *, untold: Iterable[str] = (), **decisions: Decision | list[Decision]) -> None:
        """What customers do, at every attempt or at the first, the second and so on."""
        in_turn = {name: given if isinstance(given, list) else [given] for name, given in decisions.items()}
        script: dict[str, ScriptedDecision | list[ScriptedDecision]] = {
            name: [ScriptedDecision(decision=decision) for decision in given] for name, given in in_turn.items()
        }
        self.simulator.simulation.state.decisions = DecisionScript(by_customer=script, untold=set(untold))

    def followers(self, external_userid: str) -> list[str]:
        return sorted(row.userid for row in self.simulator.simulation.world.followers_of(external_userid))
