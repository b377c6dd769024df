"""Which needs of customers the bank looks for. Read by everybody, changed by head office."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import Field

from scrm import clock
from scrm.audience.parsing import ExpressionError
from scrm.runtime.http.problems import NotAllowedError, ProblemError, sentence
from scrm.runtime.http.routing import current_caller, responses, router
from scrm.runtime.http.wire import Asked, ProblemField, Reply
from scrm.runtime.needs_joins import rules_of
from scrm.runtime.wiring import admin_api as wiring
from scrm.runtime.wiring import bank_settings
from scrm.settings.errors import InvalidSettingsError, SettingsConflictError
from scrm.settings.needs import TOPIC, NeedsDocument
from scrm.settings.reader import stored_as


class NeedsSettings(Reply):
    """What is in force; ``given`` names what the bank set itself. ``is_valid`` False: the stored document is none."""

    version: int
    is_valid: bool
    given: list[str]
    settings: NeedsDocument


class NeedsSettingsRequest(Asked):
    """The whole document, over the version that was read; 0 when nothing was set yet."""

    version: int = Field(ge=0)
    settings: NeedsDocument


@router.get(
    "/v1/settings/needs",
    operation_id="getNeedsSettings",
    summary="Which needs of customers the bank looks for, and which content answers them.",
    tags=["settings"],
    responses=responses(HTTPStatus.OK, NeedsSettings),
)
def get_needs_settings() -> NeedsSettings:
    current_caller()
    return _current()


@router.put(
    "/v1/settings/needs",
    operation_id="putNeedsSettings",
    summary="Replace all rules; without the id of an impact assessment none is taken (R4). For head office.",
    tags=["settings"],
    responses=responses(HTTPStatus.OK, NeedsSettings, HTTPStatus.CONFLICT),
)
def put_needs_settings(request: Annotated[NeedsSettingsRequest, Body()]) -> NeedsSettings:
    caller = current_caller()
    if not caller.operates_the_corp:
        raise NotAllowedError("Settings are changed by head office and by operators placed at the root node.")
    _check(request.settings)
    document = request.settings.model_dump(mode="json", exclude_unset=True)
    change = wiring.settings_change_of(TOPIC, NeedsDocument)
    try:
        change.replace(document, request.version, caller.actor, clock.now())
    except SettingsConflictError as conflict:
        raise ProblemError(HTTPStatus.CONFLICT, "settings-conflict", sentence(conflict)) from conflict
    return _current()


def _check(document: NeedsDocument) -> None:
    """Every expression is understood, or the whole document is refused."""
    try:
        rules_of(document)
    except ExpressionError as refused:
        fields = [ProblemField(where="settings.rules.when", kind=str(refused))]
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-expression", sentence(refused), fields
        ) from refused


def _current() -> NeedsSettings:
    """As of this moment. A stored document that does not fit is told as such, so that it can be replaced."""
    given, version = bank_settings.store().read(TOPIC)
    try:
        found, is_valid = stored_as(NeedsDocument, TOPIC, given), True
    except InvalidSettingsError:
        found, is_valid = NeedsDocument(), False
    return NeedsSettings(version=version, is_valid=is_valid, given=sorted(given), settings=found)
