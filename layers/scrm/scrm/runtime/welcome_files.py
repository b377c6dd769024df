"""Attachments of a greeting as WeCom takes them, with files lent to it (docs/wecom.md 12.3, 15)."""

from collections.abc import Callable
from datetime import datetime

from scrm.campaign.dispatch_errors import ContentRefusedError
from scrm.campaign.terms import Channel
from scrm.content.media import AssetRefusedError, MediaLibrary, MediaPostponedError, MediaUse
from scrm.content.model import Attachment, AttachmentKind
from scrm.runtime.content_files import ASSET, as_wecom_takes


class FileRefusedError(Exception):
    """WeCom does not take this attachment, or the file cannot be lent."""


class FilePostponedError(Exception):
    """The file cannot be lent before ``not_before``."""

    def __init__(self, not_before: datetime) -> None:
        super().__init__("the file has to wait")
        self.not_before = not_before


def as_sent(attachment: Attachment, needed_until: datetime, library: Callable[[], MediaLibrary]) -> dict[str, object]:
    """As a mass message shows it: WeCom takes the same kinds for both. Kept fresh until ``needed_until``."""
    try:
        taken = as_wecom_takes(attachment, Channel.ONE_TO_ONE)
    except ContentRefusedError as refused:
        raise FileRefusedError from refused
    kind = attachment.kind.value
    body = dict(taken[kind])
    asset_id = body.pop(ASSET, "")
    if asset_id:
        name = "pic_media_id" if attachment.kind is AttachmentKind.MINIPROGRAM else "media_id"
        try:
            body[name] = library().media_id(asset_id, MediaUse.MESSAGE, needed_until)
        except AssetRefusedError as refused:
            raise FileRefusedError from refused
        except MediaPostponedError as waiting:
            raise FilePostponedError(waiting.not_before) from waiting
    return {"msgtype": kind, kind: body}
