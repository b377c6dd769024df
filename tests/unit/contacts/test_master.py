"""The customer master: good rows go on, broken ones are kept with their reason, and a killed step is taken again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from scrm.aws.documents import DocumentMissingError
from scrm.aws.queues import Queue
from scrm.contacts.master import MasterColumns, MasterImport, MasterRefusedError, MasterRowError
from scrm.contacts.messages import MasterFileStep
from scrm.contacts.model import Alias, Basis, Finding
from scrm.runtime.master_intake import PREFIX, SOURCE, MasterIntake, MasterOutcome
from scrm.runtime.uploads import Upload
from tests.fakes.contacts import T0, Contacts
from tests.fakes.org import FakeOrg
from tests.unit.contacts.test_intake import FakeSqs

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
KEY = f"{PREFIX}customers.csv"
HEADER = "external_userid,name,userid"


@dataclass
class Bank:
    """Files, and the master's intake over them; each look at the clock takes ``tick``."""

    contacts: Contacts = field(default_factory=Contacts)
    org: FakeOrg = field(default_factory=FakeOrg)
    sqs: FakeSqs = field(default_factory=FakeSqs)
    files: dict[str, bytes] = field(default_factory=dict)
    rejected: list[int] = field(default_factory=list)
    numbers: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    tick: timedelta = SECOND

    @property
    def intake(self) -> MasterIntake:
        return MasterIntake(
            bucket="data",
            documents=cast("Any", self),
            master=MasterImport(self.contacts.repository, self.contacts.writer, self),
            rejections=self.org,
            queue=Queue(lambda: cast("Any", self.sqs), "url"),
            now=self.now,
            on_rejected=self.rejected.append,
        )

    def note(self, numbers: Mapping[str, str], as_of: datetime) -> None:
        """As `scrm.aws.customer_numbers`."""
        self.numbers |= {each: (number, as_of) for each, number in numbers.items()}

    def now(self) -> Any:
        self.contacts.moment += self.tick
        return self.contacts.moment

    def lines_from(self, key: str, offset: int = 0, etag: str = "") -> tuple[str, Iterator[bytes]]:
        """As `scrm.aws.documents.DocumentStore`."""
        if key not in self.files:
            raise DocumentMissingError("There is no such document.")
        return etag or "etag-1", iter(self.files[key][offset:].splitlines(keepends=True))

    def upload(self, *rows: str, header: str = HEADER, at: timedelta = HOUR, encoding: str = "utf-8") -> MasterOutcome:
        self.files[KEY] = "\r\n".join([header, *rows]).encode(encoding)
        return self.intake.begin(Upload("data", KEY, T0 + at))

    def reasons(self) -> list[str]:
        return [each.reason for each in self.org.rejected.values()]


@pytest.fixture
def bank() -> Bank:
    """wm1 is followed by rm_a, then rm_b."""
    bank = Bank()
    for days, userid in enumerate(("rm_a", "rm_b")):
        bank.contacts.changes.added(userid, "wm1", T0 - timedelta(days=9 - days))
    return bank


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_managing_rm_who_follows_the_customer_is_his_owner(bank: Bank, encoding: str) -> None:
    outcome = bank.upload("wm1,王总,RM_B", "wm_nobody_follows,李总,rm_b", encoding=encoding)

    customer = bank.contacts.customer("wm1")
    assert outcome is MasterOutcome.TAKEN
    assert (customer.owner_userid, customer.basis, customer.finding) == ("rm_b", Basis.MASTER, None)
    assert set(bank.contacts.repository.customer_rows) == {"wm1"}


def test_managing_rm_who_does_not_follow_is_a_gap_and_moves_nothing(bank: Bank) -> None:
    bank.upload("wm1,,rm_z")

    customer = bank.contacts.customer("wm1")
    assert (customer.owner_userid, customer.finding) == ("rm_a", Finding.GAP)


def test_managing_rm_by_his_old_userid_is_the_renamed_member(bank: Bank) -> None:
    bank.contacts.repository.put_alias(Alias("rm_old", "rm_b", T0))

    bank.upload("wm1,,rm_old")

    assert bank.contacts.customer("wm1").owner_userid == "rm_b"


def test_same_word_every_day_is_written_once_and_again_after_an_assignment_it_contradicts(bank: Bank) -> None:
    people = bank.contacts.accountability
    bank.upload("wm1,,rm_b")
    first = bank.contacts.customer("wm1")
    bank.upload("wm1,,rm_b", at=2 * HOUR)
    unchanged = bank.contacts.customer("wm1")
    people.assign_owner("wm1", "rm_a", "operator:op-1", T0 + 3 * HOUR)
    bank.upload("wm1,,rm_b", at=4 * HOUR)

    assert unchanged.version == first.version
    assert (bank.contacts.customer("wm1").owner_userid, bank.contacts.customer("wm1").finding) == (
        "rm_a",
        Finding.DISAGREEMENT,
    )


