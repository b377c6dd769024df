"""What the handover's other ports promise, of the adapters on the engine and of the fakes that O1 and unit tests use.

Cases and chunks are in `test_handover_tables`, relations in `test_contact_table`, certificates in `test_certificates`.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

import pytest

from scrm import clock
from scrm.aws import session
from scrm.aws.contact_records import SqsContactRecords
from scrm.aws.documents import DocumentStore
from scrm.aws.handover_queue import SqsHandoverQueue
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.package_documents import DocumentPackages
from scrm.aws.queues import Queue
from scrm.aws.table import Table
from scrm.contacts.changes import Taken
from scrm.handover.edges import Chunk, ChunkKind, Edge, TransferApi
from scrm.handover.messages import DeliverPackage
from scrm.handover.parts import Contents, PackageStore, checksum
from scrm.handover.ports import HEAD_OFFICE, ContactRecords, Delivery, HandoverQueue, StaffDirectory, StaffMember
from scrm.org.model import Cover, Member, MemberStatus, OrgNode, StaffAttributes
from scrm.runtime.staff_directory import OrgStaffDirectory
from tests.engine import EngineTables
from tests.fakes.handover import START, FakeContacts, FakePackages, FakeQueue, FakeStaff
from tests.integration.test_handover_tables import case_of
from tests.simulated_handover import Queues, SimulatedHandover

pytestmark = pytest.mark.engine

LEAVER, COLLEAGUE, MANAGER, ELSEWHERE = "rm_wang01", "rm_li02", "mgr_zhao", "rm_qian05"
PATHS = {LEAVER: "/1/10/11/", COLLEAGUE: "/1/10/12/", MANAGER: "/1/10/", ELSEWHERE: "/1/100/"}
CONTENTS: Contents = {"relation": {"wm2": {"remark": "王总"}, "wm1": {"tag_ids": ["et1"]}}, "tasks": {}}
CASE = case_of(LEAVER)


# ---------------------------------------------------------------- staff


class Staffing(Protocol):
    """A bank whose staff a test changes; ``directory`` tells of it."""

    @property
    def directory(self) -> StaffDirectory: ...

    def goes_on_leave(self, userid: str) -> None: ...

    def leaves(self, userid: str) -> None: ...


class TableStaffing:
    """Head office with nobody to lead it, a branch with two teams and a manager, and a branch whose id begins alike."""

    def __init__(self, table: Table) -> None:
        self._org = DynamoOrgRepository(table)
        for node_id, path, leader in (("1", "/1/", ""), ("10", "/1/10/", MANAGER), ("100", "/1/100/", "")):
            self._org.put_node(OrgNode(node_id, "", path, "1", leader), None)
        for userid in PATHS:
            self._org.put_member(self._member(userid))
        said = StaffAttributes(languages=frozenset({"yue"}), qualifications=frozenset({"CFP"}), capacity=7)
        self._org.put_attributes({COLLEAGUE: said})
        self.directory = OrgStaffDirectory(self._org, lambda: START)

    def goes_on_leave(self, userid: str) -> None:
        assert self._org.put_cover(Cover(userid, START, "hr-1", "", START.date(), None), None)

    def leaves(self, userid: str) -> None:
        left = replace(self._member(userid), status=MemberStatus.LEFT, changed_at=START + timedelta(hours=1))
        assert self._org.put_member(left)

    def _member(self, userid: str) -> Member:
        path = PATHS[userid]
        serves = userid != MANAGER
        node_id = path.strip("/").split("/")[-1]
        return Member(userid, "", node_id, path, MemberStatus.ACTIVE, serves_customers=serves, changed_at=START)


class FakeStaffing:
    def __init__(self) -> None:
        self.directory = self._staff = FakeStaff(map(self._member, PATHS), manager=MANAGER)

    def goes_on_leave(self, userid: str) -> None:
        away = replace(self._staff.members[userid], can_take_over=False, on_leave=True)
        self._staff.members[userid] = away

    def leaves(self, userid: str) -> None:
        self._staff.gone.add(userid)

    def _member(self, userid: str) -> StaffMember:
        path = PATHS[userid]
        node_id = path.strip("/").split("/")[-1]
        found = StaffMember(userid, "", node_id, path, "", can_take_over=userid != MANAGER, rejoined_at=None)
        if userid != COLLEAGUE:
            return found
        return replace(found, languages=frozenset({"yue"}), qualifications=frozenset({"CFP"}), capacity=7)


@pytest.fixture(params=["table", "fake"])
def staffing(request: pytest.FixtureRequest) -> Staffing:
    if request.param == "fake":
        return FakeStaffing()
    tables: EngineTables = request.getfixturevalue("tables")
    session.reset()
    return TableStaffing(Table(tables.client, tables.names["OrgTable"]))


class TestStaffDirectories:
    def test_a_member_is_told_with_what_the_bank_says_of_him(self, staffing: Staffing) -> None:
        found = staffing.directory.staff_member(COLLEAGUE)

        assert found == StaffMember(
            COLLEAGUE,
            "",
            "12",
            "/1/10/12/",
            "",
            can_take_over=True,
            rejoined_at=None,
            capacity=7,
            languages=frozenset({"yue"}),
            qualifications=frozenset({"CFP"}),
        )
        assert staffing.directory.staff_member("nobody") is None

    def test_colleagues_are_everybody_of_the_branch_wherever_in_it_one_asks(self, staffing: Staffing) -> None:
        for path in ("/1/10/11/", "/1/10/"):
            assert {each.userid for each in staffing.directory.colleagues(path)} == {LEAVER, COLLEAGUE, MANAGER}
        assert {each.userid for each in staffing.directory.colleagues("/1/100/")} == {ELSEWHERE}

    def test_who_is_on_leave_or_gone_takes_nobody_over_and_answers_for_nothing(self, staffing: Staffing) -> None:
        directory = staffing.directory
        assert [directory.is_active(userid) for userid in (LEAVER, COLLEAGUE, HEAD_OFFICE, "nobody")] == [
            True,
            True,
            True,
            False,
        ]

        staffing.goes_on_leave(COLLEAGUE)
        staffing.leaves(LEAVER)

        away, left = directory.staff_member(COLLEAGUE), directory.staff_member(LEAVER)
        assert away is not None
        assert left is not None
        assert (away.can_take_over, away.on_leave) == (False, True)
        assert (left.can_take_over, left.on_leave) == (False, False)
        assert (directory.is_active(COLLEAGUE), directory.is_active(LEAVER)) == (False, False)

    def test_the_branchs_manager_answers_and_never_the_leaver_himself(self, staffing: Staffing) -> None:
        directory = staffing.directory

        assert directory.manager_of("/1/10/11/", leaver=LEAVER) == MANAGER
        assert directory.manager_of("/1/10/11/", leaver=MANAGER) == HEAD_OFFICE

        staffing.leaves(MANAGER)

        assert directory.manager_of("/1/10/11/", leaver=LEAVER) == HEAD_OFFICE

    def test_head_office_answers_for_a_manager_on_leave_whom_nobody_covers(self, staffing: Staffing) -> None:
        staffing.goes_on_leave(MANAGER)

        assert staffing.directory.manager_of("/1/10/11/", leaver=LEAVER) == HEAD_OFFICE


# ---------------------------------------------------------------- packages


@pytest.fixture(params=["bucket", "fake"])
def packages(request: pytest.FixtureRequest) -> Iterator[PackageStore]:
    if request.param == "fake":
        yield FakePackages()
        return
    bucket: str = request.getfixturevalue("data_bucket")
    session.reset()
    yield DocumentPackages(DocumentStore(lambda: session.client("s3"), bucket))
    session.reset()


class TestPackageStores:
    def test_an_equal_package_is_the_same_one_whatever_order_it_was_written_in(self, packages: PackageStore) -> None:
        turned = {part: dict(sorted(of.items())) for part, of in sorted(CONTENTS.items(), reverse=True)}

        first, second = packages.put("case_1", CONTENTS), packages.put("case_1", turned)

        assert first == second == checksum(CONTENTS)
        assert packages.get("case_1", first) == CONTENTS

    def test_another_package_and_another_case_are_apart(self, packages: PackageStore) -> None:
        first = packages.put("case_1", CONTENTS)
        other = packages.put("case_1", {"relation": {}})

        assert packages.get("case_1", first) == CONTENTS
        assert packages.get("case_1", other) == {"relation": {}}
        with pytest.raises(LookupError):
            packages.get("case_2", first)

    def test_what_was_stored_does_not_change_with_what_it_was_made_of(self, packages: PackageStore) -> None:
        notes = {"relation": {"wm1": {"remark": "王总"}}}
        package = packages.put("case_1", notes)

        notes["relation"]["wm1"]["remark"] = "changed"
        packages.get("case_1", package)["relation"]["wm1"]["remark"] = "changed as well"

        assert packages.get("case_1", package) == {"relation": {"wm1": {"remark": "王总"}}}


# ---------------------------------------------------------------- queues


@dataclass
class Desk:
    """``queue`` and ``contacts`` as they are asked; ``asked`` is what their readers find: (verb, one thing)."""

    queue: HandoverQueue
    contacts: ContactRecords
    asked: Callable[[], list[tuple[object, ...]]]


class Recorder:
    """Stands for the run that O1's queues call; notes what it is asked to do."""

    kill_everywhere = False

    def __init__(self) -> None:
        self.seen: list[tuple[object, ...]] = []

    def plan(self, case_id: str) -> None:
        self.seen.append(("plan", case_id))

    def submit(self, case_id: str, kind: ChunkKind, numbers: Sequence[int]) -> None:
        self.seen += [("transfer", case_id, kind, number) for number in numbers]

    def poll(self, case_id: str) -> None:
        self.seen.append(("poll", case_id))

    def deliver(self, delivery: Delivery) -> None:
        self.seen.append(("deliver", _as_key(delivery)))

    def taken_over(self, taken: Taken) -> None:
        pair = (taken.handover_userid, taken.takeover_userid)
        self.seen += [("taken", one, *pair, taken.on_job, taken.at) for one in taken.external_userids]

    def quota_counted(self, case_id: str, external_userids: Sequence[str], at: datetime, *, full: bool) -> None:
        self.seen += [("quota", one, full, at) for one in external_userids]

    def group_changed(self, chat_id: str) -> None:
        self.seen.append(("group", chat_id))


