"""How cases and chunks are written down: one item a case, one item a chunk of up to 100 edges.

A chunk's edges are one JSON text, because they are always read and written together and one packed
attribute costs a fraction of 100 maps in CPU and in request size (decision 0005).
"""

import json
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from scrm import clock
from scrm.aws.table import Item
from scrm.handover.edges import (
    Attempt,
    AttemptOutcome,
    Chunk,
    ChunkKind,
    ChunkState,
    Edge,
    EdgeState,
    TransferApi,
)
from scrm.handover.model import (
    OUR_PLAN,
    CaseOutcome,
    CaseState,
    Certificate,
    ChangeKind,
    DigestOutcome,
    HandoverCase,
    PlanReview,
    SignalRecord,
    SignalSource,
    StayPolicy,
)
from scrm.node_paths import branch_of

SCHEMA_VERSION = 2
CASES_OF_MEMBER = "CASE#"
DUE = "DUE"
"""The one partition of the due index: a schedule reads it every ten minutes for ever, and a case writes 200 bytes there
when its time changes. One partition takes a thousand such writes a second."""


def case_key(case_id: str) -> dict[str, str]:
    return {"pk": f"CASE#{case_id}", "sk": "CASE"}


def chunk_key(case_id: str, kind: ChunkKind, number: int) -> dict[str, str]:
    return {"pk": f"CASE#{case_id}", "sk": f"CHUNK#{kind.value}#{number:06d}"}


def member_key(userid: str) -> dict[str, str]:
    return {"pk": f"MEMBER#{userid}", "sk": "LATEST_CASE"}


def case_of_member_key(userid: str, opened_at: str, case_id: str) -> dict[str, str]:
    """One row a case under each userid that the member has had since it was opened; sorts by time."""
    return {"pk": f"MEMBER#{userid}", "sk": f"{CASES_OF_MEMBER}{opened_at}#{case_id}"}


def takeover_key(takeover_userid: str, case_id: str) -> dict[str, str]:
    return {"pk": f"TAKEOVER#{takeover_userid}", "sk": f"CASE#{case_id}"}


def from_case(case: HandoverCase) -> Item:
    due_at = clock.to_iso(case.due_at) if case.due_at else None
    opened_at = clock.to_iso(case.opened_at)
    return {
        **case_key(case.case_id),
        "schema_version": SCHEMA_VERSION,
        "version": case.version,
        "case_id": case.case_id,
        "corp_id": case.corp_id,
        "handover_userid": case.handover_userid,
        "handover_name": case.handover_name,
        "node_id": case.node_id,
        "node_path": case.node_path,
        "node_name": case.node_name,
        "state": case.state.value,
        "opened_at": opened_at,
        "branch_pk": f"BRANCH#{branch_of(case.node_path)}",
        "month_pk": f"MONTH#{opened_at[:7]}",
        "due_pk": DUE if due_at else None,
        "due_at": due_at,
        "signals": [_from_signal(signal) for signal in case.signals],
        "change": case.change.value,
        "last_day": case.last_day.isoformat() if case.last_day else None,
        "start_at": _iso(case.start_at),
        "customers_stay": case.stays.customers_stay,
        "groups_stay": case.stays.groups_stay,
        "staying_tiers": list(case.stays.staying_tiers),
        "account_deleted_at": _iso(case.account_deleted_at),
        "hr_at": _iso(case.hr_at),
        "cancelled_at": _iso(case.cancelled_at),
        "requested_successors": list(case.requested_successors),
        "named_by_hr": list(case.named_by_hr),
        "plan_outdated": case.plan_outdated or None,
        "successors": list(case.successors),
        "unusable": dict(case.unusable),
        "packages": {userid: dict(counts) for userid, counts in case.packages.items()} or None,
        "package_checksum": case.package_checksum or None,
        "lost_ids": list(case.lost_ids) or None,
        "digests": {userid: outcome.value for userid, outcome in case.digests.items()} or None,
        "approval_asked": case.approval_asked or None,
        "escalated_until": _iso(case.escalated_until),
        "reminded_at": _iso(case.reminded_at),
        "outcome": case.outcome.value if case.outcome else None,
        "close_reason": case.close_reason,
        "customer_totals": dict(case.customer_totals),
        "group_totals": dict(case.group_totals),
        "planned_at": _iso(case.planned_at),
        "closed_at": _iso(case.closed_at),
        "polls": case.polls,
        "plan_made_by": case.plan_made_by,
        "review": _from_review(case.review) if case.review else None,
        "certificates": [_from_certificate(certificate) for certificate in case.certificates] or None,
    }


