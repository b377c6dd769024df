"""The token broker against the traps of docs/wecom.md 9, numbers as there."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from scrm import clock as product_clock
from scrm.wecom import limits
from scrm.wecom.errors import CallPostponedError, PermissionDeniedError, TransientError
from scrm.wecom.token import LEASE_LIFE, AccessToken, TokenBroker
from tests.fakes.wecom import START, FakeClock, MemoryTokenStore

APP = "contacts"
LIFE = timedelta(seconds=7200)


class Gettoken:
    """Counts fetches; every one brings a new token unless told otherwise."""

    def __init__(self) -> None:
        self.fetches = 0
        self.life = LIFE
        self.failures: list[Exception] = []
        self.same = ""
        self.meanwhile: Callable[[], None] = lambda: None

    def __call__(self) -> tuple[str, timedelta]:
        self.fetches += 1
        self.meanwhile()
        if self.failures:
            raise self.failures.pop(0)
        return self.same or f"TOKEN-{self.fetches}", self.life


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store() -> MemoryTokenStore:
    return MemoryTokenStore()


@pytest.fixture
def gettoken() -> Gettoken:
    return Gettoken()


def broker(store: MemoryTokenStore, gettoken: Gettoken, clock: FakeClock) -> TokenBroker:
    return TokenBroker(store, APP, gettoken, now=clock.now, sleep=clock.sleep)


def seen_beside(store: MemoryTokenStore) -> str:
    """The stored token as a RateStore reads it along."""
    stored = store.read(APP)
    assert stored is not None
    return json.dumps([stored[0], product_clock.to_iso(stored[1]), product_clock.to_iso(stored[2])])


def test_all_functions_share_one_token(store: MemoryTokenStore, gettoken: Gettoken, clock: FakeClock) -> None:
    brokers = [broker(store, gettoken, clock) for _ in range(5)]

    tokens = {each.current() for each in brokers for _ in range(3)}

    assert tokens == {"TOKEN-1"}
    assert gettoken.fetches == 1


def test_apps_have_tokens_of_their_own(store: MemoryTokenStore, gettoken: Gettoken, clock: FakeClock) -> None:
    other = TokenBroker(store, "archive", gettoken, now=clock.now, sleep=clock.sleep)

    tokens = [broker(store, gettoken, clock).current(), other.current()]

    assert tokens == ["TOKEN-1", "TOKEN-2"]


def test_who_gets_the_lease_looks_again_before_fetching(
    store: MemoryTokenStore, gettoken: Gettoken, clock: FakeClock
) -> None:  # trap 1
    def someone_renewed() -> None:
        store.rows[APP].token = ("NEWER", clock.now() + LIFE, clock.now() + LIFE)

    store.on_lease = someone_renewed

    token = broker(store, gettoken, clock).current()

    assert token == "NEWER"
    assert gettoken.fetches == 0
    assert store.rows[APP].lease_until == clock.now()


def test_a_waiter_takes_the_token_the_holder_fetched(
    store: MemoryTokenStore, gettoken: Gettoken, clock: FakeClock
) -> None:  # trap 1
    store.take_lease(APP, "holder", clock.now(), clock.now() + LEASE_LIFE)

    def arrives_after_three_looks(seconds: float) -> None:
        clock.sleep(seconds)
        if len(clock.slept) == 3:
            store.save(APP, 1, ("FROM-HOLDER", clock.now() + LIFE, clock.now() + LIFE))

    waiting = TokenBroker(store, APP, gettoken, now=clock.now, sleep=arrives_after_three_looks)

    assert waiting.current() == "FROM-HOLDER"
    assert gettoken.fetches == 0


def test_rejecting_an_old_token_keeps_the_newer_one(
    store: MemoryTokenStore, gettoken: Gettoken, clock: FakeClock
) -> None:  # trap 2
    slow, quick = broker(store, gettoken, clock), broker(store, gettoken, clock)
    old = slow.current()
    quick.current()
    quick.reject(old)
    renewed = quick.current()

    slow.reject(old)

    assert slow.current() == renewed == "TOKEN-2"
    assert gettoken.fetches == 2


def test_a_refused_token_is_not_taken_again_when_the_store_could_not_forget_it(
    store: MemoryTokenStore, gettoken: Gettoken, clock: FakeClock
) -> None:
    each = broker(store, gettoken, clock)
    refused = each.current()
    store.down = True
    each.reject(refused)
    store.down = False

    token = each.current()

    assert token == "TOKEN-2"


def test_a_late_answer_never_overwrites_a_newer_token(
    store: MemoryTokenStore, gettoken: Gettoken, clock: FakeClock
) -> None:  # trap 3
    def stall_until_someone_else_renewed() -> None:
        clock.advance(LEASE_LIFE.total_seconds() + 1)
        fence = store.take_lease(APP, "other", clock.now(), clock.now() + LEASE_LIFE)
        assert isinstance(fence, int)
        store.save(APP, fence, ("NEWER", clock.now() + LIFE, clock.now() + LIFE))

    gettoken.meanwhile = stall_until_someone_else_renewed

    token = broker(store, gettoken, clock).current()

    assert token == "NEWER"
    assert store.read(APP) == ("NEWER", clock.now() + LIFE, clock.now() + LIFE)


def test_a_dead_holder_blocks_the_others_for_less_than_ten_seconds(
    store: MemoryTokenStore, gettoken: Gettoken, clock: FakeClock
) -> None:  # trap 4
    store.take_lease(APP, "dead", clock.now(), clock.now() + LEASE_LIFE)

    token = broker(store, gettoken, clock).current()

    assert token == "TOKEN-1"
    assert clock.now() - START < timedelta(seconds=10)


def test_the_token_is_renewed_early_and_the_old_one_serves_meanwhile(
    store: MemoryTokenStore, gettoken: Gettoken, clock: FakeClock
) -> None:
    first, second = broker(store, gettoken, clock), broker(store, gettoken, clock)
    first.current()
    clock.advance((LIFE - limits.TOKEN_REFRESH_MARGIN).total_seconds() + 1)
    seen: list[str] = []
    gettoken.meanwhile = lambda: seen.append(second.current())

    renewed = first.current()

    assert renewed == "TOKEN-2"
    assert seen == ["TOKEN-1"]
    assert clock.slept == []


def test_a_short_life_is_obeyed(store: MemoryTokenStore, gettoken: Gettoken, clock: FakeClock) -> None:
    gettoken.life = timedelta(seconds=90)
    each = broker(store, gettoken, clock)
    each.current()
    clock.advance(91)

    assert each.current() == "TOKEN-2"


def test_the_same_token_again_does_not_start_a_storm(
    store: MemoryTokenStore, gettoken: Gettoken, clock: FakeClock
) -> None:
    gettoken.same, gettoken.life = "SAME", timedelta(seconds=280)
    each = broker(store, gettoken, clock)

    for _ in range(50):
        each.current()
        clock.advance(1)

    assert gettoken.fetches == 1


def test_a_failed_early_renewal_leaves_the_living_token(
    store: MemoryTokenStore, gettoken: Gettoken, clock: FakeClock
) -> None:
    each = broker(store, gettoken, clock)
    each.current()
    clock.advance((LIFE - limits.TOKEN_REFRESH_MARGIN).total_seconds() + 1)
    gettoken.failures = [TransientError(-1, "gettoken")]

    token = each.current()

    assert token == "TOKEN-1"
    assert each.current() == "TOKEN-3"


def test_a_refused_secret_is_tried_once_a_minute_by_all_functions_together(
    store: MemoryTokenStore, gettoken: Gettoken, clock: FakeClock
) -> None:
    gettoken.failures = [PermissionDeniedError(40001, "gettoken")]
    with pytest.raises(PermissionDeniedError):
        broker(store, gettoken, clock).current()

    with pytest.raises(CallPostponedError) as postponed:
        broker(store, gettoken, clock).current()

    assert gettoken.fetches == 1
    assert postponed.value.not_before == START + limits.TOKEN_REFUSED_PAUSE
    clock.moment = postponed.value.not_before
    assert broker(store, gettoken, clock).current() == "TOKEN-2"


def test_a_known_token_outlives_an_outage_of_the_store(
    store: MemoryTokenStore, gettoken: Gettoken, clock: FakeClock
) -> None:
    each = broker(store, gettoken, clock)
    each.current()
    clock.advance((LIFE - timedelta(minutes=1)).total_seconds())
    store.down = True

    assert each.current() == "TOKEN-1"


def test_without_token_and_store_the_call_is_postponed(
    store: MemoryTokenStore, gettoken: Gettoken, clock: FakeClock
) -> None:
    store.down = True

    with pytest.raises(CallPostponedError):
        broker(store, gettoken, clock).current()

    assert gettoken.fetches == 0


def test_no_representation_shows_the_token(store: MemoryTokenStore, gettoken: Gettoken, clock: FakeClock) -> None:
    each = broker(store, gettoken, clock)
    token = AccessToken(each.current(), START, START)

    shown = f"{each!r} {token!r} {token}"

    assert "TOKEN-1" not in shown


def test_a_token_seen_beside_something_else_needs_no_read_of_its_own(
    store: MemoryTokenStore, gettoken: Gettoken, clock: FakeClock
) -> None:
    first = broker(store, gettoken, clock)
    value = first.current()
    second = broker(store, gettoken, clock)
    assert second.keys_due == (f"TOKEN#{APP}",)
    text = seen_beside(store)
    store.down = True

    assert second.current({f"TOKEN#{APP}": (text, 0)}) == value
    assert not second.keys_due


def test_a_token_seen_beside_something_else_is_not_taken_once_wecom_refused_it(
    store: MemoryTokenStore, gettoken: Gettoken, clock: FakeClock
) -> None:
    one = broker(store, gettoken, clock)
    value = one.current()
    text = seen_beside(store)

    one.reject(value)

    assert one.current({f"TOKEN#{APP}": (text, 0)}) != value
