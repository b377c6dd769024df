"""The one file of a multipart form, as SDKs send it to the upload endpoints."""

import re
from dataclasses import dataclass

_BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
_NAME = re.compile(rb'[; ]name="([^"]*)"', re.IGNORECASE)
_FILE_NAME = re.compile(rb'[; ]filename="([^"]*)"', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """``part`` is the name of its part; ``name`` the file's."""

    part: str
    name: str
    content: bytes


def first_file(content_type: str, body: bytes) -> UploadedFile | None:
    """The first part that has a file name; None when there is none, or when this is no multipart form."""
    found = _BOUNDARY.search(content_type)
    if not content_type.lower().startswith("multipart/form-data") or found is None:
        return None
    for part in (b"\r\n" + body).split(b"\r\n--" + found[1].encode())[1:]:
        head, _, content = part.partition(b"\r\n\r\n")
        name, file_name = _NAME.search(head), _FILE_NAME.search(head)
        if name is not None and file_name is not None:
            return UploadedFile(_text(name[1]), _text(file_name[1]), content)
    return None


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace")
