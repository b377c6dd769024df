"""What one customer was exposed to, over all campaigns and owners (S43)."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path

from scrm.runtime.http import campaign_models as models
from scrm.runtime.http.routing import responses, router
from scrm.runtime.http.visible_customers import visible_customer
from scrm.runtime.wiring import admin_api as wiring

CustomerId = Annotated[str, Path(max_length=64, description="The customer's external_userid.")]


@router.get(
    "/v1/customers/<external_userid>/exposure",
    operation_id="getCustomerExposure",
    summary="What a customer got, or did not, in which campaign and from whom; newest first. Sent is not read.",
    tags=["campaigns"],
    responses=responses(HTTPStatus.OK, models.Exposures, HTTPStatus.NOT_FOUND),
)
def get_exposure(external_userid: CustomerId) -> models.Exposures:
    visible_customer(external_userid)
    found = wiring.campaigns().exposures_of(external_userid)
    return models.Exposures(
        external_userid=external_userid, items=[models.Exposure.model_validate(each) for each in found]
    )
