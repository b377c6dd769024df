"""Requests to the customer's page as HTTP API hands them over, and links with the key of the samples."""

from typing import Any

from scrm.consent.links import LinkTokens
from tests.fakes.consent import Answers

HOST = "m.bank.example"


def page_event(method: str, token: str, body: str | None = None) -> dict[str, Any]:
    path, route = f"/o/{token}", f"{method} /o/{{token}}"
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "accept": "text/html",
            "host": HOST,
            "user-agent": "Mozilla/5.0 (Linux; Android 14) MicroMessenger",
        },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "c1d2e3f4a5",
            "domainName": HOST,
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.10",
                "userAgent": "Mozilla/5.0 (Linux; Android 14) MicroMessenger",
            },
            "requestId": "SAMPLErequest1=",
            "routeKey": route,
            "stage": "$default",
            "time": "21/Nov/2026:08:00:00 +0000",
            "timeEpoch": 1795248000000,
        },
        "pathParameters": {"token": token},
        "isBase64Encoded": False,
    }
    if body is not None:
        event["headers"]["content-type"] = "application/x-www-form-urlencoded"
        event["body"] = body
    return event


def token_until(answers: Answers, external_userid: str, last_day: int) -> str:
    """A token whose last day, counted from 1970, is this one."""
    tokens: LinkTokens = answers.tokens
    return tokens.seal.sealed(last_day.to_bytes(2) + external_userid.encode())
