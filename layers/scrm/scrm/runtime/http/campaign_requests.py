"""What operations on campaigns share: the campaign as the caller may see it, refusals as problems."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path

from scrm.campaign import model
from scrm.campaign.refusals import (
    CampaignRefusedError,
    InvalidCampaignError,
    StaleCampaignError,
    UnknownCampaignError,
)
from scrm.runtime.http.problems import NoSuchThingError, ProblemError
from scrm.runtime.http.routing import current_caller
from scrm.runtime.http.wire import ProblemField
from scrm.runtime.wiring import admin_api as wiring

CampaignId = Annotated[str, Path(max_length=64, description="The campaign's id.")]


@contextmanager
def refusals() -> Iterator[None]:
    """What a use case refuses, as the problem that tells it."""
    try:
        yield
    except UnknownCampaignError as unknown:
        raise NoSuchThingError("campaign") from unknown
    except InvalidCampaignError as invalid:
        fields = [ProblemField(where=f"body.{field}", kind=what) for field, what in invalid.problems]
        detail = "; ".join(what for _, what in invalid.problems)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        raise ProblemError(status, "invalid-campaign", f"{detail[:1].upper()}{detail[1:]}.", fields) from invalid
    except CampaignRefusedError as refused:
        raise ProblemError(HTTPStatus.CONFLICT, "campaign-refused", str(refused)) from refused
    except StaleCampaignError as stale:
        detail = "The campaign was changed in between; read it again, then repeat."
        raise ProblemError(HTTPStatus.CONFLICT, "campaign-changed", detail) from stale


def visible_campaign(campaign_id: str) -> model.Campaign:
    found = wiring.campaigns().store.find(campaign_id)
    if found is None or not current_caller().sees(found.node_path):
        raise NoSuchThingError("campaign")
    return found
