"""Verify, decrypt and parse one callback: the gate that the handler uses, the plain way, wechatpy, and the floor.

Prints medians of same-round CPU ratios to the gate's peers, and the dearest hostile body in milliseconds.
"""

import base64
import hashlib
import json
import statistics
import struct
import time
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from wechatpy.enterprise import parse_message
from wechatpy.enterprise.crypto import WeChatCrypto

from scrm import clock
from scrm.runtime.http_request import HttpRequest
from scrm.wecom.callback import CallbackGate, CallbackRejectedError
from scrm.wecom.callback_keys import CachedCallbackKeys
from scrm.wecom.crypto import MessageSeal, signature
from scrm.wecom.envelope import MAX_BODY_BYTES

ROUNDS, PER_ROUND, HOSTILE_ROUNDS = 300, 30, 25
WARM_UP = 300
CORP_ID, APP, TOKEN = "wwSIMCORP0000001", "contacts", "SampleCallbackToken"
AES_KEY = "SampleEncodingAESKeyOfFortyThreeCharacters0"

SECONDS = str(int(clock.now().timestamp()))
MESSAGE = (
    f"<xml><ToUserName><![CDATA[{CORP_ID}]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName>"
    f"<CreateTime>{SECONDS}</CreateTime><MsgType><![CDATA[event]]></MsgType>"
    "<Event><![CDATA[change_external_contact]]></Event><ChangeType><![CDATA[add_external_contact]]></ChangeType>"
    "<UserID><![CDATA[rm_wang]]></UserID><ExternalUserID><![CDATA[wmSIM0000000000000000000000000A1]]></ExternalUserID>"
    "<State><![CDATA[branch-001]]></State><WelcomeCode><![CDATA[WelcomeCodeSample]]></WelcomeCode></xml>"
)
SEALED = MessageSeal(AES_KEY, CORP_ID).seal(MESSAGE.encode())
QUERY = {"msg_signature": signature(TOKEN, SECONDS, "1372623149", SEALED), "timestamp": SECONDS, "nonce": "1372623149"}
SIGNED = (QUERY["msg_signature"], QUERY["timestamp"], QUERY["nonce"])
BODY = (
    f"<xml><ToUserName><![CDATA[{CORP_ID}]]></ToUserName><AgentID><![CDATA[1000002]]></AgentID>"
    f"<Encrypt><![CDATA[{SEALED}]]></Encrypt></xml>"
).encode()

SECRET = {APP: {"token": TOKEN, "encoding_aes_key": AES_KEY}}
GATE = CallbackGate(CORP_ID, CachedCallbackKeys(CORP_ID, lambda: SECRET))
FOREIGN = WeChatCrypto(TOKEN, AES_KEY, CORP_ID)
KEY = base64.b64decode(AES_KEY + "=")


def ours() -> Any:
    return GATE.open(APP, QUERY, BODY).fields["ExternalUserID"]


def straight() -> Any:
    """As in the vendor's description, without a check that it does not ask for."""
    sealed = ElementTree.fromstring(BODY).findtext("Encrypt", "")  # noqa: S314 - this is the peer's weakness
    message = _opened_plainly(sealed)
    return {element.tag: element.text for element in ElementTree.fromstring(message)}["ExternalUserID"]  # noqa: S314


def floor() -> Any:
    """No XML at all."""
    return _opened_plainly(BODY.partition(b"<Encrypt><![CDATA[")[2].partition(b"]]>")[0].decode())


def _opened_plainly(sealed: str) -> bytes:
    joined = "".join(sorted([TOKEN, QUERY["timestamp"], QUERY["nonce"], sealed]))
    if hashlib.sha1(joined.encode()).hexdigest() != QUERY["msg_signature"]:  # noqa: S324 - the protocol's
        raise ValueError("signature")
    decryptor = Cipher(algorithms.AES(KEY), modes.CBC(KEY[:16])).decryptor()
    plain = decryptor.update(base64.b64decode(sealed)) + decryptor.finalize()
    plain = plain[: -plain[-1]]
    (length,) = struct.unpack(">I", plain[16:20])
    if plain[20 + length :].decode() != CORP_ID:
        raise ValueError("receiver")
    return plain[20 : 20 + length]


