"""The WeCom simulator without sockets, where `HttpExchange` stands: client, transport and governor are production's."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from local.simulator.clock import Clock
from local.simulator.gate import ApiRequest
from local.simulator.simulator import Simulator
from scrm.wecom.api.call import Call
from scrm.wecom.exchange import Failure, Reply
from tests.unit.simulator.builders import FakeHttp

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
