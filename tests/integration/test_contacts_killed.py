"""The contact queue's work on the embedded engine, its process killed before and after each request to AWS."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

import pytest
from botocore.httpsession import URLLib3Session

from scrm.aws import session
from scrm.aws.contact_queries import DynamoContactQueries
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.queues import Queue
from scrm.aws.sync_runs import DynamoSyncRuns
from scrm.aws.table import Table
from scrm.contacts.changes import ContactChanges
from scrm.contacts.full_pass import FullPass
from scrm.contacts.groups import GroupChanges
from scrm.contacts.handover_messages import CustomersTakenOver, QuotaCounted
from scrm.contacts.messages import FullPassRequested, MemberRenamed
from scrm.contacts.model import GroupChat
from scrm.contacts.names import Rename
from scrm.contacts.writer import CustomerWriter
from scrm.org.sync import NodeSync, OrgSync
from scrm.runtime.contact_intake import ContactIntake
from tests.engine import EngineTables
from tests.fakes.contacts import T0, FakeCustomerSource

pytestmark = pytest.mark.engine

HOUR = timedelta(hours=1)


class KilledError(BaseException):
    """The process dies here; nothing may catch it."""


@dataclass
class Killer:
    """Kills at request number ``place`` of a delivery, before it is sent or after it was answered."""

    place: int = -1
    after: bool = False
    calls: int = 0
    kills: int = 0

    def around(self, send: Callable[[], Any]) -> Any:
        here, self.calls = self.calls == self.place, self.calls + 1
        if here and not self.after:
            self._die()
        answer = send()
        if here:
            self._die()
        return answer

    def _die(self) -> None:
        self.kills += 1
        raise KilledError


class FakeSqs:
    def __init__(self) -> None:
        self.bodies: list[str] = []

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        self.bodies += [entry["MessageBody"] for entry in request["Entries"]]
        return {}


class NoNodes:
    def sync_nodes(self) -> NodeSync:
        return NodeSync(())


@dataclass
class Bank:
    """The reader of the contact queue on real tables; each delivery is killed everywhere before it may end."""

    table: Table
    killer: Killer
    source: FakeCustomerSource = field(default_factory=FakeCustomerSource)
    sqs: FakeSqs = field(default_factory=FakeSqs)
    drift: list[int] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)

    def intake(self) -> ContactIntake:
        contacts = DynamoContactRepository(self.table)
        writer, groups = CustomerWriter(contacts, lambda: T0), GroupChanges(self.source, contacts)
        return ContactIntake(
            org=cast("OrgSync", NoNodes()),
            changes=ContactChanges(self.source, contacts, writer),
            groups=groups,
            full_pass=FullPass(
                source=self.source,
                repository=contacts,
                writer=writer,
                groups=groups,
                runs=DynamoSyncRuns(self.table),
                on_part=lambda counts: self.drift.append(counts.drift),
                on_finished=lambda run: self.finished.append(run.run_id),
            ),
            rename=Rename(contacts, writer),
            rename_tasks=lambda *_: None,
            on_tags=lambda *_: None,
            source=self.source,
            queue=Queue(lambda: cast("Any", self.sqs), "url"),
            now=lambda: T0 + HOUR,
            on_drift=self.drift.append,
            master=lambda: pytest.fail("no customer master here"),
            facts=lambda: pytest.fail("no feed here"),
            answers=lambda: pytest.fail("no answers here"),
            ways=lambda: pytest.fail("no contact ways here"),
            on_added=lambda *_: None,
            on_lost=lambda *_: None,
            tag=lambda _: pytest.fail("no tags here"),
            on_successor=lambda *_: None,
            ceilings=lambda: pytest.fail("no tags here"),
            on_synced=lambda _: None,
        )

    def work(self, *messages: Any) -> None:
        self.sqs.bodies += [message.model_dump_json() for message in messages]
        while self.sqs.bodies:
            self.deliver(self.sqs.bodies.pop(0))

    def deliver(self, body: str) -> None:
        place, after = 0, False
        while True:
            self.killer.place, self.killer.after, self.killer.calls = place, after, 0
            try:
                self.intake().take_body(body)
            except KilledError:
                place, after = (place + 1, False) if after else (place, True)
            else:
                break
            finally:
                self.killer.place = -1


@pytest.fixture
def bank(tables: EngineTables, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bank]:
    session.reset()
    killer, send = Killer(), URLLib3Session.send
    monkeypatch.setattr(URLLib3Session, "send", lambda self, request: killer.around(lambda: send(self, request)))
    yield Bank(Table(session.client("dynamodb"), tables.names["ContactsTable"]), killer)
    session.reset()


def test_full_pass_ends_with_wecoms_relations_and_counts_each_part_once(bank: Bank) -> None:
    contacts = DynamoContactRepository(bank.table)
    for member in range(12):
        for place in range(12):
            bank.source.follow(f"rm_{member:02d}", f"wm{member:02d}{place:03d}")
    bank.source.groups["wr1"] = GroupChat("wr1", "rm_00", "沙龙", T0)
    ContactChanges(bank.source, contacts, CustomerWriter(contacts, lambda: T0)).added("rm_00", "wm_gone", T0)

    bank.work(FullPassRequested(run_id="run_1", requested_at=T0))

    assert bank.killer.kills > 40
    assert [contacts.count_relations(f"rm_{member:02d}") for member in range(12)] == [12] * 12
    assert [group.chat_id for group in contacts.groups_of("rm_00")] == ["wr1"]
    run = DynamoContactQueries(bank.table).sync_run("run_1")
    assert run is not None
    assert run.finished_at is not None
    counts = run.counts
    assert (counts.members, counts.relations_seen, counts.groups_seen) == (12, 144, 1)
    # What was written before a kill is found right by the repeat, which counts it as no drift: never twice.
    assert counts.relations_stored <= 144
    assert counts.relations_removed <= 1
    assert bank.finished.count("run_1") <= 1


def test_takeover_quota_and_rename_happen_once(bank: Bank) -> None:
    contacts = DynamoContactRepository(bank.table)
    changes = ContactChanges(bank.source, contacts, CustomerWriter(contacts, lambda: T0))
    customers = tuple(f"wm{place:03d}" for place in range(70))
    for customer in customers:
        changes.added("rm_a", customer, T0)

    bank.work(
        CustomersTakenOver(
            case_id="case_1",
            handover_userid="rm_a",
            takeover_userid="rm_b",
            external_userids=customers,
            api="on_job",
            at=T0 + HOUR,
        ),
        QuotaCounted(case_id="case_1", external_userids=customers, at=T0 + 2 * HOUR, full=False),
        MemberRenamed(old_userid="rm_b", new_userid="rm_new", at=T0 + 3 * HOUR),
    )

    assert bank.killer.kills > 20
    assert [contacts.count_relations(userid) for userid in ("rm_a", "rm_b", "rm_new")] == [0, 0, 70]
    view = DynamoContactQueries(bank.table).customer("wm069")
    assert view is not None
    assert (view.owner_userid, view.onjob_transfers) == ("rm_new", (T0 + HOUR, T0 + 2 * HOUR))