def simulated_desk() -> Desk:
    """The queues of `tests.simulated_handover`, with messages that are due taken one after the other."""
    recorder = Recorder()
    queues = Queues(cast("SimulatedHandover", recorder))

    def asked() -> list[tuple[object, ...]]:
        recorder.seen.clear()
        for message in [one for one in queues.waiting if one.visible_at <= clock.now()]:
            queues.waiting.remove(message)
            message.take()
        return recorder.seen

    return Desk(queues, queues, asked)


def remembering_desk() -> Desk:
    """The lists of the unit tests' fakes; these show what waits as well."""
    queue, contacts = FakeQueue(), FakeContacts()

    def asked() -> list[tuple[object, ...]]:
        return [
            *(("plan", case_id) for case_id in queue.plans),
            *(("transfer", chunk.case_id, chunk.kind, chunk.number) for chunk in queue.transfers),
            *(("poll", case_id) for case_id in queue.polls),
            *(("deliver", _as_key(delivery)) for delivery in queue.deliveries),
            *(("group", chat_id) for chat_id in contacts.groups),
        ]

    return Desk(queue, contacts, asked)


def sqs_desk(tables: EngineTables) -> Desk:
    sqs = tables.engine.client("sqs")
    urls = [
        sqs.create_queue(QueueName=f"conformance-{name}")["QueueUrl"] for name in ("worker", "reconcile", "contact")
    ]
    worker, reconcile, contact = (Queue(lambda: sqs, url) for url in urls)

    def asked() -> list[tuple[object, ...]]:
        found: list[tuple[object, ...]] = []
        for url in urls:
            while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
                for message in messages:
                    found += _told(json.loads(message["Body"]), message["Body"])
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    return Desk(SqsHandoverQueue(worker, reconcile), SqsContactRecords(contact), asked)


