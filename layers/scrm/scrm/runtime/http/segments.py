"""Segments of customers, and what an audience would be now (S22)."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated, Literal, Self

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from pydantic import Field

from scrm.audience import lists, preview, segments
from scrm.audience.expressions import OPS_OF, canonical, explained
from scrm.audience.fields import FIELDS, FieldType
from scrm.audience.parsing import LONGEST, ExpressionError, parse
from scrm.audience.rules import Offer
from scrm.node_paths import covers
from scrm.runtime.http.content_requests import issuing_caller, once
from scrm.runtime.http.problems import NoSuchThingError, ProblemError, sentence
from scrm.runtime.http.routing import (
    Cursor,
    IdempotencyKey,
    Limit,
    NodeId,
    current_caller,
    json_reply,
    list_of,
    responses,
    router,
    scope,
)
from scrm.runtime.http.wire import Asked, NodeText, Page, ProblemField, Reply, Timestamp
from scrm.runtime.wiring import admin_api as wiring

_MAKING = "Making segments"
SegmentId = Annotated[str, Path(max_length=64, description="The segment's id.")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, Field(min_length=1, max_length=segments.LONGEST_NAME)]
Words = Annotated[str, Field(min_length=1, max_length=LONGEST, description="See ``GET /v1/segment-fields``.")]


class Members(Asked):
    """Who belongs: an expression, or the hash of a file that the caller has put (``POST /v1/segment-uploads``)."""

    name: Name
    expression: Words | None = None
    list_sha256: Sha256 | None = None


class SegmentRequest(Members):
    """A new segment; without ``node_id`` it is made for the caller's own node."""

    node_id: NodeText | None = None


class SegmentChange(Members):
    """The whole segment, over the version that was read."""

    version: int = Field(ge=1)


class UploadRequest(Asked):
    """A list to come, a CSV file with a column ``external_userid``, to the byte."""

    size: int = Field(ge=1, le=lists.MOST_BYTES, description="Bytes.")
    sha256: Sha256


class SegmentUpload(Reply):
    """``upload_url`` takes the file with HTTP PUT for 15 minutes."""

    sha256: str
    upload_url: str


class Segment(Reply):
    """The latest version. ``expression`` is in canonical form, ``explanation`` how a person reads it.

    ``kind`` ``list``: ``listed`` customers are named one by one, ``unusable`` rows of the file are none.
    """

    segment_id: str
    kind: Literal["expression", "list"]
    sensitive_fields: list[str] = Field(description="A campaign that names it needs an impact assessment (R4).")
    listed: int
    unusable: int
    node_id: str
    name: str
    expression: str
    explanation: str
    version: int
    made_by: str
    made_at: Timestamp

    @classmethod
    def of(cls, found: segments.Segment) -> Self:
        return cls(
            segment_id=found.segment_id,
            sensitive_fields=list(found.sensitive_fields),
            kind="list" if found.is_list else "expression",
            listed=found.listed,
            unusable=found.unusable,
            node_id=found.node_id,
            name=found.name,
            expression=found.expression,
            explanation=_explanation(found),
            version=found.version,
            made_by=found.made_by,
            made_at=found.made_at,
        )


class SegmentHistory(Segment):
    """With every version it ever had, the oldest first."""

    versions: list[Segment]


class SegmentPage(Page):
    items: list[Segment]


class AudiencePreview(Reply):
    """Counts as of now. Not ``is_complete``: only the first ``members`` of the node were looked at."""

    expression: str
    explanation: str
    candidates: int
    customers: int
    owners: int
    excluded: dict[str, int]
    sample: list[str]
    members: int
    is_complete: bool

    @classmethod
    def of(cls, expression: str, explanation: str, found: preview.Preview) -> Self:
        return cls(
            expression=expression,
            explanation=explanation,
            candidates=found.candidates,
            customers=found.customers,
            owners=found.owners,
            excluded=dict(found.excluded),
            sample=list(found.sample),
            members=found.members,
            is_complete=found.is_complete,
        )


class SegmentField(Reply):
    """What an expression may ask: ``values`` are the words that can occur, empty for any."""

    name: str
    type: FieldType
    chinese: str
    operators: list[str]
    values: dict[str, str]
    is_sensitive: bool


class SegmentFields(Reply):
    items: list[SegmentField]


@router.get(
    "/v1/segment-fields",
    operation_id="listSegmentFields",
    summary="The language of segments: fields, operators and words.",
    tags=["audience"],
    responses=responses(HTTPStatus.OK, SegmentFields),
)
def list_fields() -> SegmentFields:
    current_caller()
    return SegmentFields(
        items=[
            SegmentField(
                name=field.name,
                type=field.type,
                chinese=field.chinese,
                operators=[op.value for op in OPS_OF[field.type]],
                values=dict(field.values),
                is_sensitive=field.is_sensitive,
            )
            for field in FIELDS.values()
        ]
    )


@router.get(
    "/v1/segments",
    operation_id="listSegments",
    summary="A node's own segments, latest versions.",
    tags=["audience"],
    responses=list_of(SegmentPage),
)
def list_segments(node_id: NodeId = None, cursor: Cursor = None, limit: Limit = 50) -> SegmentPage:
    scope(node_id)
    node = node_id or current_caller().node.node_id
    found = wiring.audience().segments.store.at_node(node, cursor, limit)
    return SegmentPage(items=[Segment.of(each) for each in found.items], cursor=found.cursor)


