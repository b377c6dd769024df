"""Files that content shows: kept in the bank's bucket, and lent to WeCom under media ids that live three days.

WeCom gives a media id per way of upload and refuses it elsewhere (40007), so an asset has one per use.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from scrm import clock, ids


class MediaKind(StrEnum):
    """WeCom's media type."""

    IMAGE = "image"
    VIDEO = "video"
    FILE = "file"


class MediaUse(StrEnum):
    """What a media id is good for: messages and welcome texts, or Moments."""

    MESSAGE = "message"
    MOMENTS = "moments"


class AssetState(StrEnum):
    AWAITING_FILE = "awaiting_file"
    READY = "ready"


class AssetRefusedError(Exception):
    """The file cannot be taken or used; the text says why and what to do."""


class MediaPostponedError(Exception):
    """WeCom could not be asked now; it may be tried again at ``not_before``."""

    def __init__(self, not_before: datetime) -> None:
        super().__init__("the upload has to wait")
        self.not_before = not_before


@dataclass(frozen=True, slots=True)
class Asset:
    """One file. ``sha256`` is lower-case hex and ``size`` bytes, as who announced it said and as it was checked."""

    asset_id: str
    kind: MediaKind
    file_name: str
    size: int
    sha256: str
    node_id: str
    node_path: str
    made_by: str
    made_at: datetime
    state: AssetState = AssetState.AWAITING_FILE


@dataclass(frozen=True, slots=True)
class LentMedia:
    """An asset at WeCom: good for `MediaLimits.life` from ``uploaded_at``.

    ``needed_until`` is the end of the content that shows it: until then it is kept fresh. None: only when asked for.
    """

    asset_id: str
    use: MediaUse
    media_id: str
    uploaded_at: datetime
    needed_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """WeCom's limits. A media id with less than ``margin`` of its ``life`` left is fetched anew when asked for.

    One that is needed longer is fetched anew ``ahead`` of its end, so that nobody has to wait for it.
    """

    life: timedelta
    margin: timedelta
    ahead: timedelta
    least_bytes: int
    most_bytes: Mapping[tuple[MediaUse, MediaKind], int]


class AssetRepository(Protocol):
    """The assets' part of the content library's table."""

    def assets(self, asset_ids: Iterable[str]) -> Mapping[str, Asset]: ...

    def put(self, asset: Asset) -> None: ...

    def lent(self, asset_id: str, use: MediaUse) -> LentMedia | None: ...

    def put_lent(self, media: LentMedia) -> None: ...

    def needed(self, uploaded_before: datetime) -> Iterator[LentMedia]:
        """Those with a ``needed_until`` that were uploaded before that moment."""


class AssetFiles(Protocol):
    """The files themselves."""

    def upload_link(self, asset: Asset) -> str:
        """Where the file may be put for some minutes, with HTTP PUT."""

    def read(self, asset: Asset, most: int) -> bytes | None:
        """The file, of a longer one ``most`` bytes and one more; None while there is none."""


class MediaUploader(Protocol):
    """WeCom's two ways of upload."""

    def upload(self, asset: Asset, use: MediaUse, content: bytes) -> LentMedia:
        """Raises AssetRefusedError, MediaPostponedError."""


def asset_id_of(*cause: str) -> str:
    return ids.derive("asset", *cause)


@dataclass(frozen=True, slots=True)
class MediaDesk:
    """Use cases of those who make content: announce a file, put it, have it checked."""

    repository: AssetRepository
    files: AssetFiles
    limits: MediaLimits

    def announce(self, asset: Asset) -> Asset:
        """A new asset that waits for its file; announced again it stays as it is. Raises AssetRefusedError."""
        most = max(size for (_, kind), size in self.limits.most_bytes.items() if kind is asset.kind)
        if not self.limits.least_bytes <= asset.size <= most:
            raise AssetRefusedError(
                f"WeCom takes {asset.kind.value} files of {self.limits.least_bytes} to {most} bytes"
            )
        known = self.asset(asset.asset_id)
        if known is None:
            self.repository.put(asset)
        return known or asset

    def asset(self, asset_id: str) -> Asset | None:
        return self.repository.assets([asset_id]).get(asset_id)

    def check(self, asset: Asset) -> Asset:
        """The asset once its file is there and the one that was announced. Raises AssetRefusedError."""
        if asset.state is AssetState.READY:
            return asset
        ready = replace(asset, state=AssetState.READY)
        verified(asset, self.files)
        self.repository.put(ready)
        return ready


