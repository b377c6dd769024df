"""Adds of a bank over mornings: seen, kept or lost, judged, told to the counters and kept for people to read."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import msgspec
import pytest

from scrm.adds import lines
from scrm.adds.appeals import AddAppeals
from scrm.adds.daily import DailyJudging
from scrm.adds.model import Judgement, Rule, State
from scrm.adds.rules import AddRules
from scrm.adds.sections import Section, place_of, section_of
from scrm.adds.snapshots import ADDS
from scrm.aws.duckdb_engine import DuckDbEngine
from scrm.aws.judged_adds import BucketJudgedAdds
from scrm.aws.run_folder import BucketRunFolder
from scrm.kpi.facts import AddJudged
from scrm.kpi.feeds.datasets import BANK_CUSTOMERS
from scrm.sql import Selection
from tests.fakes.adds import FakeAppeals, FakeJournal
from tests.fakes.collect import MemoryDocuments
from tests.fakes.parquet import MemoryFiles

DAY: Final = date(2027, 3, 10)
MASTER: Final = Selection(BANK_CUSTOMERS, ("version=1",))


@dataclass
class Mornings:
    documents: MemoryDocuments = field(default_factory=MemoryDocuments)
    engine: DuckDbEngine = field(default_factory=lambda: DuckDbEngine(MemoryFiles()))
    appeals: FakeAppeals = field(default_factory=FakeAppeals)
    rules: tuple[AddRules, int] = (AddRules(), 0)
    sections: int = 1

    def master(self, *known: str, tier: str = "", by_unionid: bool = False) -> None:
        """``by_unionid``: that is all the bank knows them by."""
        rows = [
            {
                **dict.fromkeys(BANK_CUSTOMERS.columns, ""),
                "customer_key": f"k-{each}",
                "external_userid": "" if by_unionid else each,
                "unionid": f"union-{each}" if by_unionid else "",
                "node_path": "/1/10/15/",
                "tier": tier,
            }
            for each in known
        ]
        self.engine.write(BANK_CUSTOMERS, "version=1", "all", rows)

    @property
    def folder(self) -> BucketRunFolder:
        return BucketRunFolder(self.documents)

    def seen(self, day: date, *customers: str, part: str = "0", **told: object) -> None:
        """By the snapshot of ``day``, all added on `DAY` at noon."""
        added_at = f"{DAY.isoformat()}T04:00:00.000Z"
        row: dict[str, Any] = {
            "seen_on": day.isoformat(),
            "userid": "rm_a",
            "node_path": "/1/10/12/",
            "added_at": added_at,
        }
        row |= {"adders": 1, "was_followed": False, "lost_at": None, **told}
        place = place_of(section_of(str(row["userid"]), self.sections), self.sections)
        self.engine.write(
            ADDS, f"day={day.isoformat()}{place}", part, [{**row, "external_userid": each} for each in customers]
        )
        self.folder.note_snapshot(day, self.sections)

    def judge(self, seen_on: date, customers: Selection | None = MASTER, late: timedelta = timedelta()) -> int:
        """All steps of a morning, for all sections."""
        now = datetime.combine(seen_on + timedelta(days=1), datetime.min.time(), UTC) + late
        judged = BucketJudgedAdds(self.documents, lambda: now)
        judging = DailyJudging(self.engine, judged, lambda: self.rules, self.appeals, self.folder)
        sections = [Section(number, self.sections) for number in range(self.sections if customers else 0)]
        found = sum(judging.judge(seen_on, customers, each) for each in sections if customers)
        for each in sections:
            judging.keep(seen_on, each)
        judging.take_up(seen_on)
        return found

    def appeal(self, customer: str, now: datetime) -> None:
        """Asked for by one, approved by another."""
        desk = AddAppeals(self.appeals, FakeJournal(), lambda: timedelta(days=90))
        asked = desk.ask(self.judgements()[customer], "he was there himself", "operator:a", now)
        desk.approve(asked, "operator:b", now, "seen")

    def decided(self) -> list[bool]:
        """Of each add, whether the counters take it for decided."""
        told = sorted((fact for _, fact in self.facts()), key=lambda fact: fact.told_at)
        return sorted({fact.event_id: fact.decided for fact in told}.values())

    def last_told(self) -> list[bool]:
        """Of each add, what the counters take it for."""
        told = sorted((fact for _, fact in self.facts()), key=lambda fact: fact.told_at)
        return sorted({fact.event_id: fact.valid for fact in told}.values())

    def judgements(self) -> dict[str, Judgement]:
        told = self.documents.files[f"kpi/adds/{DAY.isoformat()}/10.jsonl"].splitlines(keepends=True)
        found = [lines.from_line(line) for line in told]
        return {each.evidence.add.external_userid: each for each in found}

    def states(self) -> dict[str, State]:
        return {name: each.state for name, each in self.judgements().items()}

    def facts(self) -> Sequence[tuple[str, AddJudged]]:
        """By the document, in the order of telling, read as the counters read them."""
        return [
            (key, msgspec.json.decode(line, type=AddJudged))
            for key in sorted(self.documents.files)
            if key.startswith("facts/add_judged/")
            for line in self.documents.files[key].splitlines()
        ]


@pytest.fixture
def mornings() -> Mornings:
    made = Mornings()
    made.master("stays", "goes", "goes_later", "deletes")
    return made


def test_an_add_is_provisional_first_and_valid_when_it_was_kept(mornings: Mornings) -> None:
    mornings.seen(DAY, "stays", "stranger")
    assert mornings.judge(DAY) == 2
    assert mornings.states() == {"stays": State.PROVISIONAL, "stranger": State.PROVISIONAL}
    assert mornings.decided() == [False, False]
    for later in (6, 7):
        mornings.seen(DAY + timedelta(days=later), "stays", "stranger")
    mornings.judge(DAY + timedelta(days=7))
    assert mornings.states() == {"stays": State.VALID, "stranger": State.PROVISIONAL}
    assert mornings.judgements()["stranger"].reasons == (Rule.IS_CUSTOMER,)
    mornings.seen(DAY + timedelta(days=36), "stays", "stranger")
    mornings.judge(DAY + timedelta(days=36))
    assert mornings.states() == {"stays": State.VALID, "stranger": State.EXCLUDED}
    assert mornings.last_told() == [False, True]
    assert mornings.decided() == [True, True]


def test_a_morning_that_is_repeated_days_later_overtakes_none_that_came_after_it(mornings: Mornings) -> None:
    mornings.seen(DAY, "stays")
    mornings.judge(DAY)
    for later in (6, 7):
        mornings.seen(DAY + timedelta(days=later), "stays")
    mornings.judge(DAY + timedelta(days=7))

    mornings.judge(DAY, late=timedelta(days=10))

    assert mornings.last_told() == [True]
    assert mornings.states() == {"stays": State.VALID}


def test_a_customer_whom_the_bank_names_by_unionid_alone_is_one() -> None:
    mornings = Mornings()
    mornings.master("known", by_unionid=True)
    mornings.seen(DAY, "known", unionid="union-known")
    mornings.seen(DAY, "stranger", part="1", unionid="union-stranger")
    mornings.seen(DAY, "unseen", part="2", unionid="")

    mornings.judge(DAY)

    linked = {name: each.evidence.add.customer_key for name, each in mornings.judgements().items()}
    assert linked == {"known": "k-known", "stranger": "", "unseen": ""}


def test_of_two_claims_the_one_by_external_userid_holds() -> None:
    mornings = Mornings()
    mornings.master("stays")
    mornings.engine.write(
        BANK_CUSTOMERS,
        "version=1",
        "more",
        [{**dict.fromkeys(BANK_CUSTOMERS.columns, ""), "customer_key": "a-first", "unionid": "union-stays"}],
    )
    mornings.seen(DAY, "stays", unionid="union-stays")

    mornings.judge(DAY)

    assert mornings.judgements()["stays"].evidence.add.customer_key == "k-stays"


def test_a_morning_makes_up_for_those_that_were_missed(mornings: Mornings) -> None:
    """Seen on one morning only of seven: nobody's add is left without a verdict."""
    mornings.seen(DAY - timedelta(days=3))
    for later in (4, 11, 18):
        mornings.seen(DAY + timedelta(days=later), "stays")
        mornings.judge(DAY + timedelta(days=later))
        found = mornings.states()
        assert found == {"stays": State.PROVISIONAL if later == 4 else State.VALID}

    assert mornings.last_told() == [True]


