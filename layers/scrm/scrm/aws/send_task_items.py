"""How send tasks are written down: one small head with what became of whom, and the customers once and for all.

The customers of a task never change, so they are an item of their own, written once: what is written at every step
stays small (an update is billed by the whole item). Both are packed and compressed; 10,000 external_userids take
260 KB of the 400 KB that an item may have.
"""

import json
import zlib
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from scrm import clock
from scrm.aws.table import Condition, Item
from scrm.campaign.ports import DueTask, TaskSummary
from scrm.campaign.task import CancelCause, Need, RecipientState, Result, SendTask, TaskState
from scrm.campaign.terms import Channel, ContentRef

SCHEMA_VERSION = 1
SHARDS = 8
# Of the due index: 10,000 tasks a minute write 1,200 entries a second there, and a partition takes 1,000. Every one of
# them is a query every ten minutes for ever, so there are no more than that needs.
DUE_SHARDS = 4
_LEVEL = 6
_HOUR, _DAY = timedelta(hours=1), timedelta(hours=24)


def task_key(task_id: str) -> dict[str, str]:
    return {"pk": f"TASK#{task_id}", "sk": "TASK"}


def targets_key(task_id: str) -> dict[str, str]:
    return {"pk": f"TASK#{task_id}", "sk": "TARGETS"}


def message_key(msgid: str) -> dict[str, str]:
    return {"pk": f"MSG#{msgid}", "sk": "TASK"}


def campaign_pk(campaign_id: str, shard: int) -> str:
    """A campaign's list is spread, because 300,000 tasks of it may be written within minutes."""
    return f"CAMPAIGN#{campaign_id}#{shard}"


def due_pk(shard: int) -> str:
    return f"DUE#{shard}"


def owner_pk(owner_userid: str) -> str:
    return f"OWNER#{owner_userid}"


def from_message(task: SendTask) -> Item:
    return {**message_key(task.msgid), "schema_version": SCHEMA_VERSION, "task_id": task.task_id}


def from_call(task: SendTask) -> Item:
    """The announcement of a call, with the version that the task has once it is written."""
    key = {"pk": f"CALL#{task.owner_userid}", "sk": "TASK"}
    return {**key, "schema_version": SCHEMA_VERSION, "task_id": task.task_id, "version": task.version + 1}


def as_announced(before: Item) -> Condition:
    """Nobody has announced another call since."""
    values = {":task": before["task_id"], ":version": before["version"]}
    return Condition("task_id = :task AND #version = :version", values, {"#version": "version"})


def from_targets(task: SendTask) -> Item:
    """The customers, and why they get it."""
    packed = zlib.compress("\n".join(task.target_ids).encode(), _LEVEL)
    needs = _packed_needs(task) if task.needs else None
    return {**targets_key(task.task_id), "schema_version": SCHEMA_VERSION, "target_ids": packed, "needs": needs}


def to_targets(item: Item) -> tuple[str, ...]:
    return tuple(zlib.decompress(item["target_ids"]).decode().split("\n"))


def to_needs(item: Item, target_ids: tuple[str, ...]) -> Mapping[str, Need]:
    """By customer; the wording is stored once for all who have it."""
    rows: list[Any] = json.loads(zlib.decompress(item["needs"])) if "needs" in item else []
    return {target_ids[place]: Need(*need) for *need, places in rows for place in places}


def from_task(task: SendTask) -> Item:
    shard = sum(task.task_id.encode()) % SHARDS
    return {
        **task_key(task.task_id),
        "schema_version": SCHEMA_VERSION,
        "version": task.version,
        "task_id": task.task_id,
        "campaign_id": task.campaign_id,
        "ring": task.ring,
        "owner_userid": task.owner_userid,
        "node_path": task.node_path,
        "channel": task.channel.value,
        "chunk": task.chunk,
        "activity_id": task.content.activity_id,
        "content_version": task.content.version,
        "content_hash": task.content.content_hash,
        "touch_id": task.touch_id,
        "planned_at": clock.to_iso(task.planned_at),
        "expires_at": clock.to_iso(task.expires_at),
        "deadline_s": int(task.deadline.total_seconds()),
        "priority": task.priority,
        "state": task.state.value,
        "results": _packed(task) if task.results else None,
        "counts": task.counts,
        "excluded": task.excluded or None,
        "reach_hour": task.reached_within(_HOUR),
        "reach_day": task.reached_within(_DAY),
        "not_before": _iso(task.not_before),
        "first_intent_at": _iso(task.first_intent_at),
        "intended_at": _iso(task.intended_at),
        "text_hash": task.text_hash or None,
        "msgid": task.msgid or None,
        "created_at": _iso(task.created_at),
        "first_created_at": _iso(task.first_created_at),
        "alive_until": _iso(task.alive_until),
        "permitted_until": _iso(task.permitted_until),
        "cancel_cause": task.cancel_cause.value if task.cancel_cause else None,
        "cancel_asked_at": _iso(task.cancel_asked_at),
        "reminded_at": [clock.to_iso(at) for at in task.reminded_at] or None,
        "looks": task.looks,
        "predecessor_id": task.predecessor_id or None,
        "untold": task.untold or None,
        "is_cancelled": task.is_cancelled or None,
        "answer_lost": task.answer_lost or None,
        "likes": task.likes or None,
        "comments": task.comments or None,
        "reacted_until": _iso(task.reacted_until),
        "due_pk": due_pk(shard % DUE_SHARDS) if task.due_at else None,
        "due_at": _iso(task.due_at),
        "campaign_pk": campaign_pk(task.campaign_id, shard),
        "owner_pk": owner_pk(task.owner_userid),
        "owner_sk": f"{clock.to_iso(task.planned_at)}#{task.task_id}",
    }


