"""Import a library without what some of its packages load only to be imported whole (T4, docs/decisions/0020)."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any


@contextmanager
def lean(packages: Mapping[str, Mapping[str, Any]]) -> Iterator[None]:
    """Meanwhile the ``__init__`` of each package is not run: it holds the given names, and its real modules are found.

    A package that somebody loaded before stays as it is, and who imports one of them afterwards gets the whole.
    """
    lent = [_lean(name, names) for name, names in packages.items() if name not in sys.modules]
    try:
        yield
    finally:
        for module in lent:
            for name in [name for name in sys.modules if f"{name}.".startswith(f"{module.__name__}.")]:
                del sys.modules[name]


def _lean(name: str, names: Mapping[str, Any]) -> ModuleType:
    module = ModuleType(name)
    module.__path__ = _places(name)
    module.__dict__.update(names)
    sys.modules[name] = module
    return module


def _places(name: str) -> list[str]:
    """Where the modules of a package lie, without importing those above it."""
    places: list[str] | None = None
    parts = name.split(".")
    for count in range(len(parts)):
        spec = PathFinder.find_spec(".".join(parts[: count + 1]), places)
        places = list((spec.submodule_search_locations if spec else None) or [])
    return places or []
