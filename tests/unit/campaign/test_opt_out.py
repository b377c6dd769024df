"""An opt-out at a moment: nothing that leaves later reaches the customer, queued or not (R1, R18)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from scrm.campaign.ports import AcceptedMessage, MassMessage
from scrm.campaign.terms import Channel
from scrm.consent.model import ConsentAnswer, ConsentSource, Statement
from scrm.runtime.consent_joins import ConsentedOnly
from tests.fakes.consent import Answers
from tests.unit.campaign.dispatch_bank import OTHER, OWNER, DispatchBank, customers

HOUR = timedelta(hours=1)


@dataclass
class Bank:
    """The dispatch with customers' answers joined to its rules, and their opt-outs to its queue."""

    dispatch: DispatchBank
    answers: Answers
    required: bool = False

    def say(self, answer: ConsentAnswer, name: str) -> None:
        self.answers.now = self.dispatch.time
        self.answers.places.owners = dict(self.dispatch.owners.owners)
        cause = f"{answer}{self.dispatch.time}"
        self.answers.desk.hear(Statement(name, answer, ConsentSource.LINK, self.dispatch.time, cause))
        while self.answers.news.told:
            self.dispatch.changes().opted_out(*self.answers.news.told.pop())

    def opt_out(self, name: str) -> None:
        self.say(ConsentAnswer.OPTED_OUT, name)


@pytest.fixture
def bank() -> Bank:
    dispatch = DispatchBank()
    found = Bank(dispatch, Answers(dispatch.time))
    dispatch.before_rules = ConsentedOnly(found.answers.consents, lambda: found.required, dispatch.rules)
    return found


def test_who_opted_out_before_the_creation_is_left_out_with_the_reason(bank: Bank) -> None:
    bank.dispatch.plan(customers(3))
    bank.opt_out("wm000001")

    bank.dispatch.run()

    assert bank.dispatch.wecom.creations == [(OWNER, ("wm000000", "wm000002"))]
    assert bank.dispatch.counts() == {"excluded": 1, "pending": 2}


def test_who_opts_out_while_the_call_is_made_is_looked_at_as_soon_as_it_ended(bank: Bank) -> None:
    run = bank.dispatch
    (task,) = run.plan(customers(2))
    later: list[tuple[str, bool]] = []
    create, request_looks = run.wecom.create, run.queue.request_looks

    def while_opting_out(message: MassMessage) -> AcceptedMessage:
        bank.opt_out("wm000001")
        asked, run.queue.looks = run.queue.looks, []
        run.queue.request_looks = put_off  # type: ignore[method-assign]
        for task_id, is_asked in asked:
            run.reconcile().look(task_id, asked=is_asked)
        run.queue.request_looks = request_looks  # type: ignore[method-assign]
        return create(message)

    def put_off(task_ids: Sequence[str], *, asked: bool = False, not_before: datetime | None = None) -> None:
        assert not_before == run.time + timedelta(minutes=1)
        later.extend((task_id, asked) for task_id in task_ids)

    run.wecom.create = while_opting_out  # type: ignore[method-assign]
    run.send(task)
    run.wecom.create = create  # type: ignore[method-assign]
    run.time += timedelta(minutes=1)
    run.queue.looks += later
    run.run()

    assert run.wecom.messages["msg_0"].cancelled
    assert run.wecom.creations[1:] == [(OWNER, ("wm000000",))]
    assert run.counts() == {"excluded": 1, "pending": 1}


def test_who_opts_out_while_it_waits_is_taken_out_and_the_others_get_it(bank: Bank) -> None:
    (task,) = bank.dispatch.plan(customers(3))
    bank.dispatch.plan(customers(2, first=10), owner=OTHER)
    bank.dispatch.run(HOUR)

    bank.opt_out("wm000001")
    assert bank.dispatch.queue.looks == [(task.task_id, True)]
    bank.dispatch.run()
    bank.dispatch.wecom.confirm_all()
    bank.dispatch.run(HOUR)

    assert bank.dispatch.wecom.messages["msg_0"].cancelled
    assert bank.dispatch.wecom.creations[2:] == [(OWNER, ("wm000000", "wm000002"))]
    assert bank.dispatch.counts() == {"excluded": 1, "sent": 4}


def test_who_got_it_before_he_opted_out_keeps_it(bank: Bank) -> None:
    bank.dispatch.plan(customers(2))
    bank.dispatch.run(HOUR)
    bank.dispatch.wecom.confirm_all()
    bank.dispatch.run(HOUR)

    bank.opt_out("wm000001")
    bank.dispatch.run(HOUR)

    assert bank.dispatch.counts() == {"sent": 2}


def test_where_consent_is_required_silence_is_not_enough(bank: Bank) -> None:
    bank.required = True
    bank.dispatch.plan(customers(3))
    bank.say(ConsentAnswer.CONSENTED, "wm000000")
    bank.opt_out("wm000001")

    bank.dispatch.run()

    assert bank.dispatch.wecom.creations == [(OWNER, ("wm000000",))]


def test_a_group_post_asks_nobody(bank: Bank) -> None:
    bank.required = True
    bank.dispatch.plan(["wrGROUP1"], channel=Channel.GROUP)

    bank.dispatch.run()

    assert bank.dispatch.wecom.creations == [(OWNER, ("wrGROUP1",))]
