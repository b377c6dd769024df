from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scrm.wecom.callback_keys import CachedCallbackKeys
from scrm.wecom.crypto import InvalidKeyError
from tests.callbacks import APP, CORP_ID, ENCODING_AES_KEY, SECRET

MINUTE = timedelta(minutes=1)


class FakeSecret:
    """A secret store and the clock beside it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
        self.value: dict[str, Any] = {APP: {**SECRET[APP]}}
        self.reads = 0
        self.is_down = False

    def read(self) -> dict[str, Any]:
        self.reads += 1
        if self.is_down:
            raise ConnectionError
        return self.value


@pytest.fixture
def secret() -> FakeSecret:
    return FakeSecret()


def keys_of(secret: FakeSecret, reported: list[Exception] | None = None) -> CachedCallbackKeys:
    report = (lambda _: None) if reported is None else reported.append
    return CachedCallbackKeys(CORP_ID, secret.read, (ConnectionError, ValueError), report)


def tokens(keys: CachedCallbackKeys, secret: FakeSecret) -> list[str]:
    return [key.token for key in keys.of(APP, secret.now)]


def test_keys_are_read_once_an_hour(secret: FakeSecret) -> None:
    keys = keys_of(secret)

    for _ in range(60):
        keys.of(APP, secret.now)
        secret.now += MINUTE
    within_the_hour = secret.reads
    keys.of(APP, secret.now)

    assert (within_the_hour, secret.reads) == (1, 2)


def test_refusals_read_the_keys_at_most_once_a_minute(secret: FakeSecret) -> None:
    keys = keys_of(secret)
    keys.of(APP, secret.now)

    refreshed = []
    for _ in range(12):
        secret.now += timedelta(seconds=10)
        refreshed.append(keys.refresh(secret.now))

    assert refreshed.count(True) == 2
    assert secret.reads == 3


def test_rotated_key_comes_before_the_previous_one(secret: FakeSecret) -> None:
    secret.value[APP] = {"token": "New", "encoding_aes_key": "b" * 43, "previous": SECRET[APP]}

    assert tokens(keys_of(secret), secret) == ["New", SECRET[APP]["token"]]


def test_app_without_a_secret_has_no_keys(secret: FakeSecret) -> None:
    assert keys_of(secret).of("other", secret.now) == ()


def test_known_keys_stay_when_the_store_is_down_later(secret: FakeSecret) -> None:
    reported: list[Exception] = []
    keys = keys_of(secret, reported)
    known = tokens(keys, secret)

    secret.is_down = True
    secret.now += timedelta(hours=2)
    during = tokens(keys, secret)
    secret.is_down = False
    secret.value[APP]["token"] = "New"
    secret.now += MINUTE
    after = tokens(keys, secret)

    assert (during, after) == (known, ["New"])
    assert [type(error) for error in reported] == [ConnectionError]


def test_first_reading_must_succeed(secret: FakeSecret) -> None:
    secret.is_down = True

    with pytest.raises(ConnectionError):
        keys_of(secret).of(APP, secret.now)


def test_stored_key_that_is_none_is_an_error_at_first_and_ignored_later(secret: FakeSecret) -> None:
    keys = keys_of(secret)
    known = tokens(keys, secret)
    secret.value = {APP: {"token": "New", "encoding_aes_key": "too short"}}
    secret.now += 2 * MINUTE

    assert keys.refresh(secret.now)
    assert tokens(keys, secret) == known
    with pytest.raises(InvalidKeyError):
        keys_of(secret).of(APP, secret.now)


def test_nothing_is_refreshed_before_the_first_reading(secret: FakeSecret) -> None:
    assert not keys_of(secret).refresh(secret.now)
    assert secret.reads == 0
    assert len(ENCODING_AES_KEY) == 43
