"""An HTTP API in a thread: checks the token as the JWT authorizer does and calls the real handler."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import jwt

from functions.admin_api.handler import lambda_handler
from local.identity.issuer import Issuer
from tests.admin_api import Request, lambda_context

UNAUTHORIZED = {
    "statusCode": 401,
    "headers": {"content-type": "application/json"},
    "body": '{"message":"Unauthorized"}',
}


class _Gateway(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, issuer: Issuer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.issuer = issuer

    def claims(self, authorization: str) -> dict[str, Any] | None:
        """As HTTP API hands them on: every claim a string, lists in brackets."""
        token = authorization.removeprefix("Bearer ")
        key = jwt.PyJWK(self.issuer.key_set()["keys"][0])
        try:
            claims = jwt.decode(token, key, ["RS256"], audience=self.issuer.audience, issuer=self.issuer.url)
        except jwt.InvalidTokenError:
            return None
        return {name: f"[{' '.join(v)}]" if isinstance(v, list) else str(v) for name, v in claims.items()}


class _Handler(BaseHTTPRequestHandler):
    server: _Gateway

    def _relay(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        claims = self.server.claims(self.headers.get("Authorization", ""))
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items() if name.lower() != "authorization"}
        request = Request(
            unquote(parts.path), self.command, dict(parse_qsl(parts.query)), claims or {}, headers, body or None
        )
        reply: dict[str, Any] = UNAUTHORIZED
        if claims:
            with redirect_stdout(StringIO()):  # the function's metrics; the command line waits meanwhile
                reply = lambda_handler(request.event(), lambda_context())
        raw = reply["body"].encode()
        self.send_response(reply["statusCode"])
        for name, value in {**reply["headers"], "Content-Length": str(len(raw))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    do_GET = _relay  # noqa: N815 - http.server names them
    do_POST = _relay  # noqa: N815
    do_PUT = _relay  # noqa: N815
    do_DELETE = _relay  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        pass


@contextmanager
def running_gateway(issuer: Issuer) -> Iterator[str]:
    """The base URL of a gateway that trusts ``issuer``."""
    server = _Gateway(issuer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
