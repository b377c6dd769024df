"""What the content library obeys: WeCom's limits and the bank's own rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from scrm.content.model import AttachmentKind, Scene


@dataclass(frozen=True, slots=True)
class SceneLimits:
    """What WeCom takes for one scene. ``alone``: kinds of which a message holds nothing else, and how many of it."""

    text_bytes: int
    text_characters: int
    attachments: int
    kinds: frozenset[AttachmentKind]
    alone: Mapping[AttachmentKind, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FieldLimits:
    """UTF-8 bytes of the parts of attachments."""

    link_title: int
    link_description: int
    url: int
    miniprogram_title: int


@dataclass(frozen=True, slots=True)
class ContentSettings:
    """``banned_claims`` block approval wherever they stand, except inside one of ``allowed_phrases`` (R5)."""

    scenes: Mapping[Scene, SceneLimits]
    fields: FieldLimits
    banned_claims: tuple[str, ...] = ()
    allowed_phrases: tuple[str, ...] = ()
    label_in_text: bool = True
    longest_validity: timedelta = timedelta(days=366)
