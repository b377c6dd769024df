"""Certificates of the archive's days: figures and signatures; the certificates themselves lie in the bucket (O6)."""

import base64
from datetime import date
from http import HTTPStatus
from typing import Annotated, Self

from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import Field

from scrm.archive.certificate import certificate_key
from scrm.archive.certified_days import CertifiedDay
from scrm.node_paths import ROOT_NODE_ID
from scrm.runtime.http.problems import NoSuchThingError, NotAllowedError
from scrm.runtime.http.routing import Cursor, Limit, current_caller, list_of, responses, router
from scrm.runtime.http.wire import Page, Reply, Timestamp
from scrm.runtime.wiring import admin_api as wiring

Day = Annotated[date, Path(description="The business day.", examples=["2026-11-26"])]


class CertifiedSeats(Reply):
    """``without`` counts active members who may have customers and have no seat; the certificate names them."""

    roster: int
    permitted: int
    without: int


class ConsentCounts(Reply):
    agreed: int
    refused: int
    unknown: int


class CertifiedConsents(Reply):
    """Of members with a seat: their customers and the groups they own, by what was last known of the consent to be
    archived. ``unasked`` are members about whom WeCom was not asked yet; their customers are in no count."""

    customers: ConsentCounts
    groups: ConsentCounts
    unasked: int


class CertifiedCounts(Reply):
    """Rows are ``opened``, ``parked`` or ``raw``; ``jumps`` are numbers that WeCom left out inside its replies."""

    pages: int
    rows: int
    opened: int
    parked: int
    raw: int
    jumps: int
    reopened: int


class CertifiedMedia(Reply):
    """Files: ``named`` by the day's pages, of which ``pages_unread`` were not looked through yet.

    The four states are of files that came to their end on this day; ``open`` are all that were still fetched.
    """

    pages_unread: int
    named: int
    stored: int
    mismatched: int
    lost: int
    refused: int
    open: int


class ArchiveCertificate(Reply):
    """``root`` (SHA-256 of the certificate, hex) is what was signed; ``signature`` is base64 of DER, ECDSA P-256."""

    day: date
    made_at: Timestamp
    key: str = Field(examples=["days/2026-11-26.json"])
    root: str
    previous_root: str
    signature: str
    counts: CertifiedCounts
    parked_by_key_version: dict[str, int]
    objects: int
    media: CertifiedMedia
    seats: CertifiedSeats | None
    consents: CertifiedConsents | None

    @classmethod
    def of(cls, found: CertifiedDay) -> Self:
        return cls(
            day=found.day,
            made_at=found.made_at,
            key=certificate_key(found.day),
            root=found.root,
            previous_root=found.previous_root,
            signature=base64.b64encode(found.signature).decode(),
            counts=CertifiedCounts.model_validate(found.counts),
            parked_by_key_version=dict(found.parked),
            objects=found.objects,
            media=CertifiedMedia.model_validate(found.media),
            seats=CertifiedSeats.model_validate(found.seats) if found.seats else None,
            consents=CertifiedConsents.model_validate(found.consents) if found.consents else None,
        )


class ArchiveCertificatePage(Page):
    items: list[ArchiveCertificate]


@router.get(
    "/v1/archive/certificates",
    operation_id="listArchiveCertificates",
    summary="Days of the archive that are certified, the latest first. For callers placed at the root.",
    tags=["archive"],
    responses=list_of(ArchiveCertificatePage),
)
def list_certificates(cursor: Cursor = None, limit: Limit = 20) -> ArchiveCertificatePage:
    _at_the_root()
    page = wiring.certified_days().page(cursor, limit)
    return ArchiveCertificatePage(items=[ArchiveCertificate.of(day) for day in page.items], cursor=page.cursor)


@router.get(
    "/v1/archive/certificates/<day>",
    operation_id="getArchiveCertificate",
    summary="What the certificate of a day says, and its signature. For callers placed at the root.",
    tags=["archive"],
    responses=responses(HTTPStatus.OK, ArchiveCertificate, HTTPStatus.NOT_FOUND),
)
def get_certificate(day: Day) -> ArchiveCertificate:
    _at_the_root()
    found = wiring.certified_days().day(day)
    if found is None:
        raise NoSuchThingError("certificate")
    return ArchiveCertificate.of(found)


def _at_the_root() -> None:
    if current_caller().node.node_id != ROOT_NODE_ID:
        raise NotAllowedError("The archive's certificates are of the whole bank: for callers placed at the root node.")
