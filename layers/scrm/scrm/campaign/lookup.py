"""What became of a call whose maker died: WeCom's messages are searched for it before anything is repeated.

All tasks of a campaign have the same content and WeCom names no creator. So the candidates are the messages that no
task of ours holds, and the customers they go to tell them apart: two tasks of one campaign share none. Tasks of two
campaigns may share text, member and customers: of one member only one call is in doubt at a time
(`TaskRepository.intend`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched, islice
from typing import Final

from scrm.campaign.dispatch_errors import DispatchPostponedError
from scrm.campaign.ports import MassMessages, TaskRepository
from scrm.campaign.task import SendTask, hash_of_text
from scrm.campaign.terms import Channel

CLOCK_SKEW = timedelta(minutes=2)
_CANDIDATES_TOGETHER = 100
_ENOUGH_CUSTOMERS = 100
_ASKED_AGAIN = timedelta(minutes=1)
# The channels whose calls are messages of the corp; joining a moment and telling a member may be repeated.
LOOKED_UP: Final = frozenset({Channel.ONE_TO_ONE, Channel.GROUP})


@dataclass(frozen=True, slots=True)
class InterruptedCalls:
    """Finds the message of an interrupted call."""

    tasks: TaskRepository
    messages: MassMessages

    def message_of(self, task: SendTask, now: datetime) -> str:
        """The msgid, empty when the call was not carried out.

        Raises DispatchPostponedError while WeCom distributes a candidate (41063): then it cannot be told yet.
        """
        elsewhere: list[tuple[str, list[str], set[str]]] = []
        for msgid in self._candidates(task, now):
            members = [userid for userid, _ in self.messages.members(msgid)]
            customers = self._some_customers(msgid, members)
            if self._is_of(task, members, customers):
                if task.owner_userid in members:
                    return msgid
                elsewhere.append((msgid, members, customers))
        if not elsewhere:
            return ""
        msgid, members, customers = elsewhere[0]
        self._wait_for_its_members(task, members, customers, now)
        return msgid

    def _is_of(self, task: SendTask, members: Sequence[str], customers: set[str]) -> bool:
        """By its customers, whoever its members are: WeCom may give a customer to another follower.

        A message to groups lists none before its owner has picked them; its one member tells then.
        """
        if customers:
            return customers.issubset(task.target_ids)
        return task.channel is Channel.GROUP and members == [task.owner_userid]

    def _wait_for_its_members(self, task: SendTask, members: Sequence[str], customers: set[str], now: datetime) -> None:
        """WeCom may have given the customers to a colleague; or they are his by now, and a call of his is in doubt.

        Once nothing of his is, his own messages are held. Raises DispatchPostponedError until then.
        """
        for userid in members:
            other = self.tasks.sending_of(userid)
            if other is not None and other.text_hash == task.text_hash and customers.issubset(other.target_ids):
                raise DispatchPostponedError(max(now + _ASKED_AGAIN, other.due_at or now))

    def _some_customers(self, msgid: str, members: Sequence[str]) -> set[str]:
        """Of the first member who has any."""
        for userid in members:
            rows = {target_id for target_id, _ in islice(self.messages.results(msgid, userid), _ENOUGH_CUSTOMERS)}
            if rows:
                return rows
        return set()

    def _candidates(self, task: SendTask, now: datetime) -> Iterator[str]:
        """What may be the message, by its time and text, and is no other task's."""
        since = (task.first_intent_at or now) - CLOCK_SKEW
        until = min(now, (task.intended_at or now) + CLOCK_SKEW * 2)
        listed = self.messages.created_between(task.channel, since, until)
        seen = (one for one in listed if hash_of_text(one.text) == task.text_hash)
        for part in batched(seen, _CANDIDATES_TOGETHER, strict=False):
            held = self.tasks.holders([one.msgid for one in part])
            yield from (one.msgid for one in part if one.msgid not in held)
