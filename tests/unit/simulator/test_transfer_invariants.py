"""Whatever happens in whatever order: no customer is doubled, lost or in two states at once."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

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

    @initialize(fate=st.sampled_from(["void", "continue", "convert"]), loses=st.booleans())
    def choose_what_the_papers_leave_open(self, *, fate: str, loses: bool) -> None:
        self.corp.set_knobs(transfers_of_departed=fate, refusal_loses_resigned_customer=loses)

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

    @rule(userid=st.sampled_from(MEMBERS))
    def come_back(self, userid: str) -> None:
        if self.world.member(userid) is None:
            self.corp.hire(userid)

    @rule(old=st.sampled_from(MEMBERS), new=st.sampled_from(MEMBERS))
    def rename(self, old: str, new: str) -> None:
        if self.world.member(old) is not None and self.world.member(new) is None:
            self.corp.simulator.actions.rename_userid(old, new)

    @rule(name=st.sampled_from(CUSTOMERS))
    def customer_deletes_a_member(self, name: str) -> None:
        for row in self.world.followers_of(name)[:1]:
            self.corp.simulator.actions.remove_by_customer(row.userid, name)

    @rule(userid=st.sampled_from(MEMBERS), name=st.sampled_from(CUSTOMERS), half=st.booleans())
    def customer_adds_a_member(self, userid: str, name: str, *, half: bool) -> None:
        if self.world.member(userid) is not None and self.world.relation(userid, name) is None:
            self.corp.befriend(userid, name, standing="half" if half else "mutual")
            self.held[name] = self._count(name)

    @invariant()
    def no_relation_is_made_of_nothing(self) -> None:
        now = {name: self._count(name) for name in CUSTOMERS}
        assert all(now[name] <= self.held[name] for name in CUSTOMERS)
        self.held = now

    @invariant()
    def a_customer_is_lost_only_by_a_refusal_after_a_resignation(self) -> None:
        state = self.corp.simulator.simulation.state
        for name in CUSTOMERS:
            refused = any(row.kind == "resigned" and row.status == 3 for row in state.transfers.of_customer(name))
            assert self.held[name] >= 1 or (refused and state.knobs.refusal_loses_resigned_customer)

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

    @invariant()
    def what_waits_shows_in_one_result_list(self) -> None:
        book = self.corp.simulator.simulation.state.transfers
        listed = [row.attempt_id for rows in book.by_pair.values() for row in rows]
        assert sorted(listed) == [row.attempt_id for row in book.attempts]
        assert all(row.pair == pair for pair, rows in book.by_pair.items() for row in rows)


TestTransfers = Transfers.TestCase
TestTransfers.settings = settings(max_examples=60, stateful_step_count=25)
