"""What the staff queue brings: HR events from the bus, address-book callbacks, and rosters put into the bucket."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from scrm.org.roster_ports import RejectionSink
from scrm.runtime.address_book_intake import AddressBookIntake
from scrm.runtime.hr_intake import HrIntake, problems_of
from scrm.runtime.roster_intake import RosterIntake, RosterOutcome
from scrm.runtime.staff_signals import StaffOutcome
from scrm.runtime.uploads import TEST_EVENT, UploadNotification

# Within the function's minute; the rest of a roster waits for the message to come again.
TIME_PER_ROSTER = timedelta(seconds=35)


class RosterUnfinishedError(Exception):
    """The time was over before a roster was told; SQS brings the message again, and it goes on from its mark."""


@dataclass(frozen=True, slots=True)
class StaffIntake:
    """Use case of the staff queue. What nobody can use is kept for an operator, with the reason, never retried.

    ``on_rows_rejected`` is told how many rows of a roster could not be used.
    """

    hr: HrIntake
    address_book: AddressBookIntake
    roster: Callable[[], RosterIntake]
    org: RejectionSink
    now: Callable[[], datetime]
    on_rows_rejected: Callable[[int], None]

    def take(self, body: str) -> StaffOutcome | RosterOutcome:
        """Take one queue message: a bus event, a callback or S3's notification. Raises RosterUnfinishedError."""
        try:
            message = json.loads(body)
        except ValueError:
            return self._reject("queue", "the message is not JSON", body)
        if not isinstance(message, Mapping):
            return self._reject("queue", "the message is not a JSON object", body)
        if message.get("kind") == "callback":
            return self.address_book.take(message, body)
        if message.get("Event") == TEST_EVENT:
            return StaffOutcome.IGNORED
        if "Records" in message:
            return self._roster(message, body)
        return self.hr.take(message, body)

    def _roster(self, message: Mapping[str, Any], body: str) -> StaffOutcome | RosterOutcome:
        """S3 tells of one file at a time."""
        try:
            uploads = UploadNotification.model_validate(message).uploads()
        except ValidationError as error:
            return self._reject("s3", problems_of(error), body)
        outcome: StaffOutcome | RosterOutcome = StaffOutcome.IGNORED
        until = self.now() + TIME_PER_ROSTER
        for upload in uploads:
            result = self.roster().take(upload, may_go_on=lambda: self.now() < until)
            if result.outcome is RosterOutcome.UNFINISHED:
                raise RosterUnfinishedError
            if result.rejected:
                self.on_rows_rejected(result.rejected)
            outcome = result.outcome
        return outcome

    def _reject(self, source: str, reason: str, body: str) -> StaffOutcome:
        self.org.reject(source, "", reason, self.now(), body)
        return StaffOutcome.REJECTED
