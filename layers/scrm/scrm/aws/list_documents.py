"""Lists of customers in the data bucket.

``audience/uploads/<upload>.csv``               a file as an operator put it, for a day
``audience/lists/<segment>/<hash>``             its customers, one a line, for 90 days
``audience/review/<segment>-<hash>.csv``        lines nobody can use, with their reason, no content
"""

import csv
import io
from typing import Final

from scrm import ids
from scrm.audience.lists import MOST_BYTES, CustomerList, ListExpiredError
from scrm.aws.documents import DocumentMissingError, DocumentStore

UPLOADS: Final = "audience/uploads/"
LISTS: Final = "audience/lists/"
REVIEW: Final = "audience/review/"
_LINK_VALID_S: Final = 900


class BucketLists:
    """Implements `scrm.audience.lists.ListStore`."""

    def __init__(self, documents: DocumentStore) -> None:
        self._documents = documents

    def upload_link(self, uploader: str, sha256: str, size: int) -> str:
        return self._documents.upload_link(_upload(uploader, sha256), size, _LINK_VALID_S)

    def uploaded(self, uploader: str, sha256: str) -> bytes | None:
        return self._documents.beginning(_upload(uploader, sha256), MOST_BYTES + 1)

    def put(self, segment_id: str, found: CustomerList) -> None:
        body = "\n".join(found.external_userids).encode()
        self._documents.put(_list(segment_id, found.sha256), body, "text/plain; charset=utf-8")
        if found.unusable:
            text = io.StringIO()
            writer = csv.writer(text)
            writer.writerow(("line", "reason"))
            writer.writerows(found.unusable)
            key = f"{REVIEW}{segment_id}-{found.sha256}.csv"
            self._documents.put(key, text.getvalue().encode(), "text/csv")

    def customers(self, segment_id: str, sha256: str) -> tuple[str, ...]:
        try:
            lines = self._documents.stream_lines(_list(segment_id, sha256))
        except DocumentMissingError:
            raise ListExpiredError(segment_id) from None
        return tuple(line.decode().rstrip("\n") for line in lines)


def _upload(uploader: str, sha256: str) -> str:
    """Nobody takes over what somebody else put."""
    return f"{UPLOADS}{ids.derive('upl', uploader, sha256)}.csv"


def _list(segment_id: str, sha256: str) -> str:
    return f"{LISTS}{segment_id}/{sha256}"
