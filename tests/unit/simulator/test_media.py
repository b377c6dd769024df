"""Uploads, their limits, and media ids that are good for one use and three days (content paper, 3.3)."""

import hashlib
from typing import Any

import pytest

from local.simulator.file_facts import facts_of
from local.simulator.gate import ApiReply, ApiRequest
from local.simulator.model import Relation
from local.simulator.multipart import first_file

from .builders import AMR, DAY, MP4, PNG, Corp, Json, mp4, png

UPLOAD, ATTACHMENT, PICTURE = "media/upload", "media/upload_attachment", "media/uploadimg"
SEND, WELCOME = "externalcontact/add_msg_template", "externalcontact/send_welcome_msg"
MEGABYTE = 1024 * 1024
EXPIRED = 40007


def image(**part: str) -> Json:
    return {"sender": "rm_a", "attachments": [{"msgtype": "image", "image": part}]}


def test_an_upload_gives_an_id_for_three_days_and_keeps_the_bytes_name_and_hash() -> None:
    corp = Corp()
    content = PNG + bytes(range(256)) + b"\r\n--xy"

    reply = corp.upload(UPLOAD, content, type="image")

    (media,) = corp.simulator.simulation.state.media
    assert (reply["errcode"], reply["type"], reply["created_at"]) == (0, "image", str(int(media.created_at)))
    assert (media.file_name, media.size, media.use) == ("海报.png", len(content), "message")
    assert media.sha256 == hashlib.sha256(content).hexdigest()


def test_a_media_id_is_good_for_three_days() -> None:
    corp = Corp()
    media_id = corp.lend()

    before = corp.post(SEND, image(media_id=media_id))["errcode"]
    corp.advance(3 * DAY)

    assert (before, corp.post(SEND, image(media_id=media_id))["errcode"]) == (0, EXPIRED)


@pytest.mark.parametrize("use", [1, 2])
def test_what_was_uploaded_as_an_attachment_is_no_message_media(use: int) -> None:
    corp = Corp()
    reply = corp.upload(ATTACHMENT, PNG, media_type="image", attachment_type=use)

    assert isinstance(reply["created_at"], int)
    assert corp.post(SEND, image(media_id=reply["media_id"]))["errcode"] == EXPIRED


def test_every_endpoint_that_sends_looks_at_the_media_id() -> None:
    corp = Corp()
    film = {"touser": "rm_a", "agentid": 1000002, "msgtype": "video", "video": {"media_id": corp.lend("video")}}
    unknown = {**film, "video": {"media_id": "unknown"}}
    page = {"title": "t", "pic_media_id": "unknown", "appid": "wxA", "page": "p"}
    with_page = {"sender": "rm_a", "attachments": [{"msgtype": "miniprogram", "miniprogram": page}]}
    wrong_kind = {"sender": "rm_a", "attachments": [{"msgtype": "file", "file": {"media_id": corp.lend()}}]}

    added = Relation(userid="rm_c", external_userid="wm1", createtime=1)
    code = corp.simulator.actions.add_customer(added)
    greeting = {"welcome_code": code, "attachments": [{"msgtype": "video", "video": {"media_id": "unknown"}}]}

    assert corp.post(WELCOME, greeting)["errcode"] == EXPIRED
    assert [corp.post("message/send", body)["errcode"] for body in (film, unknown)] == [0, EXPIRED]
    assert [corp.post(SEND, body)["errcode"] for body in (with_page, wrong_kind)] == [EXPIRED, EXPIRED]


def test_a_picture_has_an_address_for_good_and_only_such_an_address_is_taken() -> None:
    corp = Corp()
    address = corp.upload(PICTURE, PNG, part="whatever")["url"]
    corp.advance(30 * DAY)

    assert corp.post(SEND, image(pic_url=address))["errcode"] == 0
    assert corp.post(SEND, image(pic_url="https://elsewhere.example/1.png"))["errcode"] == 40058


def test_a_thousand_pictures_a_day_and_three_thousand_a_month() -> None:
    corp = Corp()

    def accepted() -> int:
        return sum(corp.upload(PICTURE, PNG)["errcode"] == 0 for _ in range(1_001))

    days = []
    for _ in range(4):
        days.append(accepted())
        corp.advance(DAY)

    assert days == [1_000, 1_000, 1_000, 0]


