"""Builds WeCom callbacks as API Gateway delivers them (HTTP API, payload format 2.0). Every value is invented."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from scrm.wecom.crypto import MessageSeal, signature

CORP_ID = "wwSIMCORP0000001"
APP = "contacts"
TOKEN = "SampleCallbackToken"
ENCODING_AES_KEY = "SampleEncodingAESKeyOfFortyThreeCharacters0"
SECRET = {APP: {"token": TOKEN, "encoding_aes_key": ENCODING_AES_KEY}}

type Content = str | list[Any] | Mapping[str, Any]


def message(created_at: datetime, event: str, change_type: str = "", **elements: Content) -> str:
    """The inner XML as WeCom writes it: texts in CDATA, numbers bare, no white space."""
    header: dict[str, Content] = {
        "ToUserName": CORP_ID,
        "FromUserName": "sys",
        "CreateTime": str(int(created_at.timestamp())),
        "MsgType": "event",
        "Event": event,
        **({"ChangeType": change_type} if change_type else {}),
    }
    return _element("xml", {**header, **elements})


def _element(name: str, content: Content) -> str:
    if isinstance(content, str):
        return f"<{name}>{content if content.isdigit() else f'<![CDATA[{content}]]>'}</{name}>"
    inner = [("Item", item) for item in content] if isinstance(content, list) else content.items()
    return f"<{name}>{''.join(_element(child, value) for child, value in inner)}</{name}>"


def seal(text: str, seed: str = "", corp_id: str = CORP_ID, encoding_aes_key: str = ENCODING_AES_KEY) -> str:
    """``text`` sealed; a ``seed`` makes the random prefix repeatable."""
    random = hashlib.sha256(seed.encode()).hexdigest()[:16].encode() if seed else None
    return MessageSeal(encoding_aes_key, corp_id).seal(text.encode(), random)


def envelope(sealed: str, corp_id: str = CORP_ID) -> str:
    return (
        f"<xml><ToUserName><![CDATA[{corp_id}]]></ToUserName><AgentID><![CDATA[1000002]]></AgentID>"
        f"<Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
    )


def signed_query(sealed: str, at: datetime, token: str = TOKEN, nonce: str = "1372623149") -> dict[str, str]:
    timestamp = str(int(at.timestamp()))
    return {"msg_signature": signature(token, timestamp, nonce, sealed), "timestamp": timestamp, "nonce": nonce}


def post(text: str, at: datetime, seed: str = "", app: str = APP) -> dict[str, Any]:
    """The HTTP event of a callback that says ``text`` and was signed at ``at``."""
    sealed = seal(text, seed)
    return http_event("POST", signed_query(sealed, at), at, envelope(sealed), app)


def get(text: str, at: datetime, seed: str = "", app: str = APP) -> dict[str, Any]:
    """The HTTP event of WeCom's check of the callback URL."""
    sealed = seal(text, seed)
    return http_event("GET", {**signed_query(sealed, at), "echostr": sealed}, at, app=app)


def http_event(
    method: str, query: Mapping[str, str], at: datetime, body: str | None = None, app: str = APP
) -> dict[str, Any]:
    route, path = f"{method} /wecom/callback/{{app}}", f"/wecom/callback/{app}"
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": urlencode(query),
        "headers": {"content-type": "text/xml", "host": "scrm.example.com.cn", "user-agent": "Mozilla/4.0"},
        "queryStringParameters": dict(query),
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "domainName": "scrm.example.com.cn",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.10",
                "userAgent": "Mozilla/4.0",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": route,
            "stage": "$default",
            "time": at.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(at.timestamp() * 1000),
        },
        "pathParameters": {"app": app},
        "isBase64Encoded": False,
    }
    return event if body is None else {**event, "body": body}
