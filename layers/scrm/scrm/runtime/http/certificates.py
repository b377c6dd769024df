"""The certificate of a case: what there is, and a link to download it."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from scrm.aws.certificate_documents import LINK_VALID_S
from scrm.handover.certificate import CertificateFormat, document_key, problems_of
from scrm.handover.four_eyes import CERTIFICATE_DOWNLOAD, Wish
from scrm.handover.model import Certificate
from scrm.handover.queries import CaseDetail
from scrm.runtime.http import certificate_models as certificates
from scrm.runtime.http import models
from scrm.runtime.http.case_routing import CaseId, or_waiting, permission_for, visible_case
from scrm.runtime.http.problems import NoSuchThingError
from scrm.runtime.http.routing import json_reply, responses, router
from scrm.runtime.wiring import admin_api as wiring


@router.get(
    "/v1/cases/<case_id>/certificate",
    operation_id="getCertificate",
    summary="The certificates of a case: hashes and totals, oldest first; empty before its end.",
    tags=["handover"],
    responses=responses(HTTPStatus.OK, certificates.Certificates, HTTPStatus.NOT_FOUND),
)
def get_certificate(
    case_id: CaseId,
    verify: Annotated[  # noqa: FBT002 - the resolver passes it by name
        bool, Query(description="Also read the documents again and compare them with their hashes and totals.")
    ] = False,
) -> certificates.Certificates:
    case = visible_case(case_id)
    return certificates.Certificates(
        case_id=case_id,
        customers=models.Totals.model_validate(case.summary.customers),
        groups=models.Totals.model_validate(case.summary.groups),
        items=[_described(certificate, verify=verify) for certificate in case.certificates],
    )


@router.get(
    "/v1/cases/<case_id>/download",
    operation_id="downloadCertificate",
    summary="A link to one document of a certificate, good for a few minutes, and the SHA-256 that it must have.",
    tags=["handover"],
    responses=or_waiting(responses(HTTPStatus.OK, certificates.CertificateDownload, HTTPStatus.NOT_FOUND)),
)
def download_certificate(
    case_id: CaseId,
    form: Annotated[CertificateFormat, Query(alias="format", description="Which document.")] = CertificateFormat.JSON,
    number: Annotated[int | None, Query(ge=1, description="Which certificate; the latest if absent.")] = None,
) -> Response[certificates.CertificateDownload | models.PendingDecision]:
    case = visible_case(case_id)
    certificate = _chosen(case, number)
    asked = {"format": form.value, "number": certificate.number}
    waiting = permission_for(Wish(CERTIFICATE_DOWNLOAD, case_id, case.summary.node_path, asked))
    return waiting or json_reply(HTTPStatus.OK, _download(case_id, certificate, form))


def _download(case_id: str, certificate: Certificate, form: CertificateFormat) -> certificates.CertificateDownload:
    """A link rather than the document: an answer of the API ends at 6 MB, and the link needs no token of ours."""
    file_name = f"{case_id}-{certificate.number:04d}.{form.value}"
    return certificates.CertificateDownload(
        case_id=case_id,
        number=certificate.number,
        format=form,
        sha256=certificate.json_sha256 if form is CertificateFormat.JSON else certificate.csv_sha256,
        file_name=file_name,
        url=wiring.certificate_documents().link(document_key(certificate.key, form), file_name),
        valid_for_s=LINK_VALID_S,
    )


def _chosen(case: CaseDetail, number: int | None) -> Certificate:
    found = [each for each in case.certificates if number in {None, each.number}]
    if not found:
        raise NoSuchThingError("certificate")
    return found[-1]


def _described(certificate: Certificate, *, verify: bool) -> certificates.Certificate:
    problems = problems_of(certificate, wiring.certificate_documents()) if verify else None
    return certificates.Certificate(
        number=certificate.number,
        issued_at=certificate.issued_at,
        json_sha256=certificate.json_sha256,
        csv_sha256=certificate.csv_sha256,
        customers=certificate.customers,
        groups=certificate.groups,
        problems=problems,
    )
