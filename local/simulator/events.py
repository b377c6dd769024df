"""Events as WeCom writes them: the inner XML of section 3."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

type FieldValue = str | int | Sequence[str] | Sequence["EventItem"]
type EventItem = Mapping[str, str | int | "EventItem"]

CONTACT = "change_contact"
EXTERNAL_CONTACT = "change_external_contact"
EXTERNAL_CHAT = "change_external_chat"
EXTERNAL_TAG = "change_external_tag"


@dataclass(frozen=True, slots=True)
class Event:
    """``about`` is the member whose visibility decides which apps are told; None tells all that subscribe."""

    event: str
    change_type: str | None
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    about: str | None = None


def inner_xml(event: Event, corp_id: str, create_time: int, agent_id: int | None = None) -> bytes:
    """Strings as CDATA, numbers bare, lists as ``<Item>`` elements."""
    parts = [
        _element("ToUserName", corp_id),
        _element("FromUserName", "sys"),
        _element("CreateTime", create_time),
        _element("MsgType", "event"),
        _element("Event", event.event),
    ]
    if event.change_type is not None:
        parts.append(_element("ChangeType", event.change_type))
    if agent_id is not None:
        parts.append(_element("AgentID", agent_id))
    parts.extend(_element(name, value) for name, value in event.fields.items())
    return f"<xml>{''.join(parts)}</xml>".encode()


def _element(name: str, value: object) -> str:
    return f"<{name}>{_content(value)}</{name}>"


def _content(value: object) -> str:
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return _cdata(value)
    if isinstance(value, Mapping):
        return "".join(_element(name, inner) for name, inner in value.items())
    if isinstance(value, Sequence):
        return "".join(_element("Item", item) for item in value)
    raise TypeError(f"not a field of an event: {type(value).__name__}")


def _cdata(text: str) -> str:
    return escape(text) if "]]>" in text else f"<![CDATA[{text}]]>"
