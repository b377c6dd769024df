"""The few facts of an HTTP API event (payload format 2.0) that a function without an event-handler resolver needs."""

import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class HttpRequest:
    method: str
    path_parameters: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes

    @classmethod
    def from_event(cls, event: Mapping[str, Any], max_body: int) -> Self:
        """The request of ``event``; of a body longer than ``max_body`` bytes only enough is read to see that it is.

        A body that claims to be base64 and is not becomes an empty one, which nobody accepts.
        """
        return cls(
            method=event["requestContext"]["http"]["method"],
            path_parameters=event.get("pathParameters") or {},
            query=event.get("queryStringParameters") or {},
            body=_body(event, max_body),
        )


def text_response(status: int, body: str = "") -> dict[str, Any]:
    return {"statusCode": status, "headers": {"content-type": "text/plain; charset=utf-8"}, "body": body}


def _body(event: Mapping[str, Any], max_body: int) -> bytes:
    text = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return text[: max_body + 1].encode(errors="surrogatepass")
    try:
        return binascii.a2b_base64(text[: _encoded_length(max_body + 1)])
    except ValueError:
        return b""


def _encoded_length(size: int) -> int:
    return -(-size // 3) * 4
