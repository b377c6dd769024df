"""Exports of archived conversations for an inspection: asked by one, approved by another, downloads on record (S69)."""

from http import HTTPStatus
from typing import Annotated, Final

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from scrm import clock
from scrm.archive import exports
from scrm.archive.access import AccessKind
from scrm.archive.exports import ExportState, ExportTerms
from scrm.archive.search import InvalidSearchError
from scrm.aws.export_folder import LINK_VALID_S
from scrm.runtime.http import archive_export_models as models
from scrm.runtime.http.archive_rights import asker, guard, reader, stepped
from scrm.runtime.http.caller import Caller
from scrm.runtime.http.problems import NoSuchThingError, NotAllowedError, ProblemError
from scrm.runtime.http.routing import (
    Cursor,
    IdempotencyKey,
    Limit,
    NodeId,
    current_caller,
    list_of,
    responses,
    router,
    scope,
)
from scrm.runtime.wiring import archive_api as wiring

_NO_PAGES: Final = 50  # an export has no pages: the same search is the same export, whatever its page size was
ExportId = Annotated[str, Path(max_length=64, description="The export's id.")]
_STEP = responses(HTTPStatus.OK, models.ArchiveExport, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


@router.get(
    "/v1/archive/exports",
    operation_id="listArchiveExports",
    summary="Exports that were asked for at or below a node.",
    tags=["archive"],
    responses=list_of(models.ArchiveExportPage),
)
def list_exports(node_id: NodeId = None, cursor: Cursor = None, limit: Limit = 50) -> models.ArchiveExportPage:
    page = wiring.export_desk().exports.page(reader(scope(node_id)).node_path, cursor, limit)
    items = [models.ArchiveExport.of(each, clock.now()) for each in page.items]
    return models.ArchiveExportPage(items=items, cursor=page.cursor)


@router.get(
    "/v1/archive/exports/<export_id>",
    operation_id="getArchiveExport",
    summary="One export: what was asked for, how it stands, and the names of its files once it is ready.",
    tags=["archive"],
    responses=responses(HTTPStatus.OK, models.ArchiveExport, HTTPStatus.NOT_FOUND),
)
def get_export(export_id: ExportId) -> models.ArchiveExport:
    reader()
    found = _visible(export_id)
    names = wiring.export_downloads().names(export_id) if _is_open(found) else []
    return models.ArchiveExport.of(found, clock.now(), names)


@router.post(
    "/v1/archive/exports",
    operation_id="askForArchiveExport",
    summary="Ask for an export of what a search finds. Numbers readable or files with it: for compliance officers.",
    tags=["archive"],
    status_code=HTTPStatus.CREATED,
    responses=responses(HTTPStatus.CREATED, models.ArchiveExport, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def ask_for_export(key: IdempotencyKey, request: Annotated[models.ExportRequest, Body()]) -> models.ArchiveExport:
    asked_by = reader(scope(request.search.node_id))
    if not request.covered or request.with_media:
        guard()
    try:
        search = request.search.model_copy(update={"limit": _NO_PAGES}).search(asked_by.node_path)
    except InvalidSearchError as refused:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "search-refused", str(refused)) from refused
    terms = ExportTerms(search, request.covered, request.with_media, request.search.reason)
    by = asker(current_caller())
    return models.ArchiveExport.of(stepped(lambda: wiring.export_desk().ask(terms, by, key)), clock.now())


@router.post(
    "/v1/archive/exports/<export_id>/approve",
    operation_id="approveArchiveExport",
    summary="Approve an export that somebody else asked for; it is written at once.",
    tags=["archive"],
    responses=_STEP,
)
def approve_export(
    export_id: ExportId, key: IdempotencyKey, request: Annotated[models.Note, Body()]
) -> models.ArchiveExport:
    del key  # a decision that was made by the caller already is answered as it is
    by, found = asker(_checker()), _visible(export_id)
    approved = stepped(lambda: wiring.export_desk().approve(found, request.note, by))
    wiring.export_news().export_approved(approved.export_id)  # again at a repeat: the first may have died before this
    return models.ArchiveExport.of(approved, clock.now())


@router.post(
    "/v1/archive/exports/<export_id>/refuse",
    operation_id="refuseArchiveExport",
    summary="Refuse an export that somebody else asked for.",
    tags=["archive"],
    responses=_STEP,
)
def refuse_export(
    export_id: ExportId, key: IdempotencyKey, request: Annotated[models.Note, Body()]
) -> models.ArchiveExport:
    del key  # as above
    by, found = asker(_checker()), _visible(export_id)
    return models.ArchiveExport.of(stepped(lambda: wiring.export_desk().refuse(found, request.note, by)), clock.now())


@router.get(
    "/v1/archive/exports/<export_id>/download",
    operation_id="downloadArchiveExport",
    summary="A link to one file of an export, good for five minutes; each is on record.",
    tags=["archive"],
    responses=responses(HTTPStatus.OK, models.ExportDownload, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def download_export(
    export_id: ExportId,
    name: Annotated[str, Query(max_length=128, description="As the export names it.")] = "manifest.json",
    reason: Annotated[str, Query(max_length=500, description="Why; kept with the access, never logged.")] = "",
) -> models.ExportDownload:
    asked_by, found = reader(), _visible(export_id)
    if not found.is_covered:
        guard()
    if not _is_open(found):
        raise ProblemError(HTTPStatus.CONFLICT, "export-not-open", "The export is not ready, or it has expired.")
    downloads = wiring.export_downloads()
    if name not in downloads.names(export_id):
        raise NoSuchThingError("file of this export")
    wiring.access_log().note(AccessKind.EXPORT_READ, asked_by, reason, {"export": export_id, "file": name}, 0)
    return models.ExportDownload(
        export_id=export_id, name=name, url=downloads.link(export_id, name), valid_for_s=LINK_VALID_S
    )


def _checker() -> Caller:
    caller = current_caller()
    if not (caller.guards_the_archive or caller.operates_the_corp):
        raise NotAllowedError("Exports are decided by compliance officers and by head office.")
    return caller


def _is_open(export: exports.Export) -> bool:
    return export.state is ExportState.READY and not export.has_expired(clock.now())


def _visible(export_id: str) -> exports.Export:
    found = wiring.export_desk().exports.find(export_id)
    if found is None or not current_caller().sees(found.node_path):
        raise NoSuchThingError("export")
    return found