def _told(message: Mapping[str, Any], body: str) -> list[tuple[object, ...]]:
    """A message of the queues as what a reader does about it."""
    case_id, at = message["case_id"], clock.from_iso(message["at"]) if "at" in message else None
    customers = message.get("external_userids", ())
    if message["kind"] == "deliver_package":
        return [("deliver", _as_key(DeliverPackage.model_validate_json(body).delivery()))]
    found: dict[str, list[tuple[object, ...]]] = {
        "plan_requested": [("plan", case_id)],
        "poll_requested": [("poll", case_id)],
        "transfer_requested": [
            ("transfer", case_id, ChunkKind(message.get("chunk_kind", ChunkKind.GROUPS)), number)
            for number in message.get("chunk_numbers", ())
        ],
        "customers_taken_over": [
            ("taken", one, LEAVER, message.get("takeover_userid"), message.get("api") == "on_job", at)
            for one in customers
        ],
        "quota_counted": [("quota", one, message.get("full"), at) for one in customers],
        "groups_taken_over": [("group", chat_id) for chat_id in message.get("chat_ids", ())],
    }
    return found[message["kind"]]


def _as_key(delivery: Delivery) -> tuple[object, ...]:
    return (
        delivery.case_id,
        delivery.takeover_userid,
        tuple(sorted(delivery.chunks.items())),
        delivery.part,
        delivery.cursor,
        tuple(sorted(delivery.counts.items())),
        delivery.lost_ids,
    )


