"""Customers' likes and comments on Moments, as facts. Two tellings may have the reactions of one second in common."""

from collections.abc import Sequence
from typing import Final

from scrm import clock, ids
from scrm.aws.fact_lines import Documents, FactLines, fact
from scrm.campaign.reactions import Reaction
from scrm.campaign.task import SendTask

SCHEMA_VERSION: Final = 2


class BucketReactionFacts:
    """Implements `scrm.campaign.reactions.ReactionFacts`."""

    def __init__(self, documents: Documents) -> None:
        self._facts = FactLines(documents, "moment_reactions")

    def reacted(self, task: SendTask, reactions: Sequence[Reaction]) -> None:
        shared = {
            "campaign_id": task.campaign_id,
            "task_id": task.task_id,
            "activity_id": task.content.activity_id,
            "content_version": task.content.version,
        }
        lines = [
            {
                **fact(_event_id(task, one), one.at, task.node_path, task.owner_userid, SCHEMA_VERSION),
                **shared,
                "external_userid": one.external_userid,
                "kind": one.kind.value,
            }
            for one in reactions
        ]
        telling = ids.derive("told", *(str(line["event_id"]) for line in lines))
        self._facts.write(f"{task.task_id}-{telling}", lines)


def _event_id(task: SendTask, one: Reaction) -> str:
    return ids.derive("reaction", task.task_id, one.external_userid, one.kind.value, clock.to_iso(one.at))
