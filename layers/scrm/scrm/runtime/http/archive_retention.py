"""How long classes of archived records are kept: read by everybody, only ever extended, by head office (R11, R12)."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import Field

from scrm import clock
from scrm.archive.retention import RecordClass, RetentionShortenedError
from scrm.runtime.http.problems import NotAllowedError, ProblemError, sentence
from scrm.runtime.http.routing import current_caller, responses, router
from scrm.runtime.http.wire import Asked, Reply
from scrm.runtime.retention_joins import retention_of
from scrm.runtime.wiring import admin_api, bank_settings
from scrm.runtime.wiring import archive_api as wiring
from scrm.settings.errors import SettingsConflictError
from scrm.settings.reader import stored_as
from scrm.settings.retention import TOPIC, RetentionDocument


class RetentionInForce(Reply):
    """``days`` by class of record: never below what the bucket locks by itself (``locked_days``)."""

    version: int
    locked_days: int
    days: dict[str, int]
    settings: RetentionDocument


class RetentionRequest(Asked):
    """The whole document, over the version that was read; 0 when nothing was set yet."""

    version: int = Field(ge=0)
    settings: RetentionDocument


@router.get(
    "/v1/archive/retention",
    operation_id="getArchiveRetention",
    summary="How long each class of archived records is kept.",
    tags=["archive"],
    responses=responses(HTTPStatus.OK, RetentionInForce),
)
def get_retention() -> RetentionInForce:
    current_caller()
    return _current()


@router.put(
    "/v1/archive/retention",
    operation_id="extendArchiveRetention",
    summary="Keep classes of records longer; a shorter time is refused. For head office.",
    tags=["archive"],
    responses=responses(HTTPStatus.OK, RetentionInForce, HTTPStatus.CONFLICT),
)
def put_retention(request: Annotated[RetentionRequest, Body()]) -> RetentionInForce:
    caller = current_caller()
    if not caller.operates_the_corp:
        raise NotAllowedError("Retention is extended by head office and by operators placed at the root node.")
    locked = wiring.locked_days()
    known, _ = _stored()
    try:
        retention_of(known, locked).extended_to(retention_of(request.settings, locked))
        document = request.settings.model_dump(mode="json", exclude_unset=True)
        change = admin_api.settings_change_of(TOPIC, RetentionDocument)
        change.replace(document, request.version, caller.actor, clock.now())
    except RetentionShortenedError as refused:
        raise ProblemError(HTTPStatus.CONFLICT, "retention-shortened", sentence(refused)) from refused
    except SettingsConflictError as conflict:
        raise ProblemError(HTTPStatus.CONFLICT, "settings-conflict", sentence(conflict)) from conflict
    return _current()


def _current() -> RetentionInForce:
    found, version = _stored()
    locked = wiring.locked_days()
    days = {each.value: retention_of(found, locked).days(each) for each in RecordClass}
    return RetentionInForce(version=version, locked_days=locked, days=days, settings=found)


def _stored() -> tuple[RetentionDocument, int]:
    """As of this moment. Raises InvalidSettingsError: what is not understood is not replaced by something shorter."""
    document, version = bank_settings.store().read(TOPIC)
    return stored_as(RetentionDocument, TOPIC, document), version
