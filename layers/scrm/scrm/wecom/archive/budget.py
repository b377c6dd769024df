"""Pulls of the archive go by the governor's budget, like every other call of WeCom's (O13)."""

from datetime import datetime
from typing import Final

from scrm import clock
from scrm.wecom import limits
from scrm.wecom.governor import Outcome, Permit, RateGovernor, RateStore
from scrm.wecom.governor_state import Priority

PULL_PATH: Final = "message/getchatdata"
_MINUTES: Final = 60


class GovernedPulls:
    """Implements `scrm.archive.stores.PullBudget`; one per run.

    ``per_minute`` is a setting of the deployment: our sources name 600 and 4,000.
    """

    def __init__(self, store: RateStore, per_minute: int) -> None:
        budget = limits.PathLimits(per_minute, per_minute * _MINUTES)
        self._governor = RateGovernor(store, limits_of=lambda _: budget)
        self._permit: Permit | None = None

    def not_before(self) -> datetime | None:
        answer = self._governor.acquire(PULL_PATH, Priority.STATISTICS)
        if isinstance(answer, Permit):
            self._permit = answer
            return None
        return answer.not_before

    def answered(self) -> None:
        self._settle(Outcome.ANSWERED)

    def refused(self) -> datetime:
        return self._settle(Outcome.FREQUENCY_REFUSED) or clock.now() + limits.PENALTY_MINUTE

    def _settle(self, outcome: Outcome) -> datetime | None:
        permit, self._permit = self._permit, None
        return self._governor.settle(permit, outcome) if permit else None
