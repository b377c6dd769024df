"""What customers want deleted, in the archive's table."""

from collections.abc import Mapping
from typing import Any

from scrm import clock
from scrm.archive.deletion_requests import DeletionRequest, DeletionState, Ground
from scrm.aws.archive_records import DynamoRecords, Kind, day_of, day_text, moment_of, moment_text
from scrm.aws.table import Table


def deletion_requests(table: Table) -> DynamoRecords[DeletionRequest]:
    return DynamoRecords(table, Kind("DELETIONS", lambda request: request.request_id, _from_deletion, _to_deletion))


def _from_deletion(request: DeletionRequest) -> Mapping[str, Any]:
    return {
        "request_id": request.request_id,
        "external_userid": request.external_userid,
        "wish": request.wish,
        "recorded_by": request.recorded_by,
        "recorded_at": clock.to_iso(request.recorded_at),
        "state": request.state.value,
        "grounds": [ground.value for ground in request.grounds],
        "reason": request.reason,
        "possible_from": day_text(request.possible_from),
        "decided_by": request.decided_by,
        "decided_at": moment_text(request.decided_at),
    }


def _to_deletion(found: Mapping[str, Any], node_path: str, version: int) -> DeletionRequest:
    return DeletionRequest(
        request_id=found["request_id"],
        external_userid=found["external_userid"],
        wish=found["wish"],
        node_path=node_path,
        recorded_by=found["recorded_by"],
        recorded_at=clock.from_iso(found["recorded_at"]),
        state=DeletionState(found["state"]),
        grounds=tuple(Ground(ground) for ground in found["grounds"]),
        reason=found["reason"],
        possible_from=day_of(found["possible_from"]),
        decided_by=found["decided_by"],
        decided_at=moment_of(found["decided_at"]),
        version=version,
    )
