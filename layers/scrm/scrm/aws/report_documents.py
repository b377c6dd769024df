"""Monthly reports and their tables: ``reports/kpi/<month>/<node>.<form>`` in the data bucket, the last one made."""

from collections.abc import Iterator, Mapping
from typing import Final, Protocol

_PREFIX: Final = "reports/kpi"
_LINK_S: Final = 300
FORMS: Final = {
    "html": "text/html; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}


class Documents(Protocol):
    """The data bucket, as far as reports need it."""

    def put(self, key: str, body: bytes, content_type: str) -> object: ...

    def sizes_below(self, prefix: str) -> Iterator[tuple[str, int]]: ...

    def link(self, key: str, file_name: str, valid_for_s: int) -> str: ...


class BucketReports:
    """Files of a node's month by form, and signed links to them that are good for five minutes."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def keep(self, month: str, node_id: str, files: Mapping[str, bytes]) -> None:
        for form, body in files.items():
            self._documents.put(_key(month, node_id, form), body, FORMS[form])

    def links(self, month: str, node_id: str) -> dict[str, str]:
        """By form; none of a report that was not made."""
        stem = f"{_PREFIX}/{month}/{node_id}."
        kept = (key.removeprefix(stem) for key, _ in self._documents.sizes_below(stem))
        return {
            form: self._documents.link(_key(month, node_id, form), f"kpi-{month}-{node_id}.{form}", _LINK_S)
            for form in kept
            if form in FORMS
        }


def _key(month: str, node_id: str, form: str) -> str:
    return f"{_PREFIX}/{month}/{node_id}.{form}"