def to_case(item: Item) -> HandoverCase:
    return HandoverCase(
        case_id=item["case_id"],
        corp_id=item["corp_id"],
        handover_userid=item["handover_userid"],
        handover_name=item["handover_name"],
        node_id=item["node_id"],
        node_path=item["node_path"],
        node_name=item["node_name"],
        state=CaseState(item["state"]),
        opened_at=clock.from_iso(item["opened_at"]),
        due_at=_moment(item.get("due_at")),
        signals=tuple(map(_to_signal, item["signals"])),
        change=ChangeKind(item["change"]),
        last_day=date.fromisoformat(item["last_day"]) if "last_day" in item else None,
        start_at=_moment(item.get("start_at")),
        stays=StayPolicy(item["customers_stay"], item["groups_stay"], tuple(item.get("staying_tiers", ()))),
        account_deleted_at=_moment(item.get("account_deleted_at")),
        hr_at=_moment(item.get("hr_at")),
        cancelled_at=_moment(item.get("cancelled_at")),
        requested_successors=tuple(item["requested_successors"]),
        named_by_hr=tuple(item["named_by_hr"] if "named_by_hr" in item else item["requested_successors"]),
        plan_outdated=item.get("plan_outdated", False),
        successors=tuple(item["successors"]),
        unusable=item["unusable"],
        packages=item.get("packages", {}),
        package_checksum=item.get("package_checksum", ""),
        lost_ids=tuple(item.get("lost_ids", ())),
        digests={userid: DigestOutcome(outcome) for userid, outcome in item.get("digests", {}).items()},
        approval_asked=item.get("approval_asked", ""),
        escalated_until=_moment(item.get("escalated_until")),
        reminded_at=_moment(item.get("reminded_at")),
        outcome=CaseOutcome(item["outcome"]) if "outcome" in item else None,
        close_reason=item["close_reason"],
        customer_totals=item["customer_totals"],
        group_totals=item["group_totals"],
        planned_at=_moment(item.get("planned_at")),
        closed_at=_moment(item.get("closed_at")),
        polls=item["polls"],
        plan_made_by=item.get("plan_made_by", OUR_PLAN),
        review=_to_review(item["review"]) if "review" in item else None,
        certificates=tuple(map(_to_certificate, item.get("certificates", ()))),
        version=item["version"],
    )


def from_chunk(chunk: Chunk) -> Item:
    return {
        **chunk_key(chunk.case_id, chunk.kind, chunk.number),
        "schema_version": SCHEMA_VERSION,
        "version": chunk.version,
        "case_id": chunk.case_id,
        "kind": chunk.kind.value,
        "number": chunk.number,
        "handover_userid": chunk.handover_userid,
        "takeover_userid": chunk.takeover_userid,
        "state": chunk.state.value,
        "api": chunk.api.value if chunk.api else None,
        "not_before": _iso(chunk.not_before),
        "intended_at": _iso(chunk.intended_at),
        "submitted_at": _iso(chunk.submitted_at),
        "package": chunk.package or None,
        "delivered_until": _iso(chunk.delivered_until),
        "edges": json.dumps([_from_edge(edge) for edge in chunk.edges], separators=(",", ":")),
    }


