"""An archived message, read from the JSON that WeCom's library decrypts (docs/archive.md, the message model).

Whatever WeCom adds later is kept and searched too: an unknown kind is `MessageKind.UNKNOWN`, its texts are all its
strings. Nothing here raises on what a message holds, since one strange message must not hold up its page.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from scrm.archive.bodies import BODY_KEYS, Media, media_of, texts_of
from scrm.ids import derive, fold_userid

_CUSTOMER = re.compile(r"w[mo]")  # external_userid; a userid is told apart by nothing else (docs/archive.md)
_ROBOT = re.compile(r"wb")


class MessageKind(StrEnum):
    """``msgtype`` as it comes; ``switch`` has none but its action, ``unknown`` is a kind that came after this list."""

    TEXT = "text"
    IMAGE = "image"
    REVOKE = "revoke"
    AGREE = "agree"
    DISAGREE = "disagree"
    VOICE = "voice"
    VIDEO = "video"
    CARD = "card"
    LOCATION = "location"
    EMOTION = "emotion"
    FILE = "file"
    LINK = "link"
    WEAPP = "weapp"
    CHAT_RECORD = "chatrecord"
    TODO = "todo"
    VOTE = "vote"
    COLLECT = "collect"
    RED_PACKET = "redpacket"
    EXTERNAL_RED_PACKET = "external_redpacket"
    MEETING = "meeting"
    MEETING_NOTIFICATION = "meeting_notification"
    DOCUMENT = "docmsg"
    MARKDOWN = "markdown"
    NEWS = "news"
    CALENDAR = "calendar"
    MIXED = "mixed"
    MEETING_VOICE_CALL = "meeting_voice_call"
    VOIP_DOC_SHARE = "voip_doc_share"
    CHANNELS_FEED = "sphfeed"
    VOIP_TEXT = "voiptext"
    DISK_FILE = "qydiskfile"
    SOLITAIRE = "solitaire"
    NOTE = "note"
    SWITCH = "switch"
    UNKNOWN = "unknown"


_KINDS: Final = {kind.value: kind for kind in MessageKind}


class PartyKind(StrEnum):
    MEMBER = "member"
    CUSTOMER = "customer"
    ROBOT = "robot"


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who takes part in a conversation; a member's ``party_id`` is folded to lower case."""

    kind: PartyKind
    party_id: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message as everything behind the archive sees it.

    ``sent_at_ms``: milliseconds since 1970, None where WeCom sends none (or 0, as the vendor's image sample has it).
    ``texts``: what a person could read in it, forwarded and mixed content flattened, in the order of reading.
    ``recalls``: the msgid of the message that this one takes back. ``conversation_id``: the group's or, for two
    people, one id in both directions; a call has all its people. ``call_id`` joins the records of one call.
    """

    msgid: str
    kind: MessageKind
    wire_kind: str
    action: str
    sender: Party | None
    recipients: tuple[Party, ...]
    room_id: str
    conversation_id: str
    sent_at_ms: int | None
    texts: tuple[str, ...]
    media: tuple[Media, ...]
    recalls: str | None = None
    call_id: str = ""

    @property
    def parties(self) -> tuple[Party, ...]:
        return ((self.sender,) if self.sender else ()) + self.recipients

    @property
    def has_customer(self) -> bool:
        return any(party.kind is PartyKind.CUSTOMER for party in self.parties)


def read(message: Mapping[str, Any]) -> Message:
    """The message of a decrypted row; ``message`` is its JSON object, whatever it holds."""
    action = _string(message, "action")
    wire_kind = _string(message, "msgtype") or (MessageKind.SWITCH if action == "switch" else "")
    sender = party_of(_string(message, "from") or _string(message, "user"))
    recipients = _recipients(message.get("tolist"))
    room_id = _string(message, "roomid")
    return Message(
        msgid=_string(message, "msgid"),
        kind=_KINDS.get(wire_kind, MessageKind.UNKNOWN),
        wire_kind=wire_kind,
        action=action,
        sender=sender,
        recipients=recipients,
        room_id=room_id,
        conversation_id=conversation_id(room_id, ((sender,) if sender else ()) + recipients),
        sent_at_ms=_time(message),
        texts=texts_of(wire_kind, message),
        media=media_of(wire_kind, message),
        recalls=_recalled(message),
        call_id=_string(message, "voiceid") or _string(message, "voipid"),
    )


def party_of(party_id: str) -> Party | None:
    """Who an id belongs to, by its prefix: ``wm``/``wo`` a customer, ``wb`` a robot, anything else a member."""
    if not party_id:
        return None
    if _CUSTOMER.match(party_id):
        return Party(PartyKind.CUSTOMER, party_id)
    if _ROBOT.match(party_id):
        return Party(PartyKind.ROBOT, party_id)
    return Party(PartyKind.MEMBER, fold_userid(party_id))


def conversation_id(room_id: str, parties: tuple[Party, ...]) -> str:
    """``conv_…``, the same for both directions; empty where nobody is named."""
    if room_id:
        return derive("conv", "room", room_id)
    if not parties:
        return ""
    return derive("conv", "parties", *sorted({party.party_id for party in parties}))


def _recipients(stated: Any) -> tuple[Party, ...]:
    if not isinstance(stated, list):
        return ()
    return tuple(party for each in stated if isinstance(each, str) and (party := party_of(each)))


def _time(message: Mapping[str, Any]) -> int | None:
    """``msgtime``; a switch record has ``time``, which other kinds use for a text."""
    for key in ("msgtime", "time"):
        stated = message.get(key)
        if isinstance(stated, int) and not isinstance(stated, bool) and stated > 0:
            return stated
    return None


def _recalled(message: Mapping[str, Any]) -> str | None:
    body = message.get(BODY_KEYS[MessageKind.REVOKE])
    return (_string(body, "pre_msgid") or None) if isinstance(body, Mapping) else None


def _string(holder: Mapping[str, Any], key: str) -> str:
    stated = holder.get(key)
    return stated if isinstance(stated, str) else ""