def test_who_was_gone_on_the_only_later_morning_within_the_week_was_not_kept(mornings: Mornings) -> None:
    mornings.seen(DAY + timedelta(days=1), "stays", "goes")
    mornings.judge(DAY + timedelta(days=1))
    mornings.seen(DAY + timedelta(days=5), "stays")
    mornings.seen(DAY + timedelta(days=8), "stays")

    mornings.judge(DAY + timedelta(days=8))

    assert mornings.states() == {"stays": State.VALID, "goes": State.EXCLUDED}


def test_who_left_within_the_week_is_not_kept_and_who_left_after_it_is(mornings: Mornings) -> None:
    mornings.seen(DAY, "stays", "goes", "goes_later", "deletes")
    mornings.seen(DAY + timedelta(days=6), "stays", "goes_later")
    mornings.seen(DAY + timedelta(days=7), "stays")
    deleted_at = f"{(DAY + timedelta(days=2)).isoformat()}T04:00:00.000Z"
    mornings.seen(DAY + timedelta(days=7), "deletes", part="1", lost_at=deleted_at)
    mornings.judge(DAY + timedelta(days=7))
    assert mornings.states() == {
        "stays": State.VALID,
        "goes": State.EXCLUDED,
        "goes_later": State.VALID,
        "deletes": State.EXCLUDED,
    }
    assert mornings.judgements()["goes"].reasons == (Rule.KEPT,)


