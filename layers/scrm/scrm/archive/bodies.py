"""What stands in the body of an archived message: the texts a person could read, and the files it names.

Kinds differ in little but names, so they are a table. A body inside a body (forwarded, mixed, note) is a JSON string.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

# The key that holds the body where it is not the kind's own name.
BODY_KEYS: Final[Mapping[str, str]] = {
    "revoke": "revoke",
    "external_redpacket": "redpacket",
    "meeting_notification": "info",
    "docmsg": "doc",
    "markdown": "info",
    "news": "info",
    "voiptext": "info",
    "qydiskfile": "info",
    "solitaire": "info",
    "note": "info",
}
# What a person reads, in the order of reading.
_TEXT_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "text": ("content",),
    "markdown": ("content",),
    "card": ("corpname",),
    "location": ("title", "address"),
    "file": ("filename",),
    "link": ("title", "description", "link_url"),
    "weapp": ("displayname", "title", "description"),
    "chatrecord": ("title",),
    "todo": ("title", "content"),
    "vote": ("votetitle", "voteitem"),
    "collect": ("title", "ques"),
    "redpacket": ("wish",),
    "external_redpacket": ("wish",),
    "meeting": ("topic", "address", "remarks"),
    "meeting_notification": ("content",),
    "docmsg": ("title", "link_url"),
    "news": ("title", "description", "url"),
    "calendar": ("title", "place", "remarks"),
    "voip_doc_share": ("filename",),
    "sphfeed": ("sph_name", "feed_desc"),
    "qydiskfile": ("filename", "url"),
    "solitaire": ("solitaire_content",),
}
_NO_TEXT: Final = frozenset(
    {"image", "voice", "video", "emotion", "revoke", "agree", "disagree", "voiptext", "meeting_voice_call", "switch"}
)
_KNOWN: Final = _NO_TEXT | _TEXT_FIELDS.keys() | {"mixed", "note"}
_NESTING: Final = ("item", "items", "details")
_ROWS: Final = frozenset({"news", "collect"})  # their items have the fields themselves
_SIZES: Final = ("filesize", "voice_size", "imagesize")
# Never a text: bearer secrets, and what belongs to the envelope.
_NOT_READ: Final = frozenset(
    {"sdkfileid", "md5sum", "msgid", "action", "from", "tolist", "roomid", "msgtype", "user", "voiceid", "voipid"}
)
_DEPTH: Final = 8  # a forwarded record of forwarded records; deeper ones are not opened
_RECORD_PREFIX: Final = "ChatRecord"


@dataclass(frozen=True, slots=True)
class Media:
    """A file that a message names. ``sdk_file_id`` is a bearer secret with a key inside: never logged, never a name.

    ``part`` counts the files of a message from 0 in the order of reading. ``size`` in bytes, ``md5`` in hex; each is
    None or empty where WeCom gives none (a recorded call has neither). ``extension`` without the dot.
    """

    part: int
    kind: str
    sdk_file_id: str = field(repr=False)
    md5: str = ""
    size: int | None = None
    extension: str = ""


def texts_of(wire_kind: str, message: Mapping[str, Any]) -> tuple[str, ...]:
    """What a person could read in the message, in the order of reading; empty strings left out."""
    body = body_of(wire_kind, message)
    if body is None:
        body = {} if wire_kind in _KNOWN else message
    return tuple(_read(wire_kind, body, 0))


def media_of(wire_kind: str, message: Mapping[str, Any]) -> tuple[Media, ...]:
    """Every file that the message names, also in what it forwards, and in kinds that are not known yet."""
    body = body_of(wire_kind, message)
    named = _named_files(wire_kind, body if body is not None else message, 0)
    return tuple(_media(part, kind, file) for part, (kind, file) in enumerate(named))


def body_of(wire_kind: str, message: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The body; a vote may stand at the top level (the sources differ), other kinds then have none."""
    stated = message.get(BODY_KEYS.get(wire_kind, wire_kind))
    if isinstance(stated, Mapping):
        return stated
    return message if wire_kind == "vote" else None


def _read(kind: str, body: Mapping[str, Any], depth: int) -> Iterator[str]:
    if kind not in _KNOWN:
        yield from _all_strings(body, depth)
        return
    for name in _TEXT_FIELDS.get(kind, ()):
        yield from _strings(body.get(name))
    for part_kind, part in _parts(kind, body):
        if depth < _DEPTH:
            yield from _read(part_kind, part, depth + 1)


def _parts(kind: str, body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What stands inside the body, with its kind: a list's items, whose content may be a JSON string."""
    for name in _NESTING:
        items = body.get(name)
        if isinstance(items, list):
            for item in items:
                if isinstance(item, Mapping):
                    yield _part(kind, item)


def _part(kind: str, item: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    stated = item.get("type") or item.get("msg_type")
    content = item.get("content")
    if not isinstance(content, str) or kind in _ROWS:
        return kind, item
    inner_kind = stated.removeprefix(_RECORD_PREFIX).lower() if isinstance(stated, str) else "text"
    try:
        inner = json.loads(content)
    except (ValueError, RecursionError):
        inner = None
    if isinstance(inner, Mapping):
        return inner_kind, inner
    return "text", {"content": content}


def _named_files(kind: str, value: Any, depth: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not isinstance(value, Mapping) or depth > _DEPTH:
        return
    if isinstance(value.get("sdkfileid"), str) and value["sdkfileid"]:
        yield kind, value
    for part_kind, part in _parts(kind, value):
        yield from _named_files(part_kind, part, depth + 1)
    for name, inner in value.items():
        if name not in _NESTING:
            yield from _named_files(kind, inner, depth + 1)


def _media(part: int, kind: str, file: Mapping[str, Any]) -> Media:
    size = next((file[name] for name in _SIZES if isinstance(file.get(name), int)), None)
    extension = next(iter(_strings(file.get("fileext"))), "")
    md5 = next(iter(_strings(file.get("md5sum"))), "")
    return Media(part, kind, file["sdkfileid"], md5.lower(), size, extension.lower())


def _strings(value: Any) -> Iterator[str]:
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, str) and each:
            yield each


def _all_strings(value: Any, depth: int) -> Iterator[str]:
    """Every text of a kind that is not known, which may be JSON inside JSON."""
    if isinstance(value, str) and value:
        yield value
    elif isinstance(value, Mapping) and depth <= _DEPTH:
        for name, inner in value.items():
            if name not in _NOT_READ:
                yield from _all_strings(inner, depth + 1)
    elif isinstance(value, list) and depth <= _DEPTH:
        for inner in value:
            yield from _all_strings(inner, depth + 1)
