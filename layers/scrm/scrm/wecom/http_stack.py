"""requests without its guesser of encodings: WeCom answers in UTF-8, and loading the guesser is 3 % of a cold start.

requests does without one where none is installed, and says so in a warning that concerns nobody here. Whoever loaded
requests before, with its guesser, keeps it.
"""

import sys
import warnings

__all__ = ["HTTPAdapter", "requests"]

_GUESSERS = [name for name in ("chardet", "charset_normalizer") if name not in sys.modules]

sys.modules.update(dict.fromkeys(_GUESSERS))  # type: ignore[arg-type]  # None: "not installed" (importlib)
try:
    with warnings.catch_warnings(action="ignore"):
        import requests
        from requests.adapters import HTTPAdapter
finally:
    for name in _GUESSERS:
        del sys.modules[name]
