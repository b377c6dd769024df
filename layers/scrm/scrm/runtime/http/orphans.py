"""What the nightly audit found."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from scrm.runtime.http import orphan_models as models
from scrm.runtime.http.routing import Cursor, Limit, NodeId, list_of, router, scope
from scrm.runtime.wiring import admin_api as wiring


@router.get(
    "/v1/orphans",
    operation_id="listOrphans",
    summary="Customers and groups of leavers that no case answered for, newest first, and the latest audit.",
    tags=["handover"],
    responses=list_of(models.OrphanPage),
)
def list_orphans(
    unresolved: Annotated[  # noqa: FBT002 - the resolver passes it by name
        bool, Query(description="Only what no later audit has seen resolved.")
    ] = False,
    node_id: NodeId = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> models.OrphanPage:
    page = wiring.orphan_queries().list_orphans(scope(node_id), cursor, limit, unresolved_only=unresolved)
    latest = wiring.orphan_queries().latest_audit()
    return models.OrphanPage(
        items=[models.Orphans.model_validate(finding) for finding in page.items],
        cursor=page.cursor,
        latest_audit=models.OrphanAudit.model_validate(latest) if latest else None,
    )