@pytest.fixture(params=["sqs", "simulated", "remembering"])
def desk(request: pytest.FixtureRequest) -> Desk:
    if request.param == "sqs":
        return sqs_desk(request.getfixturevalue("tables"))
    return simulated_desk() if request.param == "simulated" else remembering_desk()


@pytest.fixture(params=["sqs", "simulated"])
def timed_desk(request: pytest.FixtureRequest) -> Desk:
    """Of queues that know times and whole messages."""
    return sqs_desk(request.getfixturevalue("tables")) if request.param == "sqs" else simulated_desk()


def chunk(number: int, kind: ChunkKind = ChunkKind.CUSTOMERS) -> Chunk:
    return Chunk(CASE.case_id, kind, number, LEAVER, COLLEAGUE, (Edge(f"wm{number}"),))


DELIVERY = Delivery(
    CASE.case_id,
    COLLEAGUE,
    {0: START, 3: START + timedelta(hours=1)},
    "relation",
    "wm7",
    {"relation.checked": 2},
    ("et1",),
)


class TestQueues:
    def test_each_chunk_is_asked_for_once_with_its_kind(self, desk: Desk) -> None:
        chunks = [*(chunk(number) for number in range(23)), *(chunk(number, ChunkKind.GROUPS) for number in (0, 4))]

        desk.queue.request_transfers(chunks)

        asked = desk.asked()
        assert sorted(asked) == sorted(("transfer", CASE.case_id, one.kind, one.number) for one in chunks)

    def test_nothing_to_ask_asks_nothing(self, desk: Desk) -> None:
        desk.queue.request_transfers([])
        desk.queue.request_polls([])
        desk.queue.request_deliveries([])

        assert desk.asked() == []

    def test_plans_and_polls_name_their_cases(self, desk: Desk) -> None:
        desk.queue.request_plan("case_1")
        desk.queue.request_polls([f"case_{number}" for number in range(12)])

        assert sorted(desk.asked()) == sorted(
            [("plan", "case_1"), *(("poll", f"case_{number}") for number in range(12))]
        )

    def test_a_delivery_comes_as_it_was_asked_for(self, desk: Desk) -> None:
        desk.queue.request_deliveries([DELIVERY, replace(DELIVERY, takeover_userid=MANAGER)])

        assert sorted(desk.asked()) == sorted(
            ("deliver", _as_key(replace(DELIVERY, takeover_userid=taker))) for taker in (COLLEAGUE, MANAGER)
        )

    def test_a_delivery_that_has_to_wait_is_not_there_before(self, timed_desk: Desk) -> None:
        timed_desk.queue.request_deliveries([DELIVERY], not_before=clock.now() + timedelta(minutes=5))

        assert timed_desk.asked() == []

    def test_what_moved_is_told_to_the_contacts_for_each_customer(self, timed_desk: Desk) -> None:
        moved = [f"wm{number:03d}" for number in range(230)]

        timed_desk.contacts.customers_taken_over(CASE, COLLEAGUE, moved, TransferApi.ON_JOB, START)
        timed_desk.contacts.quota_counted(CASE, moved[:3], START, full=True)
        timed_desk.contacts.groups_taken_over(CASE, ["wr1", "wr2"], START)

        assert sorted(timed_desk.asked(), key=str) == sorted(
            [
                *(("taken", one, LEAVER, COLLEAGUE, True, START) for one in moved),
                *(("quota", one, True, START) for one in moved[:3]),
                *(("group", chat_id) for chat_id in ("wr1", "wr2")),
            ],
            key=str,
        )