def test_an_older_file_that_comes_late_changes_nothing(bank: Bank) -> None:
    bank.upload("wm1,,rm_b", at=2 * HOUR)
    bank.upload("wm1,,rm_z", at=HOUR)

    assert bank.contacts.customer("wm1").owner_userid == "rm_b"


def test_broken_rows_are_kept_with_their_line_and_the_good_ones_go_on(bank: Bank) -> None:
    rows = ("wm 2,,rm_a", "wm3,,", "wm4", 'wm5,"open,rm_a', "", "wm1,,rm_b")
    for _ in range(2):
        bank.upload(*rows)

    assert bank.contacts.customer("wm1").owner_userid == "rm_b"
    assert bank.reasons() == [
        "line 2: external_userid: it must be WeCom's id of a customer",
        "line 3: userid: it must be a userid of WeCom, 1 to 64 letters, digits and _ - @ .",
        "line 4: the row has 1 cells, the header has 3",
        "line 5: the row is not valid CSV; check its quotes",
    ]
    assert {each.source for each in bank.org.rejected.values()} == {SOURCE}
    assert bank.rejected == [4, 4]


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("external_userid,manager", "userid"),
        ("userid,userid,external_userid", "userid"),
        ("", "external_userid, userid"),
    ],
)
def test_a_file_without_its_columns_is_refused_whole(bank: Bank, header: str, reason: str) -> None:
    outcome = bank.upload("wm1,rm_b", header=header)

    assert outcome is MasterOutcome.REFUSED
    assert bank.reasons() == [f"The first line must name these columns once each: {reason}."]
    assert bank.contacts.customer("wm1").master is None


def test_an_empty_or_missing_file_is_refused(bank: Bank) -> None:
    bank.files[KEY] = b""

    outcomes = [bank.intake.begin(Upload("data", key, T0)) for key in (KEY, f"{PREFIX}gone.csv")]

    assert outcomes == [MasterOutcome.REFUSED] * 2
    assert "The file is empty; it needs a header and a row for each customer." in bank.reasons()


@pytest.mark.parametrize(("bucket", "key"), [("other", KEY), ("data", "roster/incoming/staff.csv")])
def test_a_file_elsewhere_is_not_the_master(bank: Bank, bucket: str, key: str) -> None:
    assert bank.intake.begin(Upload(bucket, key, T0)) is MasterOutcome.IGNORED


def test_a_large_file_goes_on_in_messages_wherever_it_was_cut_and_repeated(bank: Bank) -> None:
    names = [f"wm{place:04d}" for place in range(450)]
    for name in names:
        bank.contacts.changes.added("rm_a", name, T0)
        bank.contacts.changes.added("rm_b", name, T0 + SECOND)
    bank.tick = timedelta(seconds=21)

    outcomes = [bank.upload(*(f"{name},,rm_b" for name in names), "broken")]
    while bank.sqs.bodies:
        step = MasterFileStep.model_validate_json(bank.sqs.bodies.pop(0))
        bank.intake.take(step)
        bank.sqs.bodies.clear()
        outcomes.append(bank.intake.take(step))

    assert outcomes == [MasterOutcome.CONTINUED] * 4 + [MasterOutcome.TAKEN]
    assert {bank.contacts.customer(name).owner_userid for name in names} == {"rm_b"}
    assert bank.reasons() == ["line 452: the row has 1 cells, the header has 3"]


def test_the_banks_number_of_a_customer_is_noted_where_the_file_tells_it(bank: Bank) -> None:
    header = "customer_number,external_userid,userid"
    bank.upload("6001-2345,wm1,rm_a", "6009,wm_nobody_follows,rm_a", "12,wm1,rm_a", ",wm1,rm_a", header=header)

    assert bank.numbers == {"wm1": ("6001-2345", T0 + HOUR)}
    assert [reason.split(": ")[1] for reason in bank.reasons()] == ["customer_number"]
    assert "12," not in repr(bank.reasons())


def test_columns_may_come_in_any_order() -> None:
    columns = MasterColumns.of(b" UserID ,tier,external_userid\r\n")

    assert columns.row(b"RM_A,gold,wm1\r\n") == ("wm1", "rm_a", "")
    with pytest.raises(MasterRowError):
        columns.row(b"\xff\xfe,gold,wm1\n")
    with pytest.raises(MasterRefusedError):
        MasterColumns.of(b"\xff\xfe")