def test_an_add_stays_with_the_branch_of_its_day_when_the_member_moves_to_another(mornings: Mornings) -> None:
    mornings.seen(DAY, "stays")
    mornings.judge(DAY)
    for later in (6, 7):
        mornings.seen(DAY + timedelta(days=later), "stays", node_path="/1/20/21/")
    mornings.judge(DAY + timedelta(days=7))
    assert mornings.states() == {"stays": State.VALID}
    assert [key for key in mornings.documents.files if key.startswith(f"kpi/adds/{DAY.isoformat()}/")] == [
        f"kpi/adds/{DAY.isoformat()}/10.jsonl"
    ]
    assert {fact.node_path for _, fact in mornings.facts()} == {"/1/10/12/"}


def test_the_same_snapshots_give_the_same_words_and_nothing_is_told_twice(mornings: Mornings) -> None:
    mornings.seen(DAY, "stays", "goes")
    mornings.seen(DAY, "stays", part="again")
    mornings.judge(DAY)
    files = dict(mornings.documents.files)
    mornings.judge(DAY)
    assert mornings.documents.files == files
    assert len(mornings.facts()) == 2


def test_a_colleagues_customer_and_the_banks_own_people_do_not_count(mornings: Mornings) -> None:
    mornings.master("stays", tier="staff")
    mornings.seen(DAY, "stays", "goes", was_followed=True)
    mornings.judge(DAY)
    assert mornings.judgements()["stays"].reasons == (Rule.FIRST_ADD, Rule.NOT_STAFF)
    assert mornings.judgements()["goes"].reasons == (Rule.FIRST_ADD,)


def test_without_a_customer_master_nothing_is_judged(mornings: Mornings) -> None:
    mornings.seen(DAY, "stays")
    assert mornings.judge(DAY, None) == 0
    assert not [key for key in mornings.documents.files if not key.startswith("kpi/collect/snapshots/")]


