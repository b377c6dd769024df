"""Ends of recipients, as facts (S43), read by statistics in bulk.

A line for each customer who ended, and one more where WeCom corrected it, which says what it ``corrects``: so lines add
up, and none has to be taken back. The telling is named by who ended how: of two tellings of one version of a task
neither hides the other. A reader who wants one line for a customer takes his last one of a campaign.
"""

from collections.abc import Mapping
from typing import Final

from scrm import clock, ids
from scrm.aws.fact_lines import Documents, FactLines, fact
from scrm.campaign.task import Need, RecipientState, Result, SendTask

FACTS: Final = "facts/send_settled/"
SCHEMA_VERSION: Final = 2


class BucketSettledFacts:
    """Implements `scrm.campaign.ports.SettledFacts`."""

    def __init__(self, documents: Documents) -> None:
        self._facts = FactLines(documents, "send_settled")

    def settled(self, task: SendTask, ended: Mapping[str, Result], corrected: Mapping[str, RecipientState]) -> None:
        now = clock.now()
        shared = {
            "campaign_id": task.campaign_id,
            "task_id": task.task_id,
            "ring": task.ring,
            "channel": task.channel.value,
            "activity_id": task.content.activity_id,
            "content_version": task.content.version,
            "content_hash": task.content.content_hash,
            "created_at": clock.to_iso(task.created_at) if task.created_at else None,
            "told_at": clock.to_iso(now),
        }
        lines = [
            {
                **fact(
                    ids.derive("settled", task.task_id, target_id, result.state.value),
                    result.at or now,
                    task.node_path,
                    result.by or task.owner_userid,
                    SCHEMA_VERSION,
                ),
                **shared,
                "external_userid": target_id,
                "state": result.state.value,
                "corrects": corrected[target_id].value if target_id in corrected else None,
                "at": clock.to_iso(result.at) if result.at else None,
                "reason": result.reason,
                **_why(task.needs.get(target_id)),
            }
            for target_id, result in ended.items()
        ]
        told = (f"{target_id} {result.state}" for target_id, result in sorted(ended.items()))
        telling = ids.derive("told", task.task_id, *told)
        self._facts.write(f"{task.task_id}-{telling}", lines)


def _why(need: Need | None) -> dict[str, str | int]:
    return {"need_rule": need.rule_id, "need_score": need.score} if need else {}