@dataclass(frozen=True, slots=True)
class ReadyAssets:
    """Implements `scrm.content.ports.AssetNames`: files that were checked."""

    repository: AssetRepository

    def kinds_of(self, asset_ids: Iterable[str]) -> dict[str, str]:
        found = self.repository.assets(asset_ids)
        return {asset_id: each.kind.value for asset_id, each in found.items() if each.state is AssetState.READY}


@dataclass(frozen=True, slots=True)
class Refreshed:
    """One refresh: media ids fetched anew, and files that cannot be lent any more. ``postponed``: WeCom had no room."""

    renewed: int = 0
    refused: int = 0
    postponed: bool = False


@dataclass(frozen=True, slots=True)
class MediaLibrary:
    """Use case of campaigns and welcome messages: a media id that WeCom takes now, with time left to send."""

    repository: AssetRepository
    files: AssetFiles
    uploader: MediaUploader
    limits: MediaLimits
    now: Callable[[], datetime] = clock.now

    def media_id(self, asset_id: str, use: MediaUse, needed_until: datetime | None = None) -> str:
        """One read while the id is fresh; else the file is uploaded again. Until ``needed_until`` it is kept fresh.

        Raises AssetRefusedError for a file that is not there, was changed, or is of no use there; MediaPostponedError.
        """
        lent = self.repository.lent(asset_id, use)
        wanted = max(filter(None, (needed_until, lent.needed_until if lent else None)), default=None)
        if lent is not None and self._is_fresh(lent):
            if lent.needed_until != wanted:
                self.repository.put_lent(replace(lent, needed_until=wanted))
            return lent.media_id
        return self._upload(asset_id, use, wanted).media_id

    def refresh(self) -> Refreshed:
        """Upload again what is needed longer than its id lives; what is needed no more is forgotten by the list."""
        renewed = refused = 0
        for lent in self.repository.needed(self.now() - self.limits.life + self.limits.ahead):
            if lent.needed_until is None or self.now() >= lent.needed_until:
                self.repository.put_lent(replace(lent, needed_until=None))
                continue
            try:
                self._upload(lent.asset_id, lent.use, lent.needed_until)
                renewed += 1
            except AssetRefusedError:
                self.repository.put_lent(replace(lent, needed_until=None))
                refused += 1
            except MediaPostponedError:
                return Refreshed(renewed, refused, postponed=True)
        return Refreshed(renewed, refused)

    def _upload(self, asset_id: str, use: MediaUse, needed_until: datetime | None) -> LentMedia:
        asset = self.repository.assets([asset_id]).get(asset_id)
        if asset is None or asset.state is not AssetState.READY:
            raise AssetRefusedError("the media library has no such file")
        most = self.limits.most_bytes.get((use, asset.kind), 0)
        if asset.size > most:
            raise AssetRefusedError(f"WeCom takes no {asset.kind.value} of {asset.size} bytes for {use.value}")
        fresh = self.uploader.upload(asset, use, verified(asset, self.files))
        lent = replace(fresh, needed_until=needed_until)
        self.repository.put_lent(lent)
        return lent

    def _is_fresh(self, lent: LentMedia) -> bool:
        return self.now() < lent.uploaded_at + self.limits.life - self.limits.margin


def verified(asset: Asset, files: AssetFiles) -> bytes:
    """The file as it was announced, to the byte. Raises AssetRefusedError."""
    content = files.read(asset, asset.size)
    if content is None:
        raise AssetRefusedError("the file is not there; put it at the upload link first")
    if len(content) != asset.size or hashlib.sha256(content).hexdigest() != asset.sha256:
        raise AssetRefusedError("the file is not the one that was announced: its size or SHA-256 differs")
    if not _looks_like(asset.kind, content):
        raise AssetRefusedError(f"the file is no {asset.kind.value} that WeCom takes: JPG or PNG, MP4")
    return content


def _looks_like(kind: MediaKind, content: bytes) -> bool:
    if kind is MediaKind.IMAGE:
        return content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))
    return kind is MediaKind.FILE or content[4:8] == b"ftyp"
