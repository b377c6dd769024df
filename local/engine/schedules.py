"""One time for all: the simulator's clock fires the deployed schedules, which the engine itself holds disabled.

Each EventBridge Scheduler schedule of the stack becomes a timer of the simulator, with a webhook served here. When the
simulator's clock passes the due time it calls the webhook and waits: the schedule's target is invoked with the
schedule's own input, then everything it set going is let finish, and only then does time go on. Another webhook is
asked before time leaps, so that it never passes over work that somebody else set going: a reader who takes seconds
would look dead by minutes of it, and his work be done again while he is at it.
"""

import json
import logging
import re
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, override

from local.engine.emulator import Engine
from local.engine.processes import LOOPBACK
from local.engine.queues import StillBusyError, StoreUse, use_at_rest, use_when_idle

HEALTH_PATH = "/health"
_TIMERS_PATH = "/control/v1/timers"
_SETTLE_HOOK_PATH = "/control/v1/clock/settle"
_SCHEDULES_PATH = "/schedules/"
_SETTLE_PATH = "/settle"
_SIMULATED_EXPRESSION = re.compile(r"(rate|cron)\(.+\)")
_REGISTER_TIMEOUT_S = 10
_A_MOMENT = timedelta(minutes=1)

logger = logging.getLogger(__name__)


class ScheduleFailedError(Exception):
    """The target answered with an error; the text is its type."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule as deployed: what it invokes, with what, and when."""

    name: str
    expression: str
    target_arn: str
    payload: str

    @property
    def function(self) -> str:
        return self.target_arn.rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class _Idle:
    """What a function answered last: nothing is due before ``until``, while all that it asks is as at ``used``."""

    function: str
    until: datetime
    used: StoreUse

    @property
    def rests_until(self) -> datetime:
        """Earlier by the moment that the function would take to look at its clock."""
        return self.until - _A_MOMENT


class Schedules:
    """The schedules of one engine, and the queues that must be idle before time goes on.

    ``nothing_due_in``: tables from which no schedule learns that something is due, whoever writes to them.
    """

    def __init__(
        self,
        engine: Engine,
        queue_urls: Iterable[str],
        idle_within_s: float = 60.0,
        nothing_due_in: Iterable[str] = (),
    ) -> None:
        self._lambda = engine.client("lambda")
        self._engine = engine
        self._queue_urls = list(queue_urls)
        self._idle_within_s = idle_within_s
        self._nothing_due_in = frozenset(nothing_due_in)
        self._idle: dict[str, _Idle] = {}
        self.by_name = {schedule.name: schedule for schedule in deployed_schedules(engine)}

    def fire(self, name: str, due_at: str = "") -> dict[str, Any]:
        """Invoke a schedule's target with its own input and wait for all that follows.

        ``{"name", "invoked", "idle", "resting"}``. Not invoked when its last answer said that nothing is due until well
        after ``due_at``, and nothing that it asks was written to since before: it would read the same and do nothing.
        ``resting``: schedules of which that is so now, and until when. They need not be fired until something happens.

        Raises:
            KeyError: no such schedule.
            ScheduleFailedError: the target raised.
            StillBusyError: what followed does not end.
        """
        schedule = self.by_name[name]
        used = use_at_rest(self._engine, self._queue_urls)
        resting = self._resting(used)
        if due_at and name in resting and datetime.fromisoformat(due_at) < resting[name]:
            return {"name": name, "invoked": False, **_told(used, resting)}
        reply = self._lambda.invoke(FunctionName=schedule.target_arn, Payload=schedule.payload.encode())
        answer = reply["Payload"].read()
        if "FunctionError" in reply:
            raise ScheduleFailedError(str(json.loads(answer).get("errorType", "unknown")))
        until = (json.loads(answer) or {}).get("nothing_due_until")
        if until and used is not None:
            self._idle[name] = _Idle(schedule.function, datetime.fromisoformat(until), used)
        else:
            self._idle.pop(name, None)
        return {"name": name, "invoked": True, **self.settle()}

    def settle(self) -> dict[str, Any]:
        """Wait for all that is going on: ``{"idle", "resting"}``.

        ``idle`` is False when messages are left that wait for their time; then nobody rests.

        Raises:
            StillBusyError: it does not end.
        """
        used = use_when_idle(self._engine, self._queue_urls, self._idle_within_s)
        return _told(used, self._resting(used))

    def _resting(self, used: StoreUse | None) -> dict[str, datetime]:
        if used is None:
            return {}
        now = used.without(self._nothing_due_in)
        idle = self._idle.items()
        return {name: known.rests_until for name, known in idle if now.is_as_before(known.used, known.function)}


