"""A callback receiver on loopback, for tests with real sockets."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from local.simulator.crypto import decrypt

from .builders import AES_KEY, query_of


@dataclass
class Receiver:
    """``hang`` makes it answer nothing until the event is set."""

    url: str = ""
    bodies: list[tuple[str, bytes]] = field(default_factory=list)
    received: threading.Event = field(default_factory=threading.Event)
    echo: bool = True
    hang: threading.Event | None = None


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            echo = decrypt(AES_KEY, query_of(self.path)["echostr"])[0]
            self._answer(echo if receiver.echo else b"something else")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.bodies.append((urlsplit(self.path).path, body))
            receiver.received.set()
            if receiver.hang is not None:
                receiver.hang.wait(10)
            self._answer(b"")

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/wecom/callback/contacts"
    try:
        yield receiver
    finally:
        if receiver.hang is not None:
            receiver.hang.set()
        server.shutdown()
        server.server_close()
