"""The lexicon on the wire."""

from typing import Annotated, Self

from pydantic import Field

from scrm.lexicon import model
from scrm.lexicon.documents import MOST_ENTRIES, MOST_PHRASES, Changes
from scrm.lexicon.intercept import SyncState
from scrm.lexicon.model import Action, Direction, Evasion, Finding, Kind, Severity
from scrm.lexicon.packing import DetectOnlyCause, Packed
from scrm.lexicon.patterns import Check
from scrm.lexicon.versions import LexiconVersion, VersionState
from scrm.node_paths import ROOT_PATH
from scrm.runtime.http.wire import Asked, Page, Reply, Timestamp

_MOST_SCOPES = 500
_MOST_ENTRY_PHRASES = 50
_LONGEST_TEXT = 4_000

Phrase = Annotated[str, Field(min_length=1, max_length=64)]
NodePath = Annotated[str, Field(pattern=r"^/([0-9]{1,20}/){1,12}$", description="Such as /1/10/.")]


class EntryText(Asked):
    """A word or an expression, whose words it looks at, where it holds, and what follows (docs/lexicon.md)."""

    entry_id: str = Field(min_length=1, max_length=64)
    text: str = Field(min_length=1, max_length=200)
    kind: Kind = Kind.WORD
    direction: Direction = Direction.BOTH
    severity: Severity = Severity.WARNING
    action: Action = Action.DETECT
    scope: tuple[NodePath, ...] = Field(default=(ROOT_PATH,), min_length=1, max_length=_MOST_SCOPES)
    allowed: tuple[Phrase, ...] = Field(default=(), max_length=_MOST_ENTRY_PHRASES)
    check: Check = Check.NONE

    def entry(self) -> model.Entry:
        return model.Entry(**{name: getattr(self, name) for name in type(self).model_fields})


class DraftRequest(Asked):
    """A whole lexicon; ``standard`` takes the one the product ships instead."""

    note: str = Field(default="", max_length=500, description="Why; kept for good, no personal data.")
    standard: bool = False
    entries: list[EntryText] = Field(default_factory=list, max_length=MOST_ENTRIES)
    allowed: tuple[Phrase, ...] = Field(default=(), max_length=MOST_PHRASES)

    def lexicon(self) -> model.Lexicon:
        return model.Lexicon(tuple(each.entry() for each in self.entries), self.allowed)


class RejectRequest(Asked):
    note: str = Field(min_length=1, max_length=500)


class ScanRequest(Asked):
    """A text to try a version on; it is not stored."""

    text: str = Field(min_length=1, max_length=_LONGEST_TEXT)
    direction: Direction = Direction.BOTH


class Version(Reply):
    """A version: who made it, who decided about it, whether it is in force."""

    number: int
    state: VersionState
    entries: int
    sha256: str
    note: str
    made_by: str
    made_at: Timestamp
    decided_by: str
    decided_at: Timestamp | None
    decision_note: str
    in_force_by: str
    in_force_at: Timestamp | None

    @classmethod
    def of(cls, version: LexiconVersion) -> Self:
        return cls.model_validate(version)


class VersionPage(Page):
    items: list[Version]


class EntryPage(Page):
    """``allowed`` are the phrases of the whole lexicon, with each page."""

    items: list[EntryText]
    allowed: list[str]


class VersionChanges(Reply):
    """Ids of entries, against the version in force; who approves looks at them."""

    added: list[str]
    removed: list[str]
    changed: list[str]

    @classmethod
    def of(cls, changes: Changes) -> Self:
        return cls.model_validate(changes)


class InterceptRule(Reply):
    """What WeCom stops or warns of before it is sent: up to 300 words for members of these departments."""

    name: str
    action: Action
    severity: Severity
    words: list[str]
    department_ids: list[int]


class DetectOnly(Reply):
    """An entry that WeCom cannot hold, and why."""

    entry_id: str
    cause: DetectOnlyCause


class InterceptPlan(Reply):
    """How a version is cut into WeCom's rules; every entry is in a rule or detected only."""

    rules: list[InterceptRule]
    detect_only: list[DetectOnly]

    @classmethod
    def of(cls, packed: Packed) -> Self:
        return cls(
            rules=[InterceptRule.model_validate(each) for each in packed.rules],
            detect_only=[DetectOnly(entry_id=name, cause=cause) for name, cause in packed.detect_only.items()],
        )


class RefusedRule(Reply):
    """A rule that WeCom does not take, with its errcode; 60011 and 60123 speak of the app's visible range."""

    name: str
    errcode: int


class SyncStatus(Reply):
    """How far WeCom's rules are those of the version in force.

    ``version`` was applied last, at ``checked_at``; ``rules`` of ours are right, ``others`` are not ours, ``no_room``
    entries found no place. ``drifted`` are rules that somebody had changed or deleted by hand when that was last seen;
    they were made right again.
    """

    in_force: int
    version: int
    is_in_sync: bool
    checked_at: Timestamp | None
    rules: int
    others: int
    no_room: int
    refused: list[RefusedRule]
    drifted: list[str]
    drifted_at: Timestamp | None

    @classmethod
    def of(cls, state: SyncState, in_force: int) -> Self:
        return cls(
            in_force=in_force,
            version=state.version,
            is_in_sync=state.is_of(in_force),
            checked_at=state.checked_at,
            rules=len(state.marks),
            others=state.others,
            no_room=state.no_room,
            refused=[RefusedRule(name=name, errcode=errcode) for name, errcode in sorted(state.refused.items())],
            drifted=list(state.drifted),
            drifted_at=state.drifted_at,
        )


class Hit(Reply):
    """Where an entry stands in the text, and how it was written if otherwise than listed."""

    entry_id: str
    word: str
    start: int
    end: int
    evasion: Evasion | None


class Scan(Reply):
    hits: list[Hit]

    @classmethod
    def of(cls, findings: tuple[Finding, ...]) -> Self:
        return cls(hits=[Hit.model_validate(each) for each in findings])
