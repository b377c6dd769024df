"""Run in a fresh interpreter: import one function, build all it may build, print the environment variables it read.

    python -m tests.infra.read_environment <function folder>

The environment it is given is the template's and nothing else: a variable that is missing there ends it with an error.
"""

import contextlib
import functools
import importlib
import inspect
import json
import os
import sys
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from types import ModuleType
from typing import Any

_OURS = ("scrm.", "functions.", "aws_lambda_powertools.")


def main(folder: str) -> None:
    """Print a JSON list of the names, sorted."""
    read = _recorded_reads()
    handler = importlib.import_module(f"functions.{folder}.handler")
    from scrm import clock  # noqa: PLC0415 - the recorder must be in place first

    with contextlib.suppress(OSError):
        clock.refresh()
    wirings = _wirings(folder, handler)
    _answer_for_the_table_of_settings()
    for wiring in wirings:
        for build in _factories(wiring):
            _build_parts(build())
    sys.stdout.write(json.dumps(sorted(read)))


def _wirings(folder: str, handler: ModuleType) -> list[ModuleType]:
    """The function's own and those of its kinds of work; one of the two may be missing."""
    if not hasattr(handler, "WORK"):
        return [importlib.import_module(f"scrm.runtime.wiring.{folder}")]
    modules = {function.__module__: sys.modules[function.__module__] for function in handler.WORK.functions()}
    own = [handler.wiring] if hasattr(handler, "wiring") else []
    return own + [module.wiring for module in modules.values()]


def _build_parts(found: Any) -> None:
    """What a use case is given to be made when it is first needed: the cached factories of wiring modules."""
    for field in fields(found) if is_dataclass(found) else ():
        part = getattr(found, field.name)
        if hasattr(part, "cache_info"):
            part()
        else:
            _build_parts(part)


def _answer_for_the_table_of_settings() -> None:
    """Use cases are built with the settings in force, and no table answers here: readers are built, and find that
    nobody has set anything."""
    from scrm.settings.reader import SettingsReader  # noqa: PLC0415 - as above

    SettingsReader.current = lambda reader: reader._model()  # type: ignore[method-assign, assignment]
    for name in ("handover_settings", "review", "campaign_settings"):
        if (wiring := sys.modules.get(f"scrm.runtime.wiring.{name}")) is not None:
            wiring.reader()


def _recorded_reads() -> set[str]:
    read: set[str] = set()
    get_item = os._Environ.__getitem__

    @functools.wraps(get_item)
    def recording(environment: Any, name: str) -> str:
        value: str = get_item(environment, name)
        if _asker().startswith(_OURS):  # others copy the whole environment
            read.add(name)
        return value

    os._Environ.__getitem__ = recording  # type: ignore[method-assign, assignment]
    return read


def _asker() -> str:
    """The module that asked, past the environment's own methods."""
    frame = sys._getframe(2)
    while frame.f_back and frame.f_globals["__name__"] in ("os", "collections.abc"):
        frame = frame.f_back
    return str(frame.f_globals["__name__"])


def _factories(wiring: Any) -> list[Callable[[], Any]]:
    """The functions without parameters that the wiring module itself defines: what a handler may call."""
    functions = [inspect.unwrap(found) for found in vars(wiring).values() if callable(found)]
    return [
        found
        for found in functions
        if inspect.isfunction(found)
        and found.__module__ == wiring.__name__
        and not found.__code__.co_argcount
        and found.__name__ != "reset"
    ]


if __name__ == "__main__":
    main(sys.argv[1])
