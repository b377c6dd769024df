"""Members confirm, customers change hands and opt out, calls break off, the campaign is recalled, in any order.

Invariant 2: nobody gets it twice, nobody is lost; invariant 4: nobody gets it from a task created against the rules.
"""

from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from scrm.campaign.dispatch_errors import DispatchPostponedError, SendRefusedError
from scrm.campaign.ports import Standing
from scrm.campaign.task import ENDED
from tests.unit.campaign.dispatch_bank import DispatchBank, customers

OWNERS = ("rm_li", "rm_wu", "rm_sun")
AUDIENCE = customers(12)
CUSTOMER, OWNER = st.sampled_from(AUDIENCE), st.sampled_from(OWNERS)


class Dispatching(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.bank = DispatchBank()
        for place, owner in enumerate(OWNERS):
            self.bank.plan(AUDIENCE[4 * place : 4 * place + 4], owner)

    @rule(minutes=st.sampled_from([0, 10, 60, 300, 1500]))
    def work(self, minutes: int) -> None:
        known = len(self.bank.wecom.creations)
        self.bank.run(timedelta(minutes=minutes), tick=timedelta(minutes=30))
        for sender, created in self.bank.wecom.creations[known:]:
            assert not self.bank.rules.reasons.keys() & set(created)
            assert {self.bank.owners.owners[one] for one in created} == {sender}

    @rule(place=st.integers(0, 30), owner=OWNER)
    def confirm(self, place: int, owner: str) -> None:
        message = self.bank.wecom.messages.get(f"msg_{place}")
        if message is not None and owner in message.members:
            self.bank.wecom.confirm(f"msg_{place}", owner)

    @rule()
    def lose_an_answer(self) -> None:
        self.bank.wecom.drop_answers += 1

    @rule()
    def be_slow(self) -> None:
        self.bank.wecom.distribution = timedelta(minutes=7)

    @rule(refuse=st.booleans())
    def trip_the_next_call(self, *, refuse: bool) -> None:
        later = self.bank.time + timedelta(minutes=20)
        self.bank.wecom.fail_next = SendRefusedError(40003) if refuse else DispatchPostponedError(later)

    @rule(customer=CUSTOMER, owner=OWNER)
    def change_hands(self, customer: str, owner: str) -> None:
        before = self.bank.owners.owners[customer]
        self.bank.owners.owners[customer] = owner
        self.bank.changes().recheck_owner(before)

    @rule(customer=CUSTOMER)
    def opt_out(self, customer: str) -> None:
        self.bank.rules.reasons[customer] = "opted_out"
        self.bank.changes().recheck_owner(self.bank.owners.owners[customer])

    @rule(customer=CUSTOMER, days=st.sampled_from([None, 3, 90]))
    def reach_the_cap(self, customer: str, days: int | None) -> None:
        self.bank.ledger.refused[customer] = None if days is None else self.bank.time + timedelta(days=days)

    @precondition(lambda self: self.bank.standings.standing is Standing.SENDS)
    @rule(standing=st.sampled_from([Standing.PAUSED, Standing.STOPPED]))
    def pause_or_recall(self, standing: Standing) -> None:
        self.bank.standings.standing = standing
        self.bank.changes().stop("camp_1")

    @precondition(lambda self: self.bank.standings.standing is Standing.PAUSED)
    @rule()
    def resume(self) -> None:
        self.bank.standings.standing = Standing.SENDS

    @invariant()
    def nobody_gets_it_twice(self) -> None:
        assert all(len(messages) == 1 for messages in self.bank.wecom.delivered.values())

    @invariant()
    def nobody_is_lost(self) -> None:
        assert sum(self.bank.counts().values()) == len(AUDIENCE)

    def teardown(self) -> None:
        self.bank.wecom.distribution, self.bank.wecom.fail_next = timedelta(0), None
        self.bank.wecom.drop_answers = 0
        if self.bank.standings.standing is Standing.PAUSED:
            self.bank.standings.standing = Standing.SENDS
        self.bank.ledger.refused = {}
        self.bank.run(timedelta(days=150), tick=timedelta(hours=2))
        assert all(task.state in ENDED for task in self.bank.tasks.by_id.values())
        assert "pending" not in self.bank.counts()
        sent = {one for one, messages in self.bank.wecom.delivered.items() if messages}
        assert self.bank.counts().get("sent", 0) == len(sent)
        assert not self.bank.ledger.held


TestDispatching = Dispatching.TestCase
TestDispatching.settings = settings(max_examples=60, stateful_step_count=20, suppress_health_check=list(HealthCheck))
