import base64
from typing import Any

import pytest

from scrm.runtime.http_request import HttpRequest, text_response

LIMIT = 100


def event(body: str | None, *, is_base64: bool = False) -> dict[str, Any]:
    http = {"http": {"method": "POST"}}
    return {"requestContext": http, "body": body, "isBase64Encoded": is_base64}


@pytest.mark.parametrize("size", [0, 1, LIMIT - 1, LIMIT])
def test_body_up_to_the_limit_comes_whole(size: int) -> None:
    body = b"x" * size

    plain = HttpRequest.from_event(event(body.decode()), LIMIT)
    packed = HttpRequest.from_event(event(base64.b64encode(body).decode(), is_base64=True), LIMIT)

    assert plain.body == packed.body == body


@pytest.mark.parametrize("size", [LIMIT + 1, LIMIT + 2, LIMIT + 3, LIMIT + 4, 2_000_000])
def test_longer_body_is_seen_to_be_too_long_and_not_read_on(size: int) -> None:
    body = b"x" * size

    plain = HttpRequest.from_event(event(body.decode()), LIMIT)
    packed = HttpRequest.from_event(event(base64.b64encode(body).decode(), is_base64=True), LIMIT)

    assert LIMIT < len(plain.body) <= LIMIT + 3
    assert LIMIT < len(packed.body) <= LIMIT + 3


@pytest.mark.parametrize(("body", "is_base64"), [(None, False), ("", False), ("not base64", True), ("A", True)])
def test_body_that_is_absent_or_no_base64_is_empty(body: str | None, *, is_base64: bool) -> None:
    assert HttpRequest.from_event(event(body, is_base64=is_base64), LIMIT).body == b""


def test_absent_parameters_are_empty() -> None:
    request = HttpRequest.from_event({**event(""), "queryStringParameters": None}, LIMIT)

    assert (request.method, request.query, request.path_parameters) == ("POST", {}, {})


def test_text_that_is_no_unicode_does_not_fail() -> None:
    assert HttpRequest.from_event(event("\ud800"), LIMIT).body == b"\xed\xa0\x80"


def test_response_is_plain_text() -> None:
    response = text_response(200, "echo")

    assert response == {
        "statusCode": 200,
        "headers": {"content-type": "text/plain; charset=utf-8"},
        "body": "echo",
    }
