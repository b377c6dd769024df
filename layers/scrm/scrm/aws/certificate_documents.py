"""Certificates in the data bucket."""

from collections.abc import Iterable, Iterator
from typing import Final

from scrm.aws.documents import DocumentMissingError, DocumentStore
from scrm.handover.certificate import CertificateFormat

# Long enough to start a download, too short to be passed on.
LINK_VALID_S: Final = 300


class BucketCertificates:
    """Implements `scrm.handover.ports.CertificateDocuments`."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def write(self, key: str, pieces: Iterable[bytes]) -> None:
        """A document that is there already has these very bytes: writing it again changes nothing."""
        with self._store.open_upload(key, CertificateFormat(key.rpartition(".")[2]).content_type) as upload:
            for piece in pieces:
                upload.write(piece)

    def lines(self, key: str) -> Iterator[bytes] | None:
        try:
            return self._store.stream_lines(key)
        except DocumentMissingError:
            return None

    def link(self, key: str, file_name: str) -> str:
        """A signed URL that lets whoever has it read this document for `LINK_VALID_S`, as a file of this name."""
        return self._store.link(key, file_name, LINK_VALID_S)
