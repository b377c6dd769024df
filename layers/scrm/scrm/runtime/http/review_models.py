"""Review cases on the wire."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field

from scrm.review import model
from scrm.review.model import MOST_NOTE_CHARACTERS, Disposition, ReviewKind, ReviewState, Severity
from scrm.runtime.http.wire import Asked, Page, Reply, Timestamp

Why = Annotated[
    str,
    Field(min_length=1, max_length=MOST_NOTE_CHARACTERS, description="Why; kept for good, no text of the message."),
]
Remark = Annotated[str, Field(max_length=MOST_NOTE_CHARACTERS, description="As above, if there is something to say.")]


class NothingAsked(Asked):
    """The step says it all."""


class RemarkRequest(Asked):
    note: Remark = ""


class WhyRequest(Asked):
    note: Why


class DecideRequest(Asked):
    """What the reviewer found; which ends fit depends on the kind of the case (docs/review.md)."""

    disposition: Disposition
    note: Why


class ReassignRequest(Asked):
    """``to`` is the subject of the reviewer who gets the case, as his token has it."""

    to: str = Field(pattern=r"^[!-~]{1,200}$")
    note: Why


class CaseHit(Reply):
    """A finding in the message: positions in text number ``text``, as it was written."""

    entry_id: str
    word: str
    text: int
    start: int
    end: int
    severity: Severity
    evasion: str


class CaseStep(Reply):
    at: Timestamp
    actor: str
    action: str
    note: str


class ReviewRow(Reply):
    """A message that somebody looks at. Its text is not here: ``message`` is the path that shows it, masked by role."""

    case_id: str
    kind: ReviewKind
    state: ReviewState
    severity: Severity
    member: str
    node_path: str
    at_head_office: bool = Field(description="Reviewed by head office: of its own member, or escalated.")
    entry_ids: list[str]
    opened_at: Timestamp
    due_at: Timestamp
    overdue: bool
    claimed_by: str
    disposition: Disposition | None
    decided_by: str
    closed_at: Timestamp | None

    @classmethod
    def of(cls, case: model.ReviewCase, now: datetime) -> Self:
        return cls.model_validate(_shown(case, now))


class ReviewPage(Page):
    items: list[ReviewRow]


class ReviewDetail(ReviewRow):
    """``version`` is the case's ETag as well: a step names the one that was read in ``If-Match``."""

    msgid: str
    message: str = Field(
        description="Where the archive's API has the message.",
        examples=["/v1/archive/messages/2026-11-26.07.1000.1001"],
    )
    conversation_id: str
    lexicon_version: int
    hits: list[CaseHit]
    steps: list[CaseStep]
    version: int


def _shown(case: model.ReviewCase, now: datetime) -> dict[str, object]:
    """Everything of a case, as a row and as a whole."""
    own = {name: getattr(case, name) for name in _OWN}
    return own | {
        "at_head_office": case.is_at_head_office,
        "entry_ids": sorted({hit.entry_id for hit in case.hits}),
        "overdue": case.is_overdue(now),
        "message": f"/v1/archive/messages/{case.message_id}",
        "hits": list(case.hits),
        "steps": list(case.steps),
    }


_MADE = {"at_head_office", "entry_ids", "overdue", "message", "hits", "steps"}
_OWN = ReviewDetail.model_fields.keys() - _MADE
