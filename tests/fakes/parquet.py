"""A bucket of Parquet files that is a folder, or in memory."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path


class FolderFiles:
    """Keys are paths below ``root``; what was downloaded is counted in ``read``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.read: list[str] = []

    def sizes_below(self, prefix: str) -> Iterator[tuple[str, int]]:
        for path in sorted(self.root.rglob("*")):
            key = str(path.relative_to(self.root))
            if path.is_file() and key.startswith(prefix):
                yield key, path.stat().st_size

    def download(self, key: str, path: Path) -> None:
        self.read.append(key)
        shutil.copyfile(self.root / key, path)

    def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            (self.root / key).unlink(missing_ok=True)

    def upload(self, key: str, path: Path, content_type: str) -> None:
        target = self.root / key
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


class MemoryFiles:
    """The same without a folder."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def sizes_below(self, prefix: str) -> Iterator[tuple[str, int]]:
        for key in sorted(self.files):
            if key.startswith(prefix):
                yield key, len(self.files[key])

    def download(self, key: str, path: Path) -> None:
        path.write_bytes(self.files[key])

    def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            self.files.pop(key, None)

    def upload(self, key: str, path: Path, content_type: str) -> None:
        self.files[key] = path.read_bytes()
