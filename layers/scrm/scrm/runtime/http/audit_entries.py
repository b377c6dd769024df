"""Who did what."""

from scrm.runtime.http.routing import Cursor, Limit, NodeId, list_of, router, scope
from scrm.runtime.http.wire import Page, Reply
from scrm.runtime.wiring import admin_api as wiring


class AuditEntry(Reply):
    """Who did what on which thing; ``entry_hash`` covers it and ``previous_hash``."""

    chain_id: str
    sequence: int
    entry_id: str
    actor: str
    action: str
    subject: str
    node_path: str
    outcome: str
    at: str
    recorded_at: str
    previous_hash: str
    entry_hash: str


class AuditPage(Page):
    items: list[AuditEntry]


@router.get(
    "/v1/audit",
    operation_id="listAudit",
    summary="Who did what, newest first.",
    tags=["audit"],
    responses=list_of(AuditPage),
)
def list_audit(node_id: NodeId = None, cursor: Cursor = None, limit: Limit = 20) -> AuditPage:
    page = wiring.audit_reader().list_entries(scope(node_id), cursor, limit)
    return AuditPage.model_validate(page)
