"""Opening review cases and deciding them, with two reviewers where the bank's rules want two."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from scrm.node_paths import covers
from scrm.pause import again_while
from scrm.review import model
from scrm.review.errors import CaseChangedError, StaleReviewCaseError, UnknownReviewCaseError
from scrm.review.model import Disposition, Hit, ReviewCase, ReviewKind, Severity
from scrm.review.ports import EntryVerdicts, ReviewCases, ReviewJournal

_ATTEMPTS: Final = 5
_SHARES: Final = 2**32
_AGREES: Final = frozenset({Disposition.VIOLATION, Disposition.JUSTIFIED, Disposition.UPHELD, Disposition.NOT_UPHELD})
_BAD: Final = frozenset({Disposition.VIOLATION, Disposition.UPHELD})


@dataclass(frozen=True, slots=True)
class ReviewRules:
    """``due``: how long a case of a severity may take, ``complaint_due`` any complaint (R6).

    ``escalate_after``: how long after its time a branch's case goes to head office by itself; None: never.
    ``second_for``: severities that always have two reviewers. ``second_share`` of the others has two as well,
    ``sample_share`` of the messages without a hit is looked at; both are chosen by hash, so that nobody can tell which
    in advance and a repeat chooses the same.
    """

    due: Mapping[Severity, timedelta] = field(
        default_factory=lambda: {
            Severity.SERIOUS: timedelta(days=1),
            Severity.WARNING: timedelta(days=3),
            Severity.NOTICE: timedelta(days=7),
        }
    )
    complaint_due: timedelta = timedelta(days=15)
    escalate_after: timedelta | None = timedelta(days=1)
    second_for: frozenset[Severity] = frozenset({Severity.SERIOUS})
    second_share: float = 0.05
    sample_share: float = 0.0005
    salt: str = ""

    def time_for(self, kind: ReviewKind, severity: Severity) -> timedelta:
        return self.complaint_due if kind is ReviewKind.COMPLAINT else self.due[severity]

    def needs_second(self, case: ReviewCase) -> bool:
        return case.severity in self.second_for or self._is_chosen("second", case.case_id, self.second_share)

    def is_sample(self, msgid: str) -> bool:
        return self._is_chosen("sample", msgid, self.sample_share)

    def _is_chosen(self, purpose: str, name: str, share: float) -> bool:
        digest = hashlib.sha256(f"{self.salt}/{purpose}/{name}".encode()).digest()
        return int.from_bytes(digest[:4], "big") < share * _SHARES


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A message that somebody has to look at; without hits it is a sample. ``message_id`` names it in the archive."""

    kind: ReviewKind
    msgid: str
    message_id: str
    conversation_id: str
    member: str
    node_path: str
    hits: tuple[Hit, ...]
    lexicon_version: int


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who works on a case: his name, his place, and the version of the case that he saw, None if he need not say."""

    actor: str
    node_path: str
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class ReviewDesk:
    """``rules`` are asked at every use, as the bank may change them. ``journal`` hears every step of a person; who only
    opens cases has none.

    Steps raise ReviewNotAllowedError, UnknownReviewCaseError, and CaseChangedError when the case is not as the reviewer
    saw it.
    """

    cases: ReviewCases
    rules: Callable[[], ReviewRules]
    now: Callable[[], datetime]
    journal: ReviewJournal | None = None

    def open_cases(self, suspicions: Iterable[Suspicion]) -> int:
        """A case for each, once, however often the message is told; how many are new."""
        return sum(self.cases.add(self._new_case(each)) for each in suspicions)

    def claim(self, case_id: str, reviewer: Reviewer) -> ReviewCase:
        return self._changed(case_id, reviewer, lambda case, at: model.claimed(case, reviewer.actor, at))

    def release(self, case_id: str, reviewer: Reviewer, note: str) -> ReviewCase:
        return self._changed(case_id, reviewer, lambda case, at: model.released(case, reviewer.actor, note, at))

    def reassign(self, case_id: str, reviewer: Reviewer, to: str, note: str) -> ReviewCase:
        return self._changed(case_id, reviewer, lambda case, at: model.reassigned(case, reviewer.actor, to, note, at))

    def escalate(self, case_id: str, reviewer: Reviewer, note: str) -> ReviewCase:
        return self._changed(case_id, reviewer, lambda case, at: model.escalated(case, reviewer.actor, note, at))

    def decide(self, case_id: str, reviewer: Reviewer, disposition: Disposition, note: str) -> ReviewCase:
        """Closed, or waiting for a second reviewer as the rules say."""

        def change(case: ReviewCase, at: datetime) -> ReviewCase:
            needs_second = self.rules().needs_second(case)
            return model.decided(case, reviewer.actor, disposition, note, at, needs_second=needs_second)

        return self._changed(case_id, reviewer, change)

    def confirm(self, case_id: str, reviewer: Reviewer, note: str) -> ReviewCase:
        return self._changed(case_id, reviewer, lambda case, at: model.confirmed(case, reviewer.actor, note, at))

    def send_back(self, case_id: str, reviewer: Reviewer, note: str) -> ReviewCase:
        return self._changed(case_id, reviewer, lambda case, at: model.sent_back(case, reviewer.actor, note, at))

    def visible(self, case_id: str, node_path: str) -> ReviewCase:
        """The case, for somebody placed at ``node_path``.

        Raises:
            UnknownReviewCaseError: there is none, or it is another branch's, or was handed to head office.
        """
        case = self.cases.case(case_id)
        if case is None or not covers(node_path, case.desk_path):
            raise UnknownReviewCaseError(case_id)
        return case

    def _changed(
        self, case_id: str, reviewer: Reviewer, change: Callable[[ReviewCase, datetime], ReviewCase]
    ) -> ReviewCase:
        return again_while(StaleReviewCaseError, lambda: self._change(case_id, reviewer, change), _ATTEMPTS)

    def _change(
        self, case_id: str, reviewer: Reviewer, change: Callable[[ReviewCase, datetime], ReviewCase]
    ) -> ReviewCase:
        before, at = self.visible(case_id, reviewer.node_path), self.now()
        if reviewer.seen not in {None, before.version}:
            raise CaseChangedError
        after = change(before, at)
        if after == before:
            return before
        if not self.cases.save(after, verdicts_of(after) if after.is_closed else ()):
            raise StaleReviewCaseError
        saved = replace(after, version=after.version + 1)
        if self.journal is not None:
            self.journal.told(saved, reviewer.actor, at)
        return saved

    def _new_case(self, suspicion: Suspicion) -> ReviewCase:
        opened_at, severity = self.now(), model.severest(suspicion.hits)
        return ReviewCase(
            case_id=model.case_id_of(suspicion.kind, suspicion.msgid),
            kind=suspicion.kind,
            msgid=suspicion.msgid,
            message_id=suspicion.message_id,
            conversation_id=suspicion.conversation_id,
            member=suspicion.member,
            node_path=suspicion.node_path,
            desk_path=model.desk_of(suspicion.node_path),
            severity=severity,
            hits=model.telling(suspicion.hits),
            lexicon_version=suspicion.lexicon_version,
            opened_at=opened_at,
            due_at=opened_at + self.rules().time_for(suspicion.kind, severity),
        )


def verdicts_of(case: ReviewCase) -> Sequence[EntryVerdicts]:
    """What a closed case says about the entries that hit: right, unless the reviewer found them wrong."""
    if case.disposition is None or not case.hits:
        return ()
    right, bad = int(case.disposition in _AGREES), int(case.disposition in _BAD)
    entries = sorted({hit.entry_id for hit in case.hits})
    return [EntryVerdicts(entry, case.lexicon_version, right, 1 - right, bad) for entry in entries]
