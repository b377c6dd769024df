"""What the API says about certificates, on the wire."""

from pydantic import Field

from scrm.handover.certificate import CertificateFormat
from scrm.runtime.http.models import Totals
from scrm.runtime.http.wire import Reply, Timestamp


class Certificate(Reply):
    """One proof of a case's end: a JSON document and a CSV table of the same edges and attempts."""

    number: int
    issued_at: Timestamp
    json_sha256: str
    csv_sha256: str
    customers: int
    groups: int
    problems: list[str] | None = Field(description="What is wrong with the documents; null when nobody looked.")


class Certificates(Reply):
    """The certificates of a case, oldest first, and its totals as they are now."""

    case_id: str
    customers: Totals
    groups: Totals
    items: list[Certificate]


class CertificateDownload(Reply):
    """Where a document can be read with a plain GET, for ``valid_for_s`` seconds, and what it must hash to."""

    case_id: str
    number: int
    format: CertificateFormat
    sha256: str
    file_name: str
    url: str
    valid_for_s: int
