"""What mass messages answer (docs/wecom.md 13)."""

from enum import IntEnum
from typing import Self

from pydantic import Field

from scrm.wecom.payloads.base import Items, Moment, Payload, Text


class CreatedMassMessage(Payload):
    """``fail_list`` are customers or groups it will not be sent to; the others' members were asked."""

    msgid: str
    fail_list: Items[str] = ()


class MassMessageText(Payload):
    content: Text = Field("", repr=False)


class MassMessageRow(Payload):
    """A mass message in WeCom's list. ``creator`` is absent on those made through the API."""

    msgid: str
    creator: Text = ""
    created_at: Moment = Field(None, alias="create_time")
    text: MassMessageText = Field(default_factory=lambda: MassMessageText(content=""))


class MassMessageMember(Payload):
    """A member who is to send it: ``status`` jumps from 0 to 2 when he confirms; there is no 1."""

    userid: str
    status: int = 0

    @property
    def has_confirmed(self) -> bool:
        return self.status != 0


class MassMessageStatus(IntEnum):
    """docs/wecom.md 13.3. A value nobody has described reads as not sent."""

    NOT_SENT = 0
    SENT = 1
    NOT_FRIEND = 2
    QUOTA_REACHED = 3

    @classmethod
    def _missing_(cls, value: object) -> Self:  # noqa: ARG003 - the enum's own hook
        return cls(0)


class MassMessageResult(Payload):
    """Of one customer, or of one group."""

    external_userid: Text = ""
    chat_id: Text = ""
    status: MassMessageStatus = MassMessageStatus.NOT_SENT
    sent_at: Moment = Field(None, alias="send_time")
