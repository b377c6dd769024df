"""Attachments of content as WeCom takes them; the media library is asked only where they show a file of it.

S33, docs/wecom.md 12.3.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from scrm.campaign.dispatch_errors import ContentRefusedError
from scrm.campaign.ports import ApprovedContent, ContentFiles
from scrm.campaign.terms import Channel
from scrm.content.model import Attachment, AttachmentKind

ASSET: Final = "asset_id"
_MASS: Final = frozenset({Channel.ONE_TO_ONE, Channel.GROUP})


def as_wecom_takes(attachment: Attachment, channel: Channel) -> Mapping[str, Any]:
    """``asset_id`` stands where the id of a file goes. Raises ContentRefusedError: nothing is left out silently."""
    asset = {ASSET: attachment.asset_id} if attachment.asset_id else {}
    if attachment.kind is AttachmentKind.LINK:
        if asset and channel in _MASS:
            raise ContentRefusedError("content_cover_not_taken")  # a message's link takes the address of a picture
        body = {"title": attachment.title, "url": attachment.url, **asset}
        if attachment.description and channel is not Channel.MOMENTS:
            body["desc"] = attachment.description
    elif attachment.kind is AttachmentKind.MINIPROGRAM:
        body = {"title": attachment.title, "appid": attachment.app_id, "page": attachment.page, **asset}
    else:
        body = asset
    return {"msgtype": attachment.kind.value, attachment.kind.value: body}


class FilesWhenShown:
    """Implements `scrm.campaign.ports.ContentFiles`; ``library`` is made when the first content shows a file."""

    def __init__(self, library: Callable[[], ContentFiles]) -> None:
        self._library = library
        self._made: ContentFiles | None = None

    def lent(self, content: ApprovedContent, channel: Channel) -> ApprovedContent:
        if channel is Channel.RM_TASK:
            return content  # the member acts himself: nothing is uploaded for him
        if not any(ASSET in one[one["msgtype"]] for one in content.attachments):
            return content
        self._made = self._made or self._library()
        return self._made.lent(content, channel)
