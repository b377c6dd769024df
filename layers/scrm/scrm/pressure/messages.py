"""What the campaign reconcile queue carries for the ledger. Unknown fields are ignored; a break is a new version."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from scrm.pressure.model import PressureClass
from scrm.pressure.personal import PersonalMessage


class PersonalMessageSeen(BaseModel):
    """A member sent a mass message of his own: count it."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    schema_version: Literal[1] = 1
    kind: Literal["personal_message_seen"] = "personal_message_seen"
    msgid: str
    userid: str
    pressure_class: PressureClass
    created_at: datetime
    looks: int = 0

    @classmethod
    def of(cls, message: PersonalMessage) -> "PersonalMessageSeen":
        return cls(
            msgid=message.msgid,
            userid=message.userid,
            pressure_class=message.pressure_class,
            created_at=message.created_at,
            looks=message.looks,
        )

    def told(self) -> PersonalMessage:
        return PersonalMessage(self.msgid, self.userid, self.pressure_class, self.created_at, self.looks)
