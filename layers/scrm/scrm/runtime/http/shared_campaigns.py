"""Campaigns of the nodes above: what falls to the members at or below the caller's node, and no other number."""

from http import HTTPStatus
from typing import Annotated, Self

from aws_lambda_powertools.event_handler.openapi.params import Query

from scrm.campaign import model
from scrm.campaign.terms import CampaignState, Channel
from scrm.node_paths import covers
from scrm.runtime.http import campaign_models as models
from scrm.runtime.http.campaign_requests import CampaignId
from scrm.runtime.http.problems import NoSuchThingError
from scrm.runtime.http.routing import Cursor, Limit, current_caller, list_of, responses, router
from scrm.runtime.http.wire import Page, Reply, Timestamp
from scrm.runtime.wiring import admin_api as wiring

_MANY = Annotated[int, Query(ge=1, le=1_000, description="Rows a page at most.")]
_PATH = "/v1/shared-campaigns"


class SharedCampaign(Reply):
    """What it is and how far; whose customers they are is at ``node_id``, above the caller's own node."""

    campaign_id: str
    state: CampaignState
    name: str
    node_id: str
    channel: Channel
    target_kpi: str
    content: models.Content
    starts_at: Timestamp | None
    ended_at: Timestamp | None
    reason: str

    @classmethod
    def of(cls, found: model.Campaign) -> Self:
        wanted = found.definition
        return cls(
            campaign_id=found.campaign_id,
            state=found.state,
            name=wanted.name,
            node_id=wanted.node_id,
            channel=wanted.channel,
            target_kpi=wanted.target_kpi,
            content=models.Content.model_validate(wanted.content),
            starts_at=found.starts_at,
            ended_at=found.ended_at,
            reason=found.reason,
        )


class SharedCampaignPage(Page):
    items: list[SharedCampaign]


@router.get(
    _PATH,
    operation_id="listSharedCampaigns",
    summary="Campaigns of the nodes above the caller's that have begun: the highest node's first, each newest first.",
    tags=["campaigns"],
    responses=list_of(SharedCampaignPage),
)
def list_shared(cursor: Cursor = None, limit: Limit = 20) -> SharedCampaignPage:
    page = wiring.campaigns().store.above(current_caller().node.path, cursor, limit)
    return SharedCampaignPage(items=[SharedCampaign.of(each) for each in page.items], cursor=page.cursor)


@router.get(
    f"{_PATH}/<campaign_id>",
    operation_id="getSharedCampaign",
    summary="A campaign of a node above.",
    tags=["campaigns"],
    responses=responses(HTTPStatus.OK, SharedCampaign, HTTPStatus.NOT_FOUND),
)
def get_shared(campaign_id: CampaignId) -> SharedCampaign:
    return SharedCampaign.of(_shared(campaign_id))


@router.get(
    f"{_PATH}/<campaign_id>/results",
    operation_id="getSharedResults",
    summary="The sums of the caller's share, as far as it has been planned.",
    tags=["campaigns"],
    responses=responses(HTTPStatus.OK, models.CampaignResults, HTTPStatus.NOT_FOUND),
)
def get_results(campaign_id: CampaignId) -> models.CampaignResults:
    campaign = _shared(campaign_id)
    found = wiring.campaigns().shared_sums(current_caller().node.path, campaign_id)
    return models.CampaignResults.planned(campaign, found)


@router.get(
    f"{_PATH}/<campaign_id>/tasks",
    operation_id="listSharedTasks",
    summary="The campaign's tasks of members at or below the caller's node.",
    tags=["campaigns"],
    responses=list_of(models.TaskPage),
)
def list_tasks(campaign_id: CampaignId, cursor: Cursor = None, limit: Limit = 20) -> models.TaskPage:
    _shared(campaign_id)
    page = wiring.campaigns().shared(current_caller().node.path).tasks(campaign_id, cursor, limit)
    return models.TaskPage.model_validate(page)


@router.get(
    f"{_PATH}/<campaign_id>/recipients",
    operation_id="listSharedRecipients",
    summary="The campaign's customers of members at or below the caller's node, with what became of each.",
    tags=["campaigns"],
    responses=list_of(models.RecipientPage),
)
def list_recipients(campaign_id: CampaignId, cursor: Cursor = None, limit: _MANY = 100) -> models.RecipientPage:
    _shared(campaign_id)
    page = wiring.campaigns().shared(current_caller().node.path).recipients(campaign_id, cursor, limit)
    return models.RecipientPage.model_validate(page)


def _shared(campaign_id: str) -> model.Campaign:
    """One that has begun at a node strictly above the caller's; no test."""
    found, own = wiring.campaigns().store.find(campaign_id), current_caller().node.path
    if found is None or not found.has_begun or found.test_of:
        raise NoSuchThingError("campaign")
    if found.node_path == own or not covers(found.node_path, own):
        raise NoSuchThingError("campaign")
    return found
