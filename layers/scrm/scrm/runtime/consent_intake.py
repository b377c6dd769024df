"""The bank's file of customers' answers in the data bucket, taken in steps; a killed step is taken again."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from scrm.aws.documents import DocumentMissingError, DocumentStore, DocumentUnreadableError
from scrm.aws.queues import Queue
from scrm.consent.feed import AnswerColumns, AnswerRowError, AnswersRefusedError
from scrm.consent.messages import ConsentFileStep
from scrm.consent.model import Statement
from scrm.org.roster_ports import RejectionSink
from scrm.runtime.uploads import Upload

PREFIX: Final = "consent/incoming/"
REVIEW_PREFIX: Final = "consent/review/"
SOURCE: Final = "bank.consent"
_TIME_PER_STEP: Final = timedelta(seconds=20)


class AnswersOutcome(StrEnum):
    """What became of a step; the value is the metric."""

    TAKEN = "ConsentFileTaken"
    CONTINUED = "ConsentFileContinued"
    REFUSED = "ConsentFileRejected"
    IGNORED = "ConsentFileIgnored"


@dataclass(frozen=True, slots=True)
class ConsentIntake:
    """Use case of the contact queue. ``hear`` takes a statement in; ``on_rejected`` is told of rows nobody can use.

    Good rows stand whatever else is in the file, for a refusal must not wait for a neighbour to be mended. Each answer
    carries its own time, so files may come late, twice and in any order.
    """

    bucket: str
    documents: DocumentStore
    hear: Callable[[Statement], object]
    rejections: RejectionSink
    queue: Queue
    now: Callable[[], datetime]
    on_rejected: Callable[[int], None]

    def begin(self, upload: Upload) -> AnswersOutcome:
        if upload.bucket != self.bucket or not upload.key.startswith(PREFIX):
            return AnswersOutcome.IGNORED
        return self.take(ConsentFileStep(key=upload.key, told_at=upload.uploaded_at))

    def take(self, step: ConsentFileStep) -> AnswersOutcome:
        """Rows for twenty seconds; the rest is another message. Raises ConsentBusyError."""
        unusable: list[tuple[int, str]] = []
        try:
            left = self._take(step, unusable)
        except (DocumentMissingError, DocumentUnreadableError, AnswersRefusedError) as refused:
            event_id = f"consent:{int(step.told_at.timestamp() * 1000)}"
            self.rejections.reject(SOURCE, event_id, str(refused), self.now())
            return AnswersOutcome.REFUSED
        if unusable:
            self._write_review(step, unusable)
            self.on_rejected(len(unusable))
        if left is None:
            return AnswersOutcome.TAKEN
        self.queue.send([left])
        return AnswersOutcome.CONTINUED

    def _take(self, step: ConsentFileStep, unusable: list[tuple[int, str]]) -> ConsentFileStep | None:
        """Where to go on; None at the end of the file."""
        etag, lines = self.documents.lines_from(step.key, step.offset, step.etag)
        columns = AnswerColumns(step.columns) if step.columns else None
        offset, number, until = step.offset, step.line, self.now() + _TIME_PER_STEP
        for line in lines:
            offset, number = offset + len(line), number + 1
            if columns is None:
                columns = AnswerColumns.of(line)
                continue
            if line.strip() and (why := self._refusal_of(columns, line, step.told_at)):
                unusable.append((number, why))
            if self.now() >= until:
                place = {"etag": etag, "offset": offset, "line": number, "columns": columns.names}
                return step.model_copy(update=place)
        if columns is None:
            raise AnswersRefusedError("The file is empty; it needs a header and a row for each answer.")
        return None

    def _refusal_of(self, columns: AnswerColumns, line: bytes, told_at: datetime) -> str:
        """Why a row cannot be used; empty for one that was heard."""
        try:
            statement = columns.statement(line, told_at)
        except AnswerRowError as error:
            return str(error)
        self.hear(statement)
        return ""

    def _write_review(self, step: ConsentFileStep, unusable: list[tuple[int, str]]) -> None:
        """Line and reason of each row that cannot be used, for the bank."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(("line", "reason"))
        writer.writerows(unusable)
        name = f"{PurePosixPath(step.key).stem}-{int(step.told_at.timestamp())}-{step.line}.csv"
        self.documents.put(f"{REVIEW_PREFIX}{name}", text.getvalue().encode(), "text/csv")
