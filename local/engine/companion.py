"""The process beside a running stack: fires its schedules on the simulator's clock and feeds its metrics.

Run as ``python -m local.engine.companion --port N --endpoints FILE --function-logs DIR``; ends on SIGTERM.
"""

import argparse
import json
import logging
import signal
import sys
import threading
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local.engine.emulator import Engine
from local.engine.metrics_bridge import MetricsBridge
from local.engine.schedules import Schedules, register_timers, serve

_METRICS_EVERY_S = 2.0
_NOTHING_DUE_IN = {
    "PlatformTable"
}  # tokens, rate windows, seen callbacks, answers kept: every call of WeCom writes there

logger = logging.getLogger(__name__)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--endpoints", type=Path, required=True)
    parser.add_argument("--function-logs", type=Path, required=True)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    endpoints = json.loads(arguments.endpoints.read_text(encoding="utf-8"))
    engine = Engine(endpoints["aws_endpoint_url"])
    resources = endpoints["resources"]

    passing = [name for table, name in resources["tables"].items() if table in _NOTHING_DUE_IN]
    schedules = Schedules(engine, resources["queues"].values(), nothing_due_in=passing)
    server = serve(schedules, arguments.port)
    if endpoints["wecom_control_url"]:
        register_timers(schedules, endpoints["wecom_control_url"], arguments.port)
    ended = threading.Event()
    every_queue = [*resources["queues"].values(), *resources["dead_letter_queues"].values()]
    bridge = MetricsBridge(engine, arguments.function_logs, every_queue)
    threading.Thread(target=_feed, args=(bridge, ended), daemon=True).start()

    def end(*_: object) -> None:
        ended.set()
        threading.Thread(target=server.shutdown).start()  # waits for the loop that this handler interrupts

    signal.signal(signal.SIGTERM, end)
    server.serve_forever(poll_interval=0.1)
    return 0


def _feed(bridge: MetricsBridge, ended: threading.Event) -> None:
    while not ended.wait(_METRICS_EVERY_S):
        try:
            bridge.step()
        except (BotoCoreError, ClientError, OSError) as error:
            if not ended.is_set():  # the engine may go first when the stack stops
                logger.warning("metrics not published: %s", type(error).__name__)


if __name__ == "__main__":
    sys.exit(main())
