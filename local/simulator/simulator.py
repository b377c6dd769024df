"""The simulator put together."""

import json
from typing import Any

from local.simulator.api.call import Engines
from local.simulator.archive import ArchiveEngine
from local.simulator.callbacks import CallbackDispatcher, Http
from local.simulator.clock import Clock, from_iso, to_iso
from local.simulator.contact_actions import ContactActions
from local.simulator.corp_actions import CorpActions
from local.simulator.gate import ApiReply, ApiRequest, Gate
from local.simulator.group_actions import GroupActions
from local.simulator.group_transfers import GroupTransferEngine
from local.simulator.mass_messages import MassMessageEngine
from local.simulator.moments import MomentEngine
from local.simulator.state import Simulation
from local.simulator.timeline import TIMER, WalkReport
from local.simulator.transfers import TransferEngine
from local.simulator.url_uploads import UrlUploadEngine
from local.simulator.world import World

_WEBHOOK_SECONDS = 900.0  # a schedule's target may be a Lambda, which may take 15 minutes
_JSON = {"Content-Type": "application/json"}
_HTTP_ERROR = 400
_ERROR_BYTES = 500


class WebhookError(Exception):
    """A timer's URL answered with an error."""


class Simulator:
    """One simulated corp. `call` and `advance` are all that a test without sockets needs."""

    def __init__(self, http: Http, clock: Clock | None = None) -> None:
        self.simulation = Simulation(clock or Clock())
        self._http = http
        self.settle_url: str | None = None
        self.snapshots: dict[str, bytes] = {}
        self.dispatcher = CallbackDispatcher(self.simulation, http)
        self.transfers = TransferEngine(self.simulation, self.dispatcher)
        self.group_transfers = GroupTransferEngine(self.simulation, self.dispatcher)
        self.archive = ArchiveEngine(self.simulation, self.dispatcher)
        self.actions = CorpActions(self.simulation, self.dispatcher, self.transfers, self.archive)
        self.group_actions = GroupActions(self.simulation, self.dispatcher, self.group_transfers)
        self.contacts = ContactActions(self.simulation, self.actions)
        self.mass_messages = MassMessageEngine(self.simulation)
        self.moments = MomentEngine(self.simulation)
        self.url_uploads = UrlUploadEngine(self.simulation, self.dispatcher)
        engines = Engines(
            self.simulation,
            self.dispatcher,
            self.transfers,
            self.group_transfers,
            self.mass_messages,
            self.moments,
            self.url_uploads,
        )
        self.gate = Gate(engines)
        self.simulation.timeline.on(TIMER, self._fire_timer)
        self.simulation.timeline.on("trusted_ips_due", self.actions.trusted_ips_due)
        self.simulation.timeline.before_leap = self._settle

    def load_world(self, document: dict[str, Any] | bytes, *, fresh: bool = False) -> World:
        """Start afresh with this corp, given as JSON or as its text; ``fresh`` resets knobs and drops timers and hooks.

        Raises:
            pydantic.ValidationError, WorldError: see `World.from_json`; nothing has changed then.
        """
        world = World.from_text(document) if isinstance(document, bytes) else World.from_json(document)
        self.simulation.load_world(world, fresh=fresh)
        if fresh:
            self.settle_url = None
        return world

    def call(self, request: ApiRequest) -> ApiReply:
        """One API call without a socket: delays are skipped, a dropped reply is HTTP status 0."""
        trouble = self.gate.enter(request)
        try:
            if trouble.drop_before:
                self.gate.record_unheard(request, trouble)
                return ApiReply(0, {})
            reply = self.gate.answer(request, trouble)
        finally:
            self.gate.leave(request)
        return ApiReply(0, {}) if trouble.drop_after else reply

    async def advance(self, seconds: float) -> WalkReport:
        return await self.simulation.timeline.advance(self.simulation.now() + seconds)

    async def _fire_timer(self, at: float, args: dict[str, Any]) -> None:
        timeline = self.simulation.timeline
        timer = timeline.agenda.timers.get(args["name"])
        if timer is None:
            return
        timeline.repeat_timer(timer)
        self._rest(await self._post_json(timer.url, {"name": timer.name, "due_at": to_iso(at)}))

    async def _settle(self, at: float) -> None:
        if self.settle_url is not None:
            self._rest(await self._post_json(self.settle_url, {"now": to_iso(at)}))

    async def _post_json(self, url: str, body: dict[str, str]) -> bytes:
        content = json.dumps(body).encode()
        reply = await self._http.request("POST", url, body=content, headers=_JSON, timeout=_WEBHOOK_SECONDS)
        if reply.status >= _HTTP_ERROR:
            raise WebhookError(f"HTTP {reply.status} {reply.body[:_ERROR_BYTES].decode(errors='replace')}")
        return reply.body

    def _rest(self, answer: bytes) -> None:
        """What the owner of timers says: ``{"resting": {"<timer>": "<ISO time>"}}``; by any other answer none rests."""
        try:
            resting = json.loads(answer)["resting"]
        except (ValueError, KeyError, TypeError):
            return
        self.simulation.timeline.rest({name: from_iso(until) for name, until in resting.items()})
