"""O6: the archive's completeness certificate, over everything that can happen to a corp's conversations.

50,000 messages of the simulated corp, under three public keys of which one private half is missing, with rows told
twice, numbers left out, an unknown kind, a source that crashes, a worker that dies and 36 hours without any pull.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from local.simulator.server import RunningSimulator
from scrm.archive.asking import ConsentTally
from scrm.archive.certificate import Consents, DayCertificate, Fault, FaultKind, Seats
from scrm.archive.certifying import Certifying, Verifying
from scrm.archive.errors import FailureKind, SourceFailure
from scrm.archive.intake import Intake, Run, RunEnd
from scrm.archive.message import MessageKind, read
from scrm.archive.opening import RowOpener
from scrm.archive.page_opening import PageOpening, ParkedRows
from scrm.archive.places import manifest_key, page_key, segment_key
from scrm.archive.ports import ChatSource, MediaChunk
from scrm.archive.segment import Line, RowState
from scrm.archive.stores import ParkReason, StoredObject
from scrm.archive.sweep import IntakeCare
from scrm.clock import BUSINESS_ZONE
from scrm.wecom.archive.keys import SecretKeys
from tests import archive_corp
from tests.fakes.archive import Budget, MemoryArchive
from tests.fakes.certificates import Days, Key
from tests.infra.cloudformation import of_type
from tests.simulated_corp import Corp

TOTAL = 50_000
PER_KEY = {1: 24_000, 2: 20_000, 3: 5_999}  # and one message of a kind that nobody knows
ABSENT = 3
OUTAGE = timedelta(hours=36)
LEFT_OUT = 7
MILLISECOND = timedelta(milliseconds=1)


class CrashingSource:
    """The source, whose process dies at every so many calls."""

    def __init__(self, source: ChatSource, every: int) -> None:
        self._source, self._every = source, every
        self.crashes = self._calls = 0

    def get_chat_data(self, seq: int, limit: int) -> bytes:
        self._calls += 1
        if self._calls % self._every == 0:
            self.crashes += 1
            raise SourceFailure(0, FailureKind.CRASHED)
        return self._source.get_chat_data(seq, limit)

    def decrypt(self, random_key: bytes, encrypted: str) -> bytes:
        return self._source.decrypt(random_key, encrypted)

    def get_media(self, sdk_file_id: str, index: str) -> MediaChunk:
        return self._source.get_media(sdk_file_id, index)


class Archived:
    """The simulated corp and the product's archive of it, in one time."""

    def __init__(self, sim: RunningSimulator) -> None:
        archive_corp.begin(sim)
        self.sim, self.corp, self.memory = sim, Corp(sim), MemoryArchive()
        self.corp.secret = archive_corp.ARCHIVE_SECRET
        self.versions = {1, 2}
        self.source = CrashingSource(archive_corp.local_source(sim), every=9)
        self.opener = RowOpener(SecretKeys(self._pems, self.now), self.source)
        self.days, self.key = Days(self.memory), Key()
        self.said = 0

    def now(self) -> Any:
        return self.corp.time.now()

    def say(self, count: int, **more: Any) -> None:
        """From member and customer in turn."""
        pairs = (("rm_a", "wm1"), ("wm1", "rm_a"))
        messages = []
        for number in range(self.said, self.said + count):
            sender, recipient = pairs[number % 2]
            body = {"msgtype": "text", "text": {"content": f"第{number}句"}, **more}
            messages.append({"from": sender, "tolist": [recipient], **body})
        self.sim.control.archive.say(*messages)
        self.said += count

    def pull(self) -> Run:
        memory = self.memory
        intake = Intake(
            self.source,
            memory.objects,
            memory.store,
            memory.told,
            Budget(self.now),
            archive_corp.CORP_ID,
            self.now,
            lambda _: None,
        )
        return intake.run("run", lambda: True)

    def open_all(self) -> None:
        opening = PageOpening(self.opener, self.memory.objects, self.memory.store, self.memory.told, self.now)
        for page in self.memory.store.open_pages():
            opening.open(page.asked_from)

    def key_arrives(self) -> int:
        """The missing key is put into the secret; how many rows it opened, told however often."""
        self.versions.add(ABSENT)
        self.corp.time.advance(61)
        memory = self.memory
        parked = ParkedRows(self.opener, memory.objects, memory.store, memory.told, memory.told, self.now)
        parked.request(every=False)
        before = sum(line.state is RowState.OPENED for line in self.lines())
        opened = sum(parked.reopen(page.asked_from, page.key_version, page.reason) for page in memory.told.parked)
        lines = [line for line in self.lines() if line.state is RowState.OPENED]
        assert len(lines) == before + opened
        return len({line.seq for line in lines if line.key_version == ABSENT})

    def seats(self) -> Seats:
        """As WeCom lists them, beside the bank's roster."""
        permitted = set(self.corp.client().conversation_archive.permitted_members())
        roster = {"rm_a", "rm_b"}
        return Seats(len(roster), len(permitted), tuple(sorted(roster - permitted)))

    def consents(self) -> Consents:
        """As WeCom answers when it is asked about every customer of a member with a seat."""
        client, customers = self.corp.client().conversation_archive, ConsentTally()
        for member in client.permitted_members():
            serves = [row["external_userid"] for row in self.sim.control.relations(userid=member)]
            answered = [each.status for each in client.agreements([(member, each) for each in serves])]
            agreed, refused = answered.count("Agree"), answered.count("Disagree")
            customers += ConsentTally(agreed, refused, len(serves) - agreed - refused)
        return Consents(customers, ConsentTally(), 0)

    def certify(self) -> list[DayCertificate]:
        return Certifying(self.memory.objects, self.days, self.key, self, archive_corp.CORP_ID, self.now).run()

    def verify(self, certificate: DayCertificate) -> list[Fault]:
        return Verifying(self.memory.objects, self.key).verify(certificate.day)

    def lines(self) -> Iterator[Line]:
        return iter(self.memory.lines())

    def care(self) -> IntakeCare:
        return IntakeCare(self.memory.store, self.memory.store, self.memory.told, self.now)

    def end_the_day(self) -> None:
        now = self.now().astimezone(BUSINESS_ZONE)
        tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=5, second=0, microsecond=0)
        self.corp.time.advance((tomorrow - now).total_seconds())

    def _pems(self) -> dict[str, str]:
        return {str(version): archive_corp.private_pem(version) for version in self.versions}


