"""What became of a call whose maker died: WeCom's messages are searched for it before anything is repeated.

All tasks of a campaign have the same content and WeCom names no creator. So the candidates are the messages that no
task of ours holds, and the customers they go to tell them apart: two tasks of one campaign share none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched, islice

from scrm.campaign.ports import MassMessages, MessageSeen, TaskRepository
from scrm.campaign.task import SendTask, hash_of_text
from scrm.campaign.terms import Channel

CLOCK_SKEW = timedelta(minutes=2)
_CANDIDATES_TOGETHER = 100
_ENOUGH_CUSTOMERS = 100


@dataclass(frozen=True, slots=True)
class InterruptedCalls:
    """Finds the message of an interrupted call."""

    tasks: TaskRepository
    messages: MassMessages

    def message_of(self, task: SendTask, now: datetime) -> str:
        """The msgid, empty when the call was not carried out.

        Raises DispatchPostponedError while WeCom distributes a candidate (41063): then it cannot be told yet.
        """
        since = (task.first_intent_at or now) - CLOCK_SKEW
        until = min(now, (task.intended_at or now) + CLOCK_SKEW * 2)
        listed = self.messages.created_between(task.channel, since, until)
        seen = (one for one in listed if hash_of_text(one.text) == task.text_hash)
        return next((one.msgid for one in self._unheld(seen) if self._is_of(one.msgid, task)), "")

    def _unheld(self, seen: Iterator[MessageSeen]) -> Iterator[MessageSeen]:
        for part in batched(seen, _CANDIDATES_TOGETHER, strict=False):
            held = self.tasks.holders([one.msgid for one in part])
            yield from (one for one in part if one.msgid not in held)

    def _is_of(self, msgid: str, task: SendTask) -> bool:
        """By the customers of its members, whoever they are: WeCom may give a customer to another follower.

        A message to groups lists none before its owner has picked them; its one member tells then.
        """
        ours = set(task.target_ids)
        members = [userid for userid, _ in self.messages.members(msgid)]
        for userid in members:
            rows = [target_id for target_id, _ in islice(self.messages.results(msgid, userid), _ENOUGH_CUSTOMERS)]
            if rows:
                return ours.issuperset(rows)
        return task.channel is Channel.GROUP and members == [task.owner_userid]
