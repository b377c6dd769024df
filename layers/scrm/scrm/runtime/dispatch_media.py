"""The media library's files in what content shows (S33, docs/wecom.md 13.1)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from scrm.campaign import ports
from scrm.campaign.dispatch_errors import ContentRefusedError, DispatchPostponedError
from scrm.campaign.terms import Channel
from scrm.content.media import AssetRefusedError, MediaPostponedError, MediaUse
from scrm.content.model import AttachmentKind
from scrm.runtime.content_files import ASSET

# All tasks of a campaign show the same files: a process asks the library once in that time.
KEPT_FOR: Final = timedelta(minutes=10)


class MediaIds(Protocol):
    """The media library, as far as sending goes."""

    def media_id(self, asset_id: str, use: MediaUse, needed_until: datetime | None = None) -> str: ...


class LibraryFiles:
    """Implements `scrm.campaign.ports.ContentFiles` on the media library."""

    def __init__(self, library: Callable[[], MediaIds], now: Callable[[], datetime]) -> None:
        self._library = library
        self._now = now
        self._kept: dict[tuple[str, MediaUse], tuple[str, datetime]] = {}

    def lent(self, content: ports.ApprovedContent, channel: Channel) -> ports.ApprovedContent:
        use = MediaUse.MOMENTS if channel is Channel.MOMENTS else MediaUse.MESSAGE
        ready = tuple(self._with_file(one, use, content.valid_until) for one in content.attachments)
        return replace(content, attachments=ready)

    def _with_file(self, attachment: Mapping[str, Any], use: MediaUse, needed_until: datetime) -> Mapping[str, Any]:
        kind = attachment["msgtype"]
        body = dict(attachment[kind])
        asset_id = body.pop(ASSET, "")
        if not asset_id:
            return attachment
        name = "pic_media_id" if kind == AttachmentKind.MINIPROGRAM else "media_id"
        return {"msgtype": kind, kind: {**body, name: self._media_id(asset_id, use, needed_until)}}

    def _media_id(self, asset_id: str, use: MediaUse, needed_until: datetime) -> str:
        kept = self._kept.get((asset_id, use))
        if kept is not None and self._now() < kept[1]:
            return kept[0]
        try:
            media_id = self._library().media_id(asset_id, use, needed_until)
        except AssetRefusedError as refused:
            raise ContentRefusedError("content_file_refused") from refused
        except MediaPostponedError as waiting:
            raise DispatchPostponedError(waiting.not_before) from waiting
        self._kept[asset_id, use] = media_id, self._now() + KEPT_FOR
        return media_id
