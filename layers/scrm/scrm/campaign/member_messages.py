"""Application messages as a channel of campaigns (S55, S60): the member is told, his customers get nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from scrm.campaign.channels import MEMBER_MESSAGES
from scrm.campaign.ports import AcceptedMessage, MassMessage, MessageSeen
from scrm.campaign.task import RecipientState, Result
from scrm.campaign.terms import Channel

_REFERENCE: Final = 8  # characters of the send task's id; no two messages to a member are alike


@dataclass(frozen=True, slots=True)
class MemberWords:
    """What one member reads: a text, or a card with a ``title`` that opens ``url``."""

    text: str
    title: str = ""
    url: str = ""


class MemberCalls(Protocol):
    """Messages of the app to one member.

    Raises DispatchPostponedError, SendOutcomeUnknownError, and SendRefusedError also for a member whom WeCom does not
    reach: then its ``reason`` is ``invalid_member`` or ``not_licensed``.
    """

    def tell(self, userid: str, words: MemberWords) -> str:
        """The id of the message."""

    def recall(self, msgid: str) -> None: ...


@dataclass(frozen=True, slots=True)
class MemberMessages:
    """Implements `scrm.campaign.ports.MassMessages` for messages to members: a call each, as each has his number.

    The id of one is ``member_message/<send task>/<WeCom's id>``. Once WeCom took it the member is told, and nothing
    more is reported. The same task gives the same words.
    """

    calls: MemberCalls
    now: Callable[[], datetime]

    def create(self, message: MassMessage) -> AcceptedMessage:
        msgid = self.calls.tell(message.sender, words_of(message))
        return AcceptedMessage(
            f"{MEMBER_MESSAGES}{message.cause}/{msgid}", ended=Result(RecipientState.TOLD, self.now())
        )

    def created_between(self, channel: Channel, since: datetime, until: datetime) -> Iterator[MessageSeen]:  # noqa: ARG002
        """WeCom has no list of them."""
        return iter(())

    def members(self, msgid: str) -> Iterator[tuple[str, bool]]:  # noqa: ARG002
        return iter(())

    def results(self, msgid: str, userid: str) -> Iterator[tuple[str, Result]]:  # noqa: ARG002
        return iter(())

    def remind(self, msgid: str) -> None:
        """Nobody has to confirm it."""

    def cancel(self, msgid: str) -> None:
        """Takes it back from the member, within 24 hours."""
        self.calls.recall(msgid.removeprefix(MEMBER_MESSAGES).partition("/")[2])


def reference_of(cause: str) -> str:
    """What a member may quote, from the id of a task."""
    return cause[-_REFERENCE:].upper()


def words_of(message: MassMessage) -> MemberWords:
    """The approved text, how many of his customers are meant, and a reference; a link of the content makes a card."""
    count, reference = len(message.target_ids), reference_of(message.cause)
    text = f"{message.content.text}\n\n适用客户：{count} 位（编号 {reference}）".lstrip()
    link = next((one["link"] for one in message.content.attachments if one["msgtype"] == "link"), None)
    return MemberWords(text) if link is None else MemberWords(text, link["title"], link["url"])
