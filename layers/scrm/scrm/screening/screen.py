"""From the rows of a segment to what has to be done about them: pure, the same for every repeat."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from scrm.archive import index, masking, message
from scrm.archive.coverage import Answer, ArchiveConsent
from scrm.archive.index import Place
from scrm.archive.masking import PersonalDataKind
from scrm.archive.message import Message, MessageKind, Party, PartyKind
from scrm.archive.search import MessageRef
from scrm.lexicon.model import Action, Direction, Entry, Finding
from scrm.node_paths import ROOT_PATH
from scrm.review.desk import Suspicion
from scrm.review.model import Hit, ReviewKind, Severity

SECRET_ENTRY: Final = "personal-data.secret"  # noqa: S105 - the name of a check that no lexicon holds
_REVIEWED: Final = {
    Action.BLOCK: ReviewKind.COMPLIANCE,
    Action.WARN: ReviewKind.COMPLIANCE,
    Action.DETECT: ReviewKind.COMPLIANCE,
    Action.COMPLAINT: ReviewKind.COMPLAINT,
}
_ANSWERS: Final = {MessageKind.AGREE: ArchiveConsent.AGREED, MessageKind.DISAGREE: ArchiveConsent.REFUSED}
_SIGNALS: Final = frozenset({Action.OPT_OUT, Action.NEED_SIGNAL})


class LexiconInForce(Protocol):
    """One version of the lexicon, ready to scan."""

    @property
    def version(self) -> int: ...

    def entry(self, entry_id: str) -> Entry: ...

    def scan(self, text: str, direction: Direction, node_path: str) -> Sequence[Finding]: ...


@dataclass(frozen=True, slots=True)
class ArchivedRow:
    """An opened row of a segment, and where it lies."""

    place: Place
    message: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CustomerSignal:
    """What a customer wrote means something for him: ``entry_id`` says what. ``members``: whom he wrote to."""

    external_userid: str
    members: tuple[str, ...]
    entry_id: str
    msgid: str
    said_at: datetime


@dataclass(slots=True)
class Screened:
    """What follows from a segment. ``index_rows`` are rows of the search index, one for each message.

    ``answers``: what customers said when WeCom asked them whether their talk with a member may be archived (R20).
    """

    index_rows: list[dict[str, Any]] = field(default_factory=list)
    suspicions: list[Suspicion] = field(default_factory=list)
    opt_outs: list[CustomerSignal] = field(default_factory=list)
    needs: list[CustomerSignal] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    hits: Counter[str] = field(default_factory=Counter)


class Sampling(Protocol):
    def is_sample(self, msgid: str) -> bool:
        """Whether a message without a hit is looked at all the same."""
        ...


def members_in(rows: Iterable[ArchivedRow]) -> set[str]:
    """Userids whose places a screen of these rows needs."""
    return {member for row in rows for member in index.members_of(message.read(row.message))}


def screen(
    rows: Iterable[ArchivedRow], lexicon: LexiconInForce, places: Mapping[str, str], sampling: Sampling
) -> Screened:
    """Look at every row once. ``places``: node paths by userid; who has none stands at no branch and is seen by
    head office alone."""
    screened = Screened()
    for row in rows:
        _screen_one(row, message.read(row.message), lexicon, places, sampling, screened)
    return screened


def _screen_one(
    row: ArchivedRow,
    said: Message,
    lexicon: LexiconInForce,
    places: Mapping[str, str],
    sampling: Sampling,
    screened: Screened,
) -> None:
    members = index.members_of(said)
    node_paths = [places[member] for member in members if member in places] or [ROOT_PATH]
    node_path = node_paths[0]
    hits = hits_of(said, lexicon, node_path)
    index_row = index.row_of(said, row.place, node_paths, [entry.entry_id for entry, _, _ in hits])
    screened.index_rows.append(index_row)
    screened.hits.update(entry.action.value for entry, _, _ in hits)
    about = _About(row.place, str(MessageRef.of_row(index_row)), said, members, node_path, lexicon.version)
    suspicions = [*_suspicions(about, hits), *_secrets(about)]
    screened.suspicions += suspicions
    _hear_signals(about, hits, screened)
    screened.answers += _answers(about, row.message)
    if not hits and not suspicions and said.has_customer and said.texts and sampling.is_sample(said.msgid):
        screened.suspicions.append(about.suspicion(ReviewKind.SAMPLE, ()))


def hits_of(said: Message, lexicon: LexiconInForce, node_path: str) -> list[tuple[Entry, int, Finding]]:
    """Findings with their entries and the number of the text they stand in."""
    direction = direction_of(said)
    found = (
        (lexicon.entry(finding.entry_id), number, finding)
        for number, text in enumerate(said.texts)
        for finding in lexicon.scan(text, direction, node_path)
    )
    return [hit for hit in found if direction is not Direction.BOTH or hit[0].direction is Direction.BOTH]


def direction_of(said: Message) -> Direction:
    """Whose words they are; what members say among themselves and what robots say meets the entries for both."""
    if said.sender is None or not said.has_customer:
        return Direction.BOTH
    if said.sender.kind is PartyKind.CUSTOMER:
        return Direction.TO_STAFF
    return Direction.TO_CUSTOMER if said.sender.kind is PartyKind.MEMBER else Direction.BOTH


@dataclass(frozen=True, slots=True)
class _About:
    place: Place
    message_id: str
    said: Message
    members: tuple[str, ...]
    node_path: str
    lexicon_version: int

    def suspicion(self, kind: ReviewKind, hits: tuple[Hit, ...]) -> Suspicion:
        return Suspicion(
            kind=kind,
            msgid=self.said.msgid,
            message_id=self.message_id,
            conversation_id=self.said.conversation_id,
            member=next(iter(self.members), ""),
            node_path=self.node_path,
            hits=hits,
            lexicon_version=self.lexicon_version,
        )


def _suspicions(about: _About, hits: Sequence[tuple[Entry, int, Finding]]) -> list[Suspicion]:
    """One for each kind of case, with all hits that belong to it."""
    kinds: dict[ReviewKind, list[Hit]] = {}
    for entry, number, finding in hits:
        if entry.action in _REVIEWED:
            kinds.setdefault(_REVIEWED[entry.action], []).append(_hit(entry, number, finding))
    return [about.suspicion(kind, tuple(of_kind)) for kind, of_kind in kinds.items()]


def _secrets(about: _About) -> list[Suspicion]:
    """Passwords and codes, which must not stand in a chat (C3 of JR/T 0171); what they are is kept nowhere else."""
    found = tuple(
        Hit(SECRET_ENTRY, "", number, piece.start, piece.end, Severity.SERIOUS)
        for number, text in enumerate(about.said.texts)
        for piece in masking.find(text)
        if piece.kind is PersonalDataKind.SECRET
    )
    return [about.suspicion(ReviewKind.SECRET, found)] if found else []


def _hear_signals(about: _About, hits: Sequence[tuple[Entry, int, Finding]], screened: Screened) -> None:
    """What customers say for themselves; a member's words about a customer are no word of his."""
    sender = about.said.sender
    if sender is None or sender.kind is not PartyKind.CUSTOMER:
        return
    heard = {entry.entry_id: entry for entry, _, _ in hits if entry.action in _SIGNALS}
    for entry in heard.values():
        signal = _signal(about, sender, entry)
        (screened.opt_outs if entry.action is Action.OPT_OUT else screened.needs).append(signal)


