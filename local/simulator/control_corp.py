"""Control: the world, and what people do in it."""

from itertools import islice
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query

from local.simulator.control_models import (
    Added,
    AddedRelation,
    AppPatch,
    Counted,
    Decide,
    GroupLeave,
    GroupPatch,
    Leaders,
    MemberPatch,
    RelationPatch,
    UrlCheck,
    WorldSummary,
    given,
)
from local.simulator.crypto import EncodingAesKeyError, aes_key
from local.simulator.decisions import DecisionScript
from local.simulator.model import App, CallbackTarget, Department, Group, GroupMember, Member, Relation, Unassigned
from local.simulator.simulator import Simulator
from local.simulator.transfer_book import TransferAttempt
from local.simulator.world import World, fold

_MOST_ROWS = 10_000
type Limit = Annotated[int, Query(ge=1, le=_MOST_ROWS)]


def router(simulator: Simulator) -> APIRouter:
    routes = APIRouter()
    for part in (_world, _apps, _members, _departments, _relations, _groups, _group_members, _transfers):
        part(routes, simulator)
    return routes


def _world(routes: APIRouter, simulator: Simulator) -> None:
    @routes.put("/world", tags=["world"], summary="Load a corp and start afresh; ``fresh``: knobs and timers too")
    async def load(document: dict[str, Any], *, fresh: bool = False) -> WorldSummary:
        return _summary(simulator.load_world(document, fresh=fresh))

    @routes.get("/world", tags=["world"], summary="The whole corp, secrets included: loading it gives it back")
    async def read() -> dict[str, Any]:
        return simulator.simulation.world.to_json()

    @routes.get("/world/summary", tags=["world"])
    async def summary() -> WorldSummary:
        return _summary(simulator.simulation.world)


def _apps(routes: APIRouter, simulator: Simulator) -> None:
    @routes.put("/apps/{app}/callback", tags=["apps"], summary="Set where the app gets its events")
    async def set_callback(app: str, target: CallbackTarget) -> CallbackTarget:
        try:
            aes_key(target.encoding_aes_key)
        except EncodingAesKeyError as error:
            raise HTTPException(422, str(error)) from error
        _app(simulator, app).callback = target
        return target

    @routes.post("/apps/{app}/callback/verify", tags=["apps"], summary="The console's check on saving the URL")
    async def verify(app: str) -> UrlCheck:
        if _app(simulator, app).callback is None:
            raise HTTPException(409, "the app has no callback")
        return UrlCheck(error=await simulator.dispatcher.verify_url(_app(simulator, app)))

    @routes.patch("/apps/{app}", tags=["apps"])
    async def patch_app(app: str, patch: AppPatch) -> App:
        changes = given(patch)
        found = _app(simulator, app)
        if "trusted_ips" in changes:
            simulator.actions.change_trusted_ips(app, changes.pop("trusted_ips") or [])
        for name, value in changes.items():
            setattr(found, name, value)
        simulator.simulation.world.structure_changed()
        return found


def _members(routes: APIRouter, simulator: Simulator) -> None:
    @routes.get("/members", tags=["members"])
    async def members(*, departed: bool = False) -> list[Member]:
        world = simulator.simulation.world
        return list((world.departed if departed else world.members).values())

    @routes.post("/members", tags=["members"], status_code=201, summary="Somebody joins: create_user")
    async def create(member: Member) -> Member:
        simulator.actions.create_member(member)
        return member

    @routes.get("/members/{userid}", tags=["members"])
    async def member(userid: str) -> Member:
        return simulator.actions.member(userid)

    @routes.patch("/members/{userid}", tags=["members"], summary="Change, cap, ban, rename: update_user where shown")
    async def patch(userid: str, patch: MemberPatch) -> Member:
        changes = given(patch)
        new_userid = changes.pop("new_userid", None)
        changed = simulator.actions.change_member(userid, changes) if changes else simulator.actions.member(userid)
        if new_userid is not None:
            simulator.actions.rename_userid(userid, new_userid)
        return changed

    @routes.delete("/members/{userid}", tags=["members"], summary="Somebody leaves: delete_user")
    async def delete(userid: str) -> Member:
        return simulator.actions.delete_member(userid)


def _departments(routes: APIRouter, simulator: Simulator) -> None:
    @routes.put("/departments/{department_id}", tags=["departments"], summary="create_party or update_party")
    async def put(department_id: int, department: Department) -> Department:
        department.id = department_id
        simulator.actions.put_department(department)
        return department

    @routes.put("/departments/{department_id}/leaders", tags=["departments"], summary="Who leads it: update_user")
    async def set_leaders(department_id: int, leaders: Leaders) -> Department:
        return simulator.actions.set_leaders(department_id, leaders.userids)

    @routes.delete("/departments/{department_id}", tags=["departments"], status_code=204)
    async def delete(department_id: int) -> None:
        simulator.actions.delete_department(department_id)


