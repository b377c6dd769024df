"""Who did what."""

from scrm.runtime.http import models
from scrm.runtime.http.routing import Cursor, Limit, NodeId, list_of, router, scope
from scrm.runtime.wiring import admin_api as wiring


@router.get(
    "/v1/audit",
    operation_id="listAudit",
    summary="Who did what, newest first.",
    tags=["audit"],
    responses=list_of(models.AuditPage),
)
def list_audit(node_id: NodeId = None, cursor: Cursor = None, limit: Limit = 20) -> models.AuditPage:
    page = wiring.audit_reader().list_entries(scope(node_id), cursor, limit)
    return models.AuditPage.model_validate(page)