def _answers(about: _About, raw: Mapping[str, Any]) -> list[Answer]:
    """What is agreed in a group is agreed for the group, and says nothing of anybody's talk with a member alone."""
    consent, said = _ANSWERS.get(about.said.kind), about.said
    body = raw.get(said.kind.value)
    if consent is None or said.room_id or not isinstance(body, Mapping):
        return []
    customer = body.get("userid")
    if not isinstance(customer, str) or not customer:
        customer = said.sender.party_id if said.sender else ""
    at_ms = body.get(f"{said.kind.value}_time")
    at = index.moment_of(at_ms) if type(at_ms) is int and at_ms > 0 else _said_at(about)
    return [Answer(member, customer, consent, at) for member in about.members if customer]


def _said_at(about: _About) -> datetime:
    """By WeCom's clock, and never ahead of the pull."""
    said_at = about.place.pulled_at
    return min(said_at, index.moment_of(about.said.sent_at_ms)) if about.said.sent_at_ms else said_at


def _signal(about: _About, sender: Party, entry: Entry) -> CustomerSignal:
    return CustomerSignal(sender.party_id, about.members, entry.entry_id, about.said.msgid, _said_at(about))


def _hit(entry: Entry, number: int, finding: Finding) -> Hit:
    evasion = finding.evasion.value if finding.evasion else ""
    return Hit(
        entry.entry_id, finding.word, number, finding.start, finding.end, Severity(entry.severity.value), evasion
    )
