"""No garbage collection while a function's modules load: none of it is garbage, and looking costs 3 % of the start.

Off from the import of this module (by `invocation`, which handlers import first) until `finished`. Nor does pydantic
look for plugins among the installed packages: there are none, and the look with what it imports costs 4 %.
Dataclasses are made without compiling what few are asked for.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from scrm.runtime import lean_dataclasses

gc.disable()
lean_dataclasses.install()

_plugins = ModuleType("pydantic.plugin._loader")
_plugins.__dict__["get_plugins"] = tuple
sys.modules.setdefault(_plugins.__name__, _plugins)


def finished() -> None:
    """What is loaded now stays for good: set it aside, and collect from here on."""
    gc.freeze()
    gc.enable()


@contextmanager
def loading() -> Iterator[None]:
    """The same for what is loaded later, by the first message or request that wants it."""
    gc.disable()
    try:
        yield
    finally:
        finished()
