"""Starting and stopping the simulator: three ports on loopback, API, control and proxy, in one event loop."""

import asyncio
import signal
import socket
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from local.simulator.asgi import ApiApplication
from local.simulator.callbacks import ThreadedHttp
from local.simulator.connect_proxy import ConnectProxy
from local.simulator.control_api import control_application
from local.simulator.control_client import ControlClient
from local.simulator.simulator import Simulator

LOOPBACK = "127.0.0.1"
_BACKLOG = 2_048
_STOP_SECONDS = 10.0
_KEEP_ALIVE_SECONDS = 75  # a caller that is busy with a big page for some seconds finds its connection open


@dataclass(frozen=True, slots=True)
class RunningSimulator:
    base_url: str
    control_url: str
    proxy_url: str
    control: ControlClient


class SimulatorServer:
    """Sockets are bound on creation, so the ports are known before anything runs."""

    def __init__(self, port: int = 0, control_port: int = 0, proxy_port: int = 0) -> None:
        self.http = ThreadedHttp()
        self.simulator = Simulator(self.http)
        self._sockets = [_listen(port), _listen(control_port)]
        self._proxy_socket = _listen(proxy_port)
        api = ApiApplication(self.simulator.gate, lambda: self.simulator.simulation.knobs)
        self._servers = [_server(api), _server(control_application(self.simulator))]

    @property
    def base_url(self) -> str:
        return f"http://{LOOPBACK}:{self._sockets[0].getsockname()[1]}"

    @property
    def control_url(self) -> str:
        return f"http://{LOOPBACK}:{self._sockets[1].getsockname()[1]}"

    @property
    def proxy_url(self) -> str:
        """A CONNECT proxy that leads to the API whatever host is asked for."""
        return f"http://{LOOPBACK}:{self._proxy_socket.getsockname()[1]}"

    async def serve(self) -> None:
        """Serve until `stop`."""
        keeping_up = asyncio.create_task(self.simulator.simulation.timeline.keep_up())
        proxy = ConnectProxy(self._sockets[0].getsockname()[1])
        proxying = await asyncio.start_server(proxy.serve, sock=self._proxy_socket)
        pairs = zip(self._servers, self._sockets, strict=True)
        try:
            await asyncio.gather(*(server.serve(sockets=[listener]) for server, listener in pairs))
        finally:
            proxying.close()
            keeping_up.cancel()
            with suppress(asyncio.CancelledError):
                await keeping_up
            self.http.close()

    def stop(self) -> None:
        for server in self._servers:
            server.should_exit = True


@contextmanager
def running_simulator(seed_world: dict[str, Any] | None = None) -> Iterator[RunningSimulator]:
    """The simulator in a thread on free ports, with ``seed_world`` loaded when given."""
    server = SimulatorServer()
    if seed_world is not None:
        server.simulator.load_world(seed_world)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), name="simulator", daemon=True)
    thread.start()
    control = ControlClient(server.control_url)
    try:
        control.health()
        yield RunningSimulator(server.base_url, server.control_url, server.proxy_url, control)
    finally:
        control.close()
        server.stop()
        thread.join(_STOP_SECONDS)


def run(port: int, control_port: int, proxy_port: int, world: Path | None) -> None:
    """Serve in the foreground until interrupted."""
    server = SimulatorServer(port, control_port, proxy_port)
    if world is not None:
        server.simulator.load_world(world.read_bytes())
    print(f"WeCom API {server.base_url}  proxy {server.proxy_url}  control {server.control_url}", flush=True)
    asyncio.run(_until_signalled(server))


async def _until_signalled(server: SimulatorServer) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, server.stop)
    await server.serve()


def _listen(port: int) -> socket.socket:
    # With the protocol named, asyncio sets TCP_NODELAY; without it every kept-alive reply waits 40 ms for an ACK.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((LOOPBACK, port))
    listener.listen(_BACKLOG)
    return listener


def _server(application: Any) -> uvicorn.Server:
    config = uvicorn.Config(
        application,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
    )
    return _QuietServer(config)


class _QuietServer(uvicorn.Server):
    """Leaves the signals to `run`: two servers in one process would take them from each other."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield
