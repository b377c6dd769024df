"""Files that content shows: announced, put at a signed link, checked (S33)."""

from http import HTTPStatus
from typing import Annotated, Self

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from pydantic import Field

from scrm import clock
from scrm.content import media
from scrm.content.media import AssetRefusedError, AssetState, MediaKind
from scrm.node_paths import covers
from scrm.runtime.http.content_requests import issuing_caller
from scrm.runtime.http.problems import NoSuchThingError, ProblemError, sentence
from scrm.runtime.http.routing import IdempotencyKey, current_caller, json_reply, responses, router
from scrm.runtime.http.wire import Asked, Reply, Timestamp
from scrm.runtime.wiring import admin_api as wiring

AssetId = Annotated[str, Path(max_length=64, description="The file's id.")]


class AssetRequest(Asked):
    """A file to come: what it is, to the byte."""

    kind: MediaKind
    file_name: str = Field(pattern=r"^[^\x00-\x1f\x7f\"\\/]{1,100}$", description="As customers see it.")
    size: int = Field(ge=1, description="Bytes.")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Asset(Reply):
    """A file. ``upload_url`` takes it with HTTP PUT for 15 minutes; null once it was checked."""

    asset_id: str
    kind: MediaKind
    file_name: str
    size: int
    sha256: str
    node_id: str
    state: AssetState
    made_by: str
    made_at: Timestamp
    upload_url: str | None = None

    @classmethod
    def of(cls, found: media.Asset, upload_url: str | None) -> Self:
        return cls(
            asset_id=found.asset_id,
            kind=found.kind,
            file_name=found.file_name,
            size=found.size,
            sha256=found.sha256,
            node_id=found.node_id,
            state=found.state,
            made_by=found.made_by,
            made_at=found.made_at,
            upload_url=upload_url,
        )


@router.post(
    "/v1/media",
    operation_id="announceAsset",
    summary="Announce a file; the same file of the same node is one. For operators of head office and of branches.",
    tags=["content"],
    status_code=HTTPStatus.CREATED,
    responses=responses(HTTPStatus.CREATED, Asset, HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT),
)
def announce(
    key: IdempotencyKey,  # noqa: ARG001 - the id derives from the file: a repeat is the same whatever the key
    request: Annotated[AssetRequest, Body()],
) -> Response[Asset]:
    caller = issuing_caller("Adding files")
    node = caller.node
    asset = media.Asset(
        asset_id=media.asset_id_of(node.node_id, request.kind.value, request.file_name, request.sha256),
        kind=request.kind,
        file_name=request.file_name,
        size=request.size,
        sha256=request.sha256,
        node_id=node.node_id,
        node_path=node.path,
        made_by=caller.actor,
        made_at=clock.now(),
    )
    try:
        return json_reply(HTTPStatus.CREATED, _shown(wiring.content_library().media.announce(asset)))
    except AssetRefusedError as refused:
        raise _problem(refused) from refused


@router.get(
    "/v1/media/<asset_id>",
    operation_id="getAsset",
    summary="One file, with a new link to put it while it is awaited.",
    tags=["content"],
    responses=responses(HTTPStatus.OK, Asset, HTTPStatus.NOT_FOUND),
)
def get_asset(asset_id: AssetId) -> Asset:
    return _shown(_visible(asset_id))


@router.post(
    "/v1/media/<asset_id>/check",
    operation_id="checkAsset",
    summary="Have a file checked that was put: from then on content may show it.",
    tags=["content"],
    responses=responses(HTTPStatus.OK, Asset, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def check(asset_id: AssetId, key: IdempotencyKey) -> Asset:  # noqa: ARG001 - checked again it is the same
    issuing_caller("Adding files")
    found = _visible(asset_id)
    try:
        return _shown(wiring.content_library().media.check(found))
    except AssetRefusedError as refused:
        raise _problem(refused) from refused


def _visible(asset_id: str) -> media.Asset:
    """Files of the nodes above are seen as well: their content shows them."""
    found, path = wiring.content_library().media.asset(asset_id), current_caller().node.path
    if found is None or not (covers(path, found.node_path) or covers(found.node_path, path)):
        raise NoSuchThingError("file")
    return found


def _shown(found: media.Asset) -> Asset:
    """The link is for who may add files at the very node."""
    waits = found.state is AssetState.AWAITING_FILE and current_caller().sees(found.node_path)
    return Asset.of(found, wiring.content_library().media.files.upload_link(found) if waits else None)


def _problem(refused: AssetRefusedError) -> ProblemError:
    return ProblemError(HTTPStatus.CONFLICT, "file-refused", sentence(refused))
