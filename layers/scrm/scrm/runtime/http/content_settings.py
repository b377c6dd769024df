"""What the bank decides about content: the claim lexicon above all. Read by everybody, changed by head office."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import Field

from scrm import clock
from scrm.runtime.http.problems import NotAllowedError, ProblemError, sentence
from scrm.runtime.http.routing import current_caller, responses, router
from scrm.runtime.http.wire import Asked, Reply
from scrm.runtime.wiring import admin_api as wiring
from scrm.runtime.wiring import bank_settings
from scrm.settings.content import TOPIC, ContentDocument
from scrm.settings.errors import InvalidSettingsError, SettingsConflictError
from scrm.settings.reader import stored_as


class ContentSettings(Reply):
    """What is in force; ``given`` names what the bank set itself. ``is_valid`` False: the stored document is none."""

    version: int
    is_valid: bool
    given: list[str]
    settings: ContentDocument


class ContentSettingsRequest(Asked):
    """The whole document, over the version that was read; 0 when nothing was set yet."""

    version: int = Field(ge=0)
    settings: ContentDocument


@router.get(
    "/v1/settings/content",
    operation_id="getContentSettings",
    summary="What the bank decided about content, and what is in force.",
    tags=["settings"],
    responses=responses(HTTPStatus.OK, ContentSettings),
)
def get_content_settings() -> ContentSettings:
    current_caller()
    return _current()


@router.put(
    "/v1/settings/content",
    operation_id="putContentSettings",
    summary="Replace what the bank decided; fields you leave out take their defaults. For head office.",
    tags=["settings"],
    responses=responses(HTTPStatus.OK, ContentSettings, HTTPStatus.CONFLICT),
)
def put_content_settings(request: Annotated[ContentSettingsRequest, Body()]) -> ContentSettings:
    caller = current_caller()
    if not caller.operates_the_corp:
        raise NotAllowedError("Settings are changed by head office and by operators placed at the root node.")
    document = request.settings.model_dump(mode="json", exclude_unset=True)
    change = wiring.settings_change_of(TOPIC, ContentDocument)
    try:
        change.replace(document, request.version, caller.actor, clock.now())
    except SettingsConflictError as conflict:
        raise ProblemError(HTTPStatus.CONFLICT, "settings-conflict", sentence(conflict)) from conflict
    return _current()


def _current() -> ContentSettings:
    """As of this moment. A stored document that does not fit is told as such, so that it can be replaced."""
    given, version = bank_settings.store().read(TOPIC)
    try:
        found, is_valid = stored_as(ContentDocument, TOPIC, given), True
    except InvalidSettingsError:
        found, is_valid = ContentDocument(), False
    return ContentSettings(version=version, is_valid=is_valid, given=sorted(given), settings=found)
