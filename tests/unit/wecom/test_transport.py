"""The transport's retries, class by class (docs/wecom.md 1.5)."""

import logging
from datetime import timedelta
from typing import cast

import pytest

from scrm.wecom.api.call import Call
from scrm.wecom.breaker import CircuitBreaker
from scrm.wecom.errors import (
    CallPostponedError,
    InProgressError,
    InvalidRequestError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitedError,
    TokenExpiredError,
    TransientError,
)
from scrm.wecom.exchange import Failure, HttpExchange
from scrm.wecom.governor import RateGovernor
from scrm.wecom.governor_state import Priority
from scrm.wecom.limits import PathLimits
from scrm.wecom.transport import AppCredentials, GuardedExchange, WecomTransport, token_broker
from tests.fakes.wecom import START, FakeClock, MemoryRateStore, MemoryTokenStore, ScriptedExchange, answer, silence

PATH = "externalcontact/get"
READ = Call(PATH, {"external_userid": "wmA1"})
TRANSFER = Call("externalcontact/resigned/transfer_customer", body={"external_userid": ["wmA1"]}, repeatable=False)
SECRET = "app-secret-value"


class Listener:
    """Implements CallObserver."""

    def __init__(self) -> None:
        self.ended: list[tuple[str, int | None, str]] = []
        self.postponed: list[tuple[str, str]] = []

    def call_ended(self, path: str, errcode: int | None, failure: str) -> None:
        self.ended.append((path, errcode, failure))

    def call_postponed(self, path: str, reason: str) -> None:
        self.postponed.append((path, reason))


class Stack:
    """A transport on a scripted WeCom; several of them share the stores."""

    def __init__(self, budget: PathLimits | None = None) -> None:
        self.clock = FakeClock()
        self.wecom = ScriptedExchange(self.clock)
        self.rates = MemoryRateStore()
        self.tokens = MemoryTokenStore()
        self.listener = Listener()
        self.pause = self.clock.pause()
        self._budget = budget or PathLimits()

    def transport(self) -> WecomTransport:
        exchange = GuardedExchange(
            cast(HttpExchange, self.wecom),
            RateGovernor(self.rates, now=self.clock.now, jitter=lambda: 0.0, limits_of=lambda _: self._budget),
            CircuitBreaker(self.rates, now=self.clock.now),
            Priority.HANDOVER,
            observer=self.listener,
            pause=self.pause,
        )
        broker = token_broker(
            exchange, self.tokens, "contacts", lambda: AppCredentials("wwCORP", SECRET), pause=self.pause
        )
        return WecomTransport(exchange, broker, pause=self.pause)


@pytest.fixture
def stack() -> Stack:
    return Stack()


def test_a_call_carries_the_token_in_the_query_only(stack: Stack) -> None:
    stack.wecom.script(PATH, answer(name="x"))

    body = stack.transport().call(READ)

    (sent,) = stack.wecom.sent_to(PATH)
    assert body["name"] == "x"
    assert sent.secret_query == {"access_token": "TOKEN-1"}
    assert stack.wecom.sent_to("gettoken")[0].secret_query == {"corpid": "wwCORP", "corpsecret": SECRET}


def test_circuit_and_budgets_are_read_together(stack: Stack) -> None:
    transport = stack.transport()
    transport.call(READ)
    stack.clock.advance(10)
    before = stack.rates.loads, stack.rates.saves

    transport.call(Call("message/send", body={}, budgets=("message/send#rm_a",)))

    assert (stack.rates.loads - before[0], stack.rates.saves - before[1]) == (1, 2)


def test_an_open_circuit_is_seen_whoever_reads_it(stack: Stack) -> None:
    transport = stack.transport()
    transport.call(READ)
    stack.clock.advance(10)
    for _ in range(5):
        CircuitBreaker(stack.rates, now=stack.clock.now).record_failure()

    with pytest.raises(CallPostponedError) as postponed:
        transport.call(READ)

    assert postponed.value.not_before == stack.clock.now() + timedelta(seconds=15)
    assert len(stack.wecom.sent_to(PATH)) == 1


@pytest.mark.parametrize("errcode", [-1, 6000])
@pytest.mark.parametrize("call", [READ, TRANSFER])
def test_class_r_is_retried_after_1_2_and_4_seconds(stack: Stack, errcode: int, call: Call) -> None:
    stack.wecom.script(call.path, *[answer(errcode)] * 3)

    stack.transport().call(call)

    assert len(stack.wecom.sent_to(call.path)) == 4
    assert stack.clock.slept == [1.0, 2.0, 4.0]


def test_class_r_gives_up_after_the_third_retry(stack: Stack) -> None:
    stack.wecom.script(PATH, *[answer(-1, "h1")] * 9)

    with pytest.raises(TransientError) as failed:
        stack.transport().call(READ)

    assert (failed.value.errcode, failed.value.path, failed.value.hint) == (-1, PATH, "h1")
    assert len(stack.wecom.sent_to(PATH)) == 4


