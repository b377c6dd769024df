"""Injected faults of the API: error codes, HTTP errors, slow replies, dropped connections, and WeCom being down."""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

type FaultKind = Literal["errcode", "http", "slow", "drop_before", "drop_after", "down", "html", "empty", "cut", "bare"]


@dataclass(slots=True, kw_only=True)
class Fault:
    """One rule. ``path`` is a pattern over the path below ``/cgi-bin/`` (``externalcontact/*``).

    ``skip`` lets that many matching calls pass first, ``count`` bounds how many are hit, ``until`` (epoch seconds of
    the simulated clock) bounds it in time. ``slow`` holds the reply back after the work was done, unless
    ``before_work``. ``drop_before`` closes the connection without doing the work, ``drop_after`` having done it.
    ``html``, ``empty`` and ``cut`` answer 200 with such a body after the work was done, ``bare`` with the errcode and
    nothing else.
    """

    fault_id: str
    kind: FaultKind
    path: str = "*"
    errcode: int | None = None
    status: int = 502
    delay_ms: int = 0
    before_work: bool = False
    skip: int = 0
    count: int | None = None
    until: float | None = None
    hits: int = 0


@dataclass(frozen=True, slots=True)
class Trouble:
    """What the faults make of one call."""

    fault_id: str | None = None
    drop_before: bool = False
    drop_after: bool = False
    http_status: int | None = None
    errcode: int | None = None
    spoil: str | None = None
    delay_before_ms: int = 0
    delay_after_ms: int = 0


NO_TROUBLE = Trouble()


@dataclass(slots=True)
class FaultBook:
    faults: dict[str, Fault] = field(default_factory=dict)
    next_id: int = 1

    def add(self, fault: Fault) -> Fault:
        fault.fault_id = fault.fault_id or f"fault-{self.next_id}"
        self.next_id += 1
        self.faults[fault.fault_id] = fault
        return fault

    def in_force(self, now: float) -> list[Fault]:
        return [fault for fault in self.faults.values() if fault.until is None or now < fault.until]

    def strike(self, path: str, now: float) -> Trouble:
        """The trouble of this call, counted: every matching slow fault adds up, the first other one decides."""
        if not self.faults:
            return NO_TROUBLE
        before, after, names = 0, 0, []
        decisive: Fault | None = None
        for fault in list(self.faults.values()):
            if (decisive is not None and fault.kind != "slow") or not self._hits(fault, path, now):
                continue
            names.append(fault.fault_id)
            if fault.kind != "slow":
                decisive = fault
            elif fault.before_work:
                before += fault.delay_ms
            else:
                after += fault.delay_ms
        return _trouble(decisive, ",".join(names) or None, before, after)

    def _hits(self, fault: Fault, path: str, now: float) -> bool:
        if fault.until is not None and now >= fault.until:
            del self.faults[fault.fault_id]
            return False
        if not fnmatchcase(path, fault.path):
            return False
        if fault.skip > 0:
            fault.skip -= 1
            return False
        fault.hits += 1
        if fault.count is not None and fault.hits >= fault.count:
            del self.faults[fault.fault_id]
        return True


def _trouble(fault: Fault | None, name: str | None, before: int, after: int) -> Trouble:
    kind = fault.kind if fault else None
    return Trouble(
        fault_id=name,
        drop_before=kind in {"drop_before", "down"},
        drop_after=kind == "drop_after",
        http_status=fault.status if fault and kind == "http" else None,
        errcode=fault.errcode if fault and kind == "errcode" else None,
        spoil=kind if kind in {"html", "empty", "cut", "bare"} else None,
        delay_before_ms=before,
        delay_after_ms=after,
    )
