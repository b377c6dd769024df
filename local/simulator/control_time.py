"""Control: health, clock, timers, snapshots, knobs."""

from fastapi import APIRouter, HTTPException

from local.simulator.clock import from_iso, to_iso
from local.simulator.control_models import (
    Advance,
    AdvanceReport,
    ClockReading,
    Counted,
    Health,
    RestoreRequest,
    SettleHook,
    SnapshotRequest,
    TimerReading,
    TimerRequest,
)
from local.simulator.knobs import Knobs
from local.simulator.simulator import Simulator
from local.simulator.timeline import Timer

type KnobChanges = dict[str, bool | int | float | str | list[str] | None]


def router(simulator: Simulator) -> APIRouter:
    routes = APIRouter()
    _clock(routes, simulator)
    _timers(routes, simulator)
    _snapshots(routes, simulator)
    _knobs(routes, simulator)
    return routes


def _clock(routes: APIRouter, simulator: Simulator) -> None:
    simulation = simulator.simulation

    @routes.get("/health", tags=["time"])
    async def health() -> Health:
        return Health(status="ok", corp_id=simulation.world.corp_id)

    @routes.get("/clock", tags=["time"], summary="The product's CLOCK_URL points here")
    async def clock() -> ClockReading:
        return ClockReading(now=to_iso(simulation.now()), offset_seconds=simulation.clock.offset)

    @routes.post("/clock/advance", tags=["time"], summary="Walk the timeline; answers when all that fell due is done")
    async def advance(request: Advance) -> AdvanceReport:
        to = simulation.now() + request.seconds if request.seconds is not None else from_iso(request.to or "")
        report = await simulation.timeline.advance(to)
        return AdvanceReport(
            now=to_iso(simulation.now()),
            offset_seconds=simulation.clock.offset,
            fired=report.fired,
            failures=report.failures,
            rested=report.rested,
        )

    @routes.put("/clock/settle", tags=["time"], summary="A hook that is awaited before an advance leaps")
    async def settle(request: SettleHook) -> SettleHook:
        simulator.settle_url = request.url
        return request


def _timers(routes: APIRouter, simulator: Simulator) -> None:
    timeline = simulator.simulation.timeline

    @routes.post("/timers", tags=["time"], status_code=201, summary="Register or replace an EventBridge schedule (UTC)")
    async def set_timer(request: TimerRequest) -> TimerReading:
        return _reading(timeline.set_timer(request.name, request.expression, request.url))

    @routes.get("/timers", tags=["time"])
    async def timers() -> list[TimerReading]:
        return [_reading(timer) for timer in timeline.agenda.timers.values()]

    @routes.delete("/timers/{name}", tags=["time"], status_code=204)
    async def drop_timer(name: str) -> None:
        if not timeline.drop_timer(name):
            raise HTTPException(404, "no such timer")


def _snapshots(routes: APIRouter, simulator: Simulator) -> None:
    simulation, snapshots = simulator.simulation, simulator.snapshots

    @routes.post("/snapshots", tags=["snapshots"], status_code=201, summary="Keep everything under a name")
    async def take(request: SnapshotRequest) -> SnapshotRequest:
        snapshots[request.name] = simulation.freeze()
        return request

    @routes.get("/snapshots", tags=["snapshots"])
    async def names() -> list[str]:
        return list(snapshots)

    @routes.post("/snapshots/{name}/restore", tags=["snapshots"], summary="Everything as it was under that name")
    async def restore(name: str, request: RestoreRequest) -> ClockReading:
        if name not in snapshots:
            raise HTTPException(404, "no such snapshot")
        simulation.thaw(snapshots[name], rewind_clock=request.rewind_clock)
        return ClockReading(now=to_iso(simulation.now()), offset_seconds=simulation.clock.offset)

    @routes.delete("/snapshots", tags=["snapshots"])
    async def forget() -> Counted:
        count = len(snapshots)
        snapshots.clear()
        return Counted(count=count)


def _knobs(routes: APIRouter, simulator: Simulator) -> None:
    simulation = simulator.simulation

    @routes.get("/knobs", tags=["knobs"])
    async def knobs() -> Knobs:
        return simulation.knobs

    @routes.patch("/knobs", tags=["knobs"], summary="Set the named knobs")
    async def set_knobs(changes: KnobChanges) -> Knobs:
        simulation.state.knobs = Knobs.model_validate(simulation.knobs.model_dump() | changes)
        return simulation.knobs


def _reading(timer: Timer) -> TimerReading:
    return TimerReading(name=timer.name, expression=timer.expression, url=timer.url, next_at=to_iso(timer.next_at))
