"""Exports for an inspection: one person asks, another approves, a job writes, and every download is on record (S69)."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from scrm import ids
from scrm.archive.records import Asker, Journal, Records, StaleRecordError, StepRefusedError, added
from scrm.archive.search import Search

KEPT: Final = timedelta(days=7)
"""From when it is ready until its links end; the files go a little later."""
_WRITER: Final = "function:archive_rollup"


class ExportState(StrEnum):
    """``asked`` -> ``approved`` -> ``ready`` or ``failed``; or ``refused``. An old ``ready`` one has expired."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Written:
    """What the job made: how much, and the checksum of the manifest, which has those of all files."""

    messages: int
    conversations: int
    files: int
    bytes: int
    manifest_sha256: str


@dataclass(frozen=True, slots=True)
class Export:
    """``search`` holds as it was asked, from the maker's node. ``is_covered`` False: personal data is readable in it.

    ``reason`` and ``note`` are people's words and never logged. ``failure`` says what to ask differently.
    """

    export_id: str
    search: Search
    is_covered: bool
    with_media: bool
    reason: str = field(repr=False)
    node_path: str
    asked_by: str
    asked_at: datetime
    state: ExportState = ExportState.ASKED
    decided_by: str = ""
    decided_at: datetime | None = None
    note: str = field(default="", repr=False)
    written: Written | None = None
    ready_at: datetime | None = None
    failure: str = ""
    version: int = 0

    @property
    def expires_at(self) -> datetime | None:
        return self.ready_at + KEPT if self.ready_at else None

    def has_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and now >= self.expires_at


@dataclass(frozen=True, slots=True)
class ExportTerms:
    """What an export is asked for with."""

    search: Search
    is_covered: bool
    with_media: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ExportDesk:
    """Use cases of the maker, of the checker and of the job."""

    exports: Records[Export]
    journal: Journal

    def ask(self, terms: ExportTerms, asker: Asker, key: str) -> Export:
        """A repeat with the same ``key`` finds the first one. Raises StepRefusedError when it is for another."""
        export_id = ids.derive("export", asker.actor, key)
        export = Export(
            export_id,
            terms.search,
            terms.is_covered,
            terms.with_media,
            terms.reason,
            asker.node_path,
            asker.actor,
            asker.at,
        )
        export = added(self.exports, export_id, export, lambda known: _terms_of(known) == terms, "export")
        self.journal.told("archive.export_asked", export_id, replace(asker, at=export.asked_at))
        return export

    def approve(self, export: Export, note: str, asker: Asker) -> Export:
        """By somebody other than the maker. Raises StepRefusedError, StaleRecordError."""
        return self._decide(export, ExportState.APPROVED, note, asker)

    def refuse(self, export: Export, note: str, asker: Asker) -> Export:
        """By somebody other than the maker. Raises StepRefusedError, StaleRecordError."""
        return self._decide(export, ExportState.REFUSED, note, asker)

    def written(self, export: Export, written: Written, at: datetime) -> Export:
        """The job is done. Raises StaleRecordError."""
        ready = replace(export, state=ExportState.READY, written=written, ready_at=at)
        return self._saved(ready, "archive.export_written", Asker(_WRITER, export.node_path, at))

    def failed(self, export: Export, why: str, at: datetime) -> Export:
        """The job cannot do it; ``why`` says what to ask differently. Raises StaleRecordError."""
        failed = replace(export, state=ExportState.FAILED, failure=why)
        return self._saved(failed, "archive.export_failed", Asker(_WRITER, export.node_path, at))

    def _decide(self, export: Export, state: ExportState, note: str, asker: Asker) -> Export:
        if export.state is state and export.decided_by == asker.actor:
            first = replace(asker, at=export.decided_at or asker.at)
            self.journal.told(f"archive.export_{state}", export.export_id, first)
            return export
        if export.state is not ExportState.ASKED:
            raise StepRefusedError(f"The export is {export.state} already.")
        if export.asked_by == asker.actor:
            raise StepRefusedError("A second person decides about an export, not the one who asked for it.")
        decided = replace(export, state=state, decided_by=asker.actor, decided_at=asker.at, note=note)
        return self._saved(decided, f"archive.export_{state}", asker)

    def _saved(self, export: Export, action: str, asker: Asker) -> Export:
        if not self.exports.save(export):
            raise StaleRecordError
        self.journal.told(action, export.export_id, asker)
        return replace(export, version=export.version + 1)


def _terms_of(export: Export) -> ExportTerms:
    return ExportTerms(export.search, export.is_covered, export.with_media, export.reason)
