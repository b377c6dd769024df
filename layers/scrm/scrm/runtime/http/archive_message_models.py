"""Archived messages, how they are looked for, and who did, on the wire."""

from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Final, Self

from pydantic import Field

from scrm.archive import access, reading, search
from scrm.archive.access import AccessKind
from scrm.archive.message import MessageKind
from scrm.contacts.master import NUMBER
from scrm.contacts.ports import CustomersByNumber
from scrm.runtime.http.archive_models import PartyId, Reason
from scrm.runtime.http.wire import Asked, NodeText, Reply, Timestamp

_MOST_ACCOUNTS: Final = 20
_NOBODY: Final = "-"


class MessageSearch(Asked):
    """What to look for: business days, both included, 31 at most. ``parties`` all take part, ``words`` all stand in the
    text as they are written; of ``kinds`` and of ``hits`` one is enough."""

    first_day: date
    last_day: date
    parties: list[PartyId] = Field(default_factory=list, max_length=10, description="userid or external_userid")
    room_id: str = Field(default="", max_length=64, description="A group chat.")
    kinds: list[MessageKind] = Field(default_factory=list, max_length=40)
    hits: list[str] = Field(default_factory=list, max_length=20, description="Entries of the lexicon.")
    words: list[Annotated[str, Field(min_length=1, max_length=50)]] = Field(default_factory=list, max_length=5)
    node_id: NodeText | None = Field(
        default=None, description="Only at or below this node; the caller's own if absent."
    )
    limit: int = Field(default=50, ge=1, le=search.MOST_ROWS)
    cursor: str | None = Field(default=None, max_length=200)
    reason: Reason

    def search(self, node_path: str) -> search.Search:
        """Raises InvalidSearchError."""
        return search.Search(
            node_path=node_path,
            first_day=self.first_day,
            last_day=self.last_day,
            parties=tuple(self.parties),
            room_id=self.room_id,
            kinds=tuple(self.kinds),
            hits=tuple(self.hits),
            words=tuple(self.words),
            most=self.limit,
        )


class NumberedSearch(MessageSearch):
    """As for an export, and also by the bank's own number of a customer, as its customer master tells it."""

    customer_number: str = Field(
        default="", pattern=rf"^({NUMBER})?$", description="Talks of a customer with this number; it is kept nowhere."
    )

    def by_number(self, node_path: str, customers: CustomersByNumber) -> search.Search:
        """Raises InvalidSearchError. A number that nobody has finds nothing, and is on record like one that has."""
        wanted = self.search(node_path)
        if not self.customer_number:
            return wanted
        return replace(wanted, any_party=customers.customers_with(self.customer_number)[:_MOST_ACCOUNTS] or (_NOBODY,))


class FoundMessage(Reply):
    """``message_id`` names it for `getArchivedMessage`. ``text`` has its personal data covered. ``seq`` is text."""

    message_id: str
    msgid: str
    seq: str
    conversation_id: str
    room_id: str
    at: Timestamp
    kind: str
    kind_name: str
    action: str
    sender: str
    parties: list[str]
    text: str
    files: int
    recalls: str
    hits: list[str]

    @classmethod
    def of(cls, found: search.Found) -> Self:
        return cls(**_head(found), text=found.text, files=found.files)


class FoundPage(Reply):
    items: list[FoundMessage]
    cursor: str | None


class MessageFile(Reply):
    part: int
    kind: str
    extension: str
    bytes: int | None


class ArchivedMessage(Reply):
    """One message as a person reads it. ``cover``: ``all`` personal data is covered, or passwords and codes only.

    ``is_kept`` False: its row is parked, or its segment is not in the archive.
    """

    message_id: str
    msgid: str
    seq: str
    conversation_id: str
    room_id: str
    at: Timestamp
    kind: str
    kind_name: str
    action: str
    sender: str
    parties: list[str]
    texts: list[str]
    files: list[MessageFile]
    recalls: str
    hits: list[str]
    cover: reading.TextCover
    is_kept: bool

    @classmethod
    def of(cls, message: reading.ReadableMessage) -> Self:
        files = [
            MessageFile(part=file.part, kind=file.kind, extension=file.extension, bytes=file.size)
            for file in message.files
        ]
        return cls(
            **_head(message.found),
            texts=list(message.texts),
            files=files,
            cover=message.cover,
            is_kept=message.is_kept,
        )


class Access(Reply):
    """One search, reading or download: who, when, why, what was asked for, how many messages were shown."""

    access_id: str
    kind: AccessKind
    actor: str
    node_path: str
    at: Timestamp
    reason: str
    asked: dict[str, Any]
    found: int

    @classmethod
    def of(cls, found: access.Access) -> Self:
        return cls.model_validate(
            {**{name: getattr(found, name) for name in cls.model_fields}, "asked": {**found.asked}}
        )


class AccessPage(Reply):
    items: list[Access]
    cursor: str | None


def _head(found: search.Found) -> dict[str, Any]:
    return {
        "message_id": str(found.ref),
        "msgid": found.msgid,
        "seq": str(found.seq),
        "conversation_id": found.conversation_id,
        "room_id": found.room_id,
        "at": found.placed_at,
        "kind": found.kind,
        "kind_name": reading.kind_name(found.kind),
        "action": found.action,
        "sender": found.sender,
        "parties": list(found.parties),
        "recalls": found.recalls,
        "hits": list(found.hits),
    }
