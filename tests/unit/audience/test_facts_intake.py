"""A feed in the bucket: looked through first, taken in steps, refused whole when it looks wrong."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from scrm import clock
from scrm.audience.feed import REQUIRED
from scrm.audience.intake import FactsReader, FeedImport
from scrm.audience.messages import FactsFileStep
from scrm.aws.queues import Queue
from scrm.runtime.facts_intake import PREFIX, SOURCE, FactsIntake, FactsOutcome
from scrm.runtime.uploads import Upload
from tests.fakes.audience import NOW, FakeDossiers, FakeFeeds, FakeOwned, facts
from tests.fakes.documents import FileDesk
from tests.fakes.org import FakeOrg
from tests.unit.contacts.test_intake import FakeSqs

DAY = timedelta(days=1)
NAMES = [f"wm{number}" for number in range(2_500)]


@dataclass
class Bank(FileDesk):
    """Files, and the intake over them; each look at the clock takes ``tick``."""

    store: FakeDossiers = field(default_factory=FakeDossiers)
    feeds: FakeFeeds = field(default_factory=FakeFeeds)
    org: FakeOrg = field(default_factory=FakeOrg)
    sqs: FakeSqs = field(default_factory=FakeSqs)
    rejected: list[int] = field(default_factory=list)
    moment: datetime = NOW

    @property
    def intake(self) -> FactsIntake:
        owned = FakeOwned(self.store, **dict.fromkeys(NAMES, "rm_a"))
        return FactsIntake(
            bucket="data",
            documents=cast("Any", self),
            facts=FeedImport(owned, self.store, lambda: NOW),
            feeds=self.feeds,
            rejections=self.org,
            queue=Queue(lambda: cast("Any", self.sqs), "url"),
            now=self.now,
            on_rejected=self.rejected.append,
        )

    def upload(
        self, rows: list[str], name: str = "facts.csv", at: timedelta = timedelta(0), header: str = ",".join(REQUIRED)
    ) -> list[FactsOutcome]:
        """What becomes of the file, step by step."""
        key = f"{PREFIX}{name}"
        self.files[key] = "\n".join([header, *rows]).encode()
        outcomes = [self.intake.begin(Upload("data", key, NOW + at))]
        while self.sqs.bodies:
            outcomes.append(self.intake.take(FactsFileStep.model_validate_json(self.sqs.bodies.pop(0))))
        return outcomes

    def reasons(self) -> list[str]:
        return [each.reason for each in self.org.rejected.values()]


def row(name: str, risk_class: str = "C3") -> str:
    return f"{name},{risk_class},2026-11-26,1980-05-17,given"


def test_a_file_is_checked_and_then_taken() -> None:
    bank = Bank()

    outcomes = bank.upload([row("wm0"), row("wm_stranger"), row("wm1")])

    assert outcomes == [FactsOutcome.CHECKED, FactsOutcome.TAKEN]
    assert FactsReader(bank.store).of_owner("rm_a") == {"wm0": facts("wm0"), "wm1": facts("wm1")}
    assert (bank.feeds.taken and bank.feeds.taken.rows, bank.rejected) == (3, [])


def test_a_long_file_goes_on_where_it_was() -> None:
    bank = Bank(tick=timedelta(seconds=15))

    outcomes = bank.upload([row(name) for name in NAMES])

    steps = [FactsOutcome.CONTINUED, FactsOutcome.CHECKED, FactsOutcome.CONTINUED, FactsOutcome.TAKEN]
    assert outcomes == steps
    assert len(FactsReader(bank.store).of_owner("rm_a")) == len(NAMES)


def test_rows_that_cannot_be_used_are_told_by_line_and_reason_and_nothing_else() -> None:
    bank = Bank()

    bank.upload([*(row(name) for name in NAMES[:40]), row("wm_secret", "C7")])

    (review,) = [body.decode() for key, body in bank.files.items() if key.startswith("audience/review/")]
    assert review == "line,reason\r\n42,risk_class: it must be C1 to C5 or empty\r\n"
    assert bank.rejected == [1]
    assert len(FactsReader(bank.store).of_owner("rm_a")) == 40


@pytest.mark.parametrize(
    ("rows", "header"),
    [
        ([], ",".join(REQUIRED)),
        ([row("wm0")], "external_userid,risk_class"),
        ([row("wm0"), row("wm1", "C9")], ",".join(REQUIRED)),
    ],
    ids=["empty", "header", "too_many_bad_rows"],
)
def test_a_file_that_looks_wrong_is_refused_whole(rows: list[str], header: str) -> None:
    bank = Bank()

    assert bank.upload(rows, header=header) == [FactsOutcome.REFUSED]

    assert (bank.store.buckets, bank.feeds.taken) == ({}, None)
    assert [each.source for each in bank.org.rejected.values()] == [SOURCE]


def test_a_cut_file_is_refused_unless_its_name_says_that_the_bank_means_it() -> None:
    bank = Bank()
    bank.upload([row(name) for name in NAMES[:100]])

    cut = bank.upload([row(name, "C1") for name in NAMES[:69]], at=DAY)
    meant = bank.upload([row(name, "C1") for name in NAMES[:69]], name="facts-shrunk.csv", at=DAY)

    assert (cut, meant[-1]) == ([FactsOutcome.REFUSED], FactsOutcome.TAKEN)
    assert "cut file" in bank.reasons()[0]


def test_an_older_file_a_missing_one_and_another_folder_change_nothing() -> None:
    bank = Bank()
    bank.upload([row("wm0")])

    assert bank.upload([row("wm0", "C1")], name="late.csv", at=-DAY) == [FactsOutcome.IGNORED]
    assert bank.intake.begin(Upload("data", f"{PREFIX}gone.csv", NOW + DAY)) is FactsOutcome.REFUSED
    assert bank.intake.begin(Upload("other", f"{PREFIX}facts.csv", NOW + DAY)) is FactsOutcome.IGNORED
    assert bank.intake.begin(Upload("data", "audience/review/facts.csv", NOW + DAY)) is FactsOutcome.IGNORED
    assert FactsReader(bank.store).of_owner("rm_a") == {"wm0": facts("wm0")}


def test_in_the_local_run_a_file_is_of_the_simulators_day_though_s3_stays_on_wall_time() -> None:
    bank = Bank()
    clock.advance_to(20 * DAY)
    try:
        outcomes = bank.upload(["wm0,C3,2026-12-10,1980-05-17,given"])
    finally:
        clock.reset()

    latest = bank.feeds.latest()
    assert outcomes == [FactsOutcome.CHECKED, FactsOutcome.TAKEN]
    assert latest is not None
    assert latest.told_at == NOW + 20 * DAY
