"""Tells apps what happened: chooses who is told, seals each event, delivers it within 5 s, repeats it 3 times."""

import asyncio
import secrets
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import urllib3

from local.simulator import events
from local.simulator.crypto import seal, seal_echo
from local.simulator.events import Event, FieldValue, inner_xml
from local.simulator.ledger import DeliveryRecord
from local.simulator.model import App, CallbackTarget
from local.simulator.state import Simulation
from local.simulator.timeline import DELIVERY

_OK = 200
_ECHO_SECONDS = 1.0
_XML = {"Content-Type": "text/xml"}
# What the contacts-sync assistant is still told since 2022-08-15 (3.4).
_SYNC_FIELDS: Mapping[str, tuple[str, ...]] = {
    "create_user": ("UserID", "Department"),
    "update_user": ("UserID", "Department", "NewUserID"),
    "create_party": ("Id", "ParentId"),
    "update_party": ("Id", "ParentId"),
}


@dataclass(frozen=True, slots=True)
class HttpReply:
    status: int
    body: bytes


class Http(Protocol):
    """Raises OSError (or a subclass) when there is no reply in time."""

    async def request(
        self, method: str, url: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None, timeout: float
    ) -> HttpReply: ...


class ThreadedHttp:
    """urllib3 in threads, so that a slow receiver holds up nothing but its own delivery."""

    def __init__(self) -> None:
        self._pool = urllib3.PoolManager(maxsize=16, retries=False)
        self._threads = ThreadPoolExecutor(max_workers=16, thread_name_prefix="simulator-http")

    async def request(
        self, method: str, url: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None, timeout: float
    ) -> HttpReply:
        def send() -> HttpReply:
            try:
                limit = urllib3.Timeout(total=timeout)
                reply = self._pool.request(method, url, body=body, headers=dict(headers or {}), timeout=limit)
            except urllib3.exceptions.HTTPError as error:
                raise ConnectionError(type(error).__name__) from error
            return HttpReply(reply.status, reply.data)

        return await asyncio.get_running_loop().run_in_executor(self._threads, send)

    def close(self) -> None:
        self._pool.clear()
        self._threads.shutdown(wait=False, cancel_futures=True)


