"""Uploads: the right way for each use, WeCom's sizes, one part named media, the name as it is (docs/wecom.md 12.3)."""

from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from scrm.content.media import AssetRefusedError, MediaPostponedError, MediaUse
from scrm.wecom import errors, limits
from scrm.wecom.api.call import Call, Json, UploadFile
from scrm.wecom.api.media import Media
from scrm.wecom.client import WecomClient
from scrm.wecom.errors import InvalidRequestError
from scrm.wecom.exchange import HttpExchange
from scrm.wecom.media_uploads import WecomMedia
from tests.fakes.content import START
from tests.fakes.media import PNG, an_asset


class ScriptedCaller:
    """Answers every call alike, or raises."""

    def __init__(self, error: Exception | None = None) -> None:
        self.calls: list[Call] = []
        self._error = error

    def call(self, call: Call) -> Json:
        self.calls.append(call)
        if self._error is not None:
            raise self._error
        return {"errcode": 0, "type": "image", "media_id": "MEDIA1", "created_at": "1763000000"}


class _Server(ThreadingHTTPServer):
    """Remembers what came."""

    requests: list[tuple[str, str, bytes]]


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, self.headers["Content-Type"], body))
        answer = b'{"errcode":0,"errmsg":"ok","media_id":"MEDIA1","created_at":1763000000}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        pass


@pytest.fixture
def server() -> Iterator[_Server]:
    with _Server(("127.0.0.1", 0), _Handler) as running:
        running.requests = []
        Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield running
        running.shutdown()


def test_a_file_goes_out_as_one_part_named_media(server: _Server) -> None:
    file = UploadFile('海"报\r\n.png', PNG)

    reply = HttpExchange(f"http://127.0.0.1:{server.server_port}").send(
        Call("media/upload", query={"type": "image"}, file=file), {"access_token": "t"}
    )

    [(path, content_type, body)] = server.requests
    kind, _, boundary = content_type.partition("; boundary=")
    assert (reply.errcode, path, kind) == (
        0,
        "/cgi-bin/media/upload?type=image&access_token=t",
        "multipart/form-data",
    )
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="media"; filename="海_报__.png"; filelength={len(PNG)}'
    )
    assert body.startswith(head.encode())
    assert body.endswith(b"\r\n\r\n" + PNG + f"\r\n--{boundary}--\r\n".encode())


def test_each_use_has_its_own_way() -> None:
    caller = ScriptedCaller()
    uploads = WecomMedia(WecomClient(caller), lambda: START)

    lent = [uploads.upload(an_asset(), use, PNG) for use in (MediaUse.MESSAGE, MediaUse.MOMENTS)]

    assert [(each.media_id, each.uploaded_at) for each in lent] == [("MEDIA1", START)] * 2
    assert [(call.path, call.query) for call in caller.calls] == [
        ("media/upload", {"type": "image"}),
        ("media/upload_attachment", {"media_type": "image", "attachment_type": 1}),
    ]


@pytest.mark.parametrize(
    ("kind", "size"),
    [("image", 5), ("image", limits.MEDIA_BYTES["image"] + 1), ("file", limits.MEDIA_BYTES["file"] + 1), ("voice", 9)],
)
def test_what_wecom_would_refuse_is_not_sent(kind: str, size: int) -> None:
    caller = ScriptedCaller()

    with pytest.raises(InvalidRequestError):
        Media(caller).upload(kind, UploadFile("a", bytes(size)))
    assert caller.calls == []


def test_moments_take_no_files() -> None:
    with pytest.raises(InvalidRequestError, match="image, video"):
        Media(ScriptedCaller()).upload_for_moments("file", UploadFile("a", bytes(9)))


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (errors.CallPostponedError("media/upload", START + timedelta(hours=1)), START + timedelta(hours=1)),
        (errors.TransientError(-1, "media/upload"), START + timedelta(minutes=1)),
    ],
)
def test_an_upload_that_has_to_wait_says_until_when(error: Exception, told: object) -> None:
    uploads = WecomMedia(WecomClient(ScriptedCaller(error)), lambda: START)

    with pytest.raises(MediaPostponedError) as postponed:
        uploads.upload(an_asset(), MediaUse.MESSAGE, PNG)
    assert postponed.value.not_before == told


def test_a_file_that_wecom_refuses_is_told_with_its_code() -> None:
    uploads = WecomMedia(WecomClient(ScriptedCaller(errors.error_for(40009, "media/upload"))), lambda: START)

    with pytest.raises(AssetRefusedError, match="40009"):
        uploads.upload(an_asset(), MediaUse.MESSAGE, PNG)
