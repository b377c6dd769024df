"""No garbage collection while a function's modules load: none of it is garbage, and looking costs 3 % of the start.

Off from the import of this module (by `invocation`, which handlers import first) until `finished`. Nor does pydantic
look for plugins among the installed packages, which costs 2 %: there are none.
"""

import gc
import os

gc.disable()
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def finished() -> None:
    """What is loaded now stays for good: set it aside, and collect from here on."""
    gc.freeze()
    gc.enable()
