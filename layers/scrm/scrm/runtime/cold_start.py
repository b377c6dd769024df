"""No garbage collection while a function's modules load: none of it is garbage, and looking costs 3 % of the start.

Off from the import of this module (by `invocation`, ahead of the wiring) until `finished`.
"""

import gc

gc.disable()


def finished() -> None:
    """What is loaded now stays for good: set it aside, and collect from here on."""
    gc.freeze()
    gc.enable()
