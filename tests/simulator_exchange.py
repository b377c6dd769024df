"""The WeCom simulator without sockets, where `HttpExchange` stands: client, transport and governor are production's."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from local.simulator.clock import Clock
from local.simulator.gate import ApiRequest
from local.simulator.simulator import Simulator
from scrm.campaign.ports import MassMessages
from scrm.wecom.api.call import Call
from scrm.wecom.breaker import CircuitBreaker
from scrm.wecom.client import WecomClient
from scrm.wecom.exchange import Failure, HttpExchange, Reply
from scrm.wecom.governor import RateGovernor
from scrm.wecom.governor_state import Priority
from scrm.wecom.mass_sends import WecomMassMessages
from scrm.wecom.transport import AppCredentials, GuardedExchange, Pause, WecomTransport, token_broker
from tests.fakes.wecom import MemoryRateStore, MemoryTokenStore
from tests.killing import CallKiller, remote_calls
from tests.simulated_dispatch import PlainTime
from tests.unit.simulator.builders import AGENT_ID, CORP_ID, SECRET, FakeHttp

_ADDRESS = "127.0.0.1"


def simulator_at(now: Callable[[], datetime], world: dict[str, Any]) -> Simulator:
    """A simulated corp in the time of the test. What falls due of itself there runs when the test advances it."""
    simulator = Simulator(FakeHttp(), Clock(lambda: now().timestamp()))
    simulator.load_world(world)
    return simulator


class SimulatorExchange:
    """Has the shape of `HttpExchange`. Bodies go through JSON, as they do on the wire."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def send(self, call: Call, secret_query: Mapping[str, str], timeout: tuple[float, float] | None = None) -> Reply:
        del timeout
        query = {name: str(value) for name, value in {**(call.query or {}), **secret_query}.items()}
        content = b"" if call.body is None else json.dumps(call.body, ensure_ascii=False).encode()
        method = "GET" if call.body is None else "POST"
        reply = self._simulator.call(ApiRequest(method, call.path, query, content, _ADDRESS))
        if "errcode" not in reply.body:
            return Reply(failure=Failure.NO_ANSWER if reply.status == 0 else Failure.UNREADABLE)
        return Reply(errcode=reply.body["errcode"], body=json.loads(json.dumps(reply.body, ensure_ascii=False)))


def wecom_over_the_wire(wecom: Simulator, time: PlainTime) -> Callable[[CallKiller], MassMessages]:
    """A new process's way to WeCom: adapter, typed client, transport and governor; each request may be its last."""
    clients = clients_over_the_wire(wecom, time)
    return lambda killer: WecomMassMessages(clients(killer), lambda _: None, time.now)


def clients_over_the_wire(wecom: Simulator, time: PlainTime) -> Callable[[CallKiller], WecomClient]:
    """As `wecom_over_the_wire`, up to the typed client."""
    rates, tokens = MemoryRateStore(), MemoryTokenStore()
    pause = Pause(now=time.now, sleep=lambda seconds: time.advance(timedelta(seconds=seconds)), jitter=lambda: 0.0)

    def process(killer: CallKiller) -> WecomClient:
        exchange = GuardedExchange(
            cast("HttpExchange", remote_calls(SimulatorExchange(wecom), killer)),
            RateGovernor(rates, now=time.now, jitter=lambda: 0.0),
            CircuitBreaker(rates, now=time.now),
            Priority.DISPATCH,
            pause=pause,
        )
        credentials = AppCredentials(CORP_ID, SECRET)
        broker = token_broker(exchange, tokens, "contacts", lambda: credentials, pause=pause)
        return WecomClient(WecomTransport(exchange, broker, pause=pause), lambda: AGENT_ID)

    return process
