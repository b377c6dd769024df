"""The issuer on HTTP: discovery, key set, tokens. Loopback only."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from local.identity.issuer import TOKEN_LIFE_S, Issuer
from local.identity.operators import NAMES, find_operator

HOST = "127.0.0.1"
DEFAULT_AUDIENCE = "scrm"
_MAX_BODY = 4096


class IdentityServer(ThreadingHTTPServer):
    """Listens from construction on; ``issuer`` answers."""

    daemon_threads = True

    def __init__(self, port: int = 0, audience: str = DEFAULT_AUDIENCE) -> None:
        super().__init__((HOST, port), _Handler)
        self.issuer = Issuer(f"http://{HOST}:{self.server_address[1]}", audience)


class _Handler(BaseHTTPRequestHandler):
    server: IdentityServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        documents: dict[str, Callable[[], dict[str, Any]]] = {
            "/.well-known/openid-configuration": self.server.issuer.discovery,
            "/.well-known/jwks.json": self.server.issuer.key_set,
            "/jwks": self.server.issuer.key_set,
            "/operators": lambda: {"operators": list(NAMES)},
        }
        document = documents.get(self.path)
        if document is None:
            self._answer(HTTPStatus.NOT_FOUND, {"error": "not_found"})
        else:
            self._answer(HTTPStatus.OK, document())

    def do_POST(self) -> None:
        """Token request (RFC 6749, 4.4): ``grant_type=client_credentials&client_id=<operator>``, no secret."""
        length = int(self.headers.get("Content-Length") or 0)
        if self.path != "/token" or length > _MAX_BODY:
            self.close_connection = True
            self._answer(HTTPStatus.NOT_FOUND, {"error": "not_found"})
            return
        form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
        if form.get("grant_type") != "client_credentials":
            self._answer(HTTPStatus.BAD_REQUEST, {"error": "unsupported_grant_type"})
            return
        operator = find_operator(form.get("client_id", ""))
        if operator is None:
            told = {"error": "invalid_client", "error_description": f"operators are {', '.join(NAMES)}"}
            self._answer(HTTPStatus.UNAUTHORIZED, told)
            return
        token = self.server.issuer.token(operator)
        self._answer(HTTPStatus.OK, {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LIFE_S})

    def _answer(self, status: HTTPStatus, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        """Requests are not logged: a token request names who signed in."""


@contextmanager
def running_issuer(port: int = 0, audience: str = DEFAULT_AUDIENCE) -> Iterator[Issuer]:
    """An issuer that answers on loopback until the block ends."""
    server = IdentityServer(port, audience)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
