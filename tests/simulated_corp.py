"""A corp on the WeCom simulator and functions of the product that call it, for tests of the boundary."""

from datetime import UTC, datetime, timedelta
from typing import Any

from local.simulator.control_client import ControlClient
from local.simulator.server import RunningSimulator
from scrm.wecom.breaker import CircuitBreaker
from scrm.wecom.client import WecomClient
from scrm.wecom.exchange import HttpExchange
from scrm.wecom.governor import RateGovernor
from scrm.wecom.governor_state import Priority
from scrm.wecom.transport import AppCredentials, GuardedExchange, Pause, WecomTransport, token_broker
from tests.fakes.wecom import MemoryRateStore, MemoryTokenStore
from tests.unit.simulator.builders import CORP_ID, SECRET, small_world


class SimulatedTime:
    """The simulator's clock as the product sees it; sleeping advances it, so nobody waits."""

    def __init__(self, control: ControlClient) -> None:
        self._control = control
        self._offset = timedelta(seconds=control.clock()["offset_seconds"])
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self._offset = timedelta(seconds=self._control.advance(seconds)["offset_seconds"])


class Corp:
    """A corp on the simulator, and functions of the product that share their stores."""

    def __init__(self, simulator: RunningSimulator) -> None:
        self.simulator = simulator
        self.control = simulator.control
        self.time = SimulatedTime(simulator.control)
        self.rates = MemoryRateStore()
        self.tokens = MemoryTokenStore()
        self.secret = SECRET

    def client(self, timeout: tuple[float, float] = (3.0, 10.0)) -> WecomClient:
        """A function of its own: no state but the shared stores."""
        pause = Pause(now=self.time.now, sleep=self.time.sleep, jitter=lambda: 0.0)
        exchange = GuardedExchange(
            HttpExchange(self.simulator.base_url, timeout),
            RateGovernor(self.rates, now=self.time.now, jitter=lambda: 0.0),
            CircuitBreaker(self.rates, now=self.time.now),
            Priority.HANDOVER,
            pause=pause,
        )
        broker = token_broker(
            exchange, self.tokens, "contacts", lambda: AppCredentials(CORP_ID, self.secret), pause=pause
        )
        return WecomClient(WecomTransport(exchange, broker, pause=pause), lambda: 1000002)

    def codes(self, path: str) -> list[int | None]:
        """What the simulator answered on ``path``, in order."""
        return [call["errcode"] for call in self.control.calls(path=path)]


def loaded(simulator: RunningSimulator, **more: Any) -> Corp:
    world = small_world(**more)
    for app in world["apps"]:
        del app["callback"]
    simulator.control.clear_faults()
    simulator.control.load_world(world, fresh=True)
    return Corp(simulator)