@pytest.mark.parametrize(
    ("path", "content", "query", "errcode"),
    [
        (UPLOAD, PNG, {}, 40063),
        (UPLOAD, PNG, {"type": "poster"}, 40004),
        (UPLOAD, b"", {"type": "file"}, 44001),
        (UPLOAD, b"12345", {"type": "file"}, 40006),
        (UPLOAD, b"123456", {"type": "file"}, 0),
        (UPLOAD, MP4, {"type": "image"}, 40123),
        (UPLOAD, PNG, {"type": "video"}, 40005),
        (UPLOAD, AMR, {"type": "voice"}, 0),
        (UPLOAD, AMR + bytes(2 * MEGABYTE), {"type": "voice"}, 45001),
        (UPLOAD, PNG + bytes(10 * MEGABYTE), {"type": "image"}, 45001),
        (UPLOAD, bytes(10 * MEGABYTE), {"type": "file"}, 0),
        (UPLOAD, bytes(20 * MEGABYTE + 1), {"type": "file"}, 45001),
        (ATTACHMENT, PNG, {"media_type": "image"}, 40063),
        (ATTACHMENT, PNG, {"media_type": "image", "attachment_type": 3}, 40058),
        (ATTACHMENT, MP4, {"media_type": "video", "attachment_type": 2}, 40004),
        (ATTACHMENT, b"%PDF-1.7", {"media_type": "file", "attachment_type": 1}, 40004),
        (PICTURE, PNG + bytes(2 * MEGABYTE), {}, 45001),
        (PICTURE, MP4, {}, 40123),
    ],
)
def test_bad_files_are_refused(path: str, content: bytes, query: dict[str, Any], errcode: int) -> None:
    assert Corp().upload(path, content, **query)["errcode"] == errcode


def test_the_part_is_named_media_and_a_body_that_is_no_form_is_empty() -> None:
    corp = Corp()

    assert corp.upload(UPLOAD, PNG, part="file", type="image")["errcode"] == 44001
    assert corp.post(UPLOAD, {"no": "form"})["errcode"] == 40063


def test_the_first_file_of_a_form_is_found_behind_other_fields() -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
        b'--b\r\nContent-Disposition: form-data; name="media"; filename="a.bin"\r\nContent-Type: x/y\r\n\r\n'
        b"\x00\r\n\xff\r\n--b--\r\n"
    )

    file = first_file('multipart/form-data; boundary="b"', body)

    assert file is not None
    assert (file.part, file.name, file.content) == ("media", "a.bin", b"\x00\r\n\xff")
    assert first_file("multipart/form-data", body) is None
    assert first_file("application/json", body) is None


def test_the_bytes_tell_format_pixels_and_length() -> None:
    jpeg = b"\xff\xd8\xff\xe0\x00\x04\x00\x00\xff\xc0\x00\x11\x08\x02\x58\x03\x20\x03" + bytes(9)

    assert facts_of(png(1_200, 800)).pixels == (1_200, 800)
    assert (facts_of(jpeg).kind, facts_of(jpeg).pixels) == ("image", (800, 600))
    assert facts_of(mp4(31)).seconds == 31
    assert facts_of(MP4[:20]).seconds is None
    assert facts_of(b"whatever").kind == "file"


def fetched(corp: Corp, media_id: str, byte_range: str = "") -> ApiReply:
    query = {"access_token": corp.token(), "media_id": media_id}
    return corp.simulator.call(ApiRequest("GET", "media/get", query, b"", "127.0.0.1", byte_range=byte_range))


def test_what_was_lent_is_fetched_whole_or_in_parts_until_its_id_ends() -> None:
    corp = Corp()
    content = PNG + bytes(range(256))
    media_id = corp.upload(UPLOAD, content, type="image")["media_id"]

    whole, part, rest = (fetched(corp, media_id, asked) for asked in ("", "bytes=4-9", "bytes=250-"))
    corp.advance(3 * DAY)
    late = fetched(corp, media_id)

    assert [(reply.status, reply.file and reply.file.content) for reply in (whole, part, rest)] == [
        (200, content), (206, content[4:10]), (206, content[250:]),
    ]  # fmt: skip
    assert part.file is not None
    assert (part.file.name, part.file.part) == ("海报.png", f"bytes 4-9/{len(content)}")
    assert (late.status, late.file, late.body["errcode"]) == (200, None, EXPIRED)


@pytest.mark.parametrize("byte_range", ["bytes=9-4", "bytes=100000-", "lines=1-2"])
def test_a_range_that_the_file_does_not_have_is_refused(byte_range: str) -> None:
    corp = Corp()

    assert fetched(corp, corp.lend(), byte_range).body["errcode"] == 830002


def test_more_than_20_megabytes_go_in_parts_only() -> None:
    corp = Corp()
    media_id = corp.lend()
    store = corp.simulator.simulation.state.media
    store.contents[media_id] = bytes(20 * MEGABYTE + 1)
    store.by_id[media_id].size = 20 * MEGABYTE + 1

    assert fetched(corp, media_id).body["errcode"] == 830002
    assert fetched(corp, media_id, f"bytes=0-{20 * MEGABYTE - 1}").status == 206
