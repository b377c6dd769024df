"""Control: faults, callback policy, raw events, tokens, and the ledger."""

from itertools import islice
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query

from local.simulator.clock import to_iso
from local.simulator.control_models import (
    Counted,
    EventRequest,
    FaultRequest,
    Outage,
    Queued,
    Revocation,
)
from local.simulator.delivery_policy import CallbackPolicy
from local.simulator.events import Event
from local.simulator.faults import Fault
from local.simulator.ledger import CallRecord, ChangeRecord, DeliveryRecord, page_after
from local.simulator.message_book import SentMessage
from local.simulator.simulator import Simulator
from local.simulator.timeline import DELIVERY

_MOST_ROWS = 10_000
_OUTAGE = "outage"
type Limit = Annotated[int, Query(ge=1, le=_MOST_ROWS)]


def router(simulator: Simulator) -> APIRouter:
    routes = APIRouter()
    for part in (_faults, _callbacks, _tokens, _ledger):
        part(routes, simulator)
    return routes


def _faults(routes: APIRouter, simulator: Simulator) -> None:
    simulation = simulator.simulation

    @routes.post("/faults", tags=["faults"], status_code=201, summary="Inject a fault")
    async def add(request: FaultRequest) -> Fault:
        until = None if request.seconds is None else simulation.now() + request.seconds
        return simulation.state.faults.add(Fault(**request.model_dump(exclude={"seconds"}), until=until))

    @routes.get("/faults", tags=["faults"], summary="Those still in force; count-bounded ones vanish when used up")
    async def faults() -> list[Fault]:
        return simulation.state.faults.in_force(simulation.now())

    @routes.delete("/faults", tags=["faults"])
    async def clear() -> Counted:
        count = len(simulation.state.faults.faults)
        simulation.state.faults.faults.clear()
        return Counted(count=count)

    @routes.delete("/faults/{fault_id}", tags=["faults"], status_code=204)
    async def remove(fault_id: str) -> None:
        if simulation.state.faults.faults.pop(fault_id, None) is None:
            raise HTTPException(404, "no such fault")

    @routes.put("/outage", tags=["faults"], summary="WeCom is down")
    async def go_down(request: Outage) -> Fault:
        until = None if request.seconds is None else simulation.now() + request.seconds
        return simulation.state.faults.add(Fault(fault_id=_OUTAGE, kind="down", until=until))

    @routes.delete("/outage", tags=["faults"], status_code=204, summary="WeCom is back")
    async def come_back() -> None:
        simulation.state.faults.faults.pop(_OUTAGE, None)


def _callbacks(routes: APIRouter, simulator: Simulator) -> None:
    simulation = simulator.simulation

    @routes.get("/callbacks/policy", tags=["callbacks"])
    async def policy() -> CallbackPolicy:
        return simulation.state.policy

    @routes.put("/callbacks/policy", tags=["callbacks"], summary="Lose, double, delay, reorder; releases what was held")
    async def set_policy(policy: CallbackPolicy) -> CallbackPolicy:
        simulation.state.policy = policy
        simulator.dispatcher.release_held()
        return policy

    @routes.get("/callbacks/pending", tags=["callbacks"], summary="Deliveries (first tries and repeats) not yet made")
    async def pending() -> Counted:
        return Counted(count=len(simulation.timeline.pending(DELIVERY)) + len(simulation.state.held))

    @routes.post("/events", tags=["callbacks"], status_code=201, summary="Send any event")
    async def send(request: EventRequest) -> Queued:
        event = Event(request.event, request.change_type, request.fields, about=request.about)
        queued = sum(simulator.dispatcher.emit(event, apps=request.apps) for _ in range(request.copies))
        return Queued(deliveries=queued)


def _tokens(routes: APIRouter, simulator: Simulator) -> None:
    @routes.post("/tokens/revoke", tags=["tokens"], summary="End living tokens before their time")
    async def revoke(request: Revocation) -> Counted:
        return Counted(count=simulator.actions.revoke_tokens(request.app, request.errcode))


def _ledger(routes: APIRouter, simulator: Simulator) -> None:
    simulation = simulator.simulation

    @routes.get("/ledger/calls", tags=["ledger"], summary="API calls with seq > since")
    async def calls(since: int = 0, path: str | None = None, limit: Limit = 1_000) -> list[CallRecord]:
        if path is None:
            return page_after(simulation.ledger.calls, since, limit)
        return [call for call in simulation.ledger.calls[since:] if call.path == path][:limit]

    @routes.get("/ledger/changes", tags=["ledger"], summary="Changes of the corp with seq > since")
    async def changes(since: int = 0, kind: str | None = None, limit: Limit = 1_000) -> list[ChangeRecord]:
        if kind is None:
            return page_after(simulation.ledger.changes, since, limit)
        return [change for change in simulation.ledger.changes[since:] if change.kind == kind][:limit]

    @routes.get("/ledger/callbacks", tags=["ledger"], summary="Callback delivery attempts with seq > since")
    async def deliveries(since: int = 0, limit: Limit = 1_000) -> list[DeliveryRecord]:
        return page_after(simulation.ledger.deliveries, since, limit)

    @routes.get("/ledger/messages", tags=["ledger"], summary="Application messages: content, receivers, who was spared")
    async def messages(
        app: str | None = None, userid: str | None = None, offset: int = 0, limit: Limit = 1_000
    ) -> list[SentMessage]:
        book = simulation.state.messages
        rows = book if userid is None else book.of_member(userid)
        mine = (message for message in rows if app in (None, message.app))
        return list(islice(mine, offset, offset + limit))

    @routes.get("/limits", tags=["ledger"], summary="Running penalties: scope and path -> end")
    async def penalties() -> dict[str, str]:
        running = simulation.state.limits.penalties(simulation.now())
        return {key: to_iso(until) for key, until in running.items()}
