"""A bank that is judged section by section says what the whole bank judged at once says, whatever the sections."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrm import clock
from scrm.adds import daily, lines
from scrm.adds.daily import DailyJudging
from scrm.adds.evidence import MONTH_DAYS, gathered
from scrm.adds.judging import judge, settled_after
from scrm.adds.model import Add
from scrm.adds.rules import AddRules
from scrm.adds.sections import MEMBERS_OF_A_SECTION, Section, place_of, section_of, sections_of
from scrm.adds.snapshots import ADDS, MOST_MISSED
from scrm.aws.duckdb_engine import DuckDbEngine
from scrm.aws.judged_adds import BucketJudgedAdds
from scrm.aws.run_folder import BucketRunFolder
from scrm.clock import BUSINESS_ZONE
from scrm.kpi.feeds.datasets import BANK_CUSTOMERS
from scrm.sql import Selection
from tests.fakes.adds import FakeAppeals
from tests.fakes.collect import MemoryDocuments
from tests.fakes.parquet import MemoryFiles

SEEN_ON: Final = date(2027, 3, 10)
# Small numbers, so that a few adds make a burst, a month and a loss.
RULES: Final = AddRules(
    kept_days=3, link_days=4, many_adders=2, burst_adds=3, burst_times_usual=1, burst_signals=1, elsewhere_adds=2
)
LATER: Final = RULES.kept_days - 1
JUDGED: Final = (SEEN_ON, SEEN_ON - timedelta(days=3), SEEN_ON - timedelta(days=settled_after(RULES)))
SNAPSHOTS: Final = sorted(
    {SEEN_ON, SEEN_ON - timedelta(days=9), *JUDGED[1:], *(day + timedelta(days=LATER) for day in JUDGED[1:])}
)
BRANCHES: Final = ("/1/10/12/", "/1/11/", "/1/12/13/")
MASTER: Final = Selection(BANK_CUSTOMERS, ("version=1",))


@dataclass(frozen=True)
class Planted:
    """An add, and the last snapshot that has it; ``deleted``: after so many days the customer deleted the member.

    Every other member moves to another branch on the day before the last.
    """

    add: Add
    last_seen: date
    deleted: int | None

    def in_snapshot(self, day: date) -> Add | None:
        if not self.add.day <= day <= self.last_seen:
            return None
        number = int(self.add.userid[-1])
        moved = number % 2 and day >= SEEN_ON - timedelta(days=1)
        add = replace(self.add, node_path=BRANCHES[(number + 1) % len(BRANCHES)]) if moved else self.add
        if self.deleted is None:
            return add
        lost_at = add.added_at + timedelta(days=self.deleted)
        return replace(add, lost_at=lost_at if lost_at.astimezone(BUSINESS_ZONE).date() <= day else None)


type Snapshots = Mapping[date, Sequence[Add]]


@st.composite
def planted(draw: st.DrawFn) -> Planted:
    member, customer = draw(st.integers(0, 5)), draw(st.integers(0, 7))
    day = SEEN_ON - timedelta(days=draw(st.integers(0, settled_after(RULES) + 4)))
    added_at = datetime.combine(day, time(draw(st.integers(0, 23))), BUSINESS_ZONE).astimezone(UTC)
    add = Add(
        userid=f"rm_{member}",
        node_path=BRANCHES[member % len(BRANCHES)],
        external_userid=f"wm_{customer}",
        added_at=added_at,
        adders=draw(st.integers(1, 3)),
        was_followed=draw(st.booleans()),
    )
    add = replace(add, **known(customer))  # type: ignore[arg-type] # names of texts
    last_seen = day + timedelta(days=draw(st.integers(0, 12)))
    return Planted(add, last_seen, draw(st.none() | st.integers(0, 5)))


def known(customer: int) -> dict[str, str]:
    """The bank's word on a customer; half of them it does not know."""
    if customer % 2:
        return {}
    return {
        "customer_key": f"key_{customer}",
        "home_path": BRANCHES[customer % len(BRANCHES)],
        "tier": "staff" if customer == 6 else "",
        "manager": f"rm_{customer}",
    }