def test_facts_name_no_customer(mornings: Mornings) -> None:
    mornings.seen(DAY, "stays")
    mornings.judge(DAY)
    [body] = [body for key, body in mornings.documents.files.items() if key.startswith("facts/")]
    assert "stays" not in json.dumps(body.decode())


def test_an_approved_appeal_counts_from_the_next_morning_on_and_once(mornings: Mornings) -> None:
    """Long after the add itself is judged anew, and also without a customer master."""
    mornings.seen(DAY, "stays", "other", was_followed=True)
    mornings.judge(DAY)
    before = mornings.judgements()
    mornings.appeal("stays", datetime(2027, 3, 25, tzinfo=UTC))
    assert mornings.judgements() == before

    mornings.judge(DAY + timedelta(days=15), None)
    found = mornings.judgements()
    assert (found["stays"].state, found["stays"].on_appeal, found["stays"].counts) == (State.EXCLUDED, True, True)
    assert found["other"] == before["other"]
    assert mornings.last_told() == [False, True]
    [appeal] = mornings.appeals.stored.values()
    assert appeal.counted_on == DAY + timedelta(days=16)

    told = len(mornings.facts())
    mornings.judge(DAY + timedelta(days=16), None)
    assert len(mornings.facts()) == told


def test_an_appeal_holds_when_the_add_is_judged_anew_and_replay_gives_the_same(mornings: Mornings) -> None:
    mornings.seen(DAY, "stays", was_followed=True)
    mornings.judge(DAY)
    mornings.appeal("stays", datetime(2027, 3, 12, tzinfo=UTC))
    for later in (6, 7):
        mornings.seen(DAY + timedelta(days=later), "stays", was_followed=True)
    mornings.judge(DAY + timedelta(days=7))
    files = dict(mornings.documents.files)
    assert mornings.judgements()["stays"].counts
    assert mornings.last_told() == [True]
    mornings.judge(DAY + timedelta(days=7))
    assert mornings.documents.files == files
    assert [lines.from_line(lines.to_line(each)) for each in mornings.judgements().values()] == [
        *mornings.judgements().values()
    ]


def test_who_leaves_after_the_appeal_is_excluded_again_and_can_be_appealed_anew(mornings: Mornings) -> None:
    mornings.seen(DAY, "stays", "goes", was_followed=True)
    mornings.judge(DAY)
    mornings.appeal("goes", datetime(2027, 3, 12, tzinfo=UTC))
    mornings.judge(DAY + timedelta(days=2), None)
    assert mornings.judgements()["goes"].counts
    for later in (6, 7):
        mornings.seen(DAY + timedelta(days=later), "stays", was_followed=True)
    mornings.judge(DAY + timedelta(days=7))
    assert mornings.judgements()["goes"].reasons == (Rule.FIRST_ADD, Rule.KEPT)
    assert not mornings.judgements()["goes"].counts
    assert mornings.last_told() == [False, False]

    mornings.appeal("goes", datetime(2027, 3, 20, tzinfo=UTC))
    mornings.judge(DAY + timedelta(days=10), None)
    assert mornings.judgements()["goes"].counts
    assert mornings.last_told() == [False, True]


def test_a_repeat_tells_the_appeal_although_the_mornings_own_document_was_counted(mornings: Mornings) -> None:
    mornings.seen(DAY, "stays", was_followed=True)
    mornings.judge(DAY)
    counted = {key for key, _ in mornings.facts()}
    mornings.appeal("stays", datetime(2027, 3, 11, 1, tzinfo=UTC))
    mornings.judge(DAY)
    assert [fact.valid for key, fact in mornings.facts() if key not in counted] == [True]


def test_judgements_name_the_version_of_the_banks_rules(mornings: Mornings) -> None:
    mornings.rules = (AddRules(kept_days=3), 4)
    mornings.seen(DAY, "stays")
    for later in (2, 3):
        mornings.seen(DAY + timedelta(days=later), "stays")
    mornings.judge(DAY + timedelta(days=3))
    assert mornings.states() == {"stays": State.VALID}
    assert mornings.judgements()["stays"].rules_version == 4
