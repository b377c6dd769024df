"""Legal holds in the archive's table."""

from collections.abc import Mapping
from typing import Any

from scrm import clock
from scrm.archive.legal_holds import HoldScope, HoldState, LegalHold
from scrm.aws.archive_records import DynamoRecords, Kind, day_of, day_text, moment_of, moment_text
from scrm.aws.table import Table


def legal_holds(table: Table) -> DynamoRecords[LegalHold]:
    return DynamoRecords(table, Kind("HOLDS", lambda hold: hold.hold_id, _from_hold, _to_hold))


def _from_hold(hold: LegalHold) -> Mapping[str, Any]:
    scope = hold.scope
    return {
        "hold_id": hold.hold_id,
        "external_userid": scope.external_userid,
        "userid": scope.userid,
        "room_id": scope.room_id,
        "first_day": day_text(scope.first_day),
        "last_day": day_text(scope.last_day),
        "reason": hold.reason,
        "placed_by": hold.placed_by,
        "placed_at": clock.to_iso(hold.placed_at),
        "state": hold.state.value,
        "lift_asked_by": hold.lift_asked_by,
        "lift_reason": hold.lift_reason,
        "lifted_by": hold.lifted_by,
        "lifted_at": moment_text(hold.lifted_at),
    }


def _to_hold(found: Mapping[str, Any], node_path: str, version: int) -> LegalHold:
    first, last = day_of(found["first_day"]), day_of(found["last_day"])
    return LegalHold(
        hold_id=found["hold_id"],
        scope=HoldScope(found["external_userid"], found["userid"], found["room_id"], first, last),
        reason=found["reason"],
        node_path=node_path,
        placed_by=found["placed_by"],
        placed_at=clock.from_iso(found["placed_at"]),
        state=HoldState(found["state"]),
        lift_asked_by=found["lift_asked_by"],
        lift_reason=found["lift_reason"],
        lifted_by=found["lifted_by"],
        lifted_at=moment_of(found["lifted_at"]),
        version=version,
    )
