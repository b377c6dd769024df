"""The attribution ledger (S18): what changed at the bank's customers, by campaign, content, channel and member."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any, Final

from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from scrm.aws import cursors
from scrm.aws.ledger_documents import BucketLedgers
from scrm.node_paths import ROOT_PATH, branch_of
from scrm.runtime.http import attribution_models as models
from scrm.runtime.http.caller import Caller
from scrm.runtime.http.problems import NoSuchThingError
from scrm.runtime.http.routing import Cursor, Limit, NodeId, current_caller, list_of, responses, router, scope
from scrm.runtime.wiring import admin_api as wiring
from scrm.uplift.ledger import summed

Month = Annotated[str, Path(pattern=r"^[1-9]\d{3}-(0[1-9]|1[0-2])$", description="Such as 2027-03.")]
Version = Annotated[int | None, Query(ge=1, description="Absent: the latest.")]
Kpi = Annotated[str | None, Query(max_length=32, description="Only this KPI; ``product``: what is held of a product.")]
By = Annotated[models.CreditedBy, Query(description="Whom the changes are credited to.")]
_KEYS: Final[Mapping[models.CreditedBy, Sequence[str]]] = {
    models.CreditedBy.CAMPAIGN: ("campaign_id",),
    models.CreditedBy.CONTENT: ("activity_id", "content_version"),
    models.CreditedBy.CHANNEL: ("channel",),
    models.CreditedBy.BRANCH: (),
}


@router.get(
    "/v1/attribution/<month>",
    operation_id="getAttribution",
    summary="Changes of a month by campaign, content, channel or branch; with what is credited to nobody.",
    tags=["uplift"],
    responses=responses(HTTPStatus.OK, models.Attribution, HTTPStatus.NOT_FOUND),
)
def get_attribution(
    month: Month,
    by: By = models.CreditedBy.CAMPAIGN,
    kpi: Kpi = None,
    version: Version = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> models.Attribution:
    caller, ledgers = current_caller(), wiring.ledgers()
    number = _number(ledgers, month, version)
    told = _told(lambda: ledgers.figures(month, number))
    rows = _credited(ledgers, told, by, caller)
    wanted = [row for row in rows if kpi is None or row["kpi"] == kpi]
    page = cursors.page_of(wanted, f"attribution/{month}/{number}/{by}/{kpi}/{caller.node.path}", cursor, limit)
    return models.Attribution(
        month=month,
        version=number,
        made_at=told["made_at"],
        window_days=told["inputs"]["windows"]["usual"],
        items=[models.AttributionRow.model_validate(row) for row in page.items],
        cursor=page.cursor,
    )


def _credited(
    ledgers: BucketLedgers, told: Mapping[str, Any], by: models.CreditedBy, caller: Caller
) -> Sequence[Mapping[str, Any]]:
    """The whole bank's for who sees it, with what is credited to nobody; else those of the caller's own branch."""
    if not caller.sees(ROOT_PATH):
        branch_id = branch_of(caller.node.path)
        own = ledgers.of_branch(told["month"], told["version"], branch_id) if _is_branch(caller, branch_id) else []
        named = {"node": branch_id} if by is models.CreditedBy.BRANCH else {}
        return [{**row, **named} for row in summed(own, _KEYS[by])]
    if by is models.CreditedBy.BRANCH:
        return ledgers.by_branch(told["month"], told["version"])
    return summed(told["credits"], _KEYS[by])


def _is_branch(caller: Caller, branch_id: str) -> bool:
    return caller.sees(f"{ROOT_PATH}{branch_id}/")


@router.get(
    "/v1/attribution/<month>/members",
    operation_id="listAttributionMembers",
    summary="Changes of a month by member of a branch.",
    tags=["uplift"],
    responses=list_of(models.AttributionMemberPage),
)
def list_attribution_members(
    month: Month,
    node_id: NodeId = None,
    kpi: Kpi = None,
    version: Version = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> models.AttributionMemberPage:
    path, ledgers = scope(node_id), wiring.ledgers()
    number = _number(ledgers, month, version)
    rows = [
        row
        for row in ledgers.members(month, number, branch_of(path))
        if row["node"].startswith(path) and (kpi is None or row["kpi"] == kpi)
    ]
    page = cursors.page_of(rows, f"attribution/{month}/{number}/members/{path}/{kpi}", cursor, limit)
    items = [models.AttributionMember.model_validate(row) for row in page.items]
    return models.AttributionMemberPage(items=items, cursor=page.cursor)


@router.get(
    "/v1/attribution/<month>/campaigns/<campaign_id>",
    operation_id="listAttributionCustomers",
    summary="The customers behind a campaign's figures, the largest changes first, with the touch that is credited.",
    tags=["uplift"],
    responses=list_of(models.AttributionCustomerPage),
)
def list_attribution_customers(
    month: Month,
    campaign_id: Annotated[str, Path(max_length=64, description="The campaign's id.")],
    version: Version = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> models.AttributionCustomerPage:
    caller, ledgers = current_caller(), wiring.ledgers()
    number = _number(ledgers, month, version)
    rows = [row for row in ledgers.rows(month, number, campaign_id) if caller.sees(row["node_path"])]
    page = cursors.page_of(rows, f"attribution/{month}/{number}/{campaign_id}/{caller.node.path}", cursor, limit)
    items = [models.AttributionCustomer.model_validate(row) for row in page.items]
    return models.AttributionCustomerPage(items=items, cursor=page.cursor)


def _number(ledgers: BucketLedgers, month: str, version: int | None) -> int:
    number = version or ledgers.latest_version(month)
    if number is None:
        raise NoSuchThingError("ledger of this month")
    return number


def _told(read: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    try:
        return read()
    except LookupError as missing:
        raise NoSuchThingError("version of the ledger") from missing
