"""The simulated archive: what gets in, under which key, who is told, and what WeCom's library would see of it."""

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from local.simulator.archive_book import made_up_file, sdk_file_id
from local.simulator.gate import ApiRequest

from .builders import AES_KEY, DAY, TOKEN, Corp, Json, group, relation, small_world

ARCHIVE_SECRET = "archive-secret"
PULL, MEDIA = "message/getchatdata", "message/getchatmediadata"
KEYS = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]
CHUNK = 512 * 1024


def pem(key: rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def text(content: str, sender: str = "rm_a", *recipients: str, **more: Any) -> Json:
    return {
        "from": sender,
        "tolist": list(recipients or ("wm1",)),
        "msgtype": "text",
        "text": {"content": content},
    } | more


class Archive(Corp):
    """A corp with an archive app; rm_a has a seat and wm1 agreed."""

    def __init__(self, **knobs: Any) -> None:
        world = small_world()
        callback = {"url": "http://receiver.invalid/archive", "token": TOKEN, "encoding_aes_key": AES_KEY}
        world["apps"].append(
            {"app": "archive", "agent_id": 2000004, "secret": ARCHIVE_SECRET, "kind": "archive", "callback": callback}
        )
        world["relations"][0] = relation("rm_a", "wm1", archive_consent="agreed")
        guests = [{"userid": "wm1", "type": 2, "join_time": 1}, {"userid": "wm2", "type": 2, "join_time": 1}]
        world["groups"][0]["members"].extend(guests)
        world["groups"].append(group("wrINTERNAL", "rm_a", external=False))
        super().__init__(world, **knobs)
        self.engine = self.simulator.archive
        self.book = self.simulator.simulation.state.archive
        self.engine.upload_key(pem(KEYS[0]))
        self.book.seat_holders = ["rm_a"]

    def ask(self, path: str, **body: Any) -> Json:
        return self.post(path, body, secret=ARCHIVE_SECRET)

    def pull(self, seq: int = 0, limit: int = 1_000) -> list[Json]:
        reply = self.ask(PULL, seq=seq, limit=limit)
        assert reply["errcode"] == 0, reply
        rows: list[Json] = reply["chatdata"]
        return rows

    def texts(self, seq: int = 0) -> list[str]:
        return [opened(row)["text"]["content"] for row in self.pull(seq)]

    def notices(self) -> int:
        return sum(event.get("Event") == "msgaudit_notify" for event in self.http.events())


def opened(row: Json) -> Json:
    """As docs/simulator.md describes the cipher."""
    key = KEYS[row["publickey_ver"] - 1].decrypt(base64.b64decode(row["encrypt_random_key"]), padding.PKCS1v15())
    sealed = base64.b64decode(row["encrypt_chat_msg"])
    plain = AESGCM(hashlib.sha256(key).digest()).decrypt(sealed[:12], sealed[12:], b"scrm-simulator-archive-1")
    message: Json = json.loads(plain)
    return message


def test_what_was_said_is_in_the_page_in_the_order_of_seq() -> None:
    corp = Archive()
    corp.engine.say([text("一"), text("二")])

    rows = corp.pull()

    assert [row["seq"] for row in rows] == [1, 2]
    assert all(len(row["encrypt_random_key"]) == 344 and len(row["encrypt_chat_msg"]) > 13 for row in rows)
    assert [opened(row)["text"]["content"] for row in rows] == ["一", "二"]
    assert opened(rows[0]) == corp.book.said[0].message
    assert rows[0]["msgid"].endswith("_external")
    assert corp.texts(seq=1) == ["二"]
    assert corp.pull(seq=2) == []


def test_a_new_key_is_for_what_is_said_from_then_on() -> None:
    corp = Archive()
    corp.engine.say([text("旧")])
    assert corp.engine.upload_key(pem(KEYS[1])) == 2
    corp.engine.say([text("新")])

    assert [row["publickey_ver"] for row in corp.pull()] == [1, 2]
    assert corp.texts() == ["旧", "新"]


def test_without_key_seat_or_consent_nothing_is_archived() -> None:
    corp = Archive()
    said = corp.engine.say(
        [text("有"), text("无座位", "rm_b", "rm_c"), text("未同意", "rm_a", "wm2"), text("同事", "rm_b", "rm_a")]
    )
    corp.book.public_keys.clear()
    said += corp.engine.say([text("无钥")])

    assert [one.withheld for one in said] == [None, "no_seat", "no_consent", None, "no_key"]
    assert len(corp.book.rows) == 2


def test_beyond_the_purchased_seats_members_are_silently_left_out() -> None:
    corp = Archive()
    corp.book.seat_holders, corp.book.seats = ["rm_b", "rm_a"], 1

    assert corp.ask("msgaudit/get_permit_user_list")["ids"] == ["rm_b"]
    assert corp.ask("msgaudit/get_permit_user_list", type=1)["ids"] == []
    assert corp.engine.say([text("x")])[0].withheld == "no_seat"


def test_an_answer_about_the_archive_is_archived_itself_and_shown() -> None:
    corp = Archive()
    corp.simulator.actions.change_relation("rm_a", "wm2", {"archive_consent": "agreed"})
    corp.engine.say([text("好", "rm_a", "wm2")])
    corp.simulator.actions.change_relation("rm_a", "wm2", {"archive_consent": "refused"})
    said = corp.engine.say([text("不存", "rm_a", "wm2")])

    assert [opened(row)["msgtype"] for row in corp.pull()] == ["agree", "text", "disagree"]
    assert said[0].withheld == "no_consent"
    asked = [{"userid": "rm_a", "exteranalopenid": customer} for customer in ("wm1", "wm2", "wm3")]
    rows = corp.ask("msgaudit/check_single_agree", info=asked)["agreeinfo"]
    assert [(row["exteranalopenid"], row["agree_status"]) for row in rows] == [("wm1", "Agree"), ("wm2", "Disagree")]
    assert rows[1]["status_change_time"] == int(corp.simulator.simulation.now())
    assert corp.ask("msgaudit/check_single_agree", info=asked * 50)["errcode"] == 301060


def test_in_a_group_each_customer_answers_for_himself() -> None:
    corp = Archive()
    rows = corp.simulator.simulation.world.groups.at("wr1").members
    corp.engine.group_consent("wr1", rows[1], "agreed")
    spoken = [text("甲", "wm1", "rm_a", "wm2", roomid="wr1"), text("乙", "wm2", "rm_a", "wm1", roomid="wr1")]

    assert [one.withheld for one in corp.engine.say(spoken)] == [None, "no_consent"]
    (row,) = corp.ask("msgaudit/check_room_agree", roomid="wr1")["agreeinfo"]
    assert (row["exteranalopenid"], row["agree_status"]) == ("wm1", "Agree")
    corp.set_knobs(archive_undecided_shown=True)
    assert len(corp.ask("msgaudit/check_room_agree", roomid="wr1")["agreeinfo"]) == 2
    assert corp.ask("msgaudit/groupchat/get", roomid="wr1")["errcode"] == 301059
    assert corp.ask("msgaudit/groupchat/get", roomid="wrINTERNAL")["creator"] == "rm_a"


def test_after_five_days_a_page_silently_begins_later() -> None:
    corp = Archive()
    corp.engine.say([text("早")])
    corp.advance(3 * DAY)
    corp.engine.skip(7)
    corp.engine.say([text("晚")])
    assert [row["seq"] for row in corp.pull()] == [1, 9]

    corp.advance(3 * DAY)
    assert corp.texts() == ["晚"]
    corp.advance(3 * DAY)
    assert corp.pull() == []


def test_news_is_told_at_most_every_fifteen_seconds() -> None:
    corp = Archive()
    corp.engine.say([text("一")])
    corp.advance(0)
    assert corp.notices() == 1
    corp.engine.say([text("二"), text("三")])
    corp.advance(5)
    corp.engine.say([text("四")])
    assert corp.notices() == 1
    corp.advance(20)
    assert corp.notices() == 2
    assert corp.http.events()[0]["AgentID"] == "2000004"


def test_a_page_may_repeat_reverse_and_be_too_large() -> None:
    corp = Archive(archive_repeated_rows=2, archive_rows_reversed=True)
    corp.engine.say([text(str(number)) for number in range(5)])

    assert [row["seq"] for row in corp.pull(seq=3)] == [5, 4, 3, 2]
    assert corp.pull(seq=5) == []
    corp.set_knobs(archive_page_bytes=2_000)
    assert corp.ask(PULL, seq=0, limit=1_000)["errcode"] == 301058
    assert corp.ask(PULL, seq=4, limit=1)["errcode"] == 0


@pytest.mark.parametrize(
    "kind",
    [
        "short",
        "garbage",
        "bad_key",
        "wrong_key",
        "unknown_version",
        "not_json",
        "not_utf8",
        "nul",
        "no_msgid",
        "no_row",
    ],
)
def test_a_poisoned_row_stands_among_good_ones(kind: Any) -> None:
    corp = Archive()
    corp.engine.say([text("前")])
    seq = corp.engine.poison(kind)
    corp.engine.say([text("后")])

    rows = corp.pull()
    assert seq == 2
    assert [row["seq"] for row in rows if isinstance(row, dict)] == ([1, 3] if kind == "no_row" else [1, 2, 3])
    assert opened(rows[2])["text"]["content"] == "后"


def download(corp: Archive, file_id: str, auth_key: str, first: int, last: int | None = None) -> Any:
    body = json.dumps({"fileid": file_id, "authkey": auth_key, "version": 3}).encode()
    query = {"access_token": corp.token(ARCHIVE_SECRET)}
    wanted = f"bytes={first}-{first + CHUNK - 1 if last is None else last}"
    return corp.simulator.call(ApiRequest("POST", MEDIA, query, body, "127.0.0.1", byte_range=wanted))


@pytest.mark.parametrize("size", [1, CHUNK, CHUNK + 1])
def test_a_file_comes_in_chunks(size: int) -> None:
    corp = Archive()
    content = made_up_file(size, seed=4)
    name = corp.book.add_file(content, corp.simulator.simulation.now())
    (file,) = corp.book.files.values()
    got = b""
    while len(got) < size:
        part = download(corp, file.file_id, file.auth_key, len(got)).file
        got += part.content
        assert part.part.endswith(f"-{len(got) - 1}/{size}")
    assert got == content
    assert base64.b64decode(name).startswith(b"\x0a\x20" + file.file_id.encode())
    assert len(download(corp, file.file_id, file.auth_key, 0, 10**9).file.content) <= CHUNK


def test_an_empty_file_is_one_empty_chunk() -> None:
    corp = Archive()
    corp.book.add_file(b"", corp.simulator.simulation.now())
    (file,) = corp.book.files.values()
    assert download(corp, file.file_id, file.auth_key, 0).file.content == b""


def test_a_file_is_refused_without_its_key_beyond_its_end_and_after_five_days() -> None:
    corp = Archive()
    corp.book.add_file(b"abc", corp.simulator.simulation.now())
    (file,) = corp.book.files.values()
    codes = [
        download(corp, file.file_id, "other", 0),
        download(corp, "other", file.auth_key, 0),
        download(corp, file.file_id, file.auth_key, 3),
    ]
    corp.advance(6 * DAY)
    codes.append(download(corp, file.file_id, file.auth_key, 0))
    assert [reply.body["errcode"] for reply in codes] == [40007, 40007, 830002, 10010]


def test_only_the_archive_secret_and_its_addresses_may_ask() -> None:
    corp = Archive()
    assert corp.post(PULL, {"seq": 0, "limit": 1})["errcode"] == 48002
    assert corp.ask("user/get")["errcode"] == 48002
    corp.simulator.simulation.world.apps["archive"].trusted_ips = ["203.0.113.9"]
    assert corp.ask(PULL, seq=0, limit=1)["errcode"] == 301042


@pytest.mark.parametrize(
    "body", [{"seq": 0}, {"seq": 0, "limit": 0}, {"seq": 0, "limit": 1001}, {"seq": -1, "limit": 1}]
)
def test_a_pull_that_the_library_would_not_make_is_refused(body: Json) -> None:
    assert Archive().ask(PULL, **body)["errcode"] in {40058, 40063}


def test_a_switch_record_has_no_parties_but_a_user() -> None:
    corp = Archive()
    corp.engine.say([{"action": "switch", "user": "rm_a"}])
    assert set(opened(corp.pull()[0])) == {"msgid", "action", "time", "user"}


def test_seats_follow_a_changed_userid() -> None:
    corp = Archive()
    corp.simulator.actions.rename_userid("rm_a", "rm_a2")
    assert corp.book.effective() == ["rm_a2"]


def test_an_sdkfileid_is_a_message_of_three_strings() -> None:
    assert base64.b64decode(sdk_file_id("ab", "c", "d")) == b"\x0a\x02ab\x12\x01c\x1a\x01d"
