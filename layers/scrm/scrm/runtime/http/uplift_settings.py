"""Windows of the attribution ledger, worth of KPIs, costs of the programme: read by all, changed by head office."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body

from scrm import clock
from scrm.runtime.http import uplift_models as models
from scrm.runtime.http.problems import NotAllowedError, ProblemError, sentence
from scrm.runtime.http.routing import current_caller, responses, router
from scrm.runtime.wiring import admin_api as wiring
from scrm.runtime.wiring import bank_settings
from scrm.settings.errors import InvalidSettingsError, SettingsConflictError
from scrm.settings.reader import stored_as
from scrm.settings.uplift import TOPIC, UpliftDocument


@router.get(
    "/v1/settings/uplift",
    operation_id="getUpliftSettings",
    summary="Windows of the attribution ledger, what a unit of each KPI is worth, what the programme costs.",
    tags=["settings"],
    responses=responses(HTTPStatus.OK, models.UpliftSettings),
)
def get_uplift_settings() -> models.UpliftSettings:
    current_caller()
    return current()


@router.put(
    "/v1/settings/uplift",
    operation_id="putUpliftSettings",
    summary="Replace what the bank decided; fields you leave out take their defaults. For head office.",
    tags=["settings"],
    responses=responses(HTTPStatus.OK, models.UpliftSettings, HTTPStatus.CONFLICT),
)
def put_uplift_settings(request: Annotated[models.UpliftSettingsRequest, Body()]) -> models.UpliftSettings:
    caller = current_caller()
    if not caller.operates_the_corp:
        raise NotAllowedError("Settings are changed by head office and by operators placed at the root node.")
    document = request.settings.model_dump(mode="json", exclude_unset=True)
    try:
        wiring.settings_change_of(TOPIC, UpliftDocument).replace(document, request.version, caller.actor, clock.now())
    except SettingsConflictError as conflict:
        raise ProblemError(HTTPStatus.CONFLICT, "settings-conflict", sentence(conflict)) from conflict
    return current()


def current() -> models.UpliftSettings:
    """As of this moment. A stored document that does not fit is told as such, so that it can be replaced."""
    given, version = bank_settings.store().read(TOPIC)
    try:
        found, is_valid = stored_as(UpliftDocument, TOPIC, given), True
    except InvalidSettingsError:
        found, is_valid = UpliftDocument(), False
    return models.UpliftSettings(version=version, is_valid=is_valid, given=sorted(given), settings=found)
