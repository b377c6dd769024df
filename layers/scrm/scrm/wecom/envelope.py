"""Reading callback bodies: the unsigned envelope without an XML parser, the signed message with a guarded one
unless it is flat and plain.

Anyone may post an envelope, so it is cut by linear searches: no entity is ever expanded, and a hostile body costs less
than half a millisecond. A message must begin with its ``<xml>`` element; a document type declaration can only stand
before that, so neither form can bring one.
"""

import re
from xml.etree import ElementTree

MAX_BODY_BYTES = 48 * 1024
"""A callback is about 1 KB, one that lists 500 changed members of a group chat about 40 KB."""

type FieldValue = str | list[FieldValue] | dict[str, FieldValue]

_PROLOG_BYTES = 256
_START = re.compile(rb"\s*(?:<\?xml[^<>]*\?>\s*)?<xml>")
_ENCRYPT, _ENCRYPT_END = b"<Encrypt>", b"</Encrypt>"
_CDATA, _CDATA_END = b"<![CDATA[", b"]]>"
# A flat message in printable ASCII, with nothing that a parser would resolve, normalise or refuse: no entity, no line
# break, no bracket that might end CDATA early. Nearly every event is one. Possessive, so that nothing is tried twice.
_NAME, _IN_CDATA, _PLAIN = r"[A-Za-z][A-Za-z0-9_]*+", r"[ -\\^-~]*+", r"[ -%'-;=-\\^-~]*+"
_FLAT = re.compile(rf"<xml>(?:<({_NAME})>(?:<!\[CDATA\[{_IN_CDATA}\]\]>|{_PLAIN})</\1>)++</xml>")
_FLAT_ELEMENT = re.compile(rf"<({_NAME})>(?:<!\[CDATA\[({_IN_CDATA})\]\]>|({_PLAIN}))</\1>")


class MalformedBodyError(ValueError):
    """The body is not what WeCom sends; `reason` is one word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def encrypted_text(body: bytes) -> str:
    """The text of ``<Encrypt>``, stripped once: it is what the signature covers. Raises MalformedBodyError."""
    if len(body) > MAX_BODY_BYTES:
        raise MalformedBodyError("too_large")
    start, end = body.find(_ENCRYPT), body.rfind(_ENCRYPT_END)
    if start < 0 or end < start or not _begins_with_root(body):
        raise MalformedBodyError("envelope")
    text = body[start + len(_ENCRYPT) : end].strip()
    if text.startswith(_CDATA) and text.endswith(_CDATA_END):
        text = text[len(_CDATA) : -len(_CDATA_END)].strip()
    if not text or not text.isascii():
        raise MalformedBodyError("envelope")
    return text.decode("ascii")


def message_fields(message: bytes) -> dict[str, FieldValue]:
    """The elements of a decrypted message: text as a string, ``Item`` children as a list, other children as a dict.

    An element that comes twice becomes a list of both. Raises MalformedBodyError.
    """
    return _flat_fields(message) or _parsed_fields(message)


def _flat_fields(message: bytes) -> dict[str, FieldValue] | None:
    """What the parser would find, for half its time; None for a message that only a parser may judge."""
    text = message.decode("ascii") if message.isascii() else ""
    if _FLAT.fullmatch(text) is None:
        return None
    found = _FLAT_ELEMENT.findall(text, len("<xml>"))
    fields: dict[str, FieldValue] = {name: in_cdata or plain for name, in_cdata, plain in found}
    return fields if len(fields) == len(found) else None


def _parsed_fields(message: bytes) -> dict[str, FieldValue]:
    if not _begins_with_root(message):
        raise MalformedBodyError("message")
    parser = ElementTree.XMLParser(encoding="utf-8")  # noqa: S314 - signed, and no DTD is possible: see above
    try:
        parser.feed(message)
        return _children(parser.close())
    except ElementTree.ParseError:
        raise MalformedBodyError("message") from None


def _begins_with_root(text: bytes) -> bool:
    return text.startswith(b"<xml>") or _START.match(text[:_PROLOG_BYTES]) is not None


def _children(element: ElementTree.Element) -> dict[str, FieldValue]:
    fields = {child.tag: _value(child) if len(child) else (child.text or "") for child in element}
    return fields if len(fields) == len(element) else _repeated(element)


def _repeated(element: ElementTree.Element) -> dict[str, FieldValue]:
    lists: dict[str, list[FieldValue]] = {}
    for child in element:
        lists.setdefault(child.tag, []).append(_value(child))
    return {name: values if len(values) > 1 else values[0] for name, values in lists.items()}


def _value(element: ElementTree.Element) -> FieldValue:
    if len(element) == 0:
        return element.text or ""
    if all(child.tag == "Item" for child in element):
        return [_value(child) for child in element]
    return _children(element)
