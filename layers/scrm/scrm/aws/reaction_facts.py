"""Customers' likes and comments on Moments as facts of the day: JSON Lines in the data bucket, read in bulk.

``facts/moment_reactions/<day>/<task>-<telling>.jsonl``; the telling is named by what it says, so a repeat writes the
same document. Two tellings may have the reactions of one second in common: a reader takes each customer, kind and time
once.
"""

import json
from collections.abc import Sequence
from typing import Final, Protocol

from scrm import clock, ids
from scrm.campaign.reactions import Reaction
from scrm.campaign.task import SendTask
from scrm.clock import BUSINESS_ZONE

FACTS: Final = "facts/moment_reactions/"
SCHEMA_VERSION: Final = 1
_JSON_LINES: Final = "application/x-ndjson"


class Documents(Protocol):
    """The data bucket, as far as facts need it."""

    def put(self, key: str, body: bytes, content_type: str) -> object: ...


class BucketReactionFacts:
    """Implements `scrm.campaign.reactions.ReactionFacts`."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def reacted(self, task: SendTask, reactions: Sequence[Reaction]) -> None:
        shared = {
            "schema_version": SCHEMA_VERSION,
            "campaign_id": task.campaign_id,
            "task_id": task.task_id,
            "userid": task.owner_userid,
            "node_path": task.node_path,
            "activity_id": task.content.activity_id,
            "content_version": task.content.version,
        }
        lines = [
            {**shared, "external_userid": one.external_userid, "kind": one.kind.value, "at": clock.to_iso(one.at)}
            for one in reactions
        ]
        body = b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines)
        day = max(one.at for one in reactions).astimezone(BUSINESS_ZONE).date().isoformat()
        told = (f"{one.external_userid} {one.kind} {clock.to_iso(one.at)}" for one in reactions)
        telling = ids.derive("told", task.task_id, *told)
        self._documents.put(f"{FACTS}{day}/{task.task_id}-{telling}.jsonl", body, _JSON_LINES)
