"""What the sources look at in replies that they hand on untouched."""

import json
from typing import Final

_STALE: Final = frozenset({40014, 41001, 42001})
_MOST_BYTES: Final = 4_096  # an error is short; a page is not read twice


def tells_stale_token(reply: bytes) -> bool:
    """Whether WeCom refused the token. The library keeps it all the same: throw it away."""
    if len(reply) > _MOST_BYTES:
        return False
    try:
        answer = json.loads(reply)
    except (ValueError, RecursionError):
        return False
    return isinstance(answer, dict) and answer.get("errcode") in _STALE
