"""Legal holds on the wire."""

from datetime import date
from typing import Self

from scrm.archive import legal_holds
from scrm.archive.legal_holds import HoldState
from scrm.runtime.http.archive_models import CustomerId, PartyId, Reason
from scrm.runtime.http.wire import Asked, Reply, Timestamp


class LegalHoldRequest(Asked):
    """At least one of customer, member, group or a day; what is given must all fit."""

    external_userid: CustomerId | None = None
    userid: PartyId | None = None
    room_id: PartyId | None = None
    first_day: date | None = None
    last_day: date | None = None
    reason: Reason

    def scope(self) -> legal_holds.HoldScope:
        """Raises StepRefusedError."""
        return legal_holds.HoldScope(
            self.external_userid or "", (self.userid or "").lower(), self.room_id or "", self.first_day, self.last_day
        )


class LegalHold(Reply):
    hold_id: str
    state: HoldState
    external_userid: str
    userid: str
    room_id: str
    first_day: date | None
    last_day: date | None
    reason: str
    node_path: str
    placed_by: str
    placed_at: Timestamp
    lift_asked_by: str
    lift_reason: str
    lifted_by: str
    lifted_at: Timestamp | None

    @classmethod
    def of(cls, hold: legal_holds.LegalHold) -> Self:
        scope = {name: getattr(hold.scope, name) for name in ("external_userid", "userid", "room_id")}
        own = set(cls.model_fields) - scope.keys() - {"first_day", "last_day"}
        return cls(
            **scope,
            first_day=hold.scope.first_day,
            last_day=hold.scope.last_day,
            **{name: getattr(hold, name) for name in own},
        )


class LegalHoldPage(Reply):
    items: list[LegalHold]
    cursor: str | None
