from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.wecom.callback import CallbackGate, CallbackKey, CallbackRejectedError, RejectReason
from scrm.wecom.crypto import MessageSeal
from tests.callbacks import APP, CORP_ID, ENCODING_AES_KEY, TOKEN, envelope, message, seal, signed_query

NOW = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
OTHER_AES_KEY = "a" * 43
MESSAGE = message(NOW, "change_contact", "delete_user", UserID="rm_wang")


class FakeKeys:
    """Keys per app, and those that a refresh would bring."""

    def __init__(self, *keys: CallbackKey, after_refresh: Sequence[CallbackKey] | None = None) -> None:
        self._keys: Sequence[CallbackKey] = keys
        self._after_refresh = after_refresh
        self.refreshed = 0

    def of(self, app: str, now: datetime) -> Sequence[CallbackKey]:
        return self._keys if app == APP else ()

    def refresh(self, now: datetime) -> bool:
        if self._after_refresh is None:
            return False
        self.refreshed += 1
        self._keys = self._after_refresh
        return True


def key(token: str = TOKEN, aes_key: str = ENCODING_AES_KEY) -> CallbackKey:
    return CallbackKey(token, MessageSeal(aes_key, CORP_ID))


def gate(*keys: CallbackKey, now: datetime = NOW) -> CallbackGate:
    return CallbackGate(CORP_ID, FakeKeys(*(keys or (key(),))), now=lambda: now)


def refusal(gate: CallbackGate, query: Mapping[str, str], body: str | bytes, app: str = APP) -> RejectReason:
    with pytest.raises(CallbackRejectedError) as refused:
        gate.open(app, query, body.encode() if isinstance(body, str) else body)
    return refused.value.reason


def test_authentic_callback_is_opened() -> None:
    sealed = seal(MESSAGE)

    callback = gate().open(APP, signed_query(sealed, NOW), envelope(sealed).encode())

    assert callback.name == "change_contact.delete_user"
    assert callback.fields["UserID"] == "rm_wang"
    assert callback.occurred_at == NOW
    assert callback.event_id.startswith("evt_")


def test_repeat_that_was_sealed_and_signed_anew_has_the_same_id() -> None:
    first, again = seal(MESSAGE), seal(MESSAGE)
    later = NOW + timedelta(seconds=5)

    one = gate().open(APP, signed_query(first, NOW), envelope(first).encode())
    two = gate().open(APP, signed_query(again, later, nonce="other"), envelope(again).encode())

    assert first != again
    assert one.event_id == two.event_id


def test_two_events_of_one_second_have_two_ids() -> None:
    sealed = [seal(message(NOW, "change_contact", "delete_user", UserID=userid)) for userid in ("rm_wang", "rm_li")]

    opened = [gate().open(APP, signed_query(each, NOW), envelope(each).encode()) for each in sealed]

    assert opened[0].event_id != opened[1].event_id


def test_url_check_is_answered_with_the_plain_text() -> None:
    sealed = seal("1616140317555161061")

    echo = gate().echo(APP, {**signed_query(sealed, NOW), "echostr": sealed})

    assert echo == "1616140317555161061"


def test_echo_string_whose_plus_signs_became_blanks_still_opens() -> None:
    sealed = next(text for text in (seal("echo", seed=f"s{n}") for n in range(100)) if "+" in text)

    echo = gate().echo(APP, {**signed_query(sealed, NOW), "echostr": sealed.replace("+", " ")})

    assert echo == "echo"


@pytest.mark.parametrize("field", ["msg_signature", "nonce", "timestamp"])
def test_changed_query_is_refused(field: str) -> None:
    sealed = seal(MESSAGE)
    query = signed_query(sealed, NOW)
    changed = {"msg_signature": "0" * 40, "nonce": "1", "timestamp": str(int(query["timestamp"]) + 1)}

    reason = refusal(gate(), {**query, field: changed[field]}, envelope(sealed))

    assert reason is RejectReason.SIGNATURE


@pytest.mark.parametrize("field", ["msg_signature", "nonce", "timestamp"])
def test_missing_query_parameter_is_refused(field: str) -> None:
    sealed = seal(MESSAGE)
    query = signed_query(sealed, NOW)
    del query[field]

    assert refusal(gate(), query, envelope(sealed)) in {RejectReason.SIGNATURE, RejectReason.QUERY}


