"""What the transfer of customers answers (docs/wecom.md 6)."""

from enum import IntEnum
from typing import Self

from pydantic import Field

from scrm.wecom.payloads.base import Moment, Payload


class TransferStatus(IntEnum):
    """Glossary: transfer status (docs/wecom.md 6.3). A value nobody has described reads as UNKNOWN."""

    UNKNOWN = 0
    DONE = 1
    WAITING = 2
    REFUSED = 3
    TAKEOVER_LIMIT = 4
    NO_RECORD = 5

    @classmethod
    def _missing_(cls, value: object) -> Self:  # noqa: ARG003 - the enum's own hook
        return cls(0)


class StartedTransfer(Payload):
    """``errcode`` 0 means started, it ends by itself after 24 h; never final success (docs/wecom.md 6.2)."""

    external_userid: str
    errcode: int


class TransferResult(Payload):
    """``takeover_at``: when WAITING the moment it completes by itself, None when refused."""

    external_userid: str
    status: TransferStatus
    takeover_at: Moment = Field(None, alias="takeover_time")


class Unassigned(Payload):
    """A customer of a leaver without a new owner."""

    handover_userid: str
    external_userid: str
    resigned_at: Moment = Field(None, alias="dimission_time")