def _told(used: StoreUse | None, resting: Mapping[str, datetime]) -> dict[str, Any]:
    until = {name: moment.isoformat() for name, moment in resting.items()}
    return {"idle": used is not None, "resting": until}


def deployed_schedules(engine: Engine) -> list[Schedule]:
    """Every schedule with a rate or cron expression, in UTC as deployed."""
    client = engine.client("scheduler")
    listed = client.get_paginator("list_schedules").paginate()
    found = (client.get_schedule(Name=each["Name"]) for page in listed for each in page["Schedules"])
    return [
        Schedule(each["Name"], each["ScheduleExpression"], each["Target"]["Arn"], each["Target"].get("Input", "{}"))
        for each in found
        if _SIMULATED_EXPRESSION.fullmatch(each["ScheduleExpression"])
    ]


def serve(schedules: Schedules, port: int) -> ThreadingHTTPServer:
    """The webhook server, bound to loopback and not yet running (``serve_forever``)."""

    class Webhook(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # the simulator keeps its connection
        # Head and body are two writes: with it the second waits 40 ms for the caller to acknowledge the first.
        disable_nagle_algorithm = True

        @override
        def log_message(self, format: str, *args: Any) -> None:
            logger.debug("webhook called")

        def do_GET(self) -> None:
            self._answer(200, {"schedules": sorted(schedules.by_name)})

        def do_POST(self) -> None:
            told = json.loads(self.rfile.read(int(self.headers.get("content-length", "0"))) or b"{}")
            name = self.path.removeprefix(_SCHEDULES_PATH)
            try:
                self._answer(
                    200,
                    schedules.settle() if self.path == _SETTLE_PATH else schedules.fire(name, told.get("due_at", "")),
                )
            except KeyError:
                self._answer(404, {"error": "no such schedule"})
            except ScheduleFailedError as error:
                logger.warning("schedule %s failed: %s", name, error)
                self._answer(500, {"error": str(error)})
            except StillBusyError as error:
                logger.warning("time would pass over work: %s", error)
                self._answer(500, {"error": str(error)})

        def _answer(self, status: int, content: dict[str, Any]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return ThreadingHTTPServer((LOOPBACK, port), Webhook)


def register_timers(schedules: Schedules, control_url: str, port: int) -> None:
    """Ask the simulator to call us whenever a schedule falls due on its clock, and before time leaps.

    Repeating it replaces.
    """
    ours = f"http://{LOOPBACK}:{port}"
    for schedule in schedules.by_name.values():
        timer = {"name": schedule.name, "expression": schedule.expression}
        _tell(control_url + _TIMERS_PATH, {**timer, "url": f"{ours}{_SCHEDULES_PATH}{schedule.name}"}, "POST")
    _tell(control_url + _SETTLE_HOOK_PATH, {"url": ours + _SETTLE_PATH}, "PUT")


def _tell(url: str, content: dict[str, str], method: str) -> None:
    """Send it to the simulator on loopback."""
    body, headers = json.dumps(content).encode(), {"content-type": "application/json"}
    request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310
    with urllib.request.urlopen(request, timeout=_REGISTER_TIMEOUT_S) as reply:  # noqa: S310
        reply.read()
