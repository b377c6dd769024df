"""What became of a campaign: its tasks, its customers, its sums; and of one customer over all campaigns."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from scrm.runtime.http import campaign_models as models
from scrm.runtime.http.campaign_requests import CampaignId, visible_campaign
from scrm.runtime.http.routing import Cursor, Limit, list_of, responses, router
from scrm.runtime.wiring import admin_api as wiring

_MANY = Annotated[int, Query(ge=1, le=1_000, description="Rows a page at most.")]


@router.get(
    "/v1/campaigns/<campaign_id>/tasks",
    operation_id="listCampaignTasks",
    summary="The campaign's tasks: who is to send, to how many, how far it is.",
    tags=["campaigns"],
    responses=list_of(models.TaskPage),
)
def list_tasks(campaign_id: CampaignId, cursor: Cursor = None, limit: Limit = 20) -> models.TaskPage:
    visible_campaign(campaign_id)
    page = wiring.campaigns().results.tasks(campaign_id, cursor, limit)
    return models.TaskPage.model_validate(page)


@router.get(
    "/v1/campaigns/<campaign_id>/recipients",
    operation_id="listCampaignRecipients",
    summary="Every customer of the campaign with what became of him, task by task.",
    tags=["campaigns"],
    responses=list_of(models.RecipientPage),
)
def list_recipients(campaign_id: CampaignId, cursor: Cursor = None, limit: _MANY = 100) -> models.RecipientPage:
    visible_campaign(campaign_id)
    page = wiring.campaigns().results.recipients(campaign_id, cursor, limit)
    return models.RecipientPage.model_validate(page)


@router.get(
    "/v1/campaigns/<campaign_id>/results",
    operation_id="getCampaignResults",
    summary="The sums: audience, states, exclusions by reason, reach after an hour and a day, what is left to do.",
    tags=["campaigns"],
    responses=responses(HTTPStatus.OK, models.CampaignResults, HTTPStatus.NOT_FOUND),
)
def get_results(campaign_id: CampaignId) -> models.CampaignResults:
    campaign = visible_campaign(campaign_id)
    return models.CampaignResults.of(campaign, wiring.campaigns().tallies.results(campaign_id))
