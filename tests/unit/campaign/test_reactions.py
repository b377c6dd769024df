"""Likes and comments on Moments: counted as listed now, each told once as a fact (S64)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from scrm import clock
from scrm.aws.reaction_facts import BucketReactionFacts
from scrm.campaign.dispatch_errors import DispatchPostponedError, SendRefusedError
from scrm.campaign.reactions import MomentReactions, Reaction, ReactionKind
from scrm.campaign.task import SendPlan, SendTask
from scrm.campaign.terms import Channel
from tests.fakes.dispatch import CAMPAIGN, CONTENT, FAR, START, FakeReactionFacts
from tests.unit.runtime.test_dispatch_queue import Written

AT = datetime(2026, 11, 27, 17, 0, tzinfo=UTC)  # the 28th in Shanghai
LIKE, COMMENT = ReactionKind.LIKE, ReactionKind.COMMENT


@dataclass
class Wecom:
    """Implements `scrm.campaign.reactions.ReactionSource`."""

    rows: list[Reaction] = field(default_factory=list)
    failure: Exception | None = None

    def reactions(self, msgid: str) -> Iterator[Reaction]:
        if self.failure:
            raise self.failure
        yield from self.rows


def a_task() -> SendTask:
    (task,) = SendPlan(CAMPAIGN, "all", Channel.MOMENTS, CONTENT, START, FAR).tasks_of("rm_a", ["wm1", "wm2"])
    return replace(task, msgid="moment/p/rm_a/t")


def test_counts_follow_what_is_listed_and_only_new_reactions_are_told() -> None:
    wecom, facts = Wecom([Reaction("wm1", LIKE, AT), Reaction("wm1", COMMENT, AT)]), FakeReactionFacts()
    look = MomentReactions(wecom, facts)

    first = look.seen(a_task())
    wecom.rows = [Reaction("wm2", LIKE, AT + timedelta(hours=1))]  # the others took theirs back
    facts.told.clear()
    second = look.seen(first)

    assert (first.likes, first.comments, second.likes, second.comments) == (1, 1, 1, 0)
    assert facts.told == {Reaction("wm2", LIKE, AT + timedelta(hours=1))}


def test_of_one_second_what_came_later_is_told_too() -> None:
    wecom, facts = Wecom([Reaction("wm1", LIKE, AT)]), FakeReactionFacts()
    look = MomentReactions(wecom, facts)
    first = look.seen(a_task())

    wecom.rows.append(Reaction("wm2", LIKE, AT))
    look.seen(first)

    assert facts.told == set(wecom.rows)


@pytest.mark.parametrize("failure", [DispatchPostponedError(AT), SendRefusedError(48002)])
def test_reactions_that_cannot_be_read_hold_nothing_up(failure: Exception) -> None:
    known = replace(a_task(), likes=3)

    assert MomentReactions(Wecom(failure=failure), FakeReactionFacts()).seen(known) == known


def test_a_fact_is_a_line_a_reaction_and_a_repeat_is_the_same_document() -> None:
    written = Written()
    facts, task = BucketReactionFacts(written), a_task()

    for _ in range(2):
        facts.reacted(task, [Reaction("wm1", LIKE, AT), Reaction("wm2", COMMENT, AT)])

    ((key, body),) = written.documents.items()
    lines = [json.loads(line) for line in body.splitlines()]
    landing = clock.now().astimezone(clock.BUSINESS_ZONE).date()
    assert key.startswith(f"facts/moment_reactions/{landing}/{task.task_id}-")
    assert [(line["external_userid"], line["kind"], line["campaign_id"]) for line in lines] == [
        ("wm1", "like", CAMPAIGN),
        ("wm2", "comment", CAMPAIGN),
    ]
