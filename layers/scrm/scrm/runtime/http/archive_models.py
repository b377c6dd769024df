"""Archived conversations and what people do with them, on the wire."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any, Final, Self

from pydantic import Field

from scrm.archive import access, deletion_requests, exports, legal_holds, reading, search
from scrm.archive.access import AccessKind
from scrm.archive.deletion_requests import DeletionState, Ground
from scrm.archive.exports import ExportState
from scrm.archive.legal_holds import HoldState
from scrm.archive.message import MessageKind
from scrm.archive.retrieval import described
from scrm.contacts.master import NUMBER
from scrm.contacts.ports import CustomersByNumber
from scrm.runtime.http.content_models import Asked, NodeText
from scrm.runtime.http.models import Reply, Timestamp
from scrm.settings.retention import RetentionDocument

_MOST_ACCOUNTS: Final = 20
_NOBODY: Final = "-"
Reason = Annotated[str, Field(min_length=2, max_length=500, description="Why; kept with the access, never logged.")]
PartyId = Annotated[str, Field(min_length=1, max_length=64)]
CustomerId = Annotated[str, Field(pattern=r"^w[mo][A-Za-z0-9_-]{1,62}$", description="external_userid")]


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


class Why(Asked):
    reason: Reason


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


class LegalHoldRequest(Asked):
    """At least one of customer, member, group or a day; what is given must all fit."""

    external_userid: CustomerId | None = None
    userid: PartyId | None = None
    room_id: PartyId | None = None
    first_day: date | None = None
    last_day: date | None = None
    reason: Reason

    def scope(self) -> legal_holds.HoldScope:
        """Raises StepRefusedError."""
        return legal_holds.HoldScope(
            self.external_userid or "", (self.userid or "").lower(), self.room_id or "", self.first_day, self.last_day
        )


class LegalHold(Reply):
    hold_id: str
    state: HoldState
    external_userid: str
    userid: str
    room_id: str
    first_day: date | None
    last_day: date | None
    reason: str
    node_path: str
    placed_by: str
    placed_at: Timestamp
    lift_asked_by: str
    lift_reason: str
    lifted_by: str
    lifted_at: Timestamp | None

    @classmethod
    def of(cls, hold: legal_holds.LegalHold) -> Self:
        scope = {name: getattr(hold.scope, name) for name in ("external_userid", "userid", "room_id")}
        own = set(cls.model_fields) - scope.keys() - {"first_day", "last_day"}
        return cls(
            **scope,
            first_day=hold.scope.first_day,
            last_day=hold.scope.last_day,
            **{name: getattr(hold, name) for name in own},
        )


class LegalHoldPage(Reply):
    items: list[LegalHold]
    cursor: str | None


class DeletionWish(Asked):
    external_userid: CustomerId
    wish: Annotated[str, Field(min_length=2, max_length=1_000, description="What the customer asked for, and how.")]


class DeletionRequest(Reply):
    """``possible_from``: the first day on which nothing that was stored until the decision is kept any more."""

    request_id: str
    external_userid: str
    wish: str
    node_path: str
    recorded_by: str
    recorded_at: Timestamp
    state: DeletionState
    grounds: list[Ground]
    reason: str
    possible_from: date | None
    decided_by: str
    decided_at: Timestamp | None

    @classmethod
    def of(cls, request: deletion_requests.DeletionRequest) -> Self:
        return cls.model_validate(request)


class DeletionRequestPage(Reply):
    items: list[DeletionRequest]
    cursor: str | None


class ExportRequest(Asked):
    """``search.limit`` and ``search.cursor`` say nothing here: an export has all that match, 10,000 at most."""

    search: MessageSearch
    covered: bool = Field(default=True, description="False: personal data is readable in it, but for passwords.")
    with_media: bool = Field(default=False, description="With the files that are in the archive.")


class Note(Asked):
    note: str = Field(default="", max_length=500)


class ArchiveExport(Reply):
    """``expired`` True: its files are given out no more. ``files`` are named once it is ready."""

    export_id: str
    state: ExportState
    expired: bool
    search: dict[str, Any]
    covered: bool
    with_media: bool
    reason: str
    node_path: str
    asked_by: str
    asked_at: Timestamp
    decided_by: str
    decided_at: Timestamp | None
    note: str
    ready_at: Timestamp | None
    expires_at: Timestamp | None
    messages: int | None
    conversations: int | None
    bytes: int | None
    manifest_sha256: str | None
    failure: str
    files: list[str]

    @classmethod
    def of(cls, export: exports.Export, now: datetime, files: Sequence[str] = ()) -> Self:
        written = export.written
        same = ("export_id", "state", "with_media", "reason", "node_path", "asked_by", "asked_at", "decided_by")
        later = ("decided_at", "note", "ready_at", "expires_at", "failure")
        return cls(
            **{name: getattr(export, name) for name in (*same, *later)},
            expired=export.has_expired(now),
            search=dict(described(export.search)),
            covered=export.is_covered,
            messages=written.messages if written else None,
            conversations=written.conversations if written else None,
            bytes=written.bytes if written else None,
            manifest_sha256=written.manifest_sha256 if written else None,
            files=list(files),
        )


class ArchiveExportPage(Reply):
    items: list[ArchiveExport]
    cursor: str | None


class ExportDownload(Reply):
    """Where a file can be read with a plain GET, for ``valid_for_s`` seconds."""

    export_id: str
    name: str
    url: str
    valid_for_s: int


class RetentionInForce(Reply):
    """``days`` by class of record: never below what the bucket locks by itself (``locked_days``)."""

    version: int
    locked_days: int
    days: dict[str, int]
    settings: RetentionDocument


class RetentionRequest(Asked):
    """The whole document, over the version that was read; 0 when nothing was set yet."""

    version: int = Field(ge=0)
    settings: RetentionDocument


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
