"""What a bank decides about its KPIs (S4, S5): read by everybody, changed by head office."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import Field

from scrm import clock
from scrm.kpi.errors import InvalidCatalogueError
from scrm.runtime.http.problems import NotAllowedError, ProblemError, sentence
from scrm.runtime.http.routing import current_caller, responses, router
from scrm.runtime.http.wire import Asked, Reply
from scrm.runtime.kpi_joins import catalogue_of
from scrm.runtime.wiring import admin_api as wiring
from scrm.runtime.wiring import bank_settings
from scrm.settings.errors import InvalidSettingsError, SettingsConflictError
from scrm.settings.kpi import TOPIC, KpiDocument
from scrm.settings.reader import stored_as


class KpiSettings(Reply):
    """What is in force; ``given`` names what the bank set itself. ``is_valid`` False: the stored document is none."""

    version: int
    is_valid: bool
    given: list[str]
    settings: KpiDocument


class KpiSettingsRequest(Asked):
    """The whole document, over the version that was read; 0 when nothing was set yet."""

    version: int = Field(ge=0)
    settings: KpiDocument


@router.get(
    "/v1/settings/kpi",
    operation_id="getKpiSettings",
    summary="The bank's own definitions of KPIs, and when a figure is hidden or settled.",
    tags=["settings"],
    responses=responses(HTTPStatus.OK, KpiSettings),
)
def get_kpi_settings() -> KpiSettings:
    current_caller()
    return _current()


@router.put(
    "/v1/settings/kpi",
    operation_id="putKpiSettings",
    summary="Replace what the bank decided; fields you leave out take their defaults. For head office.",
    tags=["settings"],
    responses=responses(HTTPStatus.OK, KpiSettings, HTTPStatus.CONFLICT),
)
def put_kpi_settings(request: Annotated[KpiSettingsRequest, Body()]) -> KpiSettings:
    caller = current_caller()
    if not caller.operates_the_corp:
        raise NotAllowedError("Settings are changed by head office and by operators placed at the root node.")
    try:
        catalogue_of(request.settings)
    except InvalidCatalogueError as invalid:
        detail = f"{invalid.kpi}: {sentence(invalid)}"
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-definition", detail) from invalid
    document = request.settings.model_dump(mode="json", exclude_unset=True)
    change = wiring.settings_change_of(TOPIC, KpiDocument)
    try:
        change.replace(document, request.version, caller.actor, clock.now())
    except SettingsConflictError as conflict:
        raise ProblemError(HTTPStatus.CONFLICT, "settings-conflict", sentence(conflict)) from conflict
    return _current()


def _current() -> KpiSettings:
    """As of this moment. A stored document that does not fit is told as such, so that it can be replaced."""
    given, version = bank_settings.store().read(TOPIC)
    try:
        found, is_valid = stored_as(KpiDocument, TOPIC, given), True
    except InvalidSettingsError:
        found, is_valid = KpiDocument(), False
    return KpiSettings(version=version, is_valid=is_valid, given=sorted(given), settings=found)