def to_chunk(item: Item) -> Chunk:
    return Chunk(
        case_id=item["case_id"],
        kind=ChunkKind(item["kind"]),
        number=item["number"],
        handover_userid=item["handover_userid"],
        takeover_userid=item["takeover_userid"],
        edges=tuple(map(_to_edge, json.loads(item["edges"]))),
        state=ChunkState(item["state"]),
        api=TransferApi(item["api"]) if "api" in item else None,
        not_before=_moment(item.get("not_before")),
        intended_at=_moment(item.get("intended_at")),
        submitted_at=_moment(item.get("submitted_at")),
        package=item.get("package", ""),
        delivered_until=_moment(item.get("delivered_until")),
        version=item["version"],
    )


def _from_edge(edge: Edge) -> list[Any]:
    """Target, state, cause, errcode, owner, due, updated, reason, attempts, tier and language if any: by position,
    since names would be half the bytes."""
    row = [
        edge.target_id,
        edge.state.value,
        edge.cause,
        edge.errcode,
        edge.owner_userid,
        _iso(edge.due_at),
        _iso(edge.updated_at),
        edge.reason,
        [_from_attempt(attempt) for attempt in edge.attempts],
    ]
    if edge.language:
        return [*row, edge.tier, edge.language]
    return [*row, edge.tier] if edge.tier else row


def _to_edge(row: list[Any]) -> Edge:
    target_id, state, cause, errcode, owner_userid, due_at, updated_at, reason, attempts, *needs = row
    return Edge(
        target_id,
        EdgeState(state),
        cause,
        errcode,
        owner_userid,
        _moment(due_at),
        _moment(updated_at),
        reason,
        tuple(map(_to_attempt, attempts)),
        *needs,
    )


def _from_attempt(attempt: Attempt) -> list[Any]:
    """Taker, API, called, errcode, outcome, decided."""
    return [
        attempt.takeover_userid,
        attempt.api.value,
        _iso(attempt.called_at),
        attempt.errcode,
        attempt.outcome.value,
        _iso(attempt.decided_at),
    ]


def _to_attempt(row: list[Any]) -> Attempt:
    taker, api, called_at, errcode, outcome, decided_at = row
    called = clock.from_iso(called_at)
    return Attempt(taker, TransferApi(api), called, errcode, AttemptOutcome(outcome), _moment(decided_at))


def _from_review(review: PlanReview) -> dict[str, Any]:
    return {
        "by": review.by,
        "at": clock.to_iso(review.at),
        "checksum": review.checksum,
        "customers": review.customers,
        "approved": review.approved,
        "reason": review.reason,
    }


def _to_review(item: dict[str, Any]) -> PlanReview:
    at = clock.from_iso(item["at"])
    return PlanReview(item["by"], at, item["checksum"], item["customers"], item["approved"], item["reason"])


def _from_signal(signal: SignalRecord) -> dict[str, str]:
    return {
        "source": signal.source.value,
        "kind": signal.kind,
        "event_id": signal.event_id,
        "occurred_at": clock.to_iso(signal.occurred_at),
        "note": signal.note,
    }


def _to_signal(item: dict[str, str]) -> SignalRecord:
    occurred_at = clock.from_iso(item["occurred_at"])
    return SignalRecord(SignalSource(item["source"]), item["kind"], item["event_id"], occurred_at, item["note"])


def _from_certificate(certificate: Certificate) -> dict[str, Any]:
    return {**asdict(certificate), "issued_at": clock.to_iso(certificate.issued_at)}


def _to_certificate(item: dict[str, Any]) -> Certificate:
    return Certificate(**{**item, "issued_at": clock.from_iso(item["issued_at"])})


def _iso(moment: datetime | None) -> str | None:
    return clock.to_iso(moment) if moment else None


def _moment(text: str | None) -> datetime | None:
    return clock.from_iso(text) if text else None