def seen(adds: Sequence[Planted], days: Sequence[date]) -> Snapshots:
    """By snapshot, each contact once."""
    unique = {(each.add.userid, each.add.external_userid, each.add.added_at): each for each in adds}
    return {day: [add for each in unique.values() if (add := each.in_snapshot(day))] for day in days}


def judged_at_once(snapshots: Snapshots) -> dict[str, bytes]:
    """The rule in its own words, with all adds of the bank at hand: the documents that people read."""

    def key(add: Add) -> tuple[str, str, datetime]:
        return add.userid, add.external_userid, add.added_at

    now = {key(add): add for add in snapshots.get(SEEN_ON, ())}
    everything = dict(now)
    kept = timedelta(days=RULES.kept_days)
    yesterdays = not_judged_before(snapshots)
    older = {day - timedelta(days=by) for day in yesterdays for by in (RULES.kept_days, settled_after(RULES))}
    for day in older.difference(yesterdays):
        within = sorted(look for look in snapshots if day <= look < day + kept)
        for add in snapshots[within[0]] if within else ():
            if add.day != day:
                continue
            if key(add) in now:
                everything[key(add)] = replace(now[key(add)], node_path=add.node_path)
            else:
                went_early = key(add) not in {key(each) for each in snapshots[within[-1]]}
                lost_at = add.lost_at or add.added_at + kept + timedelta(seconds=0 if went_early else 1)
                everything[key(add)] = replace(add, lost_at=lost_at)
    documents: dict[str, bytes] = defaultdict(bytes)
    for day in older.union(yesterdays):
        around = [add for add in everything.values() if day - timedelta(days=MONTH_DAYS) <= add.day <= day]
        for evidence in gathered(around, day, day, RULES):
            branch = evidence.add.place.branch_id
            line = lines.to_line(judge(evidence, RULES, 3, SEEN_ON + timedelta(days=1)))
            documents[f"kpi/adds/{day.isoformat()}/{branch}.jsonl"] += line
    return documents


def not_judged_before(snapshots: Snapshots) -> list[date]:
    """The day that was seen, and those before it since the last snapshot of the ten days before."""
    missed = 0
    while missed < MOST_MISSED and SEEN_ON - timedelta(days=missed + 1) not in snapshots:
        missed += 1
    if SEEN_ON - timedelta(days=missed + 1) not in snapshots:
        missed = 0
    return [SEEN_ON - timedelta(days=back) for back in range(missed + 1)]


def judged_by_sections(snapshots: Snapshots, written: int, judged: int) -> MemoryDocuments:
    """The older snapshots lie in ``written`` sections; the latest, and with it the morning, is cut into ``judged``."""
    documents, engine = MemoryDocuments(), DuckDbEngine(MemoryFiles())
    folder = BucketRunFolder(documents)
    write_master(engine)
    for day, adds in snapshots.items():
        write_snapshot(engine, day, adds, judged if day == SEEN_ON else written)
        folder.note_snapshot(day, judged if day == SEEN_ON else written)
    now = datetime.combine(SEEN_ON + timedelta(days=1), time(), UTC)
    judging = DailyJudging(engine, BucketJudgedAdds(documents, lambda: now), lambda: (RULES, 3), FakeAppeals(), folder)
    for number in range(judged):
        judging.judge(SEEN_ON, MASTER, Section(number, judged))
    for number in range(judged):
        judging.keep(SEEN_ON, Section(number, judged))
    judging.take_up(SEEN_ON)
    return documents


