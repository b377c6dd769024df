"""Joins WeCom's limits to the content library."""

from typing import Final

from scrm.content.media import MediaKind, MediaLimits, MediaUse
from scrm.content.model import AttachmentKind, Scene
from scrm.content.settings import ContentSettings, FieldLimits, SceneLimits
from scrm.wecom import limits

_MASS: Final = SceneLimits(
    text_bytes=limits.MASS_TEXT_BYTES,
    text_characters=limits.MASS_TEXT_BYTES,
    attachments=limits.MASS_ATTACHMENTS,
    kinds=frozenset(AttachmentKind),
)
_MOMENTS: Final = SceneLimits(
    text_bytes=limits.MOMENTS_TEXT_BYTES,
    text_characters=limits.MOMENTS_TEXT_LENGTH,
    attachments=limits.MASS_ATTACHMENTS,
    kinds=frozenset({AttachmentKind.IMAGE, AttachmentKind.VIDEO, AttachmentKind.LINK}),
    alone={AttachmentKind.IMAGE: limits.MOMENTS_IMAGES, AttachmentKind.VIDEO: 1, AttachmentKind.LINK: 1},
)
# To the text comes the line of `scrm.campaign.member_messages`; a link makes a card of it.
_INTERNAL: Final = SceneLimits(
    text_bytes=limits.TEXT_BYTES - 200,
    text_characters=limits.CARD_DESCRIPTION_LENGTH - 60,
    attachments=1,
    kinds=frozenset({AttachmentKind.LINK}),
)
PLATFORM: Final = ContentSettings(
    scenes={Scene.ONE_TO_ONE: _MASS, Scene.GROUP: _MASS, Scene.MOMENTS: _MOMENTS, Scene.INTERNAL: _INTERNAL},
    fields=FieldLimits(
        link_title=limits.LINK_TITLE_BYTES,
        link_description=limits.LINK_DESCRIPTION_BYTES,
        url=limits.LINK_URL_BYTES,
        miniprogram_title=limits.MINIPROGRAM_TITLE_BYTES,
    ),
)
MEDIA: Final = MediaLimits(
    life=limits.MEDIA_LIFE,
    margin=limits.MEDIA_MARGIN,
    ahead=limits.MEDIA_AHEAD,
    least_bytes=limits.MEDIA_LEAST_BYTES,
    most_bytes={
        **{(MediaUse.MESSAGE, MediaKind(kind)): size for kind, size in limits.MEDIA_BYTES.items()},
        **{(MediaUse.MOMENTS, MediaKind(kind)): size for kind, size in limits.MOMENTS_MEDIA_BYTES.items()},
    },
)
