"""Links to a customer's own page: sealed, bound to corp, purpose and key, ending, and not to be changed in any byte."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.aws.link_seal import KeyedSeal, LinkKeysError
from scrm.consent.links import LINK_DAYS, LinkExpiredError, LinkRejectedError, LinkTokens, OptOutLinks

NOW = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)
ONE, TWO = "k" * 64, "q" * 64
IDS = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", min_size=1, max_size=64)


class Secret:
    """What Secrets Manager holds; counts how often it was asked."""

    def __init__(self, **secret: Any) -> None:
        self.value: dict[str, Any] = secret or {"current": "k1", "k1": ONE}
        self.reads = 0
        self.fails = False

    def read(self) -> dict[str, Any]:
        self.reads += 1
        if self.fails:
            raise ConnectionError
        return self.value


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def tokens_of(
    secret: Secret,
    now: Callable[[], datetime] = lambda: NOW,
    corp: str = "ww1",
    purpose: str = "opt_out.v1",
    report: Callable[[Exception], None] = lambda _: None,
) -> LinkTokens:
    seal = KeyedSeal(corp, purpose, secret.read, now, (ConnectionError, ValueError), report)
    return LinkTokens(seal, now)


@given(IDS)
def test_a_link_names_its_customer_to_us_and_to_nobody_else(customer: str) -> None:
    tokens = tokens_of(Secret())

    link = OptOutLinks("https://m.bank.example", tokens).link_for(customer)

    assert link.startswith("https://m.bank.example/o/k1-")
    assert len(link) <= 200
    token = link.rpartition("/")[2]
    assert set(token) <= set("abcdefghijklmnopqrstuvwxyz234567-k1")
    assert tokens.customer_of(token) == customer


@given(IDS, st.data())
def test_a_link_changed_in_any_sign_is_refused(customer: str, data: st.DataObject) -> None:
    tokens = tokens_of(Secret(current="k1", k1=ONE, k2=TWO))
    token = tokens.token_for(customer)
    place = data.draw(st.integers(0, len(token) - 1))
    sign = data.draw(
        st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789-_=%/A").filter(lambda one: one != token[place])
    )

    with pytest.raises(LinkRejectedError):
        tokens.customer_of(token[:place] + sign + token[place + 1 :])


@given(st.binary(min_size=1, max_size=40), st.data())
def test_a_flipped_bit_of_what_is_sealed_is_refused(plain: bytes, data: st.DataObject) -> None:
    import base64  # noqa: PLC0415 - spells the token as the seal does

    seal = tokens_of(Secret()).seal
    text = seal.sealed(plain).partition("-")[2]
    raw = bytearray(base64.b32decode(text.upper() + "=" * (-len(text) % 8)))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8

    with pytest.raises(LinkRejectedError):
        seal.opened("k1-" + base64.b32encode(bytes(raw)).decode().rstrip("=").lower())


@given(st.text(max_size=300))
def test_what_is_no_link_is_refused(text: str) -> None:
    with pytest.raises(LinkRejectedError):
        tokens_of(Secret()).customer_of(text)


@pytest.mark.parametrize("cut", [1, 2, 5, 40])
def test_a_link_that_lost_its_end_or_got_more_is_refused(cut: int) -> None:
    tokens = tokens_of(Secret())
    token = tokens.token_for("wm1")

    for changed in (token[:-cut], token + "a" * cut, token.upper(), f" {token}", f"{token}="):
        with pytest.raises(LinkRejectedError):
            tokens.customer_of(changed)


def test_a_link_is_good_for_two_years_and_for_its_last_day() -> None:
    clock = Clock()
    tokens = tokens_of(Secret(), clock)
    token, end = tokens.token_for("wm1"), tokens.good_until()

    clock.now = end - timedelta(seconds=1)
    assert tokens.customer_of(token) == "wm1"
    clock.now = end
    with pytest.raises(LinkExpiredError):
        tokens.customer_of(token)
    assert timedelta(0) < end - NOW - timedelta(days=LINK_DAYS) <= timedelta(days=1)


def test_the_links_of_one_day_are_the_same_and_those_of_two_customers_are_not() -> None:
    clock = Clock()
    tokens = tokens_of(Secret(), clock)
    first = tokens.token_for("wm1")

    clock.now += timedelta(hours=1)

    assert tokens.token_for("wm1") == first
    assert tokens.token_for("wm2") != first


def test_a_link_of_another_corp_or_for_something_else_is_refused() -> None:
    secret = Secret()
    tokens = tokens_of(secret)

    for other in (
        tokens_of(secret, corp="ww2"),
        tokens_of(secret, purpose="greeting.v1"),
        tokens_of(Secret(current="k1", k1=TWO)),
    ):
        with pytest.raises(LinkRejectedError):
            tokens.customer_of(other.token_for("wm1"))


def test_after_a_rotation_old_links_stay_good_until_their_key_is_withdrawn() -> None:
    clock, secret = Clock(), Secret()
    tokens = tokens_of(secret, clock)
    old = tokens.token_for("wm1")

    secret.value = {"current": "k2", "k1": ONE, "k2": TWO}
    clock.now += timedelta(hours=1)
    new = tokens.token_for("wm1")
    assert (new[:3], tokens.customer_of(old), tokens.customer_of(new)) == ("k2-", "wm1", "wm1")

    secret.value = {"current": "k2", "k2": TWO}
    clock.now += timedelta(hours=1)
    with pytest.raises(LinkRejectedError):
        tokens.customer_of(old)
    assert tokens.customer_of(new) == "wm1"


def test_a_link_of_a_new_key_is_opened_by_a_function_that_read_the_old_ones_and_guesses_cost_a_read_a_minute() -> None:
    clock, secret = Clock(), Secret()
    tokens = tokens_of(secret, clock)
    tokens.token_for("wm1")
    new = tokens_of(Secret(current="k2", k2=TWO)).token_for("wm1")

    for _ in range(20):
        with pytest.raises(LinkRejectedError):
            tokens.customer_of(new)
    assert secret.reads == 1

    secret.value = {"current": "k2", "k1": ONE, "k2": TWO}
    clock.now += timedelta(minutes=1)
    assert tokens.customer_of(new) == "wm1"
    assert secret.reads == 2


def test_known_keys_stay_when_the_secret_cannot_be_read_again() -> None:
    clock, secret = Clock(), Secret()
    told: list[Exception] = []
    tokens = tokens_of(secret, clock, report=told.append)
    token = tokens.token_for("wm1")

    secret.fails = True
    clock.now += timedelta(hours=2)

    assert tokens.customer_of(token) == "wm1"
    assert len(told) == 1


@pytest.mark.parametrize(
    "secret",
    [{"current": "k2", "k1": ONE}, {"k1": ONE}, {"current": "k1", "k1": "short"}, {"current": "current", "k1": ONE}],
)
def test_a_secret_without_a_good_current_key_seals_nothing(secret: dict[str, str]) -> None:
    with pytest.raises(LinkKeysError):
        tokens_of(Secret(**secret)).token_for("wm1")
