"""A bank's stages and gates: read by everybody, changed by head office."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body

from scrm import clock
from scrm.runtime.http import target_models as models
from scrm.runtime.http.problems import NotAllowedError, ProblemError, sentence
from scrm.runtime.http.routing import current_caller, responses, router
from scrm.runtime.target_joins import ladder_of
from scrm.runtime.wiring import admin_api as wiring
from scrm.runtime.wiring import bank_settings
from scrm.settings.errors import InvalidSettingsError, SettingsConflictError
from scrm.settings.reader import stored_as
from scrm.settings.targets import TOPIC, TargetsDocument
from scrm.targets.errors import InvalidPlanError


@router.get(
    "/v1/settings/targets",
    operation_id="getTargetSettings",
    summary="The stages of the programme, and what a node has to reach to leave each.",
    tags=["settings"],
    responses=responses(HTTPStatus.OK, models.TargetSettings),
)
def get_target_settings() -> models.TargetSettings:
    current_caller()
    return _current()


@router.put(
    "/v1/settings/targets",
    operation_id="putTargetSettings",
    summary="Replace what the bank decided; fields you leave out take their defaults. For head office.",
    tags=["settings"],
    responses=responses(HTTPStatus.OK, models.TargetSettings, HTTPStatus.CONFLICT),
)
def put_target_settings(request: Annotated[models.TargetSettingsRequest, Body()]) -> models.TargetSettings:
    caller = current_caller()
    if not caller.operates_the_corp:
        raise NotAllowedError("Settings are changed by head office and by operators placed at the root node.")
    try:
        ladder_of(request.settings)
    except InvalidPlanError as invalid:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-stages", sentence(invalid)) from invalid
    document = request.settings.model_dump(mode="json", exclude_unset=True)
    try:
        wiring.settings_change_of(TOPIC, TargetsDocument).replace(document, request.version, caller.actor, clock.now())
    except SettingsConflictError as conflict:
        raise ProblemError(HTTPStatus.CONFLICT, "settings-conflict", sentence(conflict)) from conflict
    return _current()


def _current() -> models.TargetSettings:
    """As of this moment. A stored document that does not fit is told as such, so that it can be replaced."""
    given, version = bank_settings.store().read(TOPIC)
    try:
        found, is_valid = stored_as(TargetsDocument, TOPIC, given), True
    except InvalidSettingsError:
        found, is_valid = TargetsDocument(), False
    return models.TargetSettings(version=version, is_valid=is_valid, given=sorted(given), settings=found)
