"""A bank's settings of contact pressure: read by everybody, changed by head office."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body

from scrm import clock
from scrm.runtime.http import pressure_models as models
from scrm.runtime.http.problems import NotAllowedError, ProblemError
from scrm.runtime.http.routing import current_caller, responses, router
from scrm.runtime.wiring import admin_api as wiring
from scrm.runtime.wiring import bank_settings
from scrm.settings.errors import InvalidSettingsError, SettingsConflictError
from scrm.settings.pressure import TOPIC, PressureDocument
from scrm.settings.reader import stored_as


@router.get(
    "/v1/settings/pressure",
    operation_id="getPressureSettings",
    summary="The weekly caps, and what an exception from them may be.",
    tags=["settings"],
    responses=responses(HTTPStatus.OK, models.PressureSettings),
)
def get_pressure_settings() -> models.PressureSettings:
    current_caller()
    return _current()


@router.put(
    "/v1/settings/pressure",
    operation_id="putPressureSettings",
    summary="Replace what the bank decided; fields you leave out take their defaults. For head office.",
    tags=["settings"],
    responses=responses(HTTPStatus.OK, models.PressureSettings, HTTPStatus.CONFLICT),
)
def put_pressure_settings(request: Annotated[models.PressureSettingsRequest, Body()]) -> models.PressureSettings:
    caller = current_caller()
    if not caller.operates_the_corp:
        raise NotAllowedError("Settings are changed by head office and by operators placed at the root node.")
    document = request.settings.model_dump(mode="json", exclude_unset=True)
    try:
        wiring.settings_change_of(TOPIC, PressureDocument).replace(document, request.version, caller.actor, clock.now())
    except SettingsConflictError as conflict:
        raise ProblemError(HTTPStatus.CONFLICT, "settings-conflict", f"{conflict}.".capitalize()) from conflict
    return _current()


def _current() -> models.PressureSettings:
    """As of this moment. A stored document that does not fit is told as such, so that it can be replaced."""
    given, version = bank_settings.store().read(TOPIC)
    try:
        found, is_valid = stored_as(PressureDocument, TOPIC, given), True
    except InvalidSettingsError:
        found, is_valid = PressureDocument(), False
    return models.PressureSettings(version=version, is_valid=is_valid, given=sorted(given), settings=found)
