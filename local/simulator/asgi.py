"""The API as a bare ASGI application: only here can a connection be closed without an answer."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl, quote

from local.simulator.api.call import FileBody
from local.simulator.gate import ApiReply, ApiRequest, Gate
from local.simulator.knobs import Knobs

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Headers = list[tuple[bytes, bytes]]
type Send = Callable[[Message], Awaitable[None]]

_PREFIX = "/cgi-bin/"
# What is left of a good reply after a fault of that kind (`local.simulator.faults`).
_SPOILED: dict[str | None, Callable[[bytes], bytes]] = {
    "html": lambda _: b"<html><body>The system is busy.</body></html>",
    "empty": lambda _: b"",
    "cut": lambda content: content[: len(content) // 2],
}
_SLASHES = re.compile("/+")  # SDKs that join paths with a slash too many are served all the same


class ApiApplication:
    def __init__(self, gate: Gate, knobs: Callable[[], Knobs]) -> None:
        self._gate = gate
        self._knobs = knobs

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = await _read(scope, receive)
        if request is None:
            await _reply(send, ApiReply(404, {}))
            return
        trouble = self._gate.enter(request)
        try:
            await _pause(trouble.delay_before_ms)
            if trouble.drop_before:
                self._gate.record_unheard(request, trouble)
                await _hang_up(receive)
                return
            reply = self._gate.answer(request, trouble)
            await _pause(trouble.delay_after_ms + self._knobs().latency_ms)
            if trouble.drop_after:
                await _hang_up(receive)
                return
        finally:
            self._gate.leave(request)
        await _reply(send, reply)


async def _read(scope: Message, receive: Receive) -> ApiRequest | None:
    path = _SLASHES.sub("/", scope["path"])
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    if not path.startswith(_PREFIX):
        return None
    query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    client = scope.get("client")
    source = client[0] if client else ""
    headers = dict(scope["headers"])
    content_type, byte_range = (headers.get(name, b"").decode("latin-1") for name in (b"content-type", b"range"))
    return ApiRequest(scope["method"], path.removeprefix(_PREFIX), query, bytes(body), source, content_type, byte_range)


async def _pause(milliseconds: int) -> None:
    if milliseconds:
        await asyncio.sleep(milliseconds / 1000)


async def _hang_up(receive: Receive) -> None:
    """Close the connection with nothing said. ASGI has no word for it; uvicorn's `receive` knows its transport."""
    cycle: Any = receive.__self__  # type: ignore[attr-defined] # a bound method of uvicorn's request cycle
    cycle.transport.abort()
    while not cycle.disconnected:
        await asyncio.sleep(0)


async def _reply(send: Send, reply: ApiReply) -> None:
    if reply.spoiled in _SPOILED:
        content = _SPOILED[reply.spoiled](_content(reply))
        await _send(send, reply.status, [(b"content-type", b"text/html")], content)
        return
    if reply.file is not None:
        await _send(send, reply.status, _file_headers(reply.file), reply.file.content)
        return
    body = _content(reply)
    headers = [(b"content-type", b"application/json; charset=UTF-8")]
    if "errcode" in reply.body:
        headers.append((b"error-code", str(reply.body["errcode"]).encode()))
    await _send(send, reply.status, headers, body)


def _content(reply: ApiReply) -> bytes:
    if reply.file is not None:
        return reply.file.content
    return json.dumps(reply.body, ensure_ascii=False, separators=(",", ":")).encode() if reply.body else b""


def _file_headers(file: FileBody) -> Headers:
    headers = [
        (b"content-type", b"application/octet-stream"),
        (b"content-disposition", f'attachment; filename="{quote(file.name)}"'.encode()),
    ]
    return [*headers, (b"content-range", file.part.encode())] if file.part else headers


async def _send(send: Send, status: int, headers: Headers, body: bytes) -> None:
    headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
