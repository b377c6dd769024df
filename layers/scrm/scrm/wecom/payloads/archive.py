"""What WeCom says of who is archived."""

from enum import StrEnum
from typing import Final

from pydantic import Field

from scrm.wecom.payloads.base import Moment, Payload, Text

AGREED: Final = "Agree"
REFUSED: Final = "Disagree"


class Agreement(Payload):
    """A customer's answer; ``status`` is a word of its own where he has not answered (not documented which)."""

    external_userid: str = Field(alias="exteranalopenid")  # spelled so by WeCom
    userid: Text = ""
    status: Text = Field(default="", alias="agree_status")
    changed_at: Moment = Field(default=None, alias="status_change_time")


class Edition(StrEnum):
    """Which seats a member has."""

    OFFICE = "1"
    SERVICE = "2"
    ENTERPRISE = "3"