def test_a_retry_waits_up_to_half_longer_by_jitter(stack: Stack) -> None:
    stack.wecom.script(PATH, answer(-1))
    stack.pause = stack.pause._replace(jitter=lambda: 1.0)

    stack.transport().call(READ)

    assert stack.clock.slept == [1.5]


@pytest.mark.parametrize("errcode", [40014, 42001])
@pytest.mark.parametrize("call", [READ, TRANSFER])
def test_class_t_fetches_one_token_and_replays_once(stack: Stack, errcode: int, call: Call) -> None:
    stack.wecom.script(call.path, answer(errcode))

    stack.transport().call(call)

    assert [sent.secret_query["access_token"] for sent in stack.wecom.sent_to(call.path)] == ["TOKEN-1", "TOKEN-2"]


def test_class_t_ends_after_one_replay(stack: Stack) -> None:  # trap 6
    stack.wecom.script(PATH, *[answer(42001)] * 9)

    with pytest.raises(TokenExpiredError):
        stack.transport().call(READ)

    assert len(stack.wecom.sent_to(PATH)) == 2
    assert len(stack.wecom.sent_to("gettoken")) == 2


def test_a_token_another_function_renewed_is_taken_without_a_fetch(stack: Stack) -> None:
    first, second = stack.transport(), stack.transport()
    first.call(READ)
    second.call(READ)
    stack.wecom.script(PATH, answer(40014))
    first.call(READ)
    stack.wecom.script(PATH, answer(40014))

    second.call(READ)

    assert len(stack.wecom.sent_to("gettoken")) == 2


def test_45009_closes_the_path_for_all_functions_and_names_the_time(stack: Stack) -> None:
    stack.wecom.script(PATH, answer(45009, "h9"))
    first, second = stack.transport(), stack.transport()

    with pytest.raises(RateLimitedError) as limited:
        first.call(READ)
    with pytest.raises(CallPostponedError) as postponed:
        second.call(READ)

    assert limited.value.not_before == postponed.value.not_before == START + timedelta(seconds=61)
    assert (limited.value.errcode, limited.value.hint) == (45009, "h9")
    assert len(stack.wecom.sent_to(PATH)) == 1
    assert stack.listener.postponed == [(PATH, "penalty")]


def test_45033_waits_a_little_and_goes_on(stack: Stack) -> None:
    stack.wecom.script(PATH, answer(45033), answer(45033))

    stack.transport().call(READ)

    assert len(stack.wecom.sent_to(PATH)) == 3
    assert stack.clock.slept == [1.0, 1.0]


def test_45033_for_ever_is_given_back_to_the_caller(stack: Stack) -> None:
    stack.wecom.script(PATH, *[answer(45033)] * 9)

    with pytest.raises(RateLimitedError):
        stack.transport().call(READ)

    assert len(stack.wecom.sent_to(PATH)) == 4


@pytest.mark.parametrize(
    ("errcode", "expected"),
    [(40097, InvalidRequestError), (60020, PermissionDeniedError), (40100, InProgressError), (7, InvalidRequestError)],
)
def test_other_classes_go_to_the_caller_at_once(stack: Stack, errcode: int, expected: type[Exception]) -> None:
    stack.wecom.script(PATH, answer(errcode))

    with pytest.raises(expected):
        stack.transport().call(READ)

    assert len(stack.wecom.sent_to(PATH)) == 1
    assert stack.clock.slept == []


@pytest.mark.parametrize("failure", [Failure.NO_ANSWER, Failure.UNREADABLE])
def test_a_read_without_an_answer_is_retried(stack: Stack, failure: Failure) -> None:
    stack.wecom.script(PATH, silence(failure), silence(failure))

    stack.transport().call(READ)

    assert stack.clock.slept == [1.0, 2.0]


@pytest.mark.parametrize("failure", [Failure.NO_ANSWER, Failure.UNREADABLE])
def test_a_transfer_without_an_answer_is_never_sent_again(stack: Stack, failure: Failure) -> None:
    stack.wecom.script(TRANSFER.path, silence(failure))

    with pytest.raises(OutcomeUnknownError):
        stack.transport().call(TRANSFER)

    assert len(stack.wecom.sent_to(TRANSFER.path)) == 1


def test_a_transfer_that_was_never_sent_is_retried(stack: Stack) -> None:
    stack.wecom.script(TRANSFER.path, silence(Failure.NOT_SENT))

    stack.transport().call(TRANSFER)

    assert len(stack.wecom.sent_to(TRANSFER.path)) == 2


def test_an_outage_opens_the_circuit_and_no_call_is_sent(stack: Stack) -> None:
    stack.wecom.script(PATH, *[silence()] * 8)
    for _ in range(2):
        with pytest.raises((TransientError, CallPostponedError)):
            stack.transport().call(READ)
    before = len(stack.wecom.sent)

    with pytest.raises(CallPostponedError) as postponed:
        stack.transport().call(Call("user/get", {"userid": "a"}))

    assert len(stack.wecom.sent) == before
    assert postponed.value.not_before > stack.clock.now()
    assert stack.listener.postponed[-1] == ("user/get", "outage")


