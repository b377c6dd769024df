"""A published SDK (wechatpy, used in tests only) and our callback crypto understand each other."""

import itertools
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.enterprise.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidSignatureException

from scrm.wecom.callback import CallbackGate, CallbackRejectedError
from scrm.wecom.callback_keys import CachedCallbackKeys
from tests.callbacks import APP, CORP_ID, ENCODING_AES_KEY, SECRET, TOKEN, envelope, message, seal, signed_query
from tests.unit.wecom.vectors import VECTORS

NOW = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
TIMESTAMP = str(int(NOW.timestamp()))
FOREIGN = WeChatCrypto(TOKEN, ENCODING_AES_KEY, CORP_ID)
GATE = CallbackGate(CORP_ID, CachedCallbackKeys(CORP_ID, lambda: SECRET), now=lambda: NOW)
_nonces = (str(number) for number in itertools.count(1))


def foreign_post(text: str) -> tuple[dict[str, str], bytes]:
    """Query and body as the foreign SDK makes them."""
    nonce = next(_nonces)
    body = FOREIGN.encrypt_message(text, nonce, TIMESTAMP)
    reply = ElementTree.fromstring(body)
    query = {"msg_signature": reply.findtext("MsgSignature", ""), "timestamp": TIMESTAMP, "nonce": nonce}
    return query, body.encode()


def test_callback_signed_and_encrypted_by_the_foreign_sdk_is_accepted() -> None:
    query, body = foreign_post(message(NOW, "change_contact", "delete_user", UserID="rm_wang"))

    callback = GATE.open(APP, query, body)

    assert (callback.name, callback.fields["UserID"]) == ("change_contact.delete_user", "rm_wang")


def test_foreign_callback_changed_on_the_way_is_refused() -> None:
    query, body = foreign_post(message(NOW, "change_contact", "delete_user", UserID="rm_wang"))

    with pytest.raises(CallbackRejectedError, match="signature"):
        GATE.open(APP, query, body.replace(b"</Encrypt>", b"A</Encrypt>").replace(b"]]>A", b"A]]>"))


@given(text=st.text(max_size=60).map(lambda text: f"n{text.encode().hex()}"))
def test_foreign_sdk_opens_what_we_seal(text: str) -> None:
    ours = message(NOW, "change_contact", "delete_user", UserID=text)
    sealed = seal(ours)
    query = signed_query(sealed, NOW)

    opened = FOREIGN.decrypt_message(envelope(sealed), query["msg_signature"], query["timestamp"], query["nonce"])

    assert opened == ours


def test_foreign_sdk_checks_our_url_signature() -> None:
    sealed = seal("1616140317555161061")
    query = signed_query(sealed, NOW)

    echo = FOREIGN.check_signature(query["msg_signature"], query["timestamp"], query["nonce"], sealed)

    assert echo == "1616140317555161061"
    with pytest.raises(InvalidSignatureException):
        FOREIGN.check_signature("0" * 40, query["timestamp"], query["nonce"], sealed)


def test_foreign_sdk_agrees_on_the_official_vector() -> None:
    a2 = next(vector for vector in VECTORS if vector.name == "A2")
    foreign = WeChatCrypto(a2.token, a2.encoding_aes_key, a2.receive_id)

    opened = foreign.decrypt_message(envelope(a2.sealed), a2.signature, a2.timestamp, a2.nonce)

    assert opened.encode() == a2.message
