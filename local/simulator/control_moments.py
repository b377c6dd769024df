"""Control: moments that members publish, and what customers say to them."""

from itertools import islice

from fastapi import APIRouter, HTTPException

from local.simulator.clock import from_iso, to_iso
from local.simulator.control_models import (
    Counted,
    MomentReading,
    MomentTaskReading,
    PersonalMoment,
    Publish,
    React,
)
from local.simulator.control_sending import Limit
from local.simulator.moment_book import Moment, MomentTask
from local.simulator.simulator import Simulator


def router(simulator: Simulator) -> APIRouter:
    routes = APIRouter()
    simulation, engine = simulator.simulation, simulator.moments

    @routes.get("/moments", tags=["sending"], summary="Every moment with its members, oldest first")
    async def moments(offset: int = 0, limit: Limit = 1_000) -> list[MomentReading]:
        return [_reading(row) for row in islice(simulation.state.moments.moments, offset, offset + limit)]

    @routes.post("/moments/personal", tags=["sending"], status_code=201, summary="A member publishes one of his own")
    async def personal(request: PersonalMoment) -> MomentReading:
        userid = simulator.actions.member(request.userid).userid
        return _reading(engine.publish_personally(userid, request.text))

    @routes.post("/moments/publish", tags=["sending"], summary="A member publishes; how many moments that published")
    async def publish(request: Publish) -> Counted:
        at = None if request.published_at is None else from_iso(request.published_at)
        waiting = simulation.state.moments.unpublished_tasks(request.userid)
        if request.moment_id is not None:
            moment = _known(simulator, request.moment_id)
            waiting = [(row, task) for row, task in waiting if row is moment]
        done = [engine.publish(*one, share_percent=request.share_percent, published_at=at) for one in waiting]
        return Counted(count=sum(done))

    @routes.post("/moments/reactions", tags=["sending"], status_code=204, summary="Somebody comments on it or likes it")
    async def react(request: React) -> None:
        task = _known(simulator, request.moment_id).task_of(request.userid)
        if task is None or task.published_at is None:
            raise HTTPException(404, "the member has not published it")
        engine.react(task, comment=request.comment, external_userid=request.by_customer, userid=request.by_member)

    return routes


def _known(simulator: Simulator, moment_id: str) -> Moment:
    moment = simulator.simulation.state.moments.by_id.get(moment_id)
    if moment is None:
        raise HTTPException(404, "no such moment")
    return moment


def _reading(moment: Moment) -> MomentReading:
    return MomentReading(
        moment_id=moment.moment_id,
        creator=moment.creator,
        created_at=to_iso(moment.created_at),
        content=moment.content,
        tags=moment.tags,
        members=[_task(task) for task in moment.tasks],
        cancelled_at=None if moment.cancelled_at is None else to_iso(moment.cancelled_at),
    )


def _task(task: MomentTask) -> MomentTaskReading:
    return MomentTaskReading(
        userid=task.userid,
        published_at=None if task.published_at is None else to_iso(task.published_at),
        chosen=len(task.chosen),
        visible=len(task.visible),
    )
