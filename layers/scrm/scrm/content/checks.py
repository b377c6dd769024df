"""What can be said of a draft without asking anybody: WeCom's limits, in UTF-8 bytes, and the bank's own rules."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from scrm.content.errors import Problem
from scrm.content.model import OPT_OUT_LINK, Attachment, AttachmentKind, Draft, Scene, Variant
from scrm.content.settings import ContentSettings, FieldLimits, SceneLimits

_WORD: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_SHOWS_FILE: Final = frozenset({AttachmentKind.IMAGE, AttachmentKind.VIDEO, AttachmentKind.FILE})


def problems_of(draft: Draft, settings: ContentSettings) -> list[Problem]:
    """Everything that is wrong, in the order of the draft; an empty list: it may be stored."""
    return [*_head(draft, settings), *_variants(draft, settings)]


def _head(draft: Draft, settings: ContentSettings) -> Iterator[Problem]:
    for name in ("title", "selling_point", "compliance_label"):
        text = getattr(draft, name)
        if not text.strip():
            yield Problem(name, "missing", "it is required")
        elif _UNPRINTABLE.search(text):
            yield Problem(name, "unprintable", "it holds control characters")
    if not _WORD.fullmatch(draft.target_kpi):
        yield Problem("target_kpi", "no_word", "name the KPI it works for, such as card_binding")
    if draft.valid_until <= draft.valid_from:
        yield Problem("valid_until", "not_after_start", "the end must be later than the start")
    elif draft.valid_until - draft.valid_from > settings.longest_validity:
        yield Problem("valid_until", "too_long", f"content is valid for {settings.longest_validity.days} days at most")


def _variants(draft: Draft, settings: ContentSettings) -> Iterator[Problem]:
    if not draft.variants:
        yield Problem("variants", "missing", "write the words for one scene at least")
    for scene, variant in draft.variants:
        where = f"variants.{scene.value}"
        yield from _text(where, scene, variant, draft.compliance_label, settings)
        yield from _attachments(where, variant, settings.scenes[scene])
        for number, attachment in enumerate(variant.attachments):
            yield from _attachment(f"{where}.attachments.{number}", attachment, scene, settings.fields)


def _text(where: str, scene: Scene, variant: Variant, label: str, settings: ContentSettings) -> Iterator[Problem]:
    limits, size = settings.scenes[scene], _bytes(variant.text)
    if size > limits.text_bytes:
        yield Problem(f"{where}.text", "too_long", f"it has {size} bytes of UTF-8, WeCom takes {limits.text_bytes}")
    if len(variant.text) > limits.text_characters:
        detail = f"it has {len(variant.text)} characters, WeCom takes {limits.text_characters}"
        yield Problem(f"{where}.text", "too_long", detail)
    if _UNPRINTABLE.search(variant.text):
        yield Problem(f"{where}.text", "unprintable", "it holds control characters")
    if scene is not Scene.ONE_TO_ONE and OPT_OUT_LINK in variant.text:
        yield Problem(f"{where}.text", "not_personal", f"{OPT_OUT_LINK} stands only in what greets one customer")
    if not variant.text.strip() and not variant.attachments:
        yield Problem(where, "empty", "it needs a text or an attachment")
    is_marketing = scene is not Scene.INTERNAL  # the label is for customers (R5)
    if is_marketing and settings.label_in_text and label.strip() and label not in variant.text:
        yield Problem(
            f"{where}.text", "label_missing", "it must hold the compliance label, so that it can be recognised"
        )


def _attachments(where: str, variant: Variant, limits: SceneLimits) -> Iterator[Problem]:
    where, count = f"{where}.attachments", len(variant.attachments)
    kinds = {each.kind for each in variant.attachments}
    if count > limits.attachments:
        yield Problem(where, "too_many", f"there are {count}, WeCom takes {limits.attachments}")
    if kinds - limits.kinds:
        yield Problem(where, "kind_not_taken", f"this scene takes {', '.join(sorted(limits.kinds))}")
    if limits.alone and len(kinds) > 1:
        yield Problem(where, "mixed", "this scene takes attachments of one kind only")
    for kind in kinds & limits.alone.keys():
        if count > limits.alone[kind]:
            yield Problem(where, "too_many", f"this scene takes {limits.alone[kind]} of {kind.value}")


def _attachment(where: str, found: Attachment, scene: Scene, limits: FieldLimits) -> Iterator[Problem]:
    match found.kind:
        case AttachmentKind.LINK:
            yield from _sized(where, "title", found.title, limits.link_title, is_required=True)
            yield from _sized(where, "description", found.description, limits.link_description)
            yield from _sized(where, "url", found.url, limits.url, is_required=True)
            if scene is Scene.INTERNAL and found.description:
                yield Problem(f"{where}.description", "not_taken", "a card to members shows the text instead")
            if found.url and not _is_web_address(found.url):
                yield Problem(f"{where}.url", "no_address", "a link needs a full https address")
            if scene is Scene.MOMENTS and not found.asset_id:
                yield Problem(f"{where}.asset_id", "missing", "a link in Moments needs a cover picture")
            if scene is not Scene.MOMENTS and found.asset_id:
                yield Problem(f"{where}.asset_id", "not_taken", "a link in a message takes no cover of the library")
        case AttachmentKind.MINIPROGRAM:
            yield from _sized(where, "title", found.title, limits.miniprogram_title, is_required=True)
            for name in ("app_id", "page", "asset_id"):
                yield from _sized(where, name, getattr(found, name), limits.url, is_required=True)
        case _ if found.kind in _SHOWS_FILE and not found.asset_id:
            yield Problem(f"{where}.asset_id", "missing", "name the file of the media library that it shows")


def _sized(where: str, name: str, text: str, most: int, *, is_required: bool = False) -> Iterator[Problem]:
    if is_required and not text.strip():
        yield Problem(f"{where}.{name}", "missing", "it is required")
    if _bytes(text) > most:
        yield Problem(f"{where}.{name}", "too_long", f"it has {_bytes(text)} bytes of UTF-8, WeCom takes {most}")
    if _UNPRINTABLE.search(text):
        yield Problem(f"{where}.{name}", "unprintable", "it holds control characters")


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname)


def _bytes(text: str) -> int:
    return len(text.encode(errors="surrogatepass"))
