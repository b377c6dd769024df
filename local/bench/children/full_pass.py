"""A first full pass over a corp: ``full_pass.py <WeCom's base URL> <relations there>``.

WeCom is the simulator in another process; DynamoDB answers from a stub that keeps no rows but counts them, so that time
and memory are those of the pass. Each part goes through its queue message, as between two invocations, and every
hundredth message is taken by new objects, as by a new process. Prints one JSON line.
"""

import json
import os
import resource
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, cast

from local.bench.full_pass_corp import CORP_ID, SECRET
from local.bench.governor_simulation import SharedStore
from scrm import clock
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.table import Table
from scrm.contacts.full_pass import FullPass
from scrm.contacts.groups import GroupChanges
from scrm.contacts.messages import MemberSyncRequested
from scrm.contacts.runs import Part, PassCounts, SyncRun
from scrm.contacts.writer import CustomerWriter
from scrm.runtime.contact_intake import STEPS_PER_MESSAGE
from scrm.wecom.breaker import CircuitBreaker
from scrm.wecom.client import WecomClient
from scrm.wecom.exchange import HttpExchange
from scrm.wecom.governor import RateGovernor
from scrm.wecom.governor_state import Priority
from scrm.wecom.sources import WecomCustomers
from scrm.wecom.transport import AppCredentials, GuardedExchange, WecomTransport, token_broker

MEGABYTE: Final = 1024 * 1024
NEW_PROCESS_EVERY: Final = 100
SAMPLES: Final = 10


class CountingDynamo:
    """What of DynamoDB a first pass asks for: nothing is there yet, every write holds."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.rows: Counter[str] = Counter()

    def batch_get_item(self, **_: Any) -> dict[str, Any]:
        self.requests["BatchGetItem"] += 1
        return {"Responses": {}}

    def transact_write_items(self, *, TransactItems: Sequence[Mapping[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self.requests["TransactWriteItems"] += 1
        self.rows.update(entry["Put"]["Item"]["pk"]["S"] for entry in TransactItems if _is_relation(entry["Put"]))
        return {}

    def query(self, **asked: Any) -> dict[str, Any]:
        self.requests["Query"] += 1
        found = self.rows[asked["ExpressionAttributeValues"][":pk"]["S"]] if asked.get("Select") == "COUNT" else 0
        return {"Items": [], "Count": found}


def _is_relation(put: Mapping[str, Any]) -> bool:
    return bool(put["Item"]["sk"]["S"].startswith("CUSTOMER#"))


class Runs:
    """Implements `scrm.contacts.ports.SyncRuns` for one run."""

    def __init__(self) -> None:
        self.known: SyncRun | None = None
        self._parts: Sequence[tuple[str, ...]] = ()

    def run(self, run_id: str) -> SyncRun | None:  # noqa: ARG002 - there is one
        return self.known

    def plan(self, run: SyncRun, parts: Sequence[tuple[str, ...]]) -> SyncRun:
        self.known, self._parts = run, parts
        return run

    def open_parts(self, run_id: str) -> Iterator[tuple[int, tuple[str, ...]]]:  # noqa: ARG002
        yield from enumerate(self._parts)

    def finish_part(self, run_id: str, number: int, counts: PassCounts) -> bool:  # noqa: ARG002
        run = cast("SyncRun", self.known)
        self.known = replace(run, parts_done=run.parts_done + 1, counts=run.counts + counts)
        return True

    def finish(self, run_id: str, at: datetime) -> bool:  # noqa: ARG002
        self.known = replace(cast("SyncRun", self.known), finished_at=at)
        return True


class Tokens:
    """Implements `scrm.wecom.token.TokenStore` for one app and one process at a time."""

    def __init__(self) -> None:
        self._token: tuple[str, datetime, datetime] | None = None

    def read(self, app: str) -> tuple[str, datetime, datetime] | None:  # noqa: ARG002
        return self._token

    def take_lease(self, app: str, holder: str, now: datetime, until: datetime) -> int | datetime:  # noqa: ARG002
        return 1

    def save(self, app: str, fence: int, token: tuple[str, datetime, datetime]) -> bool:  # noqa: ARG002
        self._token = token
        return True

    def end_lease(self, app: str, fence: int, until: datetime) -> None:
        """Nobody else wants it."""

    def forget(self, app: str, token: str) -> None:
        """WeCom refuses none of them here."""


class Calls:
    """Implements `scrm.wecom.transport.CallObserver`."""

    def __init__(self) -> None:
        self.ended: Counter[str] = Counter()
        self.failed = 0

    def call_ended(self, path: str, errcode: int | None, failure: str) -> None:
        self.ended[path] += 1
        self.failed += bool(failure) or errcode != 0

    def call_postponed(self, path: str, reason: str) -> None:
        """The governor had the call wait; it comes again with its message."""


base_url, relations = sys.argv[1], int(sys.argv[2])
dynamo, runs, tokens, rates, calls = CountingDynamo(), Runs(), Tokens(), SharedStore(), Calls()


def nothing(_: object) -> None:
    """Metrics are not of interest here."""


def new_process() -> FullPass:
    """Every object of an invocation; of the last one only the stores are left."""
    exchange = GuardedExchange(
        HttpExchange(base_url), RateGovernor(rates), CircuitBreaker(rates), Priority.STATISTICS, observer=calls
    )
    broker = token_broker(exchange, tokens, "contacts", lambda: AppCredentials(CORP_ID, SECRET))
    source = WecomCustomers(WecomClient(WecomTransport(exchange, broker), lambda: 1))
    repository = DynamoContactRepository(Table(cast("Any", dynamo), "contacts"))
    writer = CustomerWriter(repository, clock.now)
    return FullPass(source, repository, writer, GroupChanges(source, repository), runs, nothing, nothing)


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE


def advance(whole: FullPass, message: str) -> str | None:
    """As `scrm.runtime.contact_intake` takes a message: some steps, then what is left as a new one."""
    left: Part | None = MemberSyncRequested.model_validate_json(message).part()
    for _ in range(STEPS_PER_MESSAGE):
        if left is None:
            return None
        left = whole.step(left)
    return MemberSyncRequested.of(left).model_dump_json() if left is not None else None


def passed() -> dict[str, Any]:
    whole = new_process()
    begun, cpu = time.monotonic(), time.process_time()
    run = whole.plan("first", clock.now())
    queue = deque(MemberSyncRequested.of(part).model_dump_json() for part in whole.open_parts(run))
    resident: list[float] = []
    for number in range(sys.maxsize):
        if not queue:
            break
        if number % NEW_PROCESS_EVERY == 0:
            whole = new_process()
        left = advance(whole, queue.popleft())
        if left is not None:
            queue.append(left)
        if dynamo.rows.total() * SAMPLES >= relations * (len(resident) + 1):
            resident.append(round(resident_mb(), 1))
    whole.finish_if_complete("first", clock.now())
    done = cast("SyncRun", runs.known)
    return {
        "finished": done.finished_at is not None,
        "stored": done.counts.relations_stored,
        "removed": done.counts.relations_removed,
        "members": done.counts.members,
        "calls": dict(calls.ended),
        "calls_failed": calls.failed,
        "dynamodb": dict(dynamo.requests),
        "resident_mb": resident,
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "cpu_s": round(time.process_time() - cpu, 1),
        "wall_s": round(time.monotonic() - begun, 1),
    }


print(json.dumps(passed()))
