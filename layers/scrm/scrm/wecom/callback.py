"""The gate for WeCom's callbacks: whatever passes was signed, sealed and addressed to us, and is recent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from scrm import clock, ids
from scrm.wecom.crypto import MessageSeal, UnsealingError, is_signed
from scrm.wecom.envelope import FieldValue, MalformedBodyError, encrypted_text, message_fields


class RejectReason(StrEnum):
    """Why a request was refused; the value is the metric's ``reason``."""

    UNKNOWN_APP = "unknown_app"
    QUERY = "query"
    STALE = "stale"
    SIGNATURE = "signature"
    TOO_LARGE = "too_large"
    ENVELOPE = "envelope"
    ENCODING = "encoding"
    PADDING = "padding"
    LENGTH = "length"
    RECEIVER = "receiver"
    MESSAGE = "message"


class CallbackRejectedError(Exception):
    """The request is not a callback of WeCom for this corp; nothing of it was stored."""

    def __init__(self, reason: RejectReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class CallbackKey:
    """Token and seal of one app's callback URL."""

    token: str
    seal: MessageSeal


class CallbackKeys(Protocol):
    """Where the gate gets its keys; the first is the current one, others are kept while a rotation lasts."""

    def of(self, app: str, now: datetime) -> Sequence[CallbackKey]:
        """The keys of ``app``; none if it is not configured."""

    def refresh(self, now: datetime) -> bool:
        """Read the keys again after a refusal; False if that was done a moment ago."""


@dataclass(frozen=True, slots=True)
class Callback:
    """A verified callback: what WeCom said (`message`, the plaintext) and the same by element (`fields`)."""

    app: str
    message: bytes = field(repr=False)
    fields: Mapping[str, FieldValue] = field(repr=False)
    received_at: datetime

    @property
    def event_id(self) -> str:
        """Derived from the whole plaintext: a repeat has the same one, however it was sealed and signed."""
        return ids.derive("evt", self.message.decode(errors="replace"))

    @property
    def event(self) -> str:
        return self._text("Event")

    @property
    def change_type(self) -> str:
        return self._text("ChangeType")

    @property
    def name(self) -> str:
        """``change_contact.delete_user``, ``msgaudit_notify``; empty for a message that is no event."""
        return f"{self.event}.{self.change_type}" if self.change_type else self.event

    @property
    def occurred_at(self) -> datetime:
        """``CreateTime``; the time of receipt if there is none."""
        seconds = self._text("CreateTime")
        return datetime.fromtimestamp(int(seconds), UTC) if is_epoch(seconds) else self.received_at

    def _text(self, name: str) -> str:
        value = self.fields.get(name, "")
        return value if isinstance(value, str) else ""


class CallbackGate:
    """Verifies and opens what is posted to the callback URL of an app (docs/wecom.md 2.2 to 2.4)."""

    def __init__(
        self,
        corp_id: str,
        keys: CallbackKeys,
        window: timedelta = timedelta(minutes=10),
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self.corp_id = corp_id
        self._keys = keys
        self._window_s = window.total_seconds()
        self._now = now

    def echo(self, app: str, query: Mapping[str, str]) -> str:
        """The plain text that answers WeCom's check of the URL. Raises CallbackRejectedError."""
        now = self._now()
        self._check_age(query, now)
        # Base64 holds no blank: one in the query is a plus sign that somebody decoded once too often.
        echo = self._open(app, query, query.get("echostr", "").replace(" ", "+"), now)
        try:
            return echo.decode()
        except UnicodeDecodeError:
            raise CallbackRejectedError(RejectReason.MESSAGE) from None

    def open(self, app: str, query: Mapping[str, str], body: bytes) -> Callback:
        """The callback in ``body``. Raises CallbackRejectedError."""
        received_at = self._now()
        self._check_age(query, received_at)
        try:
            message = self._open(app, query, encrypted_text(body), received_at)
            return Callback(app, message, message_fields(message), received_at)
        except MalformedBodyError as error:
            raise CallbackRejectedError(RejectReason(error.reason)) from None

    def _check_age(self, query: Mapping[str, str], now: datetime) -> None:
        timestamp = query.get("timestamp", "")
        if not is_epoch(timestamp):
            raise CallbackRejectedError(RejectReason.QUERY)
        if abs(now.timestamp() - int(timestamp)) > self._window_s:
            raise CallbackRejectedError(RejectReason.STALE)

    def _open(self, app: str, query: Mapping[str, str], sealed: str, now: datetime) -> bytes:
        try:
            return _open_with(self._keys.of(app, now), query, sealed)
        except CallbackRejectedError:
            # The keys may have been rotated since they were read.
            if not self._keys.refresh(now):
                raise
            return _open_with(self._keys.of(app, now), query, sealed)


def _open_with(keys: Sequence[CallbackKey], query: Mapping[str, str], sealed: str) -> bytes:
    claimed, timestamp, nonce = query.get("msg_signature", ""), query["timestamp"], query.get("nonce", "")
    refused = None
    for key in keys:
        if is_signed(claimed, key.token, timestamp, nonce, sealed):
            try:
                return key.seal.open(sealed)
            except UnsealingError as error:
                refused = RejectReason(error.reason)
    raise CallbackRejectedError(refused or (RejectReason.SIGNATURE if keys else RejectReason.UNKNOWN_APP))


def is_epoch(text: str) -> bool:
    """Whether ``text`` is a time in Unix seconds: digits only, and few enough of them to be a date."""
    return text.isascii() and text.isdigit() and len(text) <= 11  # noqa: PLR2004 - until the year 5138