@pytest.fixture(scope="module")
def sim() -> Iterator[RunningSimulator]:
    with archive_corp.archived_corp() as running:
        yield running


def spoken_and_pulled(sim: RunningSimulator) -> tuple[Archived, timedelta]:
    """Everything that O6 names; how old the newest message was at the end of the outage."""
    at = Archived(sim)
    control = sim.control
    at.say(PER_KEY[1])
    assert at.pull().end is RunEnd.CAUGHT_UP
    control.set_knobs(archive_repeated_rows=3)
    control.archive.upload_key(archive_corp.public_pem(2))
    control.archive.leave_gap(LEFT_OUT)
    at.say(PER_KEY[2] // 2)
    killed_at_every_step_of_one_page(at)
    at.open_all()
    at.corp.time.advance(OUTAGE.total_seconds())
    silent_for = at.care().silent_for()
    assert silent_for is not None
    at.say(PER_KEY[2] - PER_KEY[2] // 2)
    at.say(1, msgtype="hologram", hologram={"caption": "保本"})
    control.archive.upload_key(archive_corp.public_pem(ABSENT))
    at.say(PER_KEY[ABSENT])
    at.pull()
    at.open_all()
    return at, silent_for


def killed_at_every_step_of_one_page(at: Archived) -> None:
    """Each run of the intake dies one call later than the one before, until one comes through."""

    class KilledError(Exception):
        pass

    memory, calls = at.memory, 0

    def around(last: int) -> Callable[[Callable[[], Any]], Any]:
        def call(action: Callable[[], Any]) -> Any:
            nonlocal calls
            calls += 1
            if calls > last:
                raise KilledError
            return action()

        return call

    for last in range(1, 40):
        calls, memory.around = 0, around(last)
        memory.moment = at.now()
        memory.store.held = None  # its lease has run out
        intake = memory.intake()
        intake.source, intake.now, intake.corp_id = at.source, at.now, archive_corp.CORP_ID
        intake.budget = Budget(at.now)
        try:
            if intake.run(f"run-{last}", lambda: True).end is RunEnd.CAUGHT_UP:
                break
        except KilledError:
            continue
    memory.around = lambda action: action()
    memory.store.held = None
    assert at.pull().end is RunEnd.CAUGHT_UP


@pytest.fixture(scope="module")
def archived(sim: RunningSimulator) -> tuple[Archived, timedelta]:
    return spoken_and_pulled(sim)


def test_o06_the_certificate_is_complete_names_what_waits_and_a_flipped_byte(
    archived: tuple[Archived, timedelta],
) -> None:
    at, silent_for = archived
    at.end_the_day()

    days = at.certify()

    # An unbroken chain of pulls, nothing missing; jumps inside a reply are WeCom's and are listed.
    assert at.source.crashes > 0
    assert [at.verify(day) for day in days] == [[]] * len(days)
    assert sum(day.counts.jumps for day in days) == 1
    told = [line for line in at.lines() if not line.repeated]
    assert len(told) == len({line.seq for line in told}) == TOTAL
    assert any(line.repeated for line in at.lines())
    kinds = Counter(read(line.message).kind for line in told if line.state is RowState.OPENED)
    assert kinds == {MessageKind.TEXT: PER_KEY[1] + PER_KEY[2], MessageKind.UNKNOWN: 1}

    # Parked are exactly the rows of the absent key, and they are opened after it arrives.
    parked = [line for line in told if line.state is RowState.PARKED]
    assert {line.key_version for line in parked} == {ABSENT}
    assert {line.reason for line in parked} == {ParkReason.KEY_MISSING}
    assert len(parked) == PER_KEY[ABSENT]
    assert days[-1].parked == {str(ABSENT): PER_KEY[ABSENT]}

    # 36 hours without a pull ring: the template's alarm watches what the function tells, in milliseconds.
    alarm = of_type("AWS::CloudWatch::Alarm")["ArchiveMessageAgeAlarm"]["Properties"]
    assert (alarm["MetricName"], alarm["Statistic"]) == ("ArchiveMessageAge", "Maximum")
    assert alarm["Dimensions"] == [{"Name": "service", "Value": "archive_intake"}]
    assert alarm["Threshold"] == timedelta(hours=24) // MILLISECOND
    assert silent_for // MILLISECOND >= OUTAGE // MILLISECOND >= alarm["Threshold"]

    # Members without a seat are listed.
    assert days[-1].seats == Seats(2, 1, ("rm_b",))
    assert days[-1].consents == Consents(ConsentTally(agreed=1, unknown=1), ConsentTally(), 0)

    # One byte of anything is named.
    page = days[-1].last_manifest
    for key in (page_key(0), segment_key(0), manifest_key(page)):
        day = next(day for day in days if key in {named.key for named in day.objects})
        stored = at.memory.objects.objects[key]
        flipped = stored.body[:-3] + bytes([stored.body[-3] ^ 1]) + stored.body[-2:]
        at.memory.objects.objects[key] = StoredObject(flipped, stored.version_id)
        assert Fault(FaultKind.CHANGED, key) in at.verify(day)
        at.memory.objects.objects[key] = stored
        assert at.verify(day) == []

    assert at.key_arrives() == PER_KEY[ABSENT]
    assert at.care().status().parked == {}
    texts = {text for line in at.lines() if line.state is RowState.OPENED for text in read(line.message).texts}
    assert texts == {f"第{number}句" for number in range(TOTAL) if number != PER_KEY[1] + PER_KEY[2]} | {"保本"}

    # What was opened later is named by the certificate of that day, and cannot be changed unseen either.
    at.end_the_day()
    later = at.certify()[-1]
    assert later.counts.reopened == PER_KEY[ABSENT]
    assert at.verify(later) == []
    reopened = next(named.key for named in later.objects if named.key.startswith("reopened/"))
    stored = at.memory.objects.objects[reopened]
    at.memory.objects.objects[reopened] = StoredObject(stored.body[:-1] + b"!", stored.version_id)
    assert at.verify(later) == [Fault(FaultKind.CHANGED, reopened)]
