"""A customer who just came is greeted once, within the life of his code, or never (S55)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from scrm.welcome.model import ANY_STATE, Arrival, WelcomeOutcome, WelcomeRule, nearest
from scrm.welcome.ports import (
    CodeExpiredError,
    CodeUsedError,
    MemberNodes,
    WelcomeClaims,
    WelcomeContents,
    WelcomePostponedError,
    WelcomeRefusedError,
    WelcomeRules,
    WelcomeSender,
)

_NO_MEMBER: Final = "member_unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of it; ``reason`` says why WeCom or we refused; ``age`` is how long after his coming it ended."""

    outcome: WelcomeOutcome
    age: timedelta
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Welcome:
    """Use case of the worker. ``life`` is how long a code is good for, less what a call takes.

    The claim comes before the call and is never given back: who dies in between has greeted nobody, which a customer
    bears more easily than two greetings, and by the time the message is delivered again the code is dead anyway.
    A call that has to wait is waited for as long as the code lives.
    """

    members: MemberNodes
    rules: WelcomeRules
    claims: WelcomeClaims
    contents: WelcomeContents
    sender: WelcomeSender
    life: timedelta
    now: Callable[[], datetime]
    pause: Callable[[float], None]

    def greet(self, arrival: Arrival) -> Answer:
        outcome, reason = self._outcome(arrival)
        return Answer(outcome, self.now() - arrival.at, reason)

    def _outcome(self, arrival: Arrival) -> tuple[WelcomeOutcome, str]:
        if self._is_late(arrival, self.now()):
            return WelcomeOutcome.EXPIRED, ""
        path = self.members.path_of(arrival.userid)
        rule = self._rule(path, arrival.state) if path else None
        if path is None or rule is None:
            return WelcomeOutcome.WITHOUT_RULE, "" if path else _NO_MEMBER
        if not self.claims.claim(arrival.code, self.now()):
            return WelcomeOutcome.REPEATED, ""
        return self._sent(arrival, rule, path)

    def _rule(self, path: str, state: str) -> WelcomeRule | None:
        node_ids = [part for part in path.split("/") if part]
        return nearest(self.rules.rules(node_ids, (state, ANY_STATE)), node_ids, state)

    def _sent(self, arrival: Arrival, rule: WelcomeRule, path: str) -> tuple[WelcomeOutcome, str]:
        while True:
            try:
                greeting = self.contents.greeting(rule, path, arrival.external_userid, self.now())
                self.sender.send(arrival.code, greeting)
            except WelcomePostponedError as waiting:
                if self._is_late(arrival, waiting.not_before):
                    return WelcomeOutcome.EXPIRED, "no_room"
                self.pause(max((waiting.not_before - self.now()).total_seconds(), 0.0))
            except WelcomeRefusedError as refused:
                return WelcomeOutcome.REFUSED, refused.reason
            except CodeExpiredError:
                return WelcomeOutcome.EXPIRED, "code_refused"
            except CodeUsedError:
                return WelcomeOutcome.ALREADY_SENT, ""
            else:
                return WelcomeOutcome.SENT, ""

    def _is_late(self, arrival: Arrival, at: datetime) -> bool:
        return at >= arrival.at + self.life
