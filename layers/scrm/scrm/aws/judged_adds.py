"""Judged adds in the data bucket: for people by day and branch, for the counters as facts.

``kpi/adds/<day>/<branch>.jsonl`` has every judged add of the day with what each rule saw (`scrm.adds.lines`).
``facts/add_judged/<landing day>/<name>.jsonl`` has the verdicts; of several on one add the last told counts.
"""

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Final, Protocol

from scrm import clock
from scrm.adds import lines
from scrm.adds.model import Judgement, State
from scrm.clock import BUSINESS_ZONE

ADDS: Final = "kpi/adds/"
FACTS: Final = "facts/add_judged/"
SCHEMA_VERSION: Final = 1
_JSON_LINES: Final = "application/x-ndjson"


class Documents(Protocol):
    """The data bucket, as far as judged adds need it."""

    def put(self, key: str, body: bytes, content_type: str) -> object: ...


class BucketJudgedAdds:
    """Implements `scrm.adds.daily.JudgedAdds`."""

    def __init__(self, documents: Documents, now: Callable[[], datetime] = clock.now) -> None:
        self._documents = documents
        self._now = now

    def keep(self, day: date, branch_id: str, judgements: Sequence[Judgement]) -> None:
        body = b"".join(map(lines.to_line, judgements))
        self._documents.put(f"{ADDS}{day.isoformat()}/{branch_id}.jsonl", body, _JSON_LINES)

    def tell(self, name: str, judgements: Sequence[Judgement]) -> None:
        if not judgements:
            return
        now = self._now()
        body = b"".join(_fact(each, now) for each in judgements)
        landing = now.astimezone(BUSINESS_ZONE).date().isoformat()
        self._documents.put(f"{FACTS}{landing}/{name}.jsonl", body, _JSON_LINES)


def _fact(judgement: Judgement, now: datetime) -> bytes:
    add = judgement.evidence.add
    line = {
        "schema_version": SCHEMA_VERSION,
        "event_id": add.add_id,
        "occurred_at": clock.to_iso(add.added_at),
        "told_at": clock.to_iso(now),
        "node_path": add.node_path,
        "userid": add.userid,
        "valid": judgement.state is State.VALID,
    }
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"
