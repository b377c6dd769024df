"""The control API: everything a test or the demo does to the simulated world. Its OpenAPI document is committed."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import ValidationError

from local.simulator import (
    control_archive,
    control_contacts,
    control_corp,
    control_moments,
    control_sending,
    control_time,
    control_watch,
)
from local.simulator.corp_actions import UnknownThingError
from local.simulator.schedule import ScheduleExpressionError
from local.simulator.simulator import Simulator
from local.simulator.timeline import AdvanceInProgressError
from local.simulator.world import WorldError

_STATUS = {
    UnknownThingError: 404,
    WorldError: 422,
    ValidationError: 422,
    ScheduleExpressionError: 422,
    AdvanceInProgressError: 409,
}


def control_application(simulator: Simulator) -> FastAPI:
    application = FastAPI(
        title="WeCom simulator control API",
        version="1",
        description="Time, world, people's actions, faults and ledger of the simulated WeCom. See docs/simulator.md.",
        docs_url=None,
        redoc_url=None,
    )
    routers: list[Callable[[Simulator], APIRouter]] = [
        control_time.router,
        control_corp.router,
        control_contacts.router,
        control_sending.router,
        control_moments.router,
        control_archive.router,
        control_watch.router,
    ]
    for router in routers:
        application.include_router(router(simulator), prefix="/control/v1")
    for error, status in _STATUS.items():
        application.add_exception_handler(error, _answer_with(status))
    return application


def _answer_with(status: int) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, error: Exception) -> Response:  # noqa: ARG001 - the framework's shape
        return JSONResponse({"detail": str(error) or type(error).__name__}, status)

    return answer
