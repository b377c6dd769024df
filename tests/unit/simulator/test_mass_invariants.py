"""Whatever happens in whatever order: a message reaches a customer once, within the quota, and no row is lost."""

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from local.simulator.confirmations import ConfirmationScript
from local.simulator.mass_book import NOT_SENT, SENT, MassBook
from local.simulator.world import World

from .builders import DAY, HOUR, Corp, customer, member, relation, small_world

MEMBERS = [f"rm_{letter}" for letter in "abc"]
CUSTOMERS = [f"wm{number}" for number in range(5)]
TEXT = {"text": {"content": "早"}}


class MassMessages(RuleBasedStateMachine):
    """``ended`` remembers what a row once was: it never changes again."""

    def __init__(self) -> None:
        super().__init__()
        self.corp = Corp(
            small_world(
                members=[member(userid) for userid in MEMBERS],
                customers=[customer(name) for name in CUSTOMERS],
                relations=[relation(userid, name) for userid in MEMBERS for name in CUSTOMERS],
                groups=[],
            ),
            mass_quota="day_1",
        )
        script = ConfirmationScript(prompt_percent=40, late_percent=20, partly_percent=20, seed=5)
        self.corp.simulator.simulation.state.confirmations = script
        self.ended: dict[tuple[str, str, str], int] = {}

    @property
    def book(self) -> MassBook:
        return self.corp.simulator.simulation.state.mass

    @property
    def world(self) -> World:
        return self.corp.simulator.simulation.world

    @initialize(
        choice=st.sampled_from(["sender", "last_chat", "dropped"]), at=st.sampled_from(["confirmation", "creation"])
    )
    def choose_what_the_papers_leave_open(self, choice: str, at: str) -> None:
        self.corp.set_knobs(mass_recipient_choice=choice, mass_quota_counted_at=at)

    @rule(sender=st.sampled_from(MEMBERS), names=st.lists(st.sampled_from(CUSTOMERS), min_size=1))
    def create(self, sender: str, names: list[str]) -> None:
        reply = self.corp.post("externalcontact/add_msg_template", {"sender": sender, "external_userid": names, **TEXT})
        if reply["errcode"] == 0:
            message = self.book.by_msgid[reply["msgid"]]
            rows = [row.target_id for task in message.tasks for row in task.recipients]
            assert sorted([*rows, *message.failed, *message.dropped]) == sorted(set(names))
            assert reply["fail_list"] == message.failed

    @rule(userid=st.sampled_from(MEMBERS), share=st.sampled_from([30.0, 100.0]))
    def confirm(self, userid: str, share: float) -> None:
        for message, task in self.book.unsent_tasks(userid):
            self.corp.simulator.mass_messages.confirm(message, task, share_percent=share)

    @rule(number=st.integers(0, 9))
    def cancel(self, number: int) -> None:
        if number < len(self.book.messages):
            self.corp.post("externalcontact/cancel_groupmsg_send", {"msgid": self.book.messages[number].msgid})

    @rule(hours=st.integers(0, 30))
    def wait(self, hours: int) -> None:
        self.corp.advance(hours * HOUR)

    @rule(userid=st.sampled_from(MEMBERS), name=st.sampled_from(CUSTOMERS))
    def unfriend(self, userid: str, name: str) -> None:
        if self.world.relation(userid, name) is not None:
            self.corp.simulator.actions.remove_by_customer(userid, name)

    @rule(userid=st.sampled_from(MEMBERS))
    def leave(self, userid: str) -> None:
        if self.world.member(userid) is not None and len(self.world.members) > 1:
            self.corp.leave(userid)

    @invariant()
    def nobody_gets_a_message_twice_nor_more_than_one_a_day(self) -> None:
        per_message = Counter((row.msgid, row.target_id) for row in self.book.deliveries)
        per_day = Counter((row.target_id, int(row.at + 8 * HOUR) // DAY) for row in self.book.deliveries)
        assert set(per_message.values()) <= {1}
        if self.corp.simulator.simulation.knobs.mass_quota_counted_at == "confirmation":
            assert set(per_day.values()) <= {1}

    @invariant()
    def what_has_ended_stays_so_and_only_who_confirmed_has_ended_rows(self) -> None:
        sent = 0
        for message in self.book.messages:
            for task in message.tasks:
                for row in task.recipients:
                    key = message.msgid, task.userid, row.target_id
                    assert self.ended.setdefault(key, row.status) == row.status or self.ended[key] == NOT_SENT
                    self.ended[key] = row.status
                    assert row.status == NOT_SENT or task.sent_at is not None
                    assert (row.send_time is not None) == (row.status == SENT)
                    sent += row.status == SENT
        assert sent == len(self.book.deliveries)


TestMassMessages = MassMessages.TestCase
TestMassMessages.settings = settings(max_examples=20, stateful_step_count=25)
