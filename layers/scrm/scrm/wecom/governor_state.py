"""What all functions know together about one API path: a value, packed into one small item.

Times are seconds since 1970, UTC, because the core computes with them; nothing outside the governor sees them.

Values at this boundary are NamedTuples: a frozen, slotted dataclass costs 1.1 ms of every cold start, a NamedTuple
0.16 ms, and there are twenty of them.
"""

import json
from enum import IntEnum, StrEnum
from typing import Final, NamedTuple


class Priority(IntEnum):
    """Who goes first where several features call the same path (decision 0009). The value is its place in tuples."""

    WELCOME = 0
    HANDOVER = 1
    DISPATCH = 2
    STATISTICS = 3


WEIGHTS: Final = (8, 4, 2, 1)  # shares of a path on which all four want more than there is; nobody gets nothing


class WaitReason(StrEnum):
    """Why a call has to wait; a metric dimension."""

    PENALTY = "penalty"
    PROBE = "probe"
    CONCURRENCY = "concurrency"
    SHARE = "share"
    HOUR = "hour"
    MINUTE = "minute"
    CONTENTION = "contention"
    STORE = "store"


class GovernorPolicy(NamedTuple):
    """Our own choices; the platform's numbers are in `scrm.wecom.limits`. Seconds."""

    lease_life: float = 3.0  # a permit is used within this or given back
    return_grace: float = 3.0  # what lapsed is given back so much later, even while this process calls other paths
    arrival_jitter: float = 1.0  # how much later than another a call may reach WeCom
    horizon: float = 2.0  # how far ahead a lease may begin; what the transport is willing to sleep
    largest_lease: int = 20
    bucket: float = 30.0  # grain of the hour's ring
    probe_life: float = 20.0  # the first call after a penalty has this long to report
    slot_life: float = 25.0  # a running call whose process died frees its slot after this
    slot_reserve: float = 0.1  # of the slots, kept per higher class
    hour_reserve: float = 0.05  # of the hour, kept per higher class that called within the hour
    active_for: float = 10.0  # a class that asked within this takes part in sharing
    patience: float = 2.0  # a refused class counts as waiting this much longer than its next turn
    recheck: float = 0.25  # when to ask again after losing to another class or finding no slot
    slot_growth: float = 10.0  # one slot more for each of these without a 45033
    store_pause: float = 5.0  # how long to wait when the store does not answer


DEFAULT_POLICY: Final = GovernorPolicy()
_NOBODY: Final = (0.0, 0.0, 0.0, 0.0)


class Slot(NamedTuple):
    """One running call while concurrency is limited."""

    slot_id: str
    expires_at: float


class RateState(NamedTuple):
    """``permitted_until`` is GCRA's theoretical arrival time; ``buckets`` maps a bucket's number to its permits."""

    permitted_until: float = 0.0
    buckets: dict[int, int] = {}  # noqa: RUF012 - never changed
    penalty_until: float = 0.0
    penalty_level: int = 0  # 0 none, 1 minute, 2 hour, 3 day; stays until a call after the window succeeds
    probe_until: float = 0.0
    concurrency: int = 0  # 0 is unlimited
    concurrency_at: float = 0.0
    slots: tuple[Slot, ...] = ()
    shares: tuple[float, ...] = _NOBODY  # permits taken divided by weight
    asked_at: tuple[float, ...] = _NOBODY
    waiting_until: tuple[float, ...] = _NOBODY


def packed(state: RateState) -> str:
    """Compact JSON, below 1 kB with a full hour: a write costs one unit. The ring is its first number and counts."""
    first = min(state.buckets, default=0)
    ring = [state.buckets.get(number, 0) for number in range(first, max(state.buckets, default=-1) + 1)]
    return json.dumps(
        {
            "minute": state.permitted_until,
            "hour": [first, ring],
            "penalty": [state.penalty_until, state.penalty_level, state.probe_until],
            "concurrency": [state.concurrency, state.concurrency_at],
            "slots": [[slot.slot_id, slot.expires_at] for slot in state.slots],
            "classes": [state.shares, state.asked_at, state.waiting_until],
        },
        separators=(",", ":"),
    )


def unpacked(text: str) -> RateState:
    """The inverse of `packed`."""
    raw = json.loads(text)
    first, ring = raw["hour"]
    penalty_until, penalty_level, probe_until = raw["penalty"]
    concurrency, concurrency_at = raw["concurrency"]
    shares, asked_at, waiting_until = map(tuple, raw["classes"])
    return RateState(
        permitted_until=raw["minute"],
        buckets={number: permits for number, permits in enumerate(ring, first) if permits},
        penalty_until=penalty_until,
        penalty_level=penalty_level,
        probe_until=probe_until,
        concurrency=concurrency,
        concurrency_at=concurrency_at,
        slots=tuple(Slot(slot_id, expires_at) for slot_id, expires_at in raw["slots"]),
        shares=shares,
        asked_at=asked_at,
        waiting_until=waiting_until,
    )
