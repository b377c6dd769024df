"""Dataclasses without compiled ``__repr__``, ``__eq__`` and refusals behave as the standard library's."""

import copy
import dataclasses
import importlib.util
import pickle
import sys
from types import ModuleType
from typing import Any

import pytest

from scrm.runtime import cold_start


def _plain() -> ModuleType:
    """The standard library's module once more, as nobody changed it."""
    spec = importlib.util.spec_from_file_location("plain_dataclasses", dataclasses.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    spec.loader.exec_module(module)
    return module


PLAIN = _plain()
SHAPES: list[dict[str, bool]] = [
    {},
    {"frozen": True},
    {"frozen": True, "slots": True},
    {"slots": True},
    {"order": True, "frozen": True, "slots": True},
    {"eq": False, "repr": False},
    {"unsafe_hash": True},
    {"kw_only": True, "frozen": True, "slots": True},
]


def made_by(module: Any, shape: dict[str, bool]) -> type[Any]:
    class Sample:
        """A sample."""

        name: str
        parts: tuple[Any, ...] = ()
        secret: str = module.field(default="s", repr=False)
        version: int = module.field(default=0, compare=False)

    made: type[Any] = module.dataclass(**shape)(Sample)
    return made


@dataclasses.dataclass(frozen=True, slots=True)
class Kept:
    """One that can be pickled."""

    name: str
    parts: tuple[str, ...] = ()


def outcome(work: Any) -> Any:
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - whatever it is, it must be the same
        return type(error).__name__, str(error)


def test_the_methods_are_not_compiled() -> None:
    assert cold_start
    assert Kept.__eq__.__module__ == "scrm.runtime.lean_dataclasses"
    assert made_by(PLAIN, {}).__eq__.__module__ != "scrm.runtime.lean_dataclasses"


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_they_do_what_the_compiled_ones_do(shape: dict[str, bool]) -> None:
    ours, theirs = made_by(dataclasses, shape), made_by(PLAIN, shape)

    def told(cls: type[Any]) -> list[Any]:
        one, same, other = cls(name="a"), cls(name="a", version=3), cls(name="b", secret="t")
        return [
            outcome(lambda: repr(one)) if shape.get("repr", True) else "",
            outcome(lambda: (one == same, one == other, one == "a", one != other)),
            outcome(lambda: (one < other, sorted([other, one])[0] is one)),
            outcome(lambda: (hash(one) == hash(same), len({one, other}))),
            outcome(lambda: setattr(one, "name", "c")),
            outcome(lambda: setattr(one, "unknown", "c")),
            outcome(lambda: delattr(one, "parts")),
            outcome(lambda: delattr(one, "unknown")),
            outcome(lambda: copy.replace(other, parts=(1,)) == other),
            sorted(name for name in vars(cls) if not name.startswith("__dataclass")),
        ]

    assert told(ours) == told(theirs)


def test_one_that_holds_itself_is_shown_once() -> None:
    ours, theirs = (made_by(module, {})("a", [1]) for module in (dataclasses, PLAIN))

    for each in (ours, theirs):
        each.parts.append(each)

    assert repr(ours) == repr(theirs)


def test_a_class_without_fields() -> None:
    @dataclasses.dataclass(frozen=True)
    class Nothing:
        """Nothing."""

    assert Nothing() == Nothing()
    assert repr(Nothing()).endswith("Nothing()")


def test_methods_of_the_class_itself_stay() -> None:
    @dataclasses.dataclass(frozen=True)
    class Quiet:
        """It shows nothing."""

        secret: str

        def __repr__(self) -> str:
            return "quiet"

    assert repr(Quiet("s")) == "quiet"


def test_a_frozen_one_with_a_refusal_of_its_own_is_refused() -> None:
    class Stubborn:
        """It has what dataclasses want to make."""

        name: str

        def __setattr__(self, name: str, value: object) -> None: ...

    told = [outcome(lambda module=module: module.dataclass(frozen=True)(Stubborn)) for module in (dataclasses, PLAIN)]

    assert told[0] == told[1]
    assert told[0][0] == "TypeError"


def test_those_who_inherit() -> None:
    def told(module: Any) -> list[Any]:
        base = made_by(module, {"frozen": True})

        class Sample(base):  # type: ignore[misc, valid-type]
            """With one field more."""

            more: int = 1

        made = module.dataclass(frozen=True)(Sample)
        one = made("a", more=2)
        return [repr(one), one == made("a"), outcome(lambda: setattr(one, "name", "c")), one == base("a")]

    assert told(dataclasses) == told(PLAIN)


def test_they_are_pickled_and_copied() -> None:
    one = Kept("a", ("b",))

    assert pickle.loads(pickle.dumps(one)) == copy.deepcopy(one) == one
