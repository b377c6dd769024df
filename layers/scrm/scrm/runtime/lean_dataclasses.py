"""Dataclasses whose ``__repr__``, ``__eq__`` and refusals are not compiled for each class (T4, docs/decisions/0020).

The standard library writes the text of every method and compiles it at each start, for a hundred classes a function.
These four are half of that cost and few classes are ever asked for them. Here they are closures that do the same;
fields are compared as tuples, as they were before Python 3.13: a NaN equals itself.
"""

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from reprlib import recursive_repr
from typing import Any, Final


def install() -> None:
    """For every dataclass from now on. Does nothing in a Python that makes them in another way."""
    builder = getattr(dataclasses, "_FuncBuilder", None)
    add_one, add_all = getattr(builder, "add_fn", None), getattr(builder, "add_fns_to_class", None)
    if builder is None or add_one is None or add_all is None:
        return

    def add_fn(self: Any, name: str, *rest: Any, **options: Any) -> None:
        if name in _METHODS:
            self.__dict__.setdefault("uncompiled", {})[name] = options.get("overwrite_error")
        else:
            add_one(self, name, *rest, **options)

    def add_fns_to_class(self: Any, cls: type[Any]) -> None:
        add_all(self, cls)
        for name, is_error in self.__dict__.get("uncompiled", {}).items():
            if name not in cls.__dict__:
                setattr(cls, name, _named(cls, name))
            elif is_error:
                raise TypeError(f"Cannot overwrite attribute {name} in class {cls.__name__}")

    builder.add_fn, builder.add_fns_to_class = add_fn, add_fns_to_class


def _named(cls: type[Any], name: str) -> Callable[..., Any]:
    method = _METHODS[name](cls)
    method.__name__, method.__qualname__ = name, f"{cls.__qualname__}.{name}"
    return method


def _repr(cls: type[Any]) -> Callable[..., Any]:
    names = [field.name for field in dataclasses.fields(cls) if field.repr]

    @recursive_repr()
    def method(self: Any) -> str:
        return f"{self.__class__.__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    return method


def _eq(cls: type[Any]) -> Callable[..., Any]:
    names = [field.name for field in dataclasses.fields(cls) if field.compare]
    values: Callable[[Any], Any] = attrgetter(*names) if names else lambda _: ()

    def method(self: Any, other: object) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return self is other or values(self) == values(other)

    return method


def _setattr(cls: type[Any]) -> Callable[..., Any]:
    names = {field.name for field in dataclasses.fields(cls)}

    def method(self: Any, name: str, value: object) -> None:
        if type(self) is cls or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
        super(cls, self).__setattr__(name, value)

    return method


def _delattr(cls: type[Any]) -> Callable[..., Any]:
    names = {field.name for field in dataclasses.fields(cls)}

    def method(self: Any, name: str) -> None:
        if type(self) is cls or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
        super(cls, self).__delattr__(name)

    return method


_METHODS: Final = {"__repr__": _repr, "__eq__": _eq, "__setattr__": _setattr, "__delattr__": _delattr}
