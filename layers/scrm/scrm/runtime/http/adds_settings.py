"""Which added customers count (S9): read by everybody, changed by head office."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body

from scrm import clock
from scrm.runtime.http import adds_models as models
from scrm.runtime.http.problems import NotAllowedError, ProblemError, sentence
from scrm.runtime.http.routing import current_caller, responses, router
from scrm.runtime.wiring import admin_api as wiring
from scrm.runtime.wiring import bank_settings
from scrm.settings.adds import TOPIC, AddsDocument
from scrm.settings.errors import InvalidSettingsError, SettingsConflictError
from scrm.settings.reader import stored_as


@router.get(
    "/v1/settings/adds",
    operation_id="getAddsSettings",
    summary="The limits by which added customers count; the version is that of the rules.",
    tags=["settings"],
    responses=responses(HTTPStatus.OK, models.AddsSettings),
)
def get_adds_settings() -> models.AddsSettings:
    current_caller()
    return _current()


@router.put(
    "/v1/settings/adds",
    operation_id="putAddsSettings",
    summary="Replace what the bank decided; fields you leave out take their defaults. For head office.",
    tags=["settings"],
    responses=responses(HTTPStatus.OK, models.AddsSettings, HTTPStatus.CONFLICT),
)
def put_adds_settings(request: Annotated[models.AddsSettingsRequest, Body()]) -> models.AddsSettings:
    caller = current_caller()
    if not caller.operates_the_corp:
        raise NotAllowedError("Settings are changed by head office and by operators placed at the root node.")
    document = request.settings.model_dump(mode="json", exclude_unset=True)
    change = wiring.settings_change_of(TOPIC, AddsDocument)
    try:
        change.replace(document, request.version, caller.actor, clock.now())
    except SettingsConflictError as conflict:
        raise ProblemError(HTTPStatus.CONFLICT, "settings-conflict", sentence(conflict)) from conflict
    return _current()


def _current() -> models.AddsSettings:
    """As of this moment. A stored document that does not fit is told as such, so that it can be replaced."""
    given, version = bank_settings.store().read(TOPIC)
    try:
        found, is_valid = stored_as(AddsDocument, TOPIC, given), True
    except InvalidSettingsError:
        found, is_valid = AddsDocument(), False
    return models.AddsSettings(version=version, is_valid=is_valid, given=sorted(given), settings=found)
