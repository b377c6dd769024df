"""A review case: one message that somebody has to look at, from the hit to the closed file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from scrm import ids
from scrm.node_paths import ROOT_PATH, branch_path
from scrm.review.errors import ReviewNotAllowedError

MOST_NOTE_CHARACTERS: Final = 2_000
MOST_HITS: Final = 200
"""Of a case: a forwarded record of a thousand messages may hold more than an item of the table."""
BY_ITSELF: Final = "function:review"
"""The actor of a step that no person made."""


class ReviewKind(StrEnum):
    """Why a message is looked at; a message may have a case of each kind."""

    COMPLIANCE = "compliance"
    COMPLAINT = "complaint"
    SECRET = "secret"  # noqa: S105 - a password or a code stands in the message (R15)
    SAMPLE = "sample"  # nothing was found in it: the lexicon is checked, not the member


class Severity(StrEnum):
    NOTICE = "notice"
    WARNING = "warning"
    SERIOUS = "serious"


class ReviewState(StrEnum):
    OPEN = "open"
    CLAIMED = "claimed"
    DECIDED = "decided"  # waits for a second reviewer
    CLOSED = "closed"


class Disposition(StrEnum):
    """What a reviewer found. A complaint is right (``upheld``) or not (R6), or it is none (``false_positive``).

    ``missed`` is for samples: the lexicon should have hit.
    """

    VIOLATION = "violation"
    JUSTIFIED = "justified"
    FALSE_POSITIVE = "false_positive"
    UPHELD = "upheld"
    NOT_UPHELD = "not_upheld"
    CLEAN = "clean"
    MISSED = "missed"


_FITTING: Final = {
    ReviewKind.COMPLIANCE: {Disposition.VIOLATION, Disposition.JUSTIFIED, Disposition.FALSE_POSITIVE},
    ReviewKind.COMPLAINT: {Disposition.UPHELD, Disposition.NOT_UPHELD, Disposition.FALSE_POSITIVE},
    ReviewKind.SECRET: {Disposition.VIOLATION, Disposition.JUSTIFIED, Disposition.FALSE_POSITIVE},
    ReviewKind.SAMPLE: {Disposition.CLEAN, Disposition.MISSED},
}
_RANK: Final = {Severity.NOTICE: 0, Severity.WARNING: 1, Severity.SERIOUS: 2}


@dataclass(frozen=True, slots=True)
class Hit:
    """One finding of the lexicon in the message; ``start`` and ``end`` are positions in text number ``text``.

    ``evasion`` names how the word was disguised, empty when it was not.
    """

    entry_id: str
    word: str = field(repr=False)
    text: int
    start: int
    end: int
    severity: Severity
    evasion: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """Who did what with a case, when, and what he wrote."""

    at: datetime
    actor: str
    action: str
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ReviewCase:
    """``message_id`` is what the archive gives the message out by; ``node_path`` says where its member stood.

    ``desk_path`` is who reviews it: the member's branch, or head office after an escalation. ``version`` counts writes.
    """

    case_id: str
    kind: ReviewKind
    msgid: str
    message_id: str
    conversation_id: str
    member: str
    node_path: str
    desk_path: str
    severity: Severity
    hits: tuple[Hit, ...]
    lexicon_version: int
    opened_at: datetime
    due_at: datetime
    state: ReviewState = ReviewState.OPEN
    claimed_by: str = ""
    disposition: Disposition | None = None
    decided_by: str = ""
    closed_at: datetime | None = None
    steps: tuple[Step, ...] = ()
    version: int = 0

    @property
    def is_closed(self) -> bool:
        return self.state is ReviewState.CLOSED

    @property
    def is_at_head_office(self) -> bool:
        return self.desk_path == ROOT_PATH

    def is_overdue(self, now: datetime) -> bool:
        return not self.is_closed and self.due_at < now


def case_id_of(kind: ReviewKind, msgid: str) -> str:
    """The same for every telling of the message, whichever lexicon found it."""
    return ids.derive("rev", kind.value, msgid)


def telling(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """At most `MOST_HITS`, in their order: the severest, and of the same severity first one of each entry."""
    firsts: dict[str, int] = {}
    for number, hit in enumerate(hits):
        firsts.setdefault(hit.entry_id, number)
    chosen = sorted(
        range(len(hits)), key=lambda number: (-_RANK[hits[number].severity], firsts[hits[number].entry_id] != number)
    )
    return tuple(hits[number] for number in sorted(chosen[:MOST_HITS]))


def severest(hits: Iterable[Hit]) -> Severity:
    """The highest severity; notice where there are none."""
    return max((hit.severity for hit in hits), key=lambda severity: _RANK[severity], default=Severity.NOTICE)


def claimed(case: ReviewCase, actor: str, at: datetime) -> ReviewCase:
    """``actor`` takes the case, which nobody has; his own stays his."""
    if case.state is ReviewState.CLAIMED and case.claimed_by == actor:
        return case
    if case.state is not ReviewState.OPEN:
        raise ReviewNotAllowedError("Somebody has this case already, or it is decided; choose an open one.")
    return _stepped(replace(case, state=ReviewState.CLAIMED, claimed_by=actor), at, actor, "claimed")


def released(case: ReviewCase, actor: str, note: str, at: datetime) -> ReviewCase:
    """Who has the case gives it back."""
    _refuse_unless_his(case, actor)
    return _stepped(replace(case, state=ReviewState.OPEN, claimed_by=""), at, actor, "released", note)


def reassigned(case: ReviewCase, actor: str, to: str, note: str, at: datetime) -> ReviewCase:
    """A case that is not decided goes to ``to``, whoever had it, with the reason of who says so."""
    if case.state not in {ReviewState.OPEN, ReviewState.CLAIMED}:
        raise ReviewNotAllowedError("The case is decided; only one that is open or claimed goes to somebody else.")
    given = replace(case, state=ReviewState.CLAIMED, claimed_by=to)
    return _stepped(given, at, actor, f"reassigned:{to}", _reason(note))


def escalated(case: ReviewCase, actor: str, note: str, at: datetime) -> ReviewCase:
    """Who has the case hands it to head office, with his reason; it is open there."""
    _refuse_unless_his(case, actor)
    if case.is_at_head_office:
        raise ReviewNotAllowedError("The case is at head office already; decide it there.")
    at_head_office = replace(case, state=ReviewState.OPEN, claimed_by="", desk_path=ROOT_PATH)
    return _stepped(at_head_office, at, actor, "escalated", _reason(note))


def handed_up(case: ReviewCase, at: datetime) -> ReviewCase:
    """A branch's case that nobody ended in time goes to head office by itself; a decision that waits for its second
    reviewer waits there."""
    handed = replace(case, desk_path=ROOT_PATH)
    if case.state is not ReviewState.DECIDED:
        handed = replace(handed, state=ReviewState.OPEN, claimed_by="")
    return _stepped(handed, at, BY_ITSELF, "handed_up")


def decided(
    case: ReviewCase, actor: str, disposition: Disposition, note: str, at: datetime, *, needs_second: bool
) -> ReviewCase:
    """Who has the case says what he found; it is closed, or waits for a second reviewer."""
    _refuse_unless_his(case, actor)
    if disposition not in _FITTING[case.kind]:
        fitting = ", ".join(sorted(_FITTING[case.kind]))
        raise ReviewNotAllowedError(f"A {case.kind} case ends as one of: {fitting}.")
    after = replace(case, disposition=disposition, decided_by=actor, state=ReviewState.DECIDED)
    if not needs_second:
        after = replace(after, state=ReviewState.CLOSED, closed_at=at)
    return _stepped(after, at, actor, f"decided:{disposition}", _reason(note))


def confirmed(case: ReviewCase, actor: str, note: str, at: datetime) -> ReviewCase:
    """Another reviewer agrees; the case is closed."""
    _refuse_unless_second(case, actor)
    return _stepped(replace(case, state=ReviewState.CLOSED, closed_at=at), at, actor, "confirmed", note)


def sent_back(case: ReviewCase, actor: str, note: str, at: datetime) -> ReviewCase:
    """Another reviewer disagrees, with his reason; the case is open again, without a disposition."""
    _refuse_unless_second(case, actor)
    again = replace(case, state=ReviewState.OPEN, claimed_by="", disposition=None, decided_by="")
    return _stepped(again, at, actor, "sent_back", _reason(note))


def desk_of(node_path: str) -> str:
    """Who reviews what a member at ``node_path`` wrote: his branch."""
    return branch_path(node_path)


def _refuse_unless_his(case: ReviewCase, actor: str) -> None:
    if case.state is not ReviewState.CLAIMED or case.claimed_by != actor:
        raise ReviewNotAllowedError("Only who has claimed the case can do this; claim it first.")


def _refuse_unless_second(case: ReviewCase, actor: str) -> None:
    if case.state is not ReviewState.DECIDED:
        raise ReviewNotAllowedError("The case does not wait for a second reviewer.")
    if case.decided_by == actor:
        raise ReviewNotAllowedError("Who decided a case is not its second reviewer; ask a colleague.")


def _reason(note: str) -> str:
    if not note.strip():
        raise ReviewNotAllowedError("Say why, in the note.")
    return note


def _stepped(case: ReviewCase, at: datetime, actor: str, action: str, note: str = "") -> ReviewCase:
    if len(note) > MOST_NOTE_CHARACTERS:
        raise ReviewNotAllowedError(f"A note has at most {MOST_NOTE_CHARACTERS} characters.")
    return replace(case, steps=(*case.steps, Step(at, actor, action, note)))
