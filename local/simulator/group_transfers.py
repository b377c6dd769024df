"""The transfer engine for customer groups: new owners for the groups of the present and of the departed (6.6)."""

from typing import Any

from local.simulator import errors
from local.simulator.callbacks import CallbackDispatcher
from local.simulator.clock import DAY_SECONDS, YEAR_SECONDS, beijing_day
from local.simulator.errors import ApiError, text_of
from local.simulator.events import EXTERNAL_CHAT, Event
from local.simulator.model import (
    GROUP_INHERITED,
    GROUP_INHERITING,
    GROUP_NORMAL,
    GROUP_OWNER_LEFT,
    INTERNAL,
    MEMBER_ACTIVE,
    App,
    Group,
    GroupMember,
    Member,
    TransferKind,
)
from local.simulator.state import Simulation
from local.simulator.world import fold

INHERITANCE_DUE = "group_inheritance_due"


class GroupTransferEngine:
    def __init__(self, simulation: Simulation, dispatcher: CallbackDispatcher) -> None:
        self._simulation = simulation
        self._dispatcher = dispatcher
        simulation.timeline.on(INHERITANCE_DUE, self._fall_due)

    def start(self, kind: TransferKind, app: App, chat_ids: list[str], new_owner: str) -> list[dict[str, Any]]:
        """One call; the rows of those that failed.

        Raises:
            ApiError: the new owner may not own groups, which refuses the whole call.
        """
        self._check_new_owner(app, new_owner)
        failed = []
        for chat_id in chat_ids:
            errcode = self._start_one(kind, app, chat_id, new_owner)
            if errcode != errors.OK:
                failed.append({"chat_id": chat_id, "errcode": errcode, "errmsg": text_of(errcode)})
        return failed

    def _check_new_owner(self, app: App, new_owner: str) -> None:
        member = self._simulation.world.member(new_owner)
        if member is None or not self._simulation.world.sees(app, new_owner):
            raise ApiError(errors.USER_UNKNOWN, "new_owner")
        if not member.contact_service:
            raise ApiError(errors.NOT_SERVICE_MEMBER)
        if not member.real_named or member.status != MEMBER_ACTIVE:
            raise ApiError(errors.NOT_REAL_NAMED)
        if not member.logged_in_since(self._simulation.now() - YEAR_SECONDS):
            raise ApiError(self._simulation.knobs.stale_login_errcode, "new_owner")

    def _start_one(self, kind: TransferKind, app: App, chat_id: str, new_owner: str) -> int:
        group = self._simulation.world.groups.get(chat_id)
        if group is None or not group.external:
            return errors.NOT_CUSTOMER_GROUP
        if not self._simulation.world.sees(app, group.owner):
            return errors.NO_RIGHT
        refusal = self._onjob_refusal(group, new_owner) if kind == "onjob" else self._resigned_refusal(group)
        if refusal:
            return refusal
        if not self._take_from_daily_cap(group):
            return self._simulation.knobs.group_cap_errcode
        if kind == "onjob":
            group.onjob_transfer_times.append(self._simulation.now())
            self.change_owner(group, new_owner, "transfer:onjob")
        else:
            self._inherit(group, new_owner)
        return errors.OK

    def _onjob_refusal(self, group: Group, new_owner: str) -> int:
        owner, knobs = self._simulation.world.member(group.owner), self._simulation.knobs
        if owner is None or group.status == GROUP_OWNER_LEFT:
            return errors.OWNER_RESIGNED
        if fold(group.owner) == fold(new_owner):
            return errors.OWNER_UNCHANGED
        if not owner.logged_in_since(self._simulation.now() - YEAR_SECONDS):
            return knobs.stale_login_errcode
        today = beijing_day(self._simulation.now())
        recent = [at for at in group.onjob_transfer_times if today - beijing_day(at) < knobs.onjob_quota_days]
        return knobs.group_quota_errcode if len(recent) >= knobs.onjob_quota else errors.OK

    def _resigned_refusal(self, group: Group) -> int:
        if group.status == GROUP_INHERITING:
            return errors.GROUP_INHERITING
        leaver = self._departed_owner(group)
        if leaver is None:
            inherited = group.status == GROUP_INHERITED
            return errors.GROUP_INHERITED_ALREADY if inherited else errors.OWNER_NOT_RESIGNED
        left_at = leaver.left_at or 0
        if left_at < self._simulation.now() - self._simulation.knobs.inheritance_days * DAY_SECONDS:
            return errors.NO_RIGHT
        recent = leaver.logged_in_since(left_at - YEAR_SECONDS)
        return errors.OK if recent else self._simulation.knobs.stale_login_errcode

    def _departed_owner(self, group: Group) -> Member | None:
        """Who left the group behind, also when somebody was taken on under that userid since."""
        world = self._simulation.world
        waits = group.status == GROUP_OWNER_LEFT or world.member(group.owner) is None
        return world.departed.get(fold(group.owner)) if waits else None

    def _take_from_daily_cap(self, group: Group) -> bool:
        used = self._simulation.state.group_transfers
        key = (beijing_day(self._simulation.now()), fold(group.owner))
        if used.get(key, 0) >= self._simulation.knobs.group_transfers_per_day:
            return False
        used[key] = used.get(key, 0) + 1
        return True

    def _inherit(self, group: Group, new_owner: str) -> None:
        group.status = GROUP_INHERITING
        self._simulation.ledger.changed(
            self._simulation.now(), "group_inheriting", "transfer:resigned", chat_id=group.chat_id, userid=group.owner
        )
        delay = self._simulation.knobs.group_inherit_delay_seconds
        if delay == 0:
            self._finish(group, new_owner)
        else:
            due = self._simulation.now() + delay
            self._simulation.timeline.schedule(due, INHERITANCE_DUE, chat_id=group.chat_id, new_owner=new_owner)

    async def _fall_due(self, at: float, args: dict[str, Any]) -> None:  # noqa: ARG002 - the handlers' shape
        group = self._simulation.world.groups.get(args["chat_id"])
        if group is not None and group.status == GROUP_INHERITING:
            self._finish(group, args["new_owner"])

    def _finish(self, group: Group, new_owner: str) -> None:
        if self._simulation.world.member(new_owner) is None:
            group.status = GROUP_OWNER_LEFT  # the new owner left while it ran: it waits for another one
            return
        self.change_owner(group, new_owner, "transfer:resigned", status=GROUP_INHERITED)

    def change_owner(self, group: Group, new_owner: str, cause: str, *, status: int = GROUP_NORMAL) -> None:
        """Give the group to a present member, who joins it if need be."""
        now = self._simulation.now()
        member = self._simulation.world.member(new_owner)
        owner = member.userid if member else new_owner
        if all(fold(row.userid) != fold(owner) for row in group.members):
            group.members.insert(0, GroupMember(userid=owner, type=INTERNAL, join_time=int(now)))
        history = self._simulation.state.group_history
        history.change_owner(group, now)
        if self._simulation.world.member(group.owner) is None:
            history.leave(group, [row for row in group.members if fold(row.userid) == fold(group.owner)], now)
            group.members = [row for row in group.members if fold(row.userid) != fold(group.owner)]
        self._simulation.ledger.changed(
            now, "group_owner_changed", cause, userid=group.owner, chat_id=group.chat_id, detail=owner
        )
        self._simulation.world.groups.set_owner(group, owner)
        group.status = status
        if cause == "control" or self._simulation.knobs.group_owner_event:
            fields = {"ChatId": group.chat_id, "UpdateDetail": "change_owner"}
            self._dispatcher.emit(Event(EXTERNAL_CHAT, "update", fields, about=owner))
