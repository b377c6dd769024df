"""The data bucket of a measured program: a folder."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile


class Folder:
    """The data bucket as a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def beginning(self, key: str, most: int, version_id: str = "") -> bytes | None:  # noqa: ARG002
        return self.get(key)

    def get(self, key: str) -> bytes | None:
        path = self._root / key
        return path.read_bytes() if path.exists() else None

    def put(self, key: str, body: bytes, content_type: str, *, if_absent: bool = False) -> bool:  # noqa: ARG002
        path = self._root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        return True

    def sizes_below(self, prefix: str) -> Iterator[tuple[str, int]]:
        for path in sorted(self._root.rglob("*")):
            key = str(path.relative_to(self._root))
            if path.is_file() and key.startswith(prefix):
                yield key, path.stat().st_size

    def download(self, key: str, path: Path) -> None:
        copyfile(self._root / key, path)

    def upload(self, key: str, path: Path, content_type: str) -> None:  # noqa: ARG002
        target = self._root / key
        target.parent.mkdir(parents=True, exist_ok=True)
        copyfile(path, target)
