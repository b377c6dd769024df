"""The bank's file of answers: good rows stand, bad ones are told by line and reason, older answers change nothing."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any, cast

import pytest

from scrm.aws.queues import Queue
from scrm.consent.feed import COLUMNS
from scrm.consent.messages import ConsentFileStep
from scrm.consent.model import ConsentAnswer, ConsentSource
from scrm.runtime.consent_intake import PREFIX, SOURCE, AnswersOutcome, ConsentIntake
from scrm.runtime.uploads import Upload
from tests.fakes.consent import Answers
from tests.fakes.documents import FileDesk
from tests.fakes.org import FakeOrg
from tests.unit.contacts.test_intake import FakeSqs

NOW = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)
OUT, YES = ConsentAnswer.OPTED_OUT, ConsentAnswer.CONSENTED


@dataclass
class Bank(FileDesk):
    """Files, and the intake over them; each look at the clock takes ``tick``."""

    answers: Answers = field(default_factory=lambda: Answers(NOW))
    org: FakeOrg = field(default_factory=FakeOrg)
    sqs: FakeSqs = field(default_factory=FakeSqs)
    rejected: list[int] = field(default_factory=list)
    moment: datetime = NOW

    def __post_init__(self) -> None:
        self.answers.places.owners["wm1"] = "rm_li"

    @property
    def intake(self) -> ConsentIntake:
        return ConsentIntake(
            bucket="data",
            documents=cast("Any", self),
            hear=self.answers.desk.hear,
            rejections=self.org,
            queue=Queue(cast("Any", lambda: self.sqs), "url"),
            now=self.now,
            on_rejected=self.rejected.append,
        )

    def upload(self, *rows: str | bytes, header: str = ",".join(COLUMNS), at: datetime = NOW) -> list[AnswersOutcome]:
        """What becomes of the file, step by step."""
        key = f"{PREFIX}answers.csv"
        lines = [each if isinstance(each, bytes) else each.encode() for each in (header, *rows)]
        self.files[key] = b"\n".join(lines)
        outcomes = [self.intake.begin(Upload("data", key, at))]
        while self.sqs.bodies:
            outcomes.append(self.intake.take(ConsentFileStep.model_validate_json(self.sqs.bodies.pop(0))))
        return outcomes

    def stands(self, name: str = "wm1", owner: str = "rm_li") -> ConsentAnswer | None:
        return self.answers.consents.answers_of(owner, [name], NOW).get(name)

    @property
    def review(self) -> str:
        return "".join(body.decode() for key, body in self.files.items() if key.startswith("consent/review/"))


@pytest.fixture
def bank() -> Bank:
    return Bank()


def test_an_answer_stands_with_the_owner_and_campaigns_hear_of_it(bank: Bank) -> None:
    assert bank.upload("wm1,opted_out,2026-11-25T10:00:00+08:00,") == [AnswersOutcome.TAKEN]

    assert bank.stands() is OUT
    assert bank.answers.news.told == [("wm1", ("rm_li",))]
    [(said, _)] = bank.answers.store.history("wm1")
    assert (said.source, said.at) == (ConsentSource.FEED, datetime(2026, 11, 25, 2, 0, tzinfo=UTC))


def test_the_same_row_of_another_file_is_the_same_answer(bank: Bank) -> None:
    for day in range(3):
        bank.upload("wm1,opted_out,2026-11-25T10:00:00.123456+08:00,", at=NOW + timedelta(days=day))

    assert len(bank.answers.store.history("wm1")) == 1


@pytest.mark.parametrize(
    "order",
    list(
        permutations(
            [
                "wm1,consented,2026-11-20T10:00:00+08:00,F-1",
                "wm1,opted_out,2026-11-21T10:00:00+08:00,",
                "wm1,consented,2026-11-22T10:00:00+08:00,F-2",
            ]
        )
    ),
)
def test_an_older_answer_never_overwrites_a_newer_one(bank: Bank, order: tuple[str, ...]) -> None:
    for row in order:
        bank.upload(row)

    assert bank.stands() is YES


def test_the_answer_of_somebody_not_yet_known_waits_for_him(bank: Bank) -> None:
    bank.upload("wm_new,opted_out,2026-11-25T10:00:00+08:00,")
    assert bank.stands("wm_new", "rm_wang") is None

    bank.answers.places.owners["wm_new"] = ""
    bank.answers.move("wm_new", "rm_wang")

    assert bank.stands("wm_new", "rm_wang") is OUT


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("wm secret,opted_out,2026-11-25T10:00:00+08:00,", "external_userid: it must be WeCom's id"),
        (",opted_out,2026-11-25T10:00:00+08:00,", "external_userid: it must be WeCom's id"),
        ("wm1,maybe,2026-11-25T10:00:00+08:00,", "answer: it must be one of opted_out, consented"),
        ("wm1,opted_out,2026-11-25,", "said_at: it must be a moment with its zone"),
        ("wm1,opted_out,yesterday,", "said_at: it must be a moment with its zone"),
        ("wm1,opted_out,2026-11-26T18:00:01+08:00,", "said_at: it lies after the file's own time"),
        ("wm1,opted_out,1969-11-26T18:00:01+08:00,", "said_at: no moment before 1970"),
        ("wm1,opted_out,0001-01-01T00:00:00+08:00,", "said_at: no such moment"),
        ("wm1,consented,2026-11-25T10:00:00+08:00,", "reference: a consent needs the number of its proof"),
        ("wm1,consented,2026-11-25T10:00:00+08:00,张三", "reference: it must have at most 64 letters"),
        ("wm1,opted_out,2026-11-25T10:00:00+08:00", "the row has 3 cells, the header has 4"),
        ('wm1,"opted_out,2026-11-25T10:00:00+08:00,', "the row is not valid CSV"),
        ("wm1,拒绝,x,".encode("gb18030"), "the row is not UTF-8"),
    ],
)
def test_a_bad_row_is_told_by_line_and_reason_and_the_good_ones_go_on(
    bank: Bank, row: str | bytes, reason: str
) -> None:
    outcomes = bank.upload(row, "wm1,opted_out,2026-11-24T10:00:00+08:00,")

    assert outcomes == [AnswersOutcome.TAKEN]
    assert bank.rejected == [1]
    assert bank.review.startswith("line,reason\r\n2,")
    assert reason in bank.review
    assert "secret" not in bank.review
    assert "张三" not in bank.review
    assert [said.at.day for said, _ in bank.answers.store.history("wm1")] == [24]


@pytest.mark.parametrize("header", ["", "external_userid,answer", "external_userid,answer,said_at,reference,answer"])
def test_a_file_without_its_columns_is_refused_whole(bank: Bank, header: str) -> None:
    assert bank.upload("wm1,opted_out,2026-11-24T10:00:00+08:00,", header=header) == [AnswersOutcome.REFUSED]

    [rejection] = bank.org.rejected.values()
    assert rejection.source == SOURCE
    assert bank.stands() is None


def test_a_long_file_goes_on_where_it_was_and_each_row_is_heard_once() -> None:
    bank = Bank(tick=timedelta(seconds=8))
    rows = [f"wm{number},opted_out,2026-11-24T10:00:00+08:00," for number in range(10)]

    outcomes = bank.upload(*rows, "bad")

    assert outcomes[-1] is AnswersOutcome.TAKEN
    assert outcomes.count(AnswersOutcome.CONTINUED) >= 3
    assert all(len(bank.answers.store.history(f"wm{number}")) == 1 for number in range(10))
    assert bank.review.count("12,") == 1


def test_a_file_that_is_gone_is_told(bank: Bank) -> None:
    outcome = bank.intake.begin(Upload("data", f"{PREFIX}gone.csv", NOW))

    assert outcome is AnswersOutcome.REFUSED
    assert bank.intake.begin(Upload("other", f"{PREFIX}gone.csv", NOW)) is AnswersOutcome.IGNORED