@router.post(
    "/v1/segments",
    operation_id="createSegment",
    summary="Make a segment. For operators of head office and of branches.",
    tags=["audience"],
    status_code=HTTPStatus.CREATED,
    responses=responses(HTTPStatus.CREATED, Segment, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
)
def create_segment(key: IdempotencyKey, request: Annotated[SegmentRequest, Body()]) -> Response[Segment]:
    caller = issuing_caller(_MAKING)
    path, node = scope(request.node_id), request.node_id or caller.node.node_id

    def carry_out() -> str:
        made = wiring.audience().segments.create(node, path, request.name, _wanted(request), (caller.actor, key))
        return Segment.of(made).model_dump_json()

    with _refusals():
        answer = once(f"segment {node}", key, request, carry_out)
    return json_reply(HTTPStatus.CREATED, Segment.model_validate_json(answer))


@router.post(
    "/v1/segment-uploads",
    operation_id="announceSegmentList",
    summary="Ask for a link that takes a list of customers. For operators of head office and of branches.",
    tags=["audience"],
    status_code=HTTPStatus.CREATED,
    responses=responses(HTTPStatus.CREATED, SegmentUpload, HTTPStatus.BAD_REQUEST),
)
def announce_list(
    key: IdempotencyKey,  # noqa: ARG001 - the same file of the same caller is one, whatever the key
    request: Annotated[UploadRequest, Body()],
) -> Response[SegmentUpload]:
    caller = issuing_caller(_MAKING)
    link = wiring.audience().lists.upload_link(caller.actor, request.sha256, request.size)
    return json_reply(HTTPStatus.CREATED, SegmentUpload(sha256=request.sha256, upload_url=link))


@router.get(
    "/v1/segments/<segment_id>",
    operation_id="getSegment",
    summary="A segment with all its versions; those of the nodes above can be read too.",
    tags=["audience"],
    responses=responses(HTTPStatus.OK, SegmentHistory, HTTPStatus.NOT_FOUND),
)
def get_segment(segment_id: SegmentId) -> SegmentHistory:
    found = _usable(segment_id)
    versions = wiring.audience().segments.store.versions(segment_id)
    return SegmentHistory(**Segment.of(found).model_dump(), versions=[Segment.of(each) for each in versions])


@router.put(
    "/v1/segments/<segment_id>",
    operation_id="reviseSegment",
    summary="A new version of a segment; campaigns under way keep the one they were frozen with.",
    tags=["audience"],
    responses=responses(HTTPStatus.OK, Segment, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def revise_segment(segment_id: SegmentId, request: Annotated[SegmentChange, Body()]) -> Segment:
    caller = issuing_caller(_MAKING)
    if not caller.sees(_usable(segment_id).node_path):
        raise NoSuchThingError("segment")
    with _refusals():
        made = wiring.audience().segments.revise(
            segment_id, request.version, request.name, _wanted(request), caller.actor
        )
    return Segment.of(made)


@router.get(
    "/v1/audience-preview",
    operation_id="previewAudience",
    summary="What an audience would be now: counts, reasons, a sample, and the expression in Chinese. Stores nothing.",
    tags=["audience"],
    responses=responses(HTTPStatus.OK, AudiencePreview, HTTPStatus.NOT_FOUND),
)
def preview_audience(
    segment_id: Annotated[str | None, Query(max_length=64, description="A stored segment.")] = None,
    expression: Annotated[
        str | None, Query(max_length=LONGEST, description="an expression that is not stored.")
    ] = None,
    product_risk: Annotated[
        int | None, Query(ge=1, le=5, description="1 to 5 for R1 to R5; absent: no product.")
    ] = None,
    node_id: NodeId = None,
) -> AudiencePreview:
    path = scope(node_id)
    if (segment_id is None) == (expression is None):
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-preview", "Name a segment or write an expression, one of both."
        )
    offer = Offer(is_product=product_risk is not None, risk=product_risk)
    segment = _usable(segment_id) if segment_id is not None else None
    with _refusals():
        if segment is not None and segment.is_list:
            listed = frozenset(wiring.audience().lists.customers(segment.segment_id, segment.sha256))
            return AudiencePreview.of("", _explanation(segment), wiring.audience().preview(listed, path, offer))
        parsed = parse(segment.expression if segment is not None else expression or "")
    found = wiring.audience().preview(parsed, path, offer)
    return AudiencePreview.of(canonical(parsed), explained(parsed), found)


def _explanation(found: segments.Segment) -> str:
    return f"名单，共 {found.listed} 位客户" if found.is_list else explained(parse(found.expression))


def _wanted(request: Members) -> str | lists.CustomerList:
    """The expression, or the list that the caller put."""
    if (request.expression is None) == (request.list_sha256 is None):
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-segment", "Write an expression or name a list, one of both."
        )
    if request.list_sha256 is None:
        return request.expression or ""
    content = wiring.audience().lists.uploaded(current_caller().actor, request.list_sha256)
    if content is None or hashlib.sha256(content).hexdigest() != request.list_sha256:
        text = "The file is not there, or another one is: put it again."
        raise ProblemError(HTTPStatus.CONFLICT, "list-missing", text)
    return lists.read_list(content.splitlines(), request.list_sha256)


def _usable(segment_id: str) -> segments.Segment:
    """One of the caller's branch: of a node he sees, or of one above his own."""
    caller = current_caller()
    try:
        found = wiring.audience().segments.found(segment_id)
    except segments.UnknownSegmentError as unknown:
        raise NoSuchThingError("segment") from unknown
    if not caller.sees(found.node_path) and not covers(found.node_path, caller.node.path):
        raise NoSuchThingError("segment")
    return found


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except ExpressionError as refused:
        fields = [ProblemField(where="expression", kind=str(refused))]
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-expression", sentence(refused), fields
        ) from refused
    except lists.ListRefusedError as refused:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-list", str(refused)) from refused
    except lists.ListExpiredError as expired:
        text = "The list is not kept any more; bring it again, as a new version of the segment."
        raise ProblemError(HTTPStatus.CONFLICT, "list-expired", text) from expired
    except segments.StaleSegmentError as stale:
        text = "Somebody else changed the segment; read it again and repeat."
        raise ProblemError(HTTPStatus.CONFLICT, "segment-changed", text) from stale
