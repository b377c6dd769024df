"""One port for every channel: what is created tells by its id which of them has it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from scrm.campaign.ports import AcceptedMessage, MassMessage, MassMessages, MessageSeen
from scrm.campaign.task import Result
from scrm.campaign.terms import Channel

RM_TASKS: Final = "rm_task/"
MOMENTS: Final = "moment/"
MEMBER_MESSAGES: Final = "member_message/"


@dataclass(frozen=True, slots=True)
class ChannelMessages:
    """Implements `scrm.campaign.ports.MassMessages`: WeCom's mass messages, its Moments, the
    member's own tasks, and messages to members.

    Each is asked for when there is something for it, so that a channel's own parts are loaded only then.
    """

    mass: Callable[[], MassMessages]
    rm_tasks: Callable[[], MassMessages]
    moments: Callable[[], MassMessages]
    member_messages: Callable[[], MassMessages]

    def create(self, message: MassMessage) -> AcceptedMessage:
        return self._of(message.channel).create(message)

    def created_between(self, channel: Channel, since: datetime, until: datetime) -> Iterator[MessageSeen]:
        return self._of(channel).created_between(channel, since, until)

    def members(self, msgid: str) -> Iterator[tuple[str, bool]]:
        return self._with(msgid).members(msgid)

    def results(self, msgid: str, userid: str) -> Iterator[tuple[str, Result]]:
        return self._with(msgid).results(msgid, userid)

    def remind(self, msgid: str) -> None:
        self._with(msgid).remind(msgid)

    def cancel(self, msgid: str) -> None:
        self._with(msgid).cancel(msgid)

    def _of(self, channel: Channel) -> MassMessages:
        match channel:
            case Channel.MOMENTS:
                return self.moments()
            case Channel.RM_TASK:
                return self.rm_tasks()
            case Channel.APPLICATION_MESSAGE:
                return self.member_messages()
            case Channel.ONE_TO_ONE | Channel.GROUP:
                return self.mass()

    def _with(self, msgid: str) -> MassMessages:
        if msgid.startswith(MOMENTS):
            return self.moments()
        if msgid.startswith(MEMBER_MESSAGES):
            return self.member_messages()
        return self.rm_tasks() if msgid.startswith(RM_TASKS) else self.mass()
