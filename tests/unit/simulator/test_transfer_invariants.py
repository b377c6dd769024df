"""Whatever happens in whatever order: no customer is doubled, lost or in two states at once."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from local.simulator.decisions import DecisionScript
from local.simulator.transfer_book import WAITING
from local.simulator.world import World

from .builders import DAY, HOUR, Corp, customer, member, relation, small_world

MEMBERS = [f"rm_{letter}" for letter in "abcd"]
CUSTOMERS = [f"wm{number}" for number in range(6)]


def world_of_pairs() -> Corp:
    pairs = [(MEMBERS[number % 2], name) for number, name in enumerate(CUSTOMERS)] + [("rm_c", "wm0")]
    return Corp(
        small_world(
            members=[member(userid) for userid in MEMBERS],
            customers=[customer(name) for name in CUSTOMERS],
            relations=[relation(userid, name) for userid, name in pairs],
            groups=[],
            tag_groups=[],
        )
    )


class Transfers(RuleBasedStateMachine):
    """``held`` counts the relations of each customer, unassigned ones included: transfers never raise it, and lower
    it only by merging into an existing friendship or by a refusal after a resignation."""

    def __init__(self) -> None:
        super().__init__()
        self.corp = world_of_pairs()
        self.corp.set_knobs(default_customer_cap=4)
        self.corp.simulator.simulation.state.decisions = DecisionScript(accept_percent=30, refuse_percent=30, seed=3)
        self.held = {name: self._count(name) for name in CUSTOMERS}

    @property
    def world(self) -> World:
        return self.corp.simulator.simulation.world

    def _count(self, name: str) -> int:
        waiting = sum(customer == name for _, customer in self.world.unassigned)
        return len(self.world.followers_of(name)) + waiting

    @rule(
        kind=st.sampled_from(["onjob", "resigned"]),
        handover=st.sampled_from(MEMBERS),
        takeover=st.sampled_from(MEMBERS),
        names=st.lists(st.sampled_from(CUSTOMERS), min_size=1, max_size=4),
    )
    def start(self, kind: str, handover: str, takeover: str, names: list[str]) -> None:
        self.corp.transfer(kind, handover, takeover, *names)

    @rule(hours=st.integers(min_value=0, max_value=30))
    def wait(self, hours: int) -> None:
        self.corp.advance(hours * HOUR)

    @rule(userid=st.sampled_from(MEMBERS))
    def leave(self, userid: str) -> None:
        if self.world.member(userid) is not None and len(self.world.members) > 1:
            self.corp.leave(userid)

    @rule(name=st.sampled_from(CUSTOMERS))
    def customer_deletes_a_member(self, name: str) -> None:
        for row in self.world.followers_of(name)[:1]:
            self.corp.simulator.actions.remove_by_customer(row.userid, name)

    @invariant()
    def no_relation_is_made_of_nothing(self) -> None:
        now = {name: self._count(name) for name in CUSTOMERS}
        assert all(now[name] <= self.held[name] for name in CUSTOMERS)
        self.held = now

    @invariant()
    def a_customer_is_lost_only_by_a_refusal_after_a_resignation(self) -> None:
        book = self.corp.simulator.simulation.state.transfers
        for name in CUSTOMERS:
            refused = any(row.kind == "resigned" and row.status == 3 for row in book.of_customer(name))
            assert self.held[name] >= 1 or refused

    @invariant()
    def nobody_is_followed_and_unassigned_under_one_member(self) -> None:
        assert all(self.world.relation(userid, name) is None for userid, name in self.world.unassigned)
        assert all(self.world.member(row.userid) is not None for row in self.world.relations())

    @invariant()
    def one_transfer_of_a_customer_at_a_time_and_each_ends(self) -> None:
        book, now = self.corp.simulator.simulation.state.transfers, self.corp.simulator.simulation.now()
        for name in CUSTOMERS:
            waiting = book.waiting_for(name)
            assert len(waiting) <= 1
            assert all(row.started_at + DAY > now for row in waiting)
        assert {row.attempt_id for row in book.attempts if row.status == WAITING} == set(book.waiting)


TestTransfers = Transfers.TestCase
TestTransfers.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
