"""Versions of the lexicon: drafted by one person, approved by another, then put in force (S71, O7, R21)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from scrm import clock, ids
from scrm.lexicon import documents
from scrm.lexicon.documents import Changes, Problem
from scrm.lexicon.model import Lexicon
from scrm.paging import Page

_NOTHING = Lexicon(())


class VersionState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    REJECTED = "rejected"
    IN_FORCE = "in_force"
    RETIRED = "retired"


class UnknownVersionError(LookupError):
    """No version has this number."""


class InvalidLexiconError(Exception):
    """The lexicon cannot be used; carries what is wrong."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("the lexicon cannot be used as it is")
        self.problems = problems


class StepRefusedError(Exception):
    """The text says why, for people."""


class StaleVersionError(Exception):
    """Somebody else changed the versions in between; read again and repeat."""


@dataclass(frozen=True, slots=True)
class LexiconVersion:
    """What is known of a version; its entries are read apart. ``revision`` rises with every step.

    ``note`` and ``decision_note`` are people's words and never logged. ``cause`` tells a repeated request.
    """

    number: int
    state: VersionState
    sha256: str
    entries: int
    note: str
    made_by: str
    made_at: datetime
    cause: str
    decided_by: str = ""
    decided_at: datetime | None = None
    decision_note: str = ""
    in_force_by: str = ""
    in_force_at: datetime | None = None
    revision: int = 1


class LexiconStore(Protocol):
    """Versions by number, from 1. A foreign cursor raises InvalidCursorError."""

    def latest(self) -> LexiconVersion | None: ...

    def version(self, number: int) -> LexiconVersion | None: ...

    def page(self, cursor: str | None, limit: int) -> Page[LexiconVersion]:
        """The latest first."""

    def lexicon(self, number: int) -> Lexicon | None:
        """The entries of a version."""

    def in_force(self) -> int:
        """The number of the version in force; 0 while there is none."""

    def add(self, version: LexiconVersion, lexicon: Lexicon) -> bool:
        """Store the version after the latest, entries first; False when somebody was faster."""

    def save(self, version: LexiconVersion) -> bool:
        """Over the revision that was read; False when somebody was faster."""

    def put_in_force(self, version: LexiconVersion, retired: LexiconVersion | None) -> bool:
        """Both versions and which is in force, or nothing."""


class LexiconJournal(Protocol):
    """The audit log. Told again of the same step it is the same entry."""

    def told(self, version: LexiconVersion, step: str, actor: str, at: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class Lexicons:
    """Use cases of head office. A repeat of the same step finds what the first one made."""

    store: LexiconStore
    journal: LexiconJournal
    now: Callable[[], datetime] = clock.now

    def draft(self, lexicon: Lexicon, note: str, actor: str, key: str) -> LexiconVersion:
        """A new version. Raises InvalidLexiconError, and StaleVersionError when two drafted at once."""
        if problems := documents.problems_of(lexicon):
            raise InvalidLexiconError(problems)
        latest = self.store.latest()
        cause = ids.derive("lexdraft", actor, key)
        sha256 = documents.sha256_of(lexicon)
        if latest is not None and latest.cause == cause:
            if latest.sha256 != sha256:
                raise StaleVersionError
            self.journal.told(latest, "drafted", actor, latest.made_at)
            return latest
        number = latest.number + 1 if latest else 1
        made = LexiconVersion(number, VersionState.DRAFT, sha256, len(lexicon.entries), note, actor, self.now(), cause)
        if not self.store.add(made, lexicon):
            raise StaleVersionError
        self.journal.told(made, "drafted", actor, made.made_at)
        return made

    def approve(self, number: int, actor: str) -> LexiconVersion:
        """By anybody but who made it."""
        version = self.found(number)
        if version.made_by == actor:
            raise StepRefusedError("who made a version does not approve it: somebody else has to")
        return self._decided(version, VersionState.APPROVED, actor, "")

    def reject(self, number: int, actor: str, note: str) -> LexiconVersion:
        return self._decided(self.found(number), VersionState.REJECTED, actor, note)

    def put_in_force(self, number: int, actor: str) -> LexiconVersion:
        """An approved version, or one that was in force before: the way back. The one in force retires."""
        version = self.found(number)
        if version.state is VersionState.IN_FORCE:
            self.journal.told(version, "put_in_force", version.in_force_by, version.in_force_at or self.now())
            return version
        if version.state not in {VersionState.APPROVED, VersionState.RETIRED}:
            raise StepRefusedError(f"the version is {version.state.value}; only an approved one comes into force")
        current = self.store.in_force()
        before = self.found(current) if current else None
        retired = before and replace(before, state=VersionState.RETIRED, revision=before.revision + 1)
        now = self.now()
        made = replace(
            version,
            state=VersionState.IN_FORCE,
            in_force_by=actor,
            in_force_at=now,
            revision=version.revision + 1,
        )
        if not self.store.put_in_force(made, retired):
            raise StaleVersionError
        self.journal.told(made, "put_in_force", actor, now)
        return made

    def changes(self, number: int) -> Changes:
        """What differs from the version in force, or from nothing."""
        current = self.store.in_force()
        before = self.store.lexicon(current) if current else None
        return documents.changes(before or _NOTHING, self.lexicon(number))

    def lexicon(self, number: int) -> Lexicon:
        """Raises UnknownVersionError."""
        found = self.store.lexicon(number)
        if found is None:
            raise UnknownVersionError(number)
        return found

    def found(self, number: int) -> LexiconVersion:
        """Raises UnknownVersionError."""
        version = self.store.version(number)
        if version is None:
            raise UnknownVersionError(number)
        return version

    def _decided(self, version: LexiconVersion, state: VersionState, actor: str, note: str) -> LexiconVersion:
        if version.state is state and version.decided_by == actor:
            self.journal.told(version, state.value, actor, version.decided_at or self.now())
            return version
        if version.state is not VersionState.DRAFT:
            raise StepRefusedError(f"the version is {version.state.value}, not a draft")
        now = self.now()
        made = replace(
            version,
            state=state,
            decided_by=actor,
            decided_at=now,
            decision_note=note,
            revision=version.revision + 1,
        )
        if not self.store.save(made):
            raise StaleVersionError
        self.journal.told(made, state.value, actor, now)
        return made
