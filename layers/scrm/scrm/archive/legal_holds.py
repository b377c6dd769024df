"""Legal holds: what an inquiry or a lawsuit needs stays, whatever its retention says (R11).

One person places a hold; to lift it takes two. What a hold may cover is treated as covered: a hold on a member or on
some days holds every customer who may have talked there.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from scrm import ids
from scrm.archive.records import Asker, Journal, Records, StaleRecordError, StepRefusedError, added


class HoldState(StrEnum):
    """``lifting``: one person wants it lifted and nobody has confirmed; it holds until then."""

    ACTIVE = "active"
    LIFTING = "lifting"
    LIFTED = "lifted"


@dataclass(frozen=True, slots=True)
class HoldScope:
    """Whom and what a hold covers; parts that are given must all fit. Days are business days, both included."""

    external_userid: str = ""
    userid: str = ""
    room_id: str = ""
    first_day: date | None = None
    last_day: date | None = None

    def __post_init__(self) -> None:
        if not (self.external_userid or self.userid or self.room_id or self.first_day or self.last_day):
            raise StepRefusedError("A hold names a customer, a member, a group or days.")
        if self.first_day and self.last_day and self.last_day < self.first_day:
            raise StepRefusedError("The last day of the hold lies before its first.")

    def may_touch(self, external_userid: str) -> bool:
        """Whether something of this customer may be under it."""
        return self.external_userid in {"", external_userid}


@dataclass(frozen=True, slots=True)
class LegalHold:
    """``reason`` and ``lift_reason`` are people's words and never logged. ``version`` counts writes."""

    hold_id: str
    scope: HoldScope
    reason: str = field(repr=False)
    node_path: str
    placed_by: str
    placed_at: datetime
    state: HoldState = HoldState.ACTIVE
    lift_asked_by: str = ""
    lift_reason: str = field(default="", repr=False)
    lifted_by: str = ""
    lifted_at: datetime | None = None
    version: int = 0

    @property
    def holds(self) -> bool:
        return self.state is not HoldState.LIFTED


@dataclass(frozen=True, slots=True)
class LegalHolds:
    """Use cases of compliance officers."""

    holds: Records[LegalHold]
    journal: Journal

    def place(self, scope: HoldScope, reason: str, asker: Asker, key: str) -> LegalHold:
        """A repeat with the same ``key`` finds the first one. Raises StepRefusedError when it asks for another."""
        hold_id = ids.derive("hold", asker.actor, key)
        hold = LegalHold(hold_id, scope, reason, asker.node_path, asker.actor, asker.at)
        hold = added(self.holds, hold_id, hold, lambda known: (known.scope, known.reason) == (scope, reason), "hold")
        self.journal.told("archive.hold_placed", hold_id, replace(asker, at=hold.placed_at))
        return hold

    def ask_to_lift(self, hold: LegalHold, reason: str, asker: Asker) -> LegalHold:
        """Raises StepRefusedError, StaleRecordError."""
        if hold.state is HoldState.LIFTING and hold.lift_asked_by == asker.actor:
            return hold
        if hold.state is not HoldState.ACTIVE:
            raise StepRefusedError(f"The hold is {hold.state}.")
        asked = replace(hold, state=HoldState.LIFTING, lift_asked_by=asker.actor, lift_reason=reason)
        return self._saved(asked, "archive.hold_lift_asked", asker)

    def confirm_lift(self, hold: LegalHold, asker: Asker) -> LegalHold:
        """By somebody other than who asked. Raises StepRefusedError, StaleRecordError."""
        if hold.state is HoldState.LIFTED and hold.lifted_by == asker.actor:
            self.journal.told("archive.hold_lifted", hold.hold_id, replace(asker, at=hold.lifted_at or asker.at))
            return hold
        if hold.state is not HoldState.LIFTING:
            raise StepRefusedError("Nobody asked to lift the hold.")
        if hold.lift_asked_by == asker.actor:
            raise StepRefusedError("A second person lifts a hold, not the one who asked for it.")
        lifted = replace(hold, state=HoldState.LIFTED, lifted_by=asker.actor, lifted_at=asker.at)
        return self._saved(lifted, "archive.hold_lifted", asker)

    def keep_on(self, hold: LegalHold, asker: Asker) -> LegalHold:
        """The wish to lift it is refused, or taken back. Raises StepRefusedError, StaleRecordError."""
        if hold.state is not HoldState.LIFTING:
            raise StepRefusedError("Nobody asked to lift the hold.")
        kept = replace(hold, state=HoldState.ACTIVE, lift_asked_by="", lift_reason="")
        return self._saved(kept, "archive.hold_kept", asker)

    def touching(self, external_userid: str) -> list[LegalHold]:
        """Holds of the whole bank that may cover something of this customer."""
        return [hold for hold in self._all() if hold.holds and hold.scope.may_touch(external_userid)]

    def _all(self) -> list[LegalHold]:
        found: list[LegalHold] = []
        cursor: str | None = None
        while True:
            page = self.holds.page("/", cursor, 100)
            found += page.items
            cursor = page.cursor
            if cursor is None:
                return found

    def _saved(self, hold: LegalHold, action: str, asker: Asker) -> LegalHold:
        if not self.holds.save(hold):
            raise StaleRecordError
        self.journal.told(action, hold.hold_id, asker)
        return replace(hold, version=hold.version + 1)
