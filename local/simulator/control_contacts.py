"""Control: customers scan contact ways, and are greeted."""

from itertools import islice

from fastapi import APIRouter

from local.simulator.clock import to_iso
from local.simulator.contact_ways import ContactWay, TemporaryChat
from local.simulator.control_models import Scan, ScanReading, WelcomeReading
from local.simulator.control_sending import Limit
from local.simulator.simulator import Simulator


def router(simulator: Simulator) -> APIRouter:
    routes = APIRouter()
    simulation = simulator.simulation

    @routes.get("/contact-ways", tags=["relations"], summary="Every contact way, temporary ones too, oldest first")
    async def contact_ways(offset: int = 0, limit: Limit = 1_000) -> list[ContactWay]:
        return list(islice(simulation.state.contact_ways.by_id.values(), offset, offset + limit))

    @routes.post("/contact-ways/scan", tags=["relations"], summary="A customer scans one and adds who it leads to")
    async def scan(request: Scan) -> ScanReading:
        found = simulator.contacts.scan(request.config_id, request.external_userid, request.customer)
        return ScanReading(userid=found.userid, welcome_code=found.welcome_code, temporary=found.temporary)

    @routes.get("/temporary-chats", tags=["relations"], summary="Sessions that temporary contact ways opened")
    async def temporary_chats(offset: int = 0, limit: Limit = 1_000) -> list[TemporaryChat]:
        return list(islice(simulation.state.contact_ways.chats, offset, offset + limit))

    @routes.get("/welcomes", tags=["relations"], summary="Welcome codes, and what was sent with them")
    async def welcomes(
        external_userid: str | None = None, offset: int = 0, limit: Limit = 1_000
    ) -> list[WelcomeReading]:
        codes = simulation.state.welcome_codes.items()
        mine = ((code, row) for code, row in codes if external_userid in {None, row.external_userid})
        return [
            WelcomeReading(
                welcome_code=code,
                userid=row.userid,
                external_userid=row.external_userid,
                issued_at=to_iso(row.issued_at),
                used_by=row.used_by,
                content=row.content,
            )
            for code, row in islice(mine, offset, offset + limit)
        ]

    return routes
