"""What all events share, and how an event class says which XML element each of its attributes is read from.

An attribute is ``Annotated[type, "ElementName"]``, with a reader as third part where the type does not tell it; one
that WeCom may leave out has a default. Elements that no attribute claims stay in `Event.extra`: nothing WeCom adds is
lost.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import UTC, datetime
from types import NoneType
from typing import Annotated, Any, ClassVar, get_args, get_origin, get_type_hints

from scrm.wecom.envelope import FieldValue

_EPOCH_DIGITS = 11


class EventFieldError(ValueError):
    """A known event lacks an element it cannot do without, or holds one of another type. Names it, not its value."""

    def __init__(self, event: str, element: str) -> None:
        super().__init__(f"{event}: {element}")
        self.event = event
        self.element = element


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The header of every event (docs/wecom.md 3). `occurred_at` is in whole seconds, UTC."""

    NAME: ClassVar[str] = ""

    corp_id: Annotated[str, "ToUserName"] = ""
    sender: Annotated[str, "FromUserName"] = "sys"
    occurred_at: Annotated[datetime | None, "CreateTime"] = None
    message_type: Annotated[str, "MsgType"] = "event"
    event: Annotated[str, "Event"] = ""
    change_type: Annotated[str, "ChangeType"] = ""
    agent_id: Annotated[int | None, "AgentID"] = None
    extra: Mapping[str, FieldValue] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownEvent(Event):
    """An event, or a message, that this version has no class for; what it said beyond the header is in `extra`."""


def text(value: FieldValue) -> str:
    if not isinstance(value, str):
        raise ValueError("not a text")  # noqa: TRY004 - the element is wrong, not the program
    return value


def number(value: FieldValue) -> int:
    return int(text(value).strip())


def moment(value: FieldValue) -> datetime:
    digits = text(value).strip()
    if not digits.isdigit() or len(digits) > _EPOCH_DIGITS:
        raise ValueError("not a time in Unix seconds")
    return datetime.fromtimestamp(int(digits), UTC)


def names(value: FieldValue) -> tuple[str, ...]:
    """``<Item>`` elements, a comma-separated text, or a single value: WeCom uses all three for lists."""
    parts = value if isinstance(value, list) else text(value).split(",")
    return tuple(stripped for part in parts if (stripped := text(part).strip()))


def numbers(value: FieldValue) -> tuple[int, ...]:
    return tuple(int(part) for part in names(value))


_READERS: dict[Any, Callable[[FieldValue], Any]] = {
    str: text,
    int: number,
    datetime: moment,
    tuple[str, ...]: names,
    tuple[int, ...]: numbers,
}


@dataclass(frozen=True, slots=True)
class Element:
    """Where an attribute comes from."""

    name: str
    attribute: str
    read: Callable[[FieldValue], Any]
    required: bool


_elements: dict[type[Event], tuple[Element, ...]] = {}


def elements(event_class: type[Event]) -> tuple[Element, ...]:
    """The elements that ``event_class`` claims, in the order of its attributes."""
    if event_class not in _elements:
        _elements[event_class] = _read_annotations(event_class)
    return _elements[event_class]


def _read_annotations(event_class: type[Event]) -> tuple[Element, ...]:
    hints = get_type_hints(event_class, include_extras=True)
    return tuple(
        Element(
            name=get_args(hints[attribute.name])[1],
            attribute=attribute.name,
            read=_reader(*get_args(hints[attribute.name])),
            required=attribute.default is MISSING,
        )
        for attribute in fields(event_class)
        if get_origin(hints[attribute.name]) is Annotated
    )


def _reader(declared: Any, _: str, reader: Callable[[FieldValue], Any] | None = None) -> Callable[[FieldValue], Any]:
    if reader is not None:
        return reader
    if declared in _READERS:
        return _READERS[declared]
    (only,) = (option for option in get_args(declared) if option is not NoneType)
    return _READERS[only]


def build[E: Event](event_class: type[E], values: Mapping[str, FieldValue]) -> E:
    """An event of ``event_class``; an optional element that cannot be read stays in `extra`. Raises EventFieldError."""
    attributes: dict[str, Any] = {}
    extra = dict(values)
    for element in elements(event_class):
        value = extra.pop(element.name, "")
        if value != "":
            try:
                attributes[element.attribute] = element.read(value)
                continue
            except ValueError:
                extra[element.name] = value
        if element.required:
            raise EventFieldError(event_class.NAME, element.name)
    return event_class(**attributes, extra=extra)
