"""Text and attachments that members send to customers: mass messages (content paper, 1.1), welcome texts (3.1)."""

from collections.abc import Mapping
from typing import Any

from local.simulator import errors
from local.simulator.api import arguments
from local.simulator.api.call import Call
from local.simulator.api.media import check_picture, usable
from local.simulator.errors import ApiError

TEXT_BYTES = 4_000
_ATTACHMENTS = 9
_TITLE_BYTES, _PICTURE_BYTES, _DESCRIPTION_BYTES, _URL_BYTES = 128, 2_048, 512, 2_048
_MINIPROGRAM_TITLE_BYTES = 64
_KINDS = frozenset({"image", "link", "miniprogram", "video", "file"})


def checked_content(call: Call) -> dict[str, Any]:
    """``text`` and ``attachments`` of the request, those of them that it has.

    Raises:
        ApiError: 40058 over-long, 40063 neither of them or a part missing, 40007, 41006, 41064, 41065.
    """
    text = arguments.optional_text(arguments.mapping(call.args, "text"), "content") or ""
    attachments = call.args.get("attachments") or []
    if not isinstance(attachments, list) or len(text.encode()) > TEXT_BYTES:
        raise ApiError(errors.INVALID_PARAMETER)
    if not text and not attachments:
        raise ApiError(errors.MISSING_PARAMETER, "text, attachments")
    if len(attachments) > _ATTACHMENTS:
        raise ApiError(errors.TOO_MANY_ATTACHMENTS)
    for attachment in attachments:
        _check_attachment(call, attachment)
    parts: dict[str, Any] = {"text": {"content": text}, "attachments": attachments}
    return {name: part for name, part in parts.items() if part and part != {"content": ""}}


def checked_conclusions(call: Call) -> dict[str, Any] | None:
    """What ends a temporary session (contacts paper, 5.8): a text, and the first of image, link and mini-program."""
    if call.args.get("conclusions") is None:
        return None
    given = arguments.mapping(call.args, "conclusions")
    text = arguments.optional_text(arguments.mapping(given, "text"), "content") or ""
    if len(text.encode()) > TEXT_BYTES:
        raise ApiError(errors.INVALID_PARAMETER, "conclusions")
    kind = next((kind for kind in ("image", "link", "miniprogram") if given.get(kind) is not None), None)
    parts: dict[str, Any] = {"text": {"content": text}} if text else {}
    if kind is not None:
        _check_attachment(call, {"msgtype": kind, kind: given[kind]})
        parts[kind] = given[kind]
    return parts


def checked_part(call: Call, kind: str, part: Any) -> dict[str, Any]:
    """One attachment that is given under its kind, as flat keys are."""
    _check_attachment(call, {"msgtype": kind, kind: part})
    return dict(part)


def shown_content(content: Mapping[str, Any]) -> dict[str, Any]:
    """As the list of messages gives it back: of an image the media id rather than the address, no cover media."""
    shown = dict(content)
    if "attachments" in shown:
        shown["attachments"] = [_shown_attachment(attachment) for attachment in shown["attachments"]]
    return shown


def _check_attachment(call: Call, attachment: Any) -> None:
    kind = attachment.get("msgtype") if isinstance(attachment, dict) else None
    part = attachment.get(kind) if kind in _KINDS else None
    if not isinstance(part, dict):
        raise ApiError(errors.BAD_ATTACHMENT)
    if kind == "image":
        _check_image(call, part)
    elif kind == "link":
        _require_bytes(part, "title", _TITLE_BYTES)
        _require_bytes(part, "url", _URL_BYTES)
        _limit_bytes(part, "picurl", _PICTURE_BYTES)
        _limit_bytes(part, "desc", _DESCRIPTION_BYTES)
    elif kind == "miniprogram":
        _require_bytes(part, "title", _MINIPROGRAM_TITLE_BYTES)
        usable(call, arguments.text(part, "pic_media_id", missing=errors.MEDIA_ID_MISSING), "message", "image")
        arguments.text(part, "appid")
        arguments.text(part, "page")
    else:
        usable(call, arguments.text(part, "media_id", missing=errors.MEDIA_ID_MISSING), "message", str(kind))


def _check_image(call: Call, part: Mapping[str, Any]) -> None:
    """The media id wins over the address."""
    media_id = arguments.optional_text(part, "media_id")
    address = arguments.optional_text(part, "pic_url")
    if media_id:
        usable(call, media_id, "message", "image")
    elif address:
        check_picture(call, address)
    else:
        raise ApiError(errors.MEDIA_ID_MISSING)


def _shown_attachment(attachment: Mapping[str, Any]) -> dict[str, Any]:
    kind = attachment["msgtype"]
    part = dict(attachment[kind])
    if kind == "image" and part.get("media_id"):
        part.pop("pic_url", None)
    part.pop("pic_media_id", None)
    return {"msgtype": kind, kind: part}


def _require_bytes(part: Mapping[str, Any], name: str, most: int) -> None:
    arguments.text(part, name)
    _limit_bytes(part, name, most)


def _limit_bytes(part: Mapping[str, Any], name: str, most: int) -> None:
    if len((arguments.optional_text(part, name) or "").encode()) > most:
        raise ApiError(errors.INVALID_PARAMETER, name)
