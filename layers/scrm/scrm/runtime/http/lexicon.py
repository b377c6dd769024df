"""Versions of the lexicon: drafted, approved by a second person, put in force (S71), by head office or compliance."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path

from scrm.lexicon import versions
from scrm.lexicon.packing import packed
from scrm.lexicon.replays import UnknownReplayError
from scrm.lexicon.scanner import Scanner
from scrm.lexicon.standard import standard
from scrm.node_paths import ROOT_NODE_ID
from scrm.paging import InvalidCursorError
from scrm.runtime.http import lexicon_models as models
from scrm.runtime.http.caller import Caller, Role
from scrm.runtime.http.lexicon_replay_models import LexiconReplay, ReplayRequest
from scrm.runtime.http.problems import NoSuchThingError, NotAllowedError, ProblemError, sentence
from scrm.runtime.http.routing import (
    Cursor,
    IdempotencyKey,
    Limit,
    current_caller,
    json_reply,
    list_of,
    responses,
    router,
)
from scrm.runtime.http.wire import ProblemField
from scrm.runtime.wiring import admin_api as wiring

_MOST_PROBLEMS = 50
Number = Annotated[int, Path(ge=1, le=99_999_999, description="The version's number.")]
ReplayId = Annotated[str, Path(pattern=r"^replay_[a-z2-7]{1,52}$")]
_STEP = responses(HTTPStatus.OK, models.Version, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


@router.get(
    "/v1/lexicon/versions",
    operation_id="listLexiconVersions",
    summary="Versions of the lexicon, the latest first.",
    tags=["lexicon"],
    responses=list_of(models.VersionPage),
)
def list_lexicon_versions(cursor: Cursor = None, limit: Limit = 20) -> models.VersionPage:
    current_caller()
    page = _lexicons().store.page(cursor, limit)
    return models.VersionPage(items=[models.Version.of(each) for each in page.items], cursor=page.cursor)


@router.post(
    "/v1/lexicon/versions",
    operation_id="draftLexicon",
    summary="Draft a whole lexicon as the next version, or take the one the product ships.",
    tags=["lexicon"],
    responses=responses(HTTPStatus.CREATED, models.Version, HTTPStatus.CONFLICT),
)
def draft_lexicon(key: IdempotencyKey, request: Annotated[models.DraftRequest, Body()]) -> Response[models.Version]:
    actor = _governing().actor
    if request.standard == bool(request.entries):
        detail = "Give entries or take the standard lexicon, one of both."
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-lexicon", detail)
    with _refusals():
        made = _lexicons().draft(standard() if request.standard else request.lexicon(), request.note, actor, key)
    return json_reply(HTTPStatus.CREATED, models.Version.of(made))


@router.get(
    "/v1/lexicon/versions/<number>",
    operation_id="getLexiconVersion",
    summary="A version, without its entries.",
    tags=["lexicon"],
    responses=responses(HTTPStatus.OK, models.Version, HTTPStatus.NOT_FOUND),
)
def get_lexicon_version(number: Number) -> models.Version:
    current_caller()
    with _refusals():
        return models.Version.of(_lexicons().found(number))


@router.get(
    "/v1/lexicon/versions/<number>/entries",
    operation_id="listLexiconEntries",
    summary="The entries of a version, in their order.",
    tags=["lexicon"],
    responses=list_of(models.EntryPage),
)
def list_lexicon_entries(number: Number, cursor: Cursor = None, limit: Limit = 20) -> models.EntryPage:
    current_caller()
    with _refusals():
        lexicon = _lexicons().lexicon(number)
    start = _place(number, cursor)
    following = start + limit
    return models.EntryPage(
        items=[models.EntryText.model_validate(each) for each in lexicon.entries[start:following]],
        allowed=list(lexicon.allowed),
        cursor=f"{number}.{following}" if following < len(lexicon.entries) else None,
    )


@router.get(
    "/v1/lexicon/versions/<number>/changes",
    operation_id="getLexiconChanges",
    summary="What a version changes against the one in force.",
    tags=["lexicon"],
    responses=responses(HTTPStatus.OK, models.VersionChanges, HTTPStatus.NOT_FOUND),
)
def get_lexicon_changes(number: Number) -> models.VersionChanges:
    current_caller()
    with _refusals():
        return models.VersionChanges.of(_lexicons().changes(number))


@router.get(
    "/v1/lexicon/versions/<number>/intercept-rules",
    operation_id="getInterceptRules",
    summary="How a version is cut into WeCom's rules, and which entries only our scan sees.",
    tags=["lexicon"],
    responses=responses(HTTPStatus.OK, models.InterceptPlan, HTTPStatus.NOT_FOUND),
)
def get_intercept_rules(number: Number) -> models.InterceptPlan:
    current_caller()
    with _refusals():
        return models.InterceptPlan.of(packed(_lexicons().lexicon(number)))


@router.post(
    "/v1/lexicon/versions/<number>/scan",
    operation_id="scanWithLexicon",
    summary="What a version finds in a text; nothing is stored.",
    tags=["lexicon"],
    responses=responses(HTTPStatus.OK, models.Scan, HTTPStatus.NOT_FOUND),
)
def scan_with_lexicon(
    number: Number, key: IdempotencyKey, request: Annotated[models.ScanRequest, Body()]
) -> models.Scan:
    del key  # nothing is stored
    caller = current_caller()
    with _refusals():
        scanner = Scanner(_lexicons().lexicon(number))
    return models.Scan.of(scanner.scan(request.text, request.direction, caller.node.path))


@router.post(
    "/v1/lexicon/versions/<number>/approve",
    operation_id="approveLexicon",
    summary="Approve a draft that somebody else made.",
    tags=["lexicon"],
    responses=_STEP,
)
def approve_lexicon(number: Number, key: IdempotencyKey) -> models.Version:
    del key  # a step that the caller made already is answered as it is
    actor = _governing().actor
    with _refusals():
        return models.Version.of(_lexicons().approve(number, actor))


@router.post(
    "/v1/lexicon/versions/<number>/reject",
    operation_id="rejectLexicon",
    summary="Reject a draft, with the reason.",
    tags=["lexicon"],
    responses=_STEP,
)
def reject_lexicon(
    number: Number, key: IdempotencyKey, request: Annotated[models.RejectRequest, Body()]
) -> models.Version:
    del key
    actor = _governing().actor
    with _refusals():
        return models.Version.of(_lexicons().reject(number, actor, request.note))


@router.post(
    "/v1/lexicon/versions/<number>/put-in-force",
    operation_id="putLexiconInForce",
    summary="Put an approved version in force, or one that was before; the one in force retires.",
    tags=["lexicon"],
    responses=_STEP,
)
def put_lexicon_in_force(number: Number, key: IdempotencyKey) -> models.Version:
    del key
    actor = _governing().actor
    with _refusals():
        made = _lexicons().put_in_force(number, actor)
    wiring.lexicon_sync().request()  # a request that dies before this is repeated, and the schedule asks every hour
    return models.Version.of(made)


@router.get(
    "/v1/lexicon/sync",
    operation_id="getLexiconSync",
    summary="How far WeCom's rules are those of the version in force.",
    tags=["lexicon"],
    responses=responses(HTTPStatus.OK, models.SyncStatus),
)
def get_lexicon_sync() -> models.SyncStatus:
    current_caller()
    return _sync_status()


@router.post(
    "/v1/lexicon/sync",
    operation_id="syncLexicon",
    summary="Make WeCom's rules those of the version in force, now and not within the hour.",
    tags=["lexicon"],
    responses=responses(HTTPStatus.ACCEPTED, models.SyncStatus),
)
def sync_lexicon(key: IdempotencyKey) -> Response[models.SyncStatus]:
    del key  # any number of requests is harmless
    _governing()
    wiring.lexicon_sync().request()
    return json_reply(HTTPStatus.ACCEPTED, _sync_status())


@router.post(
    "/v1/lexicon/versions/<number>/replays",
    operation_id="replayLexicon",
    summary="Try a version on the messages of the last days; how far it is and what it has found is read later.",
    tags=["lexicon"],
    responses=responses(HTTPStatus.ACCEPTED, LexiconReplay, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def replay_lexicon(
    number: Number, key: IdempotencyKey, request: Annotated[ReplayRequest, Body()]
) -> Response[LexiconReplay]:
    actor = _governing().actor
    with _refusals():
        return json_reply(
            HTTPStatus.ACCEPTED, LexiconReplay.of(wiring.lexicon_replays().start(number, request.days, actor, key))
        )


@router.get(
    "/v1/lexicon/versions/<number>/replays/<replay_id>",
    operation_id="getLexiconReplay",
    summary="How far a replay is, and what it has found so far, over the whole bank's conversations.",
    tags=["lexicon"],
    responses=responses(HTTPStatus.OK, LexiconReplay, HTTPStatus.NOT_FOUND),
)
def get_lexicon_replay(number: Number, replay_id: ReplayId) -> LexiconReplay:
    _governing()
    with _refusals():
        return LexiconReplay.of(wiring.lexicon_replays().found(number, replay_id))


def _sync_status() -> models.SyncStatus:
    return models.SyncStatus.of(wiring.lexicon_sync_states().load(), _lexicons().store.in_force())


def _lexicons() -> versions.Lexicons:
    return wiring.lexicons()


def _governing() -> Caller:
    caller = current_caller()
    may = caller.operates_the_corp or Role.COMPLIANCE in caller.roles
    if caller.node.node_id != ROOT_NODE_ID or not may:
        raise NotAllowedError("The lexicon is made and approved by head office and by its compliance officers.")
    return caller


def _place(number: int, cursor: str | None) -> int:
    """A cursor of another version is refused."""
    if cursor is None:
        return 0
    of, _, place = cursor.partition(".")
    if of != str(number) or not place.isdecimal():
        raise InvalidCursorError("the cursor belongs to another list; start again without it")
    return int(place)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except versions.UnknownVersionError as unknown:
        raise NoSuchThingError("version of the lexicon") from unknown
    except UnknownReplayError as unknown:
        raise NoSuchThingError("replay of this version") from unknown
    except versions.InvalidLexiconError as refused:
        fields = [
            ProblemField(where=f"entries.{each.where}", kind=f"{each.kind}: {each.detail}")
            for each in refused.problems[:_MOST_PROBLEMS]
        ]
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-lexicon", sentence(refused), fields) from refused
    except versions.StepRefusedError as refused:
        raise ProblemError(HTTPStatus.CONFLICT, "lexicon-refused", sentence(refused)) from refused
    except versions.StaleVersionError as stale:
        text = "Somebody else changed the lexicon at the same time; read it again and repeat."
        raise ProblemError(HTTPStatus.CONFLICT, "lexicon-changed", text) from stale
