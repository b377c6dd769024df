"""The media library in memory, a bucket of files and a WeCom that takes them."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from scrm.content.media import (
    Asset,
    AssetState,
    LentMedia,
    MediaDesk,
    MediaKind,
    MediaLibrary,
    MediaUse,
)
from scrm.runtime.content_limits import MEDIA
from tests.fakes.content import START

PNG = b"\x89PNG\r\n\x1a\n and the picture"
MP4 = b"\x00\x00\x00\x18ftypmp42 and the film"


@dataclass
class FakeAssetStore:
    """Implements AssetRepository."""

    rows: dict[str, Asset] = field(default_factory=dict)
    media: dict[tuple[str, MediaUse], LentMedia] = field(default_factory=dict)

    def assets(self, asset_ids: Iterable[str]) -> Mapping[str, Asset]:
        return {each: self.rows[each] for each in asset_ids if each in self.rows}

    def put(self, asset: Asset) -> None:
        self.rows[asset.asset_id] = asset

    def lent(self, asset_id: str, use: MediaUse) -> LentMedia | None:
        return self.media.get((asset_id, use))

    def put_lent(self, media: LentMedia) -> None:
        self.media[media.asset_id, media.use] = media

    def needed(self, uploaded_before: datetime) -> Iterator[LentMedia]:
        for lent in sorted(self.media.values(), key=lambda lent: lent.uploaded_at):
            if lent.needed_until is not None and lent.uploaded_at < uploaded_before:
                yield lent


@dataclass
class FakeAssetFiles:
    """Implements AssetFiles."""

    files: dict[str, bytes] = field(default_factory=dict)
    base_url: str = "https://bucket.example.com"

    def upload_link(self, asset: Asset) -> str:
        return f"{self.base_url}/content/media/{asset.asset_id}"

    def read(self, asset: Asset, most: int) -> bytes | None:
        found = self.files.get(asset.asset_id)
        return None if found is None else found[: most + 1]


@dataclass
class FakeUploader:
    """Implements MediaUploader; a media id names use and number of the upload."""

    now: Callable[[], datetime]
    uploads: list[tuple[str, MediaUse, bytes]] = field(default_factory=list)
    refuses: Exception | None = None

    def upload(self, asset: Asset, use: MediaUse, content: bytes) -> LentMedia:
        if self.refuses is not None:
            raise self.refuses
        self.uploads.append((asset.asset_id, use, content))
        return LentMedia(asset.asset_id, use, f"MEDIA-{use.value}-{len(self.uploads)}", self.now())


@dataclass
class Shelf:
    """Desk and library over memory."""

    store: FakeAssetStore = field(default_factory=FakeAssetStore)
    files: FakeAssetFiles = field(default_factory=FakeAssetFiles)
    moment: datetime = START
    uploader: FakeUploader = field(init=False)

    def __post_init__(self) -> None:
        self.uploader = FakeUploader(lambda: self.moment)

    @property
    def desk(self) -> MediaDesk:
        return MediaDesk(self.store, self.files, MEDIA)

    @property
    def library(self) -> MediaLibrary:
        return MediaLibrary(self.store, self.files, self.uploader, MEDIA, lambda: self.moment)

    def ready(self, asset_id: str = "asset_1", content: bytes = PNG, kind: MediaKind = MediaKind.IMAGE) -> Asset:
        """A file that was announced, put and checked."""
        self.files.files[asset_id] = content
        return self.desk.check(self.desk.announce(an_asset(asset_id, content, kind)))


def an_asset(asset_id: str = "asset_1", content: bytes = PNG, kind: MediaKind = MediaKind.IMAGE) -> Asset:
    return Asset(
        asset_id=asset_id,
        kind=kind,
        file_name="海报.png",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        node_id="10",
        node_path="/1/10/",
        made_by="operator:maker",
        made_at=START,
        state=AssetState.AWAITING_FILE,
    )
