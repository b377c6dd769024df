"""The bank's feed of customer facts in the data bucket, taken in steps: flat memory; a killed step is taken again."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from scrm import clock
from scrm.audience.facts import CustomerFacts
from scrm.audience.feed import FeedColumns, FeedRefusedError, FeedRowError, Plausibility
from scrm.audience.intake import FeedImport
from scrm.audience.messages import FactsFileStep
from scrm.audience.ports import FeedRecord, FeedTaken
from scrm.aws.documents import DocumentMissingError, DocumentStore, DocumentUnreadableError
from scrm.aws.queues import Queue
from scrm.org.roster_ports import RejectionSink
from scrm.runtime.uploads import Upload

PREFIX: Final = "audience/incoming/"
REVIEW_PREFIX: Final = "audience/review/"
SHRUNK: Final = "-shrunk.csv"
SOURCE: Final = "bank.facts"
PLAUSIBLE: Final = Plausibility()
_ROWS_PER_WRITE: Final = 5_000
_TIME_PER_STEP: Final = timedelta(seconds=20)
_LINES_PER_CLOCK: Final = 1_000


class FactsOutcome(StrEnum):
    """What became of a step; the value is the metric."""

    CHECKED = "FactsFileChecked"
    TAKEN = "FactsFileTaken"
    CONTINUED = "FactsFileContinued"
    REFUSED = "FactsFileRejected"
    IGNORED = "FactsFileIgnored"


@dataclass(slots=True)
class _Place:
    """How far a step has come."""

    columns: FeedColumns | None
    offset: int
    line: int
    rows: int
    bad: int


@dataclass(frozen=True, slots=True)
class FactsIntake:
    """Use case of the contact queue. ``on_rejected`` is told how many rows of a step could not be used.

    The check reads the whole file and writes only the review file; what looks cut or mixed up is refused before any of
    it is taken. A file older than one that was taken is ignored.
    """

    bucket: str
    documents: DocumentStore
    facts: FeedImport
    feeds: FeedRecord
    rejections: RejectionSink
    queue: Queue
    now: Callable[[], datetime]
    on_rejected: Callable[[int], None]
    plausibility: Plausibility = PLAUSIBLE

    def begin(self, upload: Upload) -> FactsOutcome:
        """The file speaks for the moment of its upload."""
        if upload.bucket != self.bucket or not upload.key.startswith(PREFIX):
            return FactsOutcome.IGNORED
        return self.take(FactsFileStep(key=upload.key, told_at=clock.of_platform(upload.uploaded_at)))

    def take(self, step: FactsFileStep) -> FactsOutcome:
        """Rows for twenty seconds; the rest is another message."""
        latest = self.feeds.latest()
        if latest is not None and step.told_at < latest.told_at:
            return FactsOutcome.IGNORED
        try:
            left = self._check(step, latest) if step.stage == "check" else self._take(step)
        except (DocumentMissingError, DocumentUnreadableError, FeedRefusedError) as refused:
            self.rejections.reject(SOURCE, _event_id(step), str(refused), self.now())
            return FactsOutcome.REFUSED
        if left is None:
            self.feeds.note(FeedTaken(step.told_at, step.rows))
            return FactsOutcome.TAKEN
        self.queue.send([left])
        return FactsOutcome.CHECKED if left.stage != step.stage else FactsOutcome.CONTINUED

    def _check(self, step: FactsFileStep, latest: FeedTaken | None) -> FactsFileStep:
        """The next step of the check, or the first of the taking."""
        unusable: list[tuple[int, str]] = []
        etag, place, at_end = self._read(step, lambda _: None, lambda line, why: unusable.append((line, why)))
        if unusable:
            self._write_review(step, unusable)
            self.on_rejected(len(unusable))
        if not at_end:
            return _step(step, place, etag)
        if place.columns is None:
            raise FeedRefusedError("The file is empty; it needs a header and a row for each customer.")
        before = 0 if latest is None or step.key.endswith(SHRUNK) else latest.rows
        self.plausibility.check(place.rows, place.bad, before)
        begun = {"stage": "take", "offset": 0, "line": 0, "columns": ()}
        return _step(step, place, etag).model_copy(update=begun)

    def _take(self, step: FactsFileStep) -> FactsFileStep | None:
        """Where to go on; None at the end of the file."""
        rows: list[CustomerFacts] = []

        def add(found: CustomerFacts) -> None:
            rows.append(found)
            if len(rows) == _ROWS_PER_WRITE:
                self.facts.take(rows)
                rows.clear()

        etag, place, at_end = self._read(step, add, lambda _line, _why: None)
        if rows:
            self.facts.take(rows)
        counted = {"rows": step.rows, "bad": step.bad}
        return None if at_end else _step(step, place, etag).model_copy(update=counted)

    def _read(
        self,
        step: FactsFileStep,
        on_row: Callable[[CustomerFacts], None],
        on_bad: Callable[[int, str], None],
    ) -> tuple[str, _Place, bool]:
        """Read on from the step's place until its time is over; whether the end was reached."""
        etag, lines = self.documents.lines_from(step.key, step.offset, step.etag)
        columns = FeedColumns(step.columns) if step.columns else None
        place = _Place(columns, step.offset, step.line, step.rows, step.bad)
        for line in self._in_time(lines):
            if line is None:
                return etag, place, False
            place.offset, place.line = place.offset + len(line), place.line + 1
            if place.columns is None:
                place.columns = FeedColumns.of(line)
            elif line.strip():
                place.rows += 1
                try:
                    on_row(place.columns.facts(line, step.told_at))
                except FeedRowError as error:
                    place.bad += 1
                    on_bad(place.line, str(error))
        return etag, place, True

    def _in_time(self, lines: Iterator[bytes]) -> Iterator[bytes | None]:
        """The lines, and None when the time is over; the clock is asked every thousand lines."""
        until = self.now() + _TIME_PER_STEP
        for number, line in enumerate(lines, start=1):
            yield line
            if number % _LINES_PER_CLOCK == 0 and self.now() >= until:
                yield None
                return

    def _write_review(self, step: FactsFileStep, unusable: list[tuple[int, str]]) -> None:
        """Line and reason of each row that cannot be used, for the bank; a repeat writes the same again."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(("line", "reason"))
        writer.writerows(unusable)
        name = f"{PurePosixPath(step.key).stem}-{int(step.told_at.timestamp())}-{step.line}.csv"
        self.documents.put(f"{REVIEW_PREFIX}{name}", text.getvalue().encode(), "text/csv")


def _step(step: FactsFileStep, place: _Place, etag: str) -> FactsFileStep:
    names = place.columns.names if place.columns else ()
    return step.model_copy(
        update={
            "etag": etag,
            "offset": place.offset,
            "line": place.line,
            "columns": names,
            "rows": place.rows,
            "bad": place.bad,
        }
    )


def _event_id(step: FactsFileStep) -> str:
    return f"facts:{int(step.told_at.timestamp() * 1000)}"
