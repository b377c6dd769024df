"""How far tellings of figures have come: ``kpi/telling/<name>.txt`` in the data bucket, a node path or the end."""

from typing import Final

from scrm.aws.documents import DocumentStore

_PREFIX: Final = "kpi/telling"
_TEXT: Final = "text/plain; charset=utf-8"


class BucketTellingMarks:
    """Implements `scrm.kpi.telling.TellingMarks`."""

    def __init__(self, documents: DocumentStore) -> None:
        self._documents = documents

    def read(self, name: str) -> str:
        return (self._documents.get(_key(name)) or b"").decode()

    def write(self, name: str, mark: str) -> None:
        self._documents.put(_key(name), mark.encode(), _TEXT)


def _key(name: str) -> str:
    return f"{_PREFIX}/{name.replace(' ', '_')}.txt"