def wechatpy() -> Any:
    return parse_message(FOREIGN.decrypt_message(BODY, *SIGNED))


def cpu_s(work: Callable[[], Any], times: int) -> float:
    started = time.process_time()
    for _ in range(times):
        work()
    return time.process_time() - started


def interleaved(candidates: dict[str, Callable[[], Any]]) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for work in candidates.values():
        cpu_s(work, WARM_UP)
    for _ in range(ROUNDS):
        for name, work in candidates.items():
            seconds[name].append(cpu_s(work, PER_ROUND))
    return seconds


def http_event(body: str, *, is_base64: bool = False) -> dict[str, Any]:
    http = {"method": "POST", "path": f"/wecom/callback/{APP}"}
    query = {**QUERY, "msg_signature": "0" * 40}
    return {
        "requestContext": {"http": http},
        "queryStringParameters": query,
        "body": body,
        "isBase64Encoded": is_base64,
    }


def hostile_events() -> dict[str, dict[str, Any]]:
    """Unsigned bodies of the kinds that cost others most, and the largest that is still looked at."""
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    largest = f"<xml><Encrypt>{'A' * (MAX_BODY_BYTES - 40)}</Encrypt></xml>"
    return {
        "billion_laughs": http_event(f'<!DOCTYPE x [<!ENTITY l0 "l">{entities}]><xml><Encrypt>&l9;</Encrypt></xml>'),
        "external_entity": http_event('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml>&e;</xml>'),
        "forged_signature": http_event(BODY.decode()),
        "nested": http_event("<xml>" * (MAX_BODY_BYTES // 6)),
        "unclosed": http_event("<xml>" + "<Encrypt>" * (MAX_BODY_BYTES // 10)),
        "blanks": http_event(" " * MAX_BODY_BYTES),
        "two_megabytes": http_event("<xml>" + "A" * 2_000_000),
        "two_megabytes_base64": http_event("QUFB" * 500_000, is_base64=True),
        "largest": http_event(largest),
        "largest_base64": http_event(base64.b64encode(largest.encode()).decode(), is_base64=True),
    }


def refuse(event: dict[str, Any]) -> None:
    request = HttpRequest.from_event(event, MAX_BODY_BYTES)
    try:
        GATE.open(APP, request.query, request.body)
    except CallbackRejectedError:
        return
    raise AssertionError("a hostile body was accepted")


def hostile_ms() -> dict[str, float]:
    events = hostile_events()
    taken: dict[str, list[float]] = {name: [] for name in events}
    for _ in range(HOSTILE_ROUNDS):
        for name, event in events.items():
            taken[name].append(cpu_s(lambda event=event: refuse(event), 5) / 5 * 1000)  # type: ignore[misc]
    return {name: statistics.median(each) for name, each in taken.items()}


def main() -> None:
    candidates = {"ours": ours, "straight": straight, "wechatpy": wechatpy, "floor": floor}
    seconds = interleaved(candidates)

    def ratio(name: str, peer: str) -> float:
        return statistics.median(a / b for a, b in zip(seconds[name], seconds[peer], strict=True))

    print(
        json.dumps(
            {
                "microseconds": {name: statistics.median(each) / PER_ROUND * 1e6 for name, each in seconds.items()},
                "vs_straight": ratio("ours", "straight"),
                "vs_wechatpy": ratio("ours", "wechatpy"),
                "floor_vs_straight": ratio("floor", "straight"),
                "floor_vs_wechatpy": ratio("floor", "wechatpy"),
                "hostile_ms": hostile_ms(),
            }
        )
    )


if __name__ == "__main__":
    main()