def test_frequency_refusals_never_open_the_circuit(stack: Stack) -> None:
    for number in range(20):
        stack.wecom.script(f"path/{number}", answer(45009))
        with pytest.raises(RateLimitedError):
            stack.transport().call(Call(f"path/{number}"))

    assert stack.transport().call(READ)["errcode"] == 0


def test_an_exhausted_minus_one_counts_as_an_outage(stack: Stack) -> None:
    stack.wecom.script(PATH, *[answer(-1)] * 20)

    for _ in range(5):
        with pytest.raises(TransientError):
            stack.transport().call(READ)

    with pytest.raises(CallPostponedError):
        stack.transport().call(READ)


def test_after_an_outage_a_probe_reopens_the_circuit(stack: Stack) -> None:
    stack.wecom.script(PATH, *[silence()] * 8)
    for _ in range(2):
        with pytest.raises((TransientError, CallPostponedError)):
            stack.transport().call(READ)
    stack.wecom.scripts.clear()
    stack.clock.advance(60)

    stack.transport().call(READ)

    assert stack.transport().call(READ)["errcode"] == 0


def test_a_short_wait_for_a_permit_is_slept_and_a_long_one_postponed() -> None:
    stack = Stack(PathLimits(per_minute=60, per_hour=3))
    transport = stack.transport()
    for _ in range(3):
        transport.call(READ)

    with pytest.raises(CallPostponedError) as postponed:
        transport.call(READ)

    assert 0 < sum(stack.clock.slept) < 5
    assert timedelta(seconds=5) < postponed.value.not_before - stack.clock.now() < timedelta(seconds=10)
    stack.clock.moment = postponed.value.not_before  # no lease is out any more that could be given back

    with pytest.raises(CallPostponedError) as postponed:
        transport.call(READ)

    assert postponed.value.not_before - START > timedelta(minutes=59)


def test_an_unreachable_store_postpones_the_call(stack: Stack) -> None:
    transport = stack.transport()
    transport.call(READ)
    stack.rates.down = True

    with pytest.raises(CallPostponedError):
        transport.call(READ)

    assert len(stack.wecom.sent_to(PATH)) == 1


def test_a_busy_gettoken_is_retried_like_any_call(stack: Stack) -> None:
    stack.wecom.script("gettoken", answer(-1), silence())

    stack.transport().call(READ)

    assert len(stack.wecom.sent_to("gettoken")) == 3
    assert stack.clock.slept == [1.0, 2.0]


def test_a_wrong_secret_raises_and_shows_no_secret(stack: Stack) -> None:
    stack.wecom.script("gettoken", answer(40001, "h4"))

    with pytest.raises(PermissionDeniedError) as denied:
        stack.transport().call(READ)

    assert (denied.value.errcode, denied.value.path) == (40001, "gettoken")
    assert SECRET not in repr(denied.value) + repr(AppCredentials("wwCORP", SECRET))


@pytest.mark.parametrize(
    "fields", [{}, {"access_token": ""}, {"access_token": "x"}, {"access_token": "x", "expires_in": 0}]
)
def test_a_token_answer_without_a_token_is_no_answer(stack: Stack, fields: dict[str, object]) -> None:
    stack.wecom.script("gettoken", *[answer(0, "", **fields)] * 9)

    with pytest.raises(TransientError):
        stack.transport().call(READ)


def test_no_error_and_no_log_line_shows_the_token(stack: Stack, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    stack.wecom.script(PATH, *[answer(42001)] * 2)
    stack.wecom.script(TRANSFER.path, silence())
    shown = []
    for call in (READ, TRANSFER):
        with pytest.raises((TokenExpiredError, OutcomeUnknownError)) as failed:
            stack.transport().call(call)
        shown.append(f"{failed.value!r} {failed.value} {failed.value.__context__!r} {failed.value.__dict__}")

    assert "TOKEN" not in " ".join(shown) + caplog.text


def test_the_observer_hears_every_request(stack: Stack) -> None:
    stack.wecom.script(PATH, answer(-1), silence())

    stack.transport().call(READ)

    assert stack.listener.ended == [
        ("gettoken", 0, ""),
        (PATH, -1, ""),
        (PATH, None, "no_answer"),
        (PATH, 0, ""),
    ]


def test_a_call_uses_its_other_budgets_too_and_nobody_is_named_when_one_is_used_up() -> None:
    stack = Stack(PathLimits(per_minute=30, per_hour=1_000))
    stack.pause = stack.pause._replace(patience=timedelta(seconds=1))
    message = Call("message/send", body={"touser": "rm_li"}, repeatable=False, budgets=("message/send#rm_li",))
    transport = stack.transport()
    transport.call(message)

    with pytest.raises(CallPostponedError) as postponed:
        transport.call(message)

    assert "message/send#rm_li" in stack.rates.items
    assert (postponed.value.path, len(stack.wecom.sent_to("message/send"))) == ("message/send", 1)
    assert stack.listener.postponed == [("message/send", "minute")]