class CallbackDispatcher:
    def __init__(self, simulation: Simulation, http: Http) -> None:
        self._simulation = simulation
        self._http = http
        simulation.timeline.on(DELIVERY, self._deliver)

    def emit(self, event: Event, *, at: float | None = None, apps: list[str] | None = None) -> int:
        """Queue the event to every app that is to know (or to the named ones); how many deliveries were queued."""
        create_time = int(at if at is not None else self._simulation.now())
        told = [app for app in self._simulation.world.apps.values() if self._is_told(app, event, apps)]
        return sum(self._queue(app, event, create_time) for app in told)

    def release_held(self) -> int:
        """Send what a ``hold`` rule kept back."""
        state = self._simulation.state
        held, state.held = state.held, []
        for at, args in held:
            self._simulation.timeline.schedule(max(at, self._simulation.now()), DELIVERY, **args)
        return len(held)

    async def verify_url(self, app: App) -> str | None:
        """The console's check on "save": GET an encrypted echo, have the plain one in a second; None if it held."""
        target = _target(app)
        echo = str(secrets.randbelow(10**19)).encode()
        corp_id = self._simulation.world.corp_id
        query = seal_echo(target.token, target.encoding_aes_key, echo, receive_id=corp_id, now=self._simulation.now())
        try:
            reply = await self._http.request("GET", f"{target.url}?{query}", timeout=_ECHO_SECONDS)
        except OSError as error:
            return f"no reply within {_ECHO_SECONDS:.0f} s: {error}"
        if reply.status != _OK:
            return f"HTTP {reply.status}"
        return None if reply.body == echo else "the reply is not the echo"

    def _is_told(self, app: App, event: Event, apps: list[str] | None) -> bool:
        if app.callback is None:
            return False
        if apps is not None:
            return app.app in apps
        if app.callback.events is not None and event.event not in app.callback.events:
            return False
        if event.event != events.CONTACT and not _may_hear_of_customers(app):
            return False
        return event.about is None or self._simulation.world.sees(app, event.about)

    def _queue(self, app: App, event: Event, create_time: int) -> int:
        state = self._simulation.state
        state.deliveries_made += 1
        delivery_id = state.deliveries_made
        plan = state.policy.plan(f"{app.app}:{event.event}.{event.change_type or ''}", delivery_id)
        args = {
            "delivery_id": delivery_id,
            "app": app.app,
            "event": event.event,
            "change_type": event.change_type or "",
            "xml": inner_xml(_as_told(app, event), self._simulation.world.corp_id, create_time),
            "attempt": 1,
        }
        if not plan.delays:
            self._record(self._simulation.now(), args, "lost")
        for copy, delay in enumerate(plan.delays):
            due = {**args, "copy_of": delivery_id if copy else None}
            if plan.held:
                state.held.append((self._simulation.now(), due))
            else:
                self._simulation.timeline.schedule(self._simulation.now() + delay, DELIVERY, **due)
        return len(plan.delays)

    async def _deliver(self, at: float, args: dict[str, Any]) -> None:
        knobs = self._simulation.knobs
        app = self._simulation.world.apps.get(args["app"])
        if app is None or app.callback is None:
            self._record(at, args, "abandoned", error="no callback URL")
            return
        sealed = args.get("sealed")
        if sealed is None or knobs.callback_resign:
            sealed = self._seal(app, args["xml"])
        started = time.perf_counter()
        status, error = await self._post(app.callback.url, sealed.query, sealed.body)
        duration_ms = (time.perf_counter() - started) * 1000
        if status == _OK:
            self._record(at, args, "delivered", status=status, duration_ms=duration_ms)
            return
        last = args["attempt"] > knobs.callback_retries
        outcome = "abandoned" if last else "failed"
        self._record(at, args, outcome, status=status, error=error, duration_ms=duration_ms)
        if not last:
            again = {**args, "attempt": args["attempt"] + 1, "sealed": sealed}
            self._simulation.timeline.schedule(self._simulation.now() + knobs.callback_retry_seconds, DELIVERY, **again)

    async def _post(self, url: str, query: str, body: bytes) -> tuple[int | None, str | None]:
        timeout = self._simulation.knobs.callback_timeout_seconds
        try:
            reply = await self._http.request("POST", f"{url}?{query}", body=body, headers=_XML, timeout=timeout)
        except OSError as error:
            return None, str(error) or type(error).__name__
        return reply.status, None

    def _seal(self, app: App, xml: bytes) -> Any:
        target = _target(app)
        return seal(
            target.token,
            target.encoding_aes_key,
            xml,
            receive_id=self._simulation.world.corp_id,
            agent_id=app.agent_id,
            now=self._simulation.now(),
        )

    def _record(
        self,
        at: float,
        args: dict[str, Any],
        outcome: str,
        *,
        status: int | None = None,
        error: str | None = None,
        duration_ms: float = 0.0,
    ) -> None:
        deliveries = self._simulation.ledger.deliveries
        record = DeliveryRecord(
            seq=len(deliveries) + 1,
            at=at,
            delivery_id=args["delivery_id"],
            app=args["app"],
            event=args["event"],
            change_type=args["change_type"],
            attempt=args["attempt"],
            outcome=outcome,
            status=status,
            error=error,
            duration_ms=round(duration_ms, 3),
            copy_of=args.get("copy_of"),
        )
        deliveries.append(record)


def _target(app: App) -> CallbackTarget:
    if app.callback is None:
        raise ValueError("the app has no callback")
    return app.callback


def _may_hear_of_customers(app: App) -> bool:
    return app.kind == "external_contact_system" or (app.kind == "self_built" and app.external_contact_listed)


def _as_told(app: App, event: Event) -> Event:
    if app.kind != "contacts_sync" or event.change_type is None or event.change_type not in _SYNC_FIELDS:
        return event
    kept: dict[str, FieldValue] = {
        name: value for name, value in event.fields.items() if name in _SYNC_FIELDS[event.change_type]
    }
    return Event(event.event, event.change_type, kept, event.about)
