"""The customer master's file in the data bucket, taken in steps: flat memory, and a killed step is taken again."""

from collections.abc import Callable
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from scrm.aws.documents import DocumentMissingError, DocumentStore, DocumentUnreadableError
from scrm.aws.queues import Queue
from scrm.contacts.master import MasterColumns, MasterImport, MasterRefusedError, MasterRowError
from scrm.contacts.messages import MasterFileStep
from scrm.org.roster_ports import RejectionSink
from scrm.runtime.uploads import Upload

PREFIX: Final = "master/incoming/"
SOURCE: Final = "bank.master"
REJECTIONS_LISTED: Final = 100
"""Of one file: the lines of all others are in the file itself."""
_ROWS_PER_READ: Final = 100
_TIME_PER_STEP: Final = timedelta(seconds=20)


class MasterOutcome(StrEnum):
    """What became of a step; the value is the metric."""

    TAKEN = "MasterFileTaken"
    CONTINUED = "MasterFileContinued"
    REFUSED = "MasterFileRejected"
    IGNORED = "MasterFileIgnored"


@dataclass(frozen=True, slots=True)
class MasterIntake:
    """Use case of the contact queue. ``on_rejected`` is told how many rows of a step could not be used."""

    bucket: str
    documents: DocumentStore
    master: MasterImport
    rejections: RejectionSink
    queue: Queue
    now: Callable[[], datetime]
    on_rejected: Callable[[int], None]

    def begin(self, upload: Upload) -> MasterOutcome:
        """The file speaks for the moment of its upload."""
        if upload.bucket != self.bucket or not upload.key.startswith(PREFIX):
            return MasterOutcome.IGNORED
        return self.take(MasterFileStep(key=upload.key, as_of=upload.uploaded_at))

    def take(self, step: MasterFileStep) -> MasterOutcome:
        """Rows for twenty seconds; the rest is another message."""
        try:
            left = self._some_rows(step)
        except (DocumentMissingError, DocumentUnreadableError, MasterRefusedError) as refused:
            self.rejections.reject(SOURCE, _event_id(step, 0), str(refused), self.now())
            return MasterOutcome.REFUSED
        if left is None:
            return MasterOutcome.TAKEN
        self.queue.send([left])
        return MasterOutcome.CONTINUED

    def _some_rows(self, step: MasterFileStep) -> MasterFileStep | None:
        """Where to go on; None at the end of the file."""
        etag, lines = self.documents.lines_from(step.key, step.offset, step.etag)
        columns = MasterColumns(*step.columns) if step.columns else None
        offset, number, rejected = step.offset, step.line, step.rejected
        rows: dict[str, str] = {}
        numbers: dict[str, str] = {}
        until = self.now() + _TIME_PER_STEP
        left: MasterFileStep | None = None
        for line in lines:
            offset, number = offset + len(line), number + 1
            if columns is None:
                columns = MasterColumns.of(line)
            elif line.strip():
                rejected += self._add(step, number, columns, line, rows, numbers, listed=rejected < REJECTIONS_LISTED)
            if len(rows) == _ROWS_PER_READ:
                self.master.take(rows, step.as_of, numbers)
                rows, numbers = {}, {}
                if self.now() >= until:
                    left = step.model_copy(
                        update={
                            "etag": etag,
                            "offset": offset,
                            "line": number,
                            "columns": astuple(columns),
                            "rejected": rejected,
                        }
                    )
                    break
        if columns is None:
            raise MasterRefusedError("The file is empty; it needs a header and a row for each customer.")
        if rows:
            self.master.take(rows, step.as_of, numbers)
        if rejected > step.rejected:
            self.on_rejected(rejected - step.rejected)
        return left

    def _add(
        self,
        step: MasterFileStep,
        number: int,
        columns: MasterColumns,
        line: bytes,
        rows: dict[str, str],
        numbers: dict[str, str],
        *,
        listed: bool,
    ) -> int:
        """Put the row to the others; 1 when it cannot be used."""
        try:
            customer, userid, bank_number = columns.row(line)
        except MasterRowError as error:
            if listed:
                reason = f"line {number}: {error}"
                self.rejections.reject(SOURCE, _event_id(step, number), reason, self.now())
            return 1
        rows[customer] = userid
        if bank_number:
            numbers[customer] = bank_number
        return 0


def _event_id(step: MasterFileStep, number: int) -> str:
    return f"master:{int(step.as_of.timestamp() * 1000)}:{number}"
