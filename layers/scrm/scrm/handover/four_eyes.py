"""Two persons for what the bank's settings name: one makes the decision, another one confirms or refuses it.

A decision waits with all it needs to be carried out later. Some operations are carried out by the confirmation; others
(a download) are a permission, which the maker uses by asking again.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol

from scrm import clock, ids
from scrm.handover.errors import DecisionRefusedError, StaleVersionError
from scrm.handover.settings import HandoverSettings
from scrm.paging import Page

REASSIGN: Final = "reassign"
CLOSE: Final = "close"
CERTIFICATE_DOWNLOAD: Final = "certificate_download"


class DecisionState(StrEnum):
    """``outdated``: the case had changed when it was confirmed, so that it could not be carried out."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    OUTDATED = "outdated"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants done about which case; ``parameters`` are JSON and hold ids and words only."""

    operation: str
    case_id: str
    node_path: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PendingDecision:
    """A wish that a second person looks at.

    ``reason`` says why it was refused or is outdated. ``done_at``: carried out, or the permission was used.
    """

    decision_id: str
    wish: Wish
    made_by: str
    made_at: datetime
    expires_at: datetime
    state: DecisionState = DecisionState.PENDING
    decided_by: str = ""
    decided_at: datetime | None = None
    reason: str = ""
    done_at: datetime | None = None
    version: int = 0

    def waits(self, now: datetime) -> bool:
        return self.state is DecisionState.PENDING and now < self.expires_at

    def permits(self, now: datetime) -> bool:
        """Whether its maker may do now what was confirmed."""
        return self.state is DecisionState.CONFIRMED and self.done_at is None and now < self.expires_at


class DecisionStore(Protocol):
    """Decisions by id. A cursor is None for the first page; a foreign one raises InvalidCursorError."""

    def find(self, decision_id: str) -> PendingDecision | None: ...

    def save(self, decision: PendingDecision) -> PendingDecision:
        """Write over the version that was read, 0 for a new one; raises StaleVersionError."""

    def waiting(self, node_path: str, now: datetime, cursor: str | None, limit: int) -> Page[PendingDecision]:
        """Decisions at or below ``node_path`` that wait and have not expired, newest first."""


class DecisionJournal(Protocol):
    """The audit log, as far as decisions of two persons go."""

    def told(self, decision: PendingDecision, action: str, actor: str, at: datetime) -> None:
        """``requested``, ``confirmed`` or ``refused``; once per action and version of the decision."""


@dataclass(frozen=True, slots=True)
class FourEyes:
    """Use cases of operators. Each raises DecisionRefusedError, whose text says why, and StaleVersionError."""

    store: DecisionStore
    journal: DecisionJournal
    settings: HandoverSettings

    def applies(self, operation: str) -> bool:
        return operation in self.settings.four_eyes

    def ask(self, wish: Wish, actor: str, now: datetime, key: str = "") -> PendingDecision | None:
        """The decision that has to be confirmed first; None: go ahead, nobody has to confirm it or somebody has.

        Asked again by the same person with the same ``key`` it is the same decision; once that is refused, used or
        expired it is made anew. A permission is used up by the answer None.
        """
        if not self.applies(wish.operation):
            return None
        parameters = json.dumps(wish.parameters, sort_keys=True, ensure_ascii=False)
        decision_id = ids.derive("decision", wish.operation, wish.case_id, actor, key, parameters)
        known = self.store.find(decision_id)
        if known is not None and known.permits(now):
            self.store.save(replace(known, done_at=now))
            return None
        if known is not None and known.waits(now):
            return known
        expires_at = now + self.settings.decision_valid_for
        version = known.version if known else 0
        made = PendingDecision(decision_id, wish, actor, now, expires_at, version=version)
        self.journal.told(made, "requested", actor, now)
        return self.store.save(made)

    def confirm(
        self, decision_id: str, actor: str, now: datetime, carry_out: Callable[[PendingDecision], bool]
    ) -> PendingDecision:
        """Confirm what somebody else decided. ``carry_out`` does it, or returns False for a permission.

        What it refuses no longer applies: the decision is outdated. Repeated after a crash it is carried out again.
        """
        decision = self._known(decision_id)
        is_repeat = decision.permits(now) and decision.decided_by == actor
        if not is_repeat:
            self._check(decision, actor, now)
            self.journal.told(decision, "confirmed", actor, now)
            confirmed = replace(decision, state=DecisionState.CONFIRMED, decided_by=actor, decided_at=now)
            decision = self.store.save(confirmed)
        try:
            is_done = carry_out(decision)
        except DecisionRefusedError as refused:
            self.store.save(replace(decision, state=DecisionState.OUTDATED, reason=str(refused)))
            raise DecisionRefusedError(f"The decision no longer applies. {refused}") from refused
        return self.store.save(replace(decision, done_at=now)) if is_done else decision

    def refuse(self, decision_id: str, reason: str, actor: str, now: datetime) -> PendingDecision:
        """Say why it must not be done; its maker may take it back in the same way."""
        decision = self._known(decision_id)
        if not decision.waits(now):
            raise DecisionRefusedError(_no_longer_waits(decision))
        self.journal.told(decision, "refused", actor, now)
        return self.store.save(
            replace(decision, state=DecisionState.REFUSED, decided_by=actor, decided_at=now, reason=reason)
        )

    def _known(self, decision_id: str) -> PendingDecision:
        decision = self.store.find(decision_id)
        if decision is None:
            raise StaleVersionError(decision_id)
        return decision

    def _check(self, decision: PendingDecision, actor: str, now: datetime) -> None:
        if not decision.waits(now):
            raise DecisionRefusedError(_no_longer_waits(decision))
        if actor == decision.made_by:
            raise DecisionRefusedError("You made this decision; somebody else has to confirm it.")


def _no_longer_waits(decision: PendingDecision) -> str:
    if decision.state is DecisionState.PENDING:
        return f"The decision expired at {clock.to_iso(decision.expires_at)}; its maker may make it again."
    return f"The decision is {decision.state.value} already."
