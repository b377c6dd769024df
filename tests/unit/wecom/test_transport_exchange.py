"""One HTTP request against a real server on loopback that misbehaves in every way WeCom or a proxy might."""

import json
import logging
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from scrm.wecom.api.call import Call
from scrm.wecom.exchange import Failure, HttpExchange, Reply

TOKEN = {"access_token": "TOPSECRETTOKEN"}
QUICK = (0.5, 0.2)


class Misbehaving(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: list[dict[str, Any]]
    release: threading.Event

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        pass

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.seen.append(
            {
                "method": self.command,
                "path": parts.path,
                "query": parse_qs(parts.query),
                "body": sent,
                "type": self.headers.get("Content-Type"),
                "connection": self.client_address,
            }
        )
        kind = parts.path.rpartition("/")[2]
        if kind == "drop":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        elif kind == "hang":
            self.release.wait(5)
            self._send(200, b"{}")
        elif kind == "redirect":
            self._send(302, b"", {"Location": "http://127.0.0.1:1/stolen"})
        else:
            status, body = {
                "ok": (200, b'{"errcode":0,"errmsg":"ok","x":1}'),
                "business": (200, b'{"errcode":84061,"errmsg":"no, hint: [77_1_ab], from ip: 9.9.9.9"}'),
                "html": (200, b"<html>maintenance</html>"),
                "list": (200, b"[]"),
                "no_errcode": (200, b'{"errmsg":"ok"}'),
                "text_errcode": (200, b'{"errcode":"0"}'),
                "not_utf8": (200, b'{"errcode":0,"x":"\xff\xfe"}'),
                "cut": (200, b'{"errcode":0,'),
                "gateway": (502, b'{"errcode":0}'),
            }[kind]
            self._send(status, body)

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    Misbehaving.seen, Misbehaving.release = [], threading.Event()
    running = ThreadingHTTPServer(("127.0.0.1", 0), Misbehaving)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    Misbehaving.release.set()
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.fixture
def exchange(server: ThreadingHTTPServer) -> HttpExchange:
    return HttpExchange(f"http://127.0.0.1:{server.server_port}/")


def test_a_get_carries_arguments_and_token_in_the_query(exchange: HttpExchange) -> None:
    reply = exchange.send(Call("ok", {"userid": "a b&c"}), TOKEN)

    (seen,) = Misbehaving.seen
    assert (reply.errcode, reply.body["x"]) == (0, 1)
    assert (seen["method"], seen["path"]) == ("GET", "/cgi-bin/ok")
    assert seen["query"] == {"userid": ["a b&c"], "access_token": ["TOPSECRETTOKEN"]}


def test_a_post_is_utf8_json_with_the_token_in_the_query_only(exchange: HttpExchange) -> None:
    exchange.send(Call("ok", body={"remark": "陈女士"}), TOKEN)

    (seen,) = Misbehaving.seen
    assert seen["method"] == "POST"
    assert "陈女士".encode() in seen["body"]
    assert json.loads(seen["body"]) == {"remark": "陈女士"}
    assert b"TOPSECRETTOKEN" not in seen["body"]
    assert seen["type"] == "application/json; charset=utf-8"


def test_the_connection_is_kept_alive(exchange: HttpExchange) -> None:
    for _ in range(5):
        exchange.send(Call("ok"), TOKEN)

    assert len({seen["connection"] for seen in Misbehaving.seen}) == 1


def test_a_business_error_keeps_code_and_hint(exchange: HttpExchange) -> None:
    reply = exchange.send(Call("business"), TOKEN)

    assert (reply.errcode, reply.hint, reply.failure) == (84061, "77_1_ab", None)


@pytest.mark.parametrize(
    "path", ["html", "list", "no_errcode", "text_errcode", "not_utf8", "cut", "gateway", "redirect"]
)
def test_what_is_no_business_answer_is_unreadable(exchange: HttpExchange, path: str) -> None:
    reply = exchange.send(Call(path), TOKEN)

    assert reply == Reply(failure=Failure.UNREADABLE)
    assert len(Misbehaving.seen) == 1


def test_a_dropped_connection_is_no_answer(exchange: HttpExchange) -> None:
    assert exchange.send(Call("drop"), TOKEN) == Reply(failure=Failure.NO_ANSWER)


def test_silence_is_no_answer(exchange: HttpExchange) -> None:
    assert exchange.send(Call("hang"), TOKEN, QUICK) == Reply(failure=Failure.NO_ANSWER)


def test_a_closed_port_was_never_sent() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        exchange = HttpExchange(f"http://127.0.0.1:{reserved.getsockname()[1]}")

        reply = exchange.send(Call("ok"), TOKEN, QUICK)

    assert reply == Reply(failure=Failure.NOT_SENT)


def test_proxies_of_the_environment_are_not_used(exchange: HttpExchange, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    assert exchange.send(Call("ok"), TOKEN).errcode == 0


@pytest.mark.parametrize("path", ["ok", "drop", "html", "redirect"])
def test_the_token_is_in_no_log_line_and_no_reply(
    exchange: HttpExchange, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    caplog.set_level(logging.DEBUG)

    reply = exchange.send(Call(path), TOKEN)

    assert "TOPSECRETTOKEN" not in caplog.text + repr(reply)
