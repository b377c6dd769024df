"""Something changes between any two steps of a creation: what was created on the old facts is taken back (R1, S58)."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest

from scrm.campaign.dispatch_errors import DispatchPostponedError, until_current
from scrm.campaign.task import SendTask
from scrm.campaign.terms import Channel
from tests.fakes.dispatch import CAMPAIGN, FakeDispatchQueue
from tests.unit.campaign.dispatch_bank import OTHER, OWNER, DispatchBank, customers

BARRED = "wm000001"


@dataclass
class PatientQueue(FakeDispatchQueue):
    """Keeps what has to wait as well."""

    later: list[str] = field(default_factory=list)

    def request_looks(
        self, task_ids: Sequence[str], *, asked: bool = False, not_before: datetime | None = None
    ) -> None:
        if not_before is not None and asked:
            self.later += task_ids
        else:
            super().request_looks(task_ids, asked=asked, not_before=not_before)


class Meanwhile:
    """A port before whose every call somebody else may do something."""

    def __init__(self, port: Any, step: Callable[[], None]) -> None:
        self._port = port
        self._step = step

    def __getattr__(self, name: str) -> Any:
        action = getattr(self._port, name)

        def stepped(*args: Any, **named: Any) -> Any:
            self._step()
            return action(*args, **named)

        return stepped


def opt_out(bank: DispatchBank) -> None:
    bank.rules.reasons[BARRED] = "opted_out"
    bank.changes().opted_out(BARRED, [OWNER])


def rate_lower(bank: DispatchBank) -> None:
    bank.rules.reasons[BARRED] = "risk_above_profile"
    bank.changes().recheck_owner(OWNER)


def make_the_product_riskier(bank: DispatchBank) -> None:
    bank.rules.reasons[BARRED] = "risk_above_profile"
    bank.changes().recheck_campaign(CAMPAIGN)


def withdraw_the_permission(bank: DispatchBank) -> None:
    bank.permissions.denied = {OWNER}
    bank.changes().recheck_owner(OWNER)


def change_hands(bank: DispatchBank) -> None:
    bank.owners.owners[BARRED] = OTHER
    bank.changes().recheck_owner(OWNER)


CHANGES = [opt_out, rate_lower, make_the_product_riskier, withdraw_the_permission, change_hands]


def take_with(bank: DispatchBank, task: SendTask, change: Callable[[DispatchBank], None], moment: int) -> bool:
    """Take the task while the change happens before that call of a port; whether there were so many."""
    calls = count()

    def step() -> None:
        if next(calls) == moment:
            change(bank)
            look_all(bank)

    dispatch = bank.dispatch()
    names = ("tasks", "messages", "standings", "files", "ledger")
    watched: dict[str, Any] = {name: Meanwhile(getattr(dispatch, name), step) for name in names}
    checks = dispatch.checks
    asked = {name: Meanwhile(getattr(checks, name), step) for name in ("contents", "permissions", "rules", "owners")}
    stepped = replace(dispatch, **watched, checks=replace(checks, **asked))
    until_current(partial(stepped.take, task.task_id), pause=lambda _: None)
    return next(calls) > moment


def look_all(bank: DispatchBank) -> None:
    looks, bank.queue.looks = bank.queue.looks, []
    for task_id, asked in looks:
        with suppress(DispatchPostponedError):
            until_current(partial(bank.reconcile().look, task_id, asked=asked), pause=lambda _: None)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("channel", [Channel.ONE_TO_ONE, Channel.RM_TASK])
def test_no_change_slips_between_the_checks_and_the_call(
    change: Callable[[DispatchBank], None], channel: Channel
) -> None:
    for moment in count():
        queue = PatientQueue()
        bank = DispatchBank(queue=queue)
        bank.contents.product_id = "fund_01"
        (task,) = bank.plan(customers(3), channel=channel)

        happened = take_with(bank, task, change, moment)
        if not happened:
            break
        bank.time += timedelta(minutes=1)
        queue.looks += [(task_id, True) for task_id in queue.later]
        bank.run()
        bank.wecom.confirm_all()

        received = {one for one, messages in bank.wecom.delivered.items() if messages}
        senders = {bank.wecom.messages[one].sender for messages in bank.wecom.delivered.values() for one in messages}
        assert received == _who_may(change), moment
        assert bank.owners.owners[BARRED] in senders or BARRED not in received
    assert moment > 8


def _who_may(change: Callable[[DispatchBank], None]) -> set[str]:
    if change is withdraw_the_permission:
        return set()
    return set(customers(3)) if change is change_hands else set(customers(3)) - {BARRED}