def write_master(engine: DuckDbEngine) -> None:
    rows = [
        dict.fromkeys(BANK_CUSTOMERS.columns, "")
        | {
            "customer_key": told["customer_key"],
            "external_userid": f"wm_{customer}",
            "node_path": told["home_path"],
            "tier": told["tier"],
            "owner_userid": told["manager"],
        }
        for customer in range(8)
        if (told := known(customer))
    ]
    engine.write(BANK_CUSTOMERS, "version=1", "rows", rows)


def write_snapshot(engine: DuckDbEngine, day: date, adds: Sequence[Add], sections: int) -> None:
    by_section: dict[int, list[dict[str, object]]] = defaultdict(list)
    for add in adds:
        by_section[section_of(add.userid, sections)].append(
            {
                "seen_on": day.isoformat(),
                "userid": add.userid,
                "node_path": add.node_path,
                "external_userid": add.external_userid,
                "added_at": clock.to_iso(add.added_at),
                "adders": add.adders,
                "was_followed": add.was_followed,
                "lost_at": clock.to_iso(add.lost_at) if add.lost_at else None,
            }
        )
    for number, rows in by_section.items():
        engine.write(ADDS, f"day={day.isoformat()}{place_of(number, sections)}", "all", rows)


def kept(documents: MemoryDocuments) -> dict[str, bytes]:
    return {key: body for key, body in documents.files.items() if key.startswith("kpi/adds/")}


def told(documents: MemoryDocuments) -> list[bytes]:
    facts = (body for key, body in documents.files.items() if key.startswith("facts/"))
    return sorted(line for body in facts for line in body.splitlines())


@settings(max_examples=20)
@given(
    st.lists(planted(), max_size=40),
    st.lists(st.sampled_from(SNAPSHOTS), unique=True, min_size=2),
    st.sampled_from([(1, 1), (1, 4), (4, 4), (2, 4), (4, 1), (4, 2)]),
)
def test_sections_say_what_the_whole_bank_says(adds: list[Planted], days: list[date], cut: tuple[int, int]) -> None:
    """Whatever the sections, of today and of older mornings, and whichever mornings are missing."""
    snapshots = seen(adds, days)
    documents = judged_by_sections(snapshots, *cut)
    wanted = judged_at_once(snapshots)
    assert kept(documents) == wanted
    assert len(told(documents)) == sum(len(body.splitlines()) for body in wanted.values())


def test_pieces_of_a_section_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judgements are handed over as soon as some are there; a burst of one member stays together."""
    added_at = datetime.combine(SEEN_ON, time(1), UTC)
    adds = [
        Planted(Add(f"rm_{number % 6}", BRANCHES[number % 3], f"wm_{number}", added_at), SEEN_ON, None)
        for number in range(60)
    ]
    snapshots = seen(adds, [SEEN_ON])
    whole = judged_by_sections(snapshots, 2, 2)
    monkeypatch.setattr(daily, "TOGETHER", 7)
    in_pieces = judged_by_sections(snapshots, 2, 2)
    assert kept(in_pieces) == kept(whole)
    assert told(in_pieces) == told(whole)
    assert len(in_pieces.files) > len(whole.files)


def test_a_small_bank_is_one_section_and_a_large_one_has_sections_of_ten_thousand_at_most() -> None:
    assert [sections_of(members) for members in (0, 1, MEMBERS_OF_A_SECTION, MEMBERS_OF_A_SECTION + 1)] == [1, 1, 1, 2]
    assert sections_of(300_000) == 32


@pytest.mark.parametrize(("of", "written"), [(1, 1), (1, 8), (8, 1), (8, 8), (2, 8), (8, 2)])
def test_a_section_reads_every_place_where_its_members_lie_and_all_read_everything(of: int, written: int) -> None:
    for number in range(200):
        userid = f"rm_{number}"
        section = Section(section_of(userid, of), of)
        assert section.has(userid)
        assert place_of(section_of(userid, written), written) in section.places(written)
    read = {place for number in range(of) for place in Section(number, of).places(written)}
    assert read == {place_of(number, written) for number in range(written)}