def to_task(item: Item, target_ids: tuple[str, ...], needs: Mapping[str, Need]) -> SendTask:
    return SendTask(
        task_id=item["task_id"],
        campaign_id=item["campaign_id"],
        ring=item["ring"],
        owner_userid=item["owner_userid"],
        node_path=item["node_path"],
        channel=Channel(item["channel"]),
        chunk=item["chunk"],
        content=ContentRef(item["activity_id"], item["content_version"], item["content_hash"]),
        target_ids=target_ids,
        needs=needs,
        touch_id=item["touch_id"],
        planned_at=clock.from_iso(item["planned_at"]),
        expires_at=clock.from_iso(item["expires_at"]),
        deadline=timedelta(seconds=item["deadline_s"]),
        priority=item["priority"],
        state=TaskState(item["state"]),
        results=_unpacked(item["results"], target_ids) if "results" in item else {},
        not_before=_moment(item, "not_before"),
        first_intent_at=_moment(item, "first_intent_at"),
        intended_at=_moment(item, "intended_at"),
        text_hash=item.get("text_hash", ""),
        msgid=item.get("msgid", ""),
        created_at=_moment(item, "created_at"),
        first_created_at=_moment(item, "first_created_at"),
        alive_until=_moment(item, "alive_until"),
        permitted_until=_moment(item, "permitted_until"),
        cancel_cause=CancelCause(item["cancel_cause"]) if "cancel_cause" in item else None,
        cancel_asked_at=_moment(item, "cancel_asked_at"),
        reminded_at=tuple(clock.from_iso(at) for at in item.get("reminded_at", ())),
        looks=item["looks"],
        due_at=_moment(item, "due_at"),
        predecessor_id=item.get("predecessor_id", ""),
        untold=item.get("untold", False),
        is_cancelled=bool(item.get("is_cancelled")),
        answer_lost=item.get("answer_lost", False),
        likes=item.get("likes", 0),
        comments=item.get("comments", 0),
        reacted_until=_moment(item, "reacted_until"),
        version=item["version"],
    )


def to_summary(item: Item) -> TaskSummary:
    return TaskSummary(
        item["task_id"],
        item["owner_userid"],
        item["ring"],
        TaskState(item["state"]),
        item["counts"],
        (item["reach_hour"], item["reach_day"]),
        _moment(item, "not_before"),
        item.get("excluded", {}),
        item.get("node_path", ""),
        (item.get("likes", 0), item.get("comments", 0)),
    )


def to_due(item: Item) -> DueTask:
    return DueTask(item["task_id"], item["campaign_id"], item["owner_userid"], TaskState(item["state"]))


def _packed(task: SendTask) -> bytes:
    """Customers by their place, together with all who ended alike: a member confirms for everybody at one moment."""
    places = {target_id: place for place, target_id in enumerate(task.target_ids)}
    alike: dict[Result, list[int]] = defaultdict(list)
    for target_id, result in task.results.items():
        alike[result].append(places[target_id])
    rows = [[result.state.value, _iso(result.at), result.reason, result.by, found] for result, found in alike.items()]
    return zlib.compress(json.dumps(rows, separators=(",", ":")).encode(), _LEVEL)


def _packed_needs(task: SendTask) -> bytes:
    alike: dict[Need, list[int]] = defaultdict(list)
    for place, target_id in enumerate(task.target_ids):
        if target_id in task.needs:
            alike[task.needs[target_id]].append(place)
    rows = [[*need, places] for need, places in alike.items()]
    return zlib.compress(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode(), _LEVEL)


def _unpacked(packed: bytes, target_ids: tuple[str, ...]) -> Mapping[str, Result]:
    results: dict[str, Result] = {}
    rows: list[Any] = json.loads(zlib.decompress(packed))
    for state, at, reason, by, places in rows:
        result = Result(RecipientState(state), clock.from_iso(at) if at else None, reason, by)
        results.update((target_ids[place], result) for place in places)
    return results


def _iso(moment: datetime | None) -> str | None:
    return clock.to_iso(moment) if moment else None


def _moment(item: Item, name: str) -> datetime | None:
    return clock.from_iso(item[name]) if name in item else None