@pytest.mark.parametrize(("age_s", "is_taken"), [(600, True), (601, False), (-600, True), (-601, False)])
def test_window_is_ten_minutes_both_ways(age_s: int, *, is_taken: bool) -> None:
    sealed = seal(MESSAGE)
    query = signed_query(sealed, NOW - timedelta(seconds=age_s))

    if is_taken:
        assert gate().open(APP, query, envelope(sealed).encode()).event == "change_contact"
    else:
        assert refusal(gate(), query, envelope(sealed)) is RejectReason.STALE


@pytest.mark.parametrize("timestamp", ["", "x", "-1", "1e9", "１７６００００００００", "9" * 40])
def test_timestamp_that_is_no_time_is_refused(timestamp: str) -> None:
    sealed = seal(MESSAGE)

    assert (
        refusal(gate(), {**signed_query(sealed, NOW), "timestamp": timestamp}, envelope(sealed)) is RejectReason.QUERY
    )


def test_unknown_app_is_refused() -> None:
    sealed = seal(MESSAGE)

    assert refusal(gate(), signed_query(sealed, NOW), envelope(sealed), "other") is RejectReason.UNKNOWN_APP


def test_signed_garbage_is_refused() -> None:
    assert refusal(gate(), signed_query("garbage!", NOW), envelope("garbage!")) is RejectReason.ENCODING


def test_message_under_another_aes_key_is_refused() -> None:
    sealed = seal(MESSAGE, encoding_aes_key=OTHER_AES_KEY)

    reason = refusal(gate(), signed_query(sealed, NOW), envelope(sealed))

    assert reason in {RejectReason.PADDING, RejectReason.LENGTH, RejectReason.RECEIVER}


def test_message_for_another_corp_is_refused() -> None:
    sealed = seal(MESSAGE, corp_id="wwOTHER")

    assert refusal(gate(), signed_query(sealed, NOW), envelope(sealed)) is RejectReason.RECEIVER


@pytest.mark.parametrize("text", ["no xml", "<!DOCTYPE xml><xml></xml>", "<xml><A></xml>"])
def test_signed_message_that_is_no_plain_xml_is_refused(text: str) -> None:
    sealed = seal(text)

    assert refusal(gate(), signed_query(sealed, NOW), envelope(sealed)) is RejectReason.MESSAGE


def test_signed_message_that_is_no_utf_8_is_refused() -> None:
    sealed = MessageSeal(ENCODING_AES_KEY, CORP_ID).seal(b"<xml>\xff</xml>")

    assert refusal(gate(), signed_query(sealed, NOW), envelope(sealed)) is RejectReason.MESSAGE


def test_previous_key_opens_while_a_rotation_lasts() -> None:
    sealed = seal(MESSAGE)
    current = key("NewToken", OTHER_AES_KEY)

    callback = gate(current, key()).open(APP, signed_query(sealed, NOW), envelope(sealed).encode())

    assert callback.event == "change_contact"


@pytest.mark.parametrize("known", [key("OldToken"), key(aes_key=OTHER_AES_KEY)])
def test_rotated_key_is_read_on_the_first_refusal(known: CallbackKey) -> None:
    sealed = seal(MESSAGE)
    keys = FakeKeys(known, after_refresh=[key()])

    callback = CallbackGate(CORP_ID, keys, now=lambda: NOW).open(
        APP, signed_query(sealed, NOW), envelope(sealed).encode()
    )

    assert callback.event == "change_contact"
    assert keys.refreshed == 1


def test_stale_request_does_not_make_us_read_the_keys() -> None:
    sealed = seal(MESSAGE)
    keys = FakeKeys(key(), after_refresh=[key()])

    reason = refusal(
        CallbackGate(CORP_ID, keys, now=lambda: NOW),
        signed_query(sealed, NOW - timedelta(hours=1)),
        envelope(sealed),
    )

    assert reason is RejectReason.STALE
    assert keys.refreshed == 0


def test_message_without_event_or_time_is_still_a_callback() -> None:
    sealed = seal("<xml><MsgType><![CDATA[text]]></MsgType><CreateTime>soon</CreateTime></xml>")

    callback = gate().open(APP, signed_query(sealed, NOW), envelope(sealed).encode())

    assert (callback.name, callback.occurred_at) == ("", NOW)


@given(
    body=st.binary(max_size=200),
    query=st.dictionaries(st.sampled_from(["timestamp", "nonce", "msg_signature"]), st.text()),
)
def test_whatever_is_posted_is_refused_cleanly(body: bytes, query: dict[str, str]) -> None:
    with pytest.raises(CallbackRejectedError):
        gate().open(APP, query, body)
