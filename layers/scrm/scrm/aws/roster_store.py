"""Rosters in the data bucket: uploaded files, the last accepted one, lists of rejected rows."""

import gzip
import io
import json
import zlib
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from typing import Final, Protocol

from scrm import clock
from scrm.org.roster import RejectedRow, RosterRefusedError, RosterRow
from scrm.org.roster_order import from_json, to_json
from scrm.org.roster_ports import LastRoster, RosterHeader

LAST_KEY: Final = "roster/latest/roster.jsonl.gz"
SCHEMA_VERSION: Final = 1
_AS_GZIP: Final = 16 + zlib.MAX_WBITS
_GZIP: Final = "application/gzip"
_JSON_LINES: Final = "application/x-ndjson"


class Upload(Protocol):
    def write(self, content: bytes, /) -> object: ...


class Documents(Protocol):
    """The data bucket, as far as rosters need it."""

    def get(self, key: str) -> bytes | None: ...

    def stream_lines(self, key: str) -> Iterator[bytes]:
        """Raises LookupError when there is no such document, ValueError when it cannot be read by lines."""

    def open_upload(self, key: str, content_type: str) -> AbstractContextManager[Upload]: ...


class S3RosterStore:
    """Implements `scrm.org.roster_ports.RosterStore`.

    The last roster is gzipped JSON lines: first its header, then a row a line by userid. Compressed it is held in
    memory, its rows are not.
    """

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def lines(self, key: str) -> Iterator[bytes]:
        try:
            yield from self._documents.stream_lines(key)
        except LookupError as error:
            raise RosterRefusedError("The roster file is no longer in the bucket; upload it again.") from error
        except ValueError as error:
            raise RosterRefusedError("The roster cannot be read line by line; check that it is a CSV file.") from error

    def last(self) -> LastRoster | None:
        packed = self._documents.get(LAST_KEY)
        if packed is None:
            return None
        header = json.loads(next(_unpacked(packed)))
        return LastRoster(
            RosterHeader(
                sha256=header["sha256"],
                as_of=date.fromisoformat(header["as_of"]),
                uploaded_at=clock.from_iso(header["uploaded_at"]),
                rows=header["rows"],
                unattributed=header["unattributed"],
            ),
            lambda: _rows(packed),
        )

    def replace_last(self, header: RosterHeader, rows: Iterable[RosterRow]) -> None:
        first = {
            "schema_version": SCHEMA_VERSION,
            "sha256": header.sha256,
            "as_of": header.as_of.isoformat(),
            "uploaded_at": clock.to_iso(header.uploaded_at),
            "rows": header.rows,
            "unattributed": header.unattributed,
        }
        packer = zlib.compressobj(wbits=_AS_GZIP)
        with self._documents.open_upload(LAST_KEY, _GZIP) as upload:
            upload.write(packer.compress(_line(first)))
            for row in rows:
                upload.write(packer.compress(_line(to_json(row))))
            upload.write(packer.flush())

    def put_rejected(self, sha256: str, rows: Iterable[RejectedRow]) -> str:
        key = f"roster/rejected/{sha256}.jsonl"
        with self._documents.open_upload(key, _JSON_LINES) as upload:
            for row in rows:
                upload.write(_line({"line": row.line, "reason": row.reason}))
        return key


def _rows(packed: bytes) -> Iterator[RosterRow]:
    lines = _unpacked(packed)
    next(lines)
    return (from_json(json.loads(line)) for line in lines)


def _unpacked(packed: bytes) -> Iterator[bytes]:
    return iter(gzip.open(io.BytesIO(packed), "rb"))


def _line(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
