"""What Moments answer (docs/wecom.md 14)."""

from enum import IntEnum
from typing import Self

from pydantic import Field

from scrm.wecom.payloads.base import Items, Moment, Payload, Text


class StartedJob(Payload):
    """A creation is a job; its id can be asked about for a day."""

    jobid: str


class JobStatus(IntEnum):
    """docs/wecom.md 14.1. A value nobody has described reads as running."""

    STARTED = 1
    RUNNING = 2
    DONE = 3

    @classmethod
    def _missing_(cls, value: object) -> Self:  # noqa: ARG003 - the enum's own hook
        return cls(2)


class NamedInVain(Payload):
    """Tags that WeCom does not know."""

    tag_list: Items[str] = ()


class JobResult(Payload):
    """Of a job that is done: its own errcode beside that of the answer."""

    errcode: int = 0
    moment_id: Text = ""
    invalid_external_contact_list: NamedInVain = Field(default_factory=lambda: NamedInVain(tag_list=()))


class JobAnswer(Payload):
    status: JobStatus = JobStatus.RUNNING
    result: JobResult = Field(default_factory=JobResult)


class MomentText(Payload):
    content: Text = Field("", repr=False)


class MomentRow(Payload):
    """A moment in WeCom's list. ``creator`` is absent on those made through the API."""

    moment_id: str
    creator: Text = ""
    created_at: Moment = Field(None, alias="create_time")
    text: MomentText = Field(default_factory=lambda: MomentText(content=""))


class MomentMember(Payload):
    """A member who is to publish it; ``publish_status`` 1 says that he has."""

    userid: str
    publish_status: int = 0

    @property
    def has_published(self) -> bool:
        return self.publish_status != 0


class MomentReaction(Payload):
    """A like or a comment, of a customer or of a member, never both; nobody is told what was written."""

    external_userid: Text = ""
    userid: Text = ""
    at: Moment = Field(None, alias="create_time")


class MomentReactions(Payload):
    """On what one member published."""

    comment_list: Items[MomentReaction] = ()
    like_list: Items[MomentReaction] = ()


class MomentViewer(Payload):
    """A customer who is shown it."""

    external_userid: str