def _relations(routes: APIRouter, simulator: Simulator) -> None:
    actions = simulator.actions

    @routes.get("/relations", tags=["relations"], summary="Who follows whom, filtered and paged by offset")
    async def relations(
        userid: str | None = None, external_userid: str | None = None, offset: int = 0, limit: Limit = 1_000
    ) -> list[Relation]:
        rows = _relations_of(simulator.simulation.world, userid, external_userid)
        return rows[offset : offset + limit]

    @routes.post("/relations", tags=["relations"], status_code=201, summary="Customers add members, in one second")
    async def add(added: list[AddedRelation]) -> Added:
        return Added(welcome_codes=[actions.add_customer(item.relation, item.customer) for item in added])

    @routes.patch("/relations/{userid}/{external_userid}", tags=["relations"], summary="edit_external_contact")
    async def patch(userid: str, external_userid: str, patch: RelationPatch) -> Relation:
        return actions.change_relation(userid, external_userid, given(patch))

    @routes.delete("/relations/{userid}/{external_userid}", tags=["relations"], status_code=204)
    async def remove(userid: str, external_userid: str, by: Literal["member", "customer"] = "member") -> None:
        if by == "member":
            actions.remove_by_member(userid, external_userid)
        else:
            actions.remove_by_customer(userid, external_userid)

    @routes.get("/unassigned", tags=["relations"], summary="Leavers' customers that wait for somebody")
    async def unassigned(handover_userid: str | None = None, offset: int = 0, limit: Limit = 1_000) -> list[Unassigned]:
        rows = simulator.simulation.world.unassigned.listed()
        wanted = None if handover_userid is None else fold(handover_userid)
        mine = (row for row in rows if wanted is None or fold(row.handover_userid) == wanted)
        return list(islice(mine, offset, offset + limit))


def _groups(routes: APIRouter, simulator: Simulator) -> None:
    actions = simulator.group_actions

    @routes.get("/groups", tags=["groups"])
    async def groups(owner: str | None = None, offset: int = 0, limit: Limit = 1_000) -> list[Group]:
        book = simulator.simulation.world.groups
        return list(islice(book.owned_by(owner) if owner else book, offset, offset + limit))

    @routes.post("/groups", tags=["groups"], status_code=201)
    async def create(group: Group) -> Group:
        actions.create(group)
        return group

    @routes.get("/groups/{chat_id}", tags=["groups"])
    async def group(chat_id: str) -> Group:
        return actions.group(chat_id)

    @routes.patch("/groups/{chat_id}", tags=["groups"])
    async def patch(chat_id: str, patch: GroupPatch) -> Group:
        if patch.name is not None:
            actions.rename(chat_id, patch.name)
        if patch.notice is not None:
            actions.change_notice(chat_id, patch.notice)
        if patch.owner is not None:
            actions.change_owner(chat_id, patch.owner)
        return actions.group(chat_id)

    @routes.delete("/groups/{chat_id}", tags=["groups"], status_code=204, summary="dismiss")
    async def dismiss(chat_id: str) -> None:
        actions.dismiss(chat_id)


def _group_members(routes: APIRouter, simulator: Simulator) -> None:
    actions = simulator.group_actions

    @routes.post("/groups/{chat_id}/join", tags=["groups"], summary="add_member")
    async def join(chat_id: str, joining: list[GroupMember]) -> Group:
        actions.join(chat_id, joining)
        return actions.group(chat_id)

    @routes.post("/groups/{chat_id}/leave", tags=["groups"], summary="del_member")
    async def leave(chat_id: str, leaving: GroupLeave) -> Group:
        actions.leave(chat_id, leaving.userids, leaving.quit_scene)
        return actions.group(chat_id)


def _transfers(routes: APIRouter, simulator: Simulator) -> None:
    @routes.get("/decisions", tags=["transfers"])
    async def decisions() -> DecisionScript:
        return simulator.simulation.state.decisions

    @routes.put("/decisions", tags=["transfers"], summary="What customers do when asked to move; replaces the script")
    async def set_decisions(script: DecisionScript) -> DecisionScript:
        simulator.simulation.state.decisions = script
        return script

    @routes.get("/transfers", tags=["transfers"], summary="Every attempt ever made")
    async def transfers(
        external_userid: str | None = None, offset: int = 0, limit: Limit = 1_000
    ) -> list[TransferAttempt]:
        book = simulator.simulation.state.transfers
        rows = book.of_customer(external_userid) if external_userid else book.attempts
        return rows[offset : offset + limit]

    @routes.post("/transfers/decide", tags=["transfers"], summary="The customer decides now")
    async def decide(request: Decide) -> Counted:
        return Counted(count=len(simulator.transfers.decide(request.external_userid, request.decision)))


def _app(simulator: Simulator, app: str) -> App:
    found = simulator.simulation.world.apps.get(app)
    if found is None:
        raise HTTPException(404, "no such app")
    return found


def _relations_of(world: World, userid: str | None, external_userid: str | None) -> list[Relation]:
    if userid is not None:
        rows = world.relations_of(userid)
        return [row for row in rows if external_userid in (None, row.external_userid)]
    if external_userid is not None:
        return world.followers_of(external_userid)
    return list(world.relations())


def _summary(world: World) -> WorldSummary:
    return WorldSummary(
        corp_id=world.corp_id,
        members=len(world.members),
        customers=len(world.customers),
        relations=sum(1 for _ in world.relations()),
        groups=len(world.groups),
        unassigned=sum(1 for _ in world.unassigned.listed()),
    )
