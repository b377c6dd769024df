"""Packages in the data bucket: ``handover/packages/<case>/<checksum>.json``."""

import hashlib
import json
from typing import Final

from scrm.aws.documents import DocumentMissingError, DocumentStore
from scrm.handover.parts import Contents, canonical

_JSON: Final = "application/json"


class PackageDamagedError(Exception):
    """What lies under a package's name is not what was put there."""

    def __init__(self, key: str) -> None:
        super().__init__(f"The document {key} does not fit its checksum; restore its first version from the bucket.")


class DocumentPackages:
    """Implements `scrm.handover.parts.PackageStore`. The name is the checksum, so a repeat writes the same document."""

    def __init__(self, documents: DocumentStore) -> None:
        self._documents = documents

    def put(self, case_id: str, contents: Contents) -> str:
        body = canonical(contents)
        package = hashlib.sha256(body).hexdigest()
        self._documents.put(_key(case_id, package), body, _JSON, if_absent=True)
        return package

    def get(self, case_id: str, package: str) -> Contents:
        """Raises DocumentMissingError, PackageDamagedError."""
        key = _key(case_id, package)
        body = self._documents.get(key)
        if body is None:
            raise DocumentMissingError(f"There is no document {key} in the data bucket.")
        if hashlib.sha256(body).hexdigest() != package:
            raise PackageDamagedError(key)
        found: Contents = json.loads(body)
        return found


def _key(case_id: str, package: str) -> str:
    return f"handover/packages/{case_id}/{package}.json"
