"""Control: what members do with what they are asked to send, and what reached whom."""

from itertools import islice
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query

from local.simulator.clock import from_iso, to_iso
from local.simulator.confirmations import ConfirmationScript
from local.simulator.control_models import (
    Confirm,
    Counted,
    MassMessageReading,
    MassTaskReading,
    PersonalMessage,
)
from local.simulator.mass_book import Delivery, MassMessage, MemberTask
from local.simulator.media_store import Media
from local.simulator.simulator import Simulator

_MOST_ROWS = 10_000
type Limit = Annotated[int, Query(ge=1, le=_MOST_ROWS)]


def router(simulator: Simulator) -> APIRouter:
    routes = APIRouter()
    for part in (_script, _mass_messages, _media):
        part(routes, simulator)
    return routes


def _script(routes: APIRouter, simulator: Simulator) -> None:
    @routes.get("/confirmations", tags=["sending"])
    async def script() -> ConfirmationScript:
        return simulator.simulation.state.confirmations

    @routes.put("/confirmations", tags=["sending"], summary="What members do when asked to send; replaces the script")
    async def set_script(script: ConfirmationScript) -> ConfirmationScript:
        simulator.simulation.state.confirmations = script
        return script


def _mass_messages(routes: APIRouter, simulator: Simulator) -> None:
    simulation, engine = simulator.simulation, simulator.mass_messages

    @routes.get("/mass-messages", tags=["sending"], summary="Every mass message with its members, oldest first")
    async def mass_messages(
        userid: str | None = None, offset: int = 0, limit: Limit = 1_000
    ) -> list[MassMessageReading]:
        rows = simulation.state.mass.messages
        mine = (row for row in rows if userid is None or row.task_of(userid) is not None)
        return [_reading(row) for row in islice(mine, offset, offset + limit)]

    @routes.post("/mass-messages/personal", tags=["sending"], status_code=201, summary="A member sends one of his own")
    async def personal(message: PersonalMessage) -> MassMessageReading:
        userid = simulator.actions.member(message.userid).userid
        return _reading(engine.send_personally(userid, message.chat_type, message.target_ids, message.text))

    @routes.post(
        "/mass-messages/confirm", tags=["sending"], summary="A member presses send; how many messages that sent"
    )
    async def confirm(request: Confirm) -> Counted:
        sent_at = None if request.sent_at is None else from_iso(request.sent_at)
        waiting = simulation.state.mass.unsent_tasks(request.userid)
        if request.msgid is not None:
            waiting = [(message, task) for message, task in waiting if message.msgid == request.msgid]
            if request.msgid not in simulation.state.mass.by_msgid:
                raise HTTPException(404, "no such message")
        done = [engine.confirm(*one, share_percent=request.share_percent, sent_at=sent_at) for one in waiting]
        return Counted(count=sum(done))

    @routes.get("/mass-messages/deliveries", tags=["sending"], summary="What reached customers and groups, in order")
    async def deliveries(target_id: str | None = None, offset: int = 0, limit: Limit = 1_000) -> list[Delivery]:
        rows = simulation.state.mass.deliveries
        mine = rows if target_id is None else [row for row in rows if row.target_id == target_id]
        return list(islice(mine, offset, offset + limit))


def _media(routes: APIRouter, simulator: Simulator) -> None:
    @routes.get("/media", tags=["sending"], summary="Every uploaded file: its use, name, size and hash")
    async def media(offset: int = 0, limit: Limit = 1_000) -> list[Media]:
        return list(islice(simulator.simulation.state.media, offset, offset + limit))


def _reading(message: MassMessage) -> MassMessageReading:
    return MassMessageReading(
        msgid=message.msgid,
        chat_type=message.chat_type,
        creator=message.creator,
        created_at=to_iso(message.created_at),
        content=message.content,
        members=[_task(task) for task in message.tasks],
        failed=message.failed,
        dropped=message.dropped,
        cancelled_at=None if message.cancelled_at is None else to_iso(message.cancelled_at),
        reminders=len(message.reminders),
    )


def _task(task: MemberTask) -> MassTaskReading:
    counts = [0, 0, 0, 0]
    for recipient in task.recipients:
        counts[recipient.status] += 1
    return MassTaskReading(
        userid=task.userid,
        sent_at=None if task.sent_at is None else to_iso(task.sent_at),
        recipients=len(task.recipients),
        by_status=counts,
    )
