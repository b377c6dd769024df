"""What customers want deleted: recorded, decided, and never silently dropped (R3, PIPL art. 47).

A conversation is under a retention duty, so the answer is a restriction: why, and from which day it can be deleted.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from scrm import ids
from scrm.archive.legal_holds import LegalHolds
from scrm.archive.records import Asker, Journal, Records, StaleRecordError, StepRefusedError, added
from scrm.archive.retention import Retention
from scrm.clock import BUSINESS_ZONE


class DeletionState(StrEnum):
    """``recorded`` waits for a decision; ``restricted`` waits for its day; ``withdrawn`` by the customer."""

    RECORDED = "recorded"
    RESTRICTED = "restricted"
    WITHDRAWN = "withdrawn"


class Ground(StrEnum):
    """Why it cannot be done now."""

    RETENTION = "retention"
    LEGAL_HOLD = "legal_hold"


@dataclass(frozen=True, slots=True)
class DeletionRequest:
    """``wish`` and ``reason`` are people's words and never logged. ``possible_from``: the first day nothing that was
    stored until the decision is under retention; None while there is no decision."""

    request_id: str
    external_userid: str
    wish: str = field(repr=False)
    node_path: str
    recorded_by: str
    recorded_at: datetime
    state: DeletionState = DeletionState.RECORDED
    grounds: tuple[Ground, ...] = ()
    reason: str = field(default="", repr=False)
    possible_from: date | None = None
    decided_by: str = ""
    decided_at: datetime | None = None
    version: int = 0

    def is_due(self, today: date) -> bool:
        """Retention is over and somebody has to see to it, if no hold stands in the way."""
        return self.state is DeletionState.RESTRICTED and self.possible_from is not None and self.possible_from <= today


@dataclass(frozen=True, slots=True)
class DeletionRequests:
    """Use cases of branches, who record, and of compliance officers, who decide."""

    requests: Records[DeletionRequest]
    holds: LegalHolds
    retention: Callable[[], Retention]
    journal: Journal

    def record(self, external_userid: str, wish: str, asker: Asker, key: str) -> DeletionRequest:
        """A repeat with the same ``key`` finds the first one. Raises StepRefusedError when it is for another."""
        request_id = ids.derive("deletion", asker.actor, key)
        request = DeletionRequest(request_id, external_userid, wish, asker.node_path, asker.actor, asker.at)
        request = added(
            self.requests,
            request_id,
            request,
            lambda known: (known.external_userid, known.wish) == (external_userid, wish),
            "request",
        )
        self.journal.told("archive.deletion_recorded", request_id, replace(asker, at=request.recorded_at))
        return request

    def restrict(self, request: DeletionRequest, reason: str, asker: Asker) -> DeletionRequest:
        """Decide: what stands in the way, and until when. May be decided anew, as retention and holds change.

        Raises StepRefusedError, StaleRecordError.
        """
        if request.state is DeletionState.WITHDRAWN:
            raise StepRefusedError("The customer has withdrawn the request.")
        held = bool(self.holds.touching(request.external_userid))
        decided = replace(
            request,
            state=DeletionState.RESTRICTED,
            grounds=(Ground.RETENTION, *((Ground.LEGAL_HOLD,) if held else ())),
            reason=reason,
            possible_from=self.retention().free_from(asker.at.astimezone(BUSINESS_ZONE).date()),
            decided_by=asker.actor,
            decided_at=asker.at,
        )
        return self._saved(decided, "archive.deletion_restricted", asker)

    def withdraw(self, request: DeletionRequest, reason: str, asker: Asker) -> DeletionRequest:
        """The customer does not want it any more. Raises StaleRecordError."""
        if request.state is DeletionState.WITHDRAWN:
            first = replace(asker, actor=request.decided_by, at=request.decided_at or asker.at)
            self.journal.told("archive.deletion_withdrawn", request.request_id, first)
            return request
        withdrawn = replace(
            request,
            state=DeletionState.WITHDRAWN,
            grounds=(),
            reason=reason,
            possible_from=None,
            decided_by=asker.actor,
            decided_at=asker.at,
        )
        return self._saved(withdrawn, "archive.deletion_withdrawn", asker)

    def _saved(self, request: DeletionRequest, action: str, asker: Asker) -> DeletionRequest:
        if not self.requests.save(request):
            raise StaleRecordError
        self.journal.told(action, request.request_id, asker)
        return replace(request, version=request.version + 1)
