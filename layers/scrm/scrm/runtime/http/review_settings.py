"""How long review cases may take and who looks twice. Read by everybody, changed by head office."""

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
from scrm.settings.errors import InvalidSettingsError, SettingsConflictError
from scrm.settings.reader import stored_as
from scrm.settings.review import TOPIC, ReviewDocument


class ReviewSettings(Reply):
    """What is in force; ``given`` names what the bank set itself. ``is_valid`` False: the stored document is none."""

    version: int
    is_valid: bool
    given: list[str]
    settings: ReviewDocument


class ReviewSettingsRequest(Asked):
    """The whole document, over the version that was read; 0 when nothing was set yet."""

    version: int = Field(ge=0)
    settings: ReviewDocument


@router.get(
    "/v1/settings/review",
    operation_id="getReviewSettings",
    summary="How long review cases may take, which have a second reviewer, how many samples are looked at.",
    tags=["settings"],
    responses=responses(HTTPStatus.OK, ReviewSettings),
)
def get_review_settings() -> ReviewSettings:
    current_caller()
    return _current()


@router.put(
    "/v1/settings/review",
    operation_id="putReviewSettings",
    summary="Replace what the bank decided; fields you leave out take their defaults. For head office.",
    tags=["settings"],
    responses=responses(HTTPStatus.OK, ReviewSettings, HTTPStatus.CONFLICT),
)
def put_review_settings(request: Annotated[ReviewSettingsRequest, Body()]) -> ReviewSettings:
    caller = current_caller()
    if not caller.operates_the_corp:
        raise NotAllowedError("Settings are changed by head office and by operators placed at the root node.")
    document = request.settings.model_dump(mode="json", exclude_unset=True)
    change = wiring.settings_change_of(TOPIC, ReviewDocument)
    try:
        change.replace(document, request.version, caller.actor, clock.now())
    except SettingsConflictError as conflict:
        raise ProblemError(HTTPStatus.CONFLICT, "settings-conflict", sentence(conflict)) from conflict
    return _current()


def _current() -> ReviewSettings:
    """As of this moment. A stored document that does not fit is told as such, so that it can be replaced."""
    given, version = bank_settings.store().read(TOPIC)
    try:
        found, is_valid = stored_as(ReviewDocument, TOPIC, given), True
    except InvalidSettingsError:
        found, is_valid = ReviewDocument(), False
    return ReviewSettings(version=version, is_valid=is_valid, given=sorted(given), settings=found)
