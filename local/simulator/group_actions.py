"""What people do with group chats in the client; these emit change_external_chat."""

from local.simulator.callbacks import CallbackDispatcher
from local.simulator.corp_actions import UnknownThingError
from local.simulator.events import EXTERNAL_CHAT, Event, FieldValue
from local.simulator.group_chats import member_version
from local.simulator.group_transfers import GroupTransferEngine
from local.simulator.model import Group, GroupMember
from local.simulator.state import Simulation

_LEFT_BY_SELF = 0
_EVENT_SCENE_INVITED, _EVENT_SCENE_QR = 0, 3
_GET_SCENE_QR = 3


class GroupActions:
    def __init__(self, simulation: Simulation, dispatcher: CallbackDispatcher, transfers: GroupTransferEngine) -> None:
        self._simulation = simulation
        self._dispatcher = dispatcher
        self._transfers = transfers

    def create(self, group: Group) -> None:
        world = self._simulation.world
        if world.member(group.owner) is None or group.chat_id in world.groups:
            raise UnknownThingError("the owner is unknown or the chat id is taken")
        world.groups.add(group)
        self._note("group_created", group)
        self._tell("create", group, {})

    def dismiss(self, chat_id: str) -> None:
        group = self.group(chat_id)
        self._simulation.world.groups.remove(chat_id)
        self._simulation.state.group_history.dismiss(group, self._simulation.now())
        self._note("group_dismissed", group)
        self._tell("dismiss", group, {})

    def rename(self, chat_id: str, name: str) -> None:
        group = self.group(chat_id)
        group.name = name
        self._note("group_renamed", group)
        self._tell("update", group, {"UpdateDetail": "change_name"})

    def change_notice(self, chat_id: str, notice: str) -> None:
        group = self.group(chat_id)
        group.notice = notice
        self._note("group_notice_changed", group)
        self._tell("update", group, {"UpdateDetail": "change_notice"})

    def change_owner(self, chat_id: str, new_owner: str) -> None:
        if self._simulation.world.member(new_owner) is None:
            raise UnknownThingError("no such member")
        self._transfers.change_owner(self.group(chat_id), new_owner, "control")

    def join(self, chat_id: str, joining: list[GroupMember]) -> None:
        group = self.group(chat_id)
        before = member_version(group)
        present = {row.userid for row in group.members}
        group.members.extend(row for row in joining if row.userid not in present)
        scene = _EVENT_SCENE_QR if joining and joining[0].join_scene == _GET_SCENE_QR else _EVENT_SCENE_INVITED
        self._tell_members(group, "add_member", {"JoinScene": scene}, [row.userid for row in joining], before)

    def leave(self, chat_id: str, userids: list[str], quit_scene: int = _LEFT_BY_SELF) -> None:
        group = self.group(chat_id)
        before = member_version(group)
        leaving = [row for row in group.members if row.userid in userids]
        self._simulation.state.group_history.leave(group, leaving, self._simulation.now())
        group.members = [row for row in group.members if row.userid not in userids]
        self._tell_members(group, "del_member", {"QuitScene": quit_scene}, userids, before)

    def group(self, chat_id: str) -> Group:
        group = self._simulation.world.groups.get(chat_id)
        if group is None:
            raise UnknownThingError(f"no group chat {chat_id}")
        return group

    def _tell_members(
        self, group: Group, detail: str, scene: dict[str, FieldValue], userids: list[str], before: str
    ) -> None:
        self._note(f"group_{detail}", group, ",".join(userids))
        fields: dict[str, FieldValue] = {
            "UpdateDetail": detail,
            **scene,
            "MemChangeCnt": len(userids),
            "MemChangeList": userids,
            "LastMemVer": before,
            "CurMemVer": member_version(group),
        }
        self._tell("update", group, fields)

    def _tell(self, change_type: str, group: Group, fields: dict[str, FieldValue]) -> None:
        event = Event(EXTERNAL_CHAT, change_type, {"ChatId": group.chat_id, **fields}, about=group.owner)
        self._dispatcher.emit(event)

    def _note(self, kind: str, group: Group, detail: str | None = None) -> None:
        self._simulation.ledger.changed(
            self._simulation.now(), kind, "control", userid=group.owner, chat_id=group.chat_id, detail=detail
        )
