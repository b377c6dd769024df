"""Ends of recipients as facts of the day: JSON Lines in the data bucket (S43), read by statistics in bulk.

``facts/send_settled/<day>/<task>-<telling>.jsonl`` has one line for each customer who ended, or whose end WeCom
corrected. The telling is named by who ended how: a repeat writes the same document, and of two tellings of one version
of a task neither hides the other. A reader takes a customer's last line of a campaign.
"""

import json
from collections.abc import Mapping
from typing import Final, Protocol

from scrm import clock, ids
from scrm.campaign.task import Need, Result, SendTask
from scrm.clock import BUSINESS_ZONE

FACTS: Final = "facts/send_settled/"
_JSON_LINES: Final = "application/x-ndjson"
SCHEMA_VERSION: Final = 1


class Documents(Protocol):
    """The data bucket, as far as facts need it."""

    def put(self, key: str, body: bytes, content_type: str) -> object: ...


class BucketSettledFacts:
    """Implements `scrm.campaign.ports.SettledFacts`."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def settled(self, task: SendTask, ended: Mapping[str, Result]) -> None:
        at = clock.now()
        shared = {
            "schema_version": SCHEMA_VERSION,
            "campaign_id": task.campaign_id,
            "task_id": task.task_id,
            "ring": task.ring,
            "node_path": task.node_path,
            "channel": task.channel.value,
            "activity_id": task.content.activity_id,
            "content_version": task.content.version,
            "content_hash": task.content.content_hash,
            "created_at": clock.to_iso(task.created_at) if task.created_at else None,
            "told_at": clock.to_iso(at),
        }
        lines = [
            {
                **shared,
                "external_userid": target_id,
                "userid": result.by or task.owner_userid,
                "state": result.state.value,
                "at": clock.to_iso(result.at) if result.at else None,
                "reason": result.reason,
                **_why(task.needs.get(target_id)),
            }
            for target_id, result in ended.items()
        ]
        body = b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines)
        day = at.astimezone(BUSINESS_ZONE).date().isoformat()
        told = (f"{target_id} {result.state}" for target_id, result in sorted(ended.items()))
        telling = ids.derive("told", task.task_id, *told)
        self._documents.put(f"{FACTS}{day}/{task.task_id}-{telling}.jsonl", body, _JSON_LINES)


def _why(need: Need | None) -> dict[str, str | int]:
    return {"need_rule": need.rule_id, "need_score": need.score} if need else {}
