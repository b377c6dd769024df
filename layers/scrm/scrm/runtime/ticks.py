"""What a schedule's function tells of its tick: until when it need not be called again.

Lambda's answer to a schedule goes nowhere; the local run's clock reads it (docs/local-engine.md), and only there is the
question asked.
"""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from scrm import clock

type Tick = dict[str, str]
NOTHING_DUE_UNTIL: Final = "nothing_due_until"
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


def told(found: int, next_due: Callable[[], datetime | None]) -> Tick:
    """Of a tick that asked the tables what is due and ``found`` so many: a moment, as long as nobody writes to them."""
    if found or not os.environ.get("CLOCK_URL"):
        return {}
    return {NOTHING_DUE_UNTIL: clock.to_iso(next_due() or _NEVER)}
