import json
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from scrm.handover.model import ChangeKind, SignalSource, StaffSignal, StayPolicy
from scrm.org.leave import Leaves
from scrm.org.model import Cover, MemberStatus, OrgNode, StaffAttributes
from scrm.org.rename import MemberRenames
from scrm.org.roster import COLUMNS
from scrm.runtime import roster_intake
from scrm.runtime.roster_intake import RosterIntake, RosterOutcome, day_of
from scrm.runtime.roster_signals import RosterTeller
from scrm.runtime.uploads import Upload, UploadNotification
from tests.fakes.org import DAY, T0, FakeOrg, FakeRosterStore, member

EVENTS = Path(__file__).parents[3] / "events" / "staff_intake"
CORP = "wwSIMCORP0000001"
BUCKET = "scrm-data"
NODES = [
    OrgNode("1", "总行", "/1/", ""),
    OrgNode("11", "一部", "/1/10/11/", "10"),
    OrgNode("12", "二部", "/1/10/12/", "10"),
    OrgNode("20", "宁波分行", "/1/20/", "1"),
]
PEOPLE = ("rm_a", "rm_b", "rm_c", "rm_d")


def line(userid: str, **changed: str) -> str:
    cells = dict.fromkeys(COLUMNS, "") | {"userid": userid, "node_id": "11", "post": "理财经理", "status": "active"}
    return ",".join((cells | changed)[column] for column in COLUMNS)


def csv_of(*lines: str) -> bytes:
    return "\n".join([",".join(COLUMNS), *lines]).encode()


EVERYONE = tuple(map(line, PEOPLE))


@dataclass
class Bank:
    """The intake over fakes; day after day a file comes."""

    org: FakeOrg = field(default_factory=lambda: FakeOrg.of(*map(member, PEOPLE), nodes=NODES))
    store: FakeRosterStore = field(default_factory=FakeRosterStore)
    signals: list[StaffSignal] = field(default_factory=list)
    departing_percent: int = 20

    def intake(self, on_signal: Callable[[StaffSignal], object] | None = None) -> RosterIntake:
        teller = RosterTeller(CORP, self.org, Leaves(self.org), self.org, on_signal or self.signals.append)
        return RosterIntake(BUCKET, self.store, self.org, teller, self.departing_percent)

    def upload(self, day: int, *lines: str, content: bytes | None = None, hours: int = 0) -> Upload:
        key = f"roster/incoming/hr-{day}-{hours}.csv"
        self.store.files[key] = csv_of(*lines) if content is None else content
        return Upload(BUCKET, key, T0 + timedelta(days=day, hours=hours))

    def take(self, day: int, *lines: str, **more: Any) -> roster_intake.RosterResult:
        return self.intake().take(self.upload(day, *lines, **more))


@pytest.fixture
def bank() -> Bank:
    bank = Bank()
    bank.take(0, *EVERYONE)
    bank.signals.clear()
    return bank


class TestChanges:
    def test_first_roster_tells_what_is_going_on_and_nothing_of_those_long_gone(self) -> None:
        bank = Bank()
        bank.org.put_member(member("rm_d", status=MemberStatus.LEFT))

        result = bank.take(
            0,
            line("rm_a"),
            line("rm_b", status="departing", last_day="2026-12-31"),
            line("rm_d", status="departed"),
            line("rm_unknown", status="departed"),
        )

        assert result.changes == {"attributes": 2, "departing": 1}
        assert [signal.userid for signal in bank.signals] == ["rm_b"]
        assert bank.org.reasons == []

    def test_departure_names_day_and_successor(self, bank: Bank) -> None:
        bank.take(1, line("rm_a", status="departing", last_day="2026-12-31", successor_userid="rm_b"), *EVERYONE[1:])

        (signal,) = bank.signals
        assert signal == StaffSignal(
            corp_id=CORP,
            userid="rm_a",
            change=ChangeKind.DEPARTURE,
            source=SignalSource.ROSTER,
            kind="roster_departing",
            event_id=signal.event_id,
            occurred_at=T0 + timedelta(days=1),
            last_day=date(2026, 12, 31),
            successor_userids=("rm_b",),
        )

    def test_member_no_longer_listed_has_departed(self, bank: Bank) -> None:
        result = bank.take(1, *EVERYONE[1:])

        assert result.changes == {"departed": 1}
        assert [(signal.userid, signal.kind) for signal in bank.signals] == [("rm_a", "roster_departed")]

    def test_departure_taken_back_cancels(self, bank: Bank) -> None:
        bank.take(1, line("rm_a", status="departing", last_day="2026-12-31", successor_userid="rm_b"), *EVERYONE[1:])
        bank.take(2, *EVERYONE)

        cancelled = bank.signals[-1]
        assert (cancelled.cancels, cancelled.last_day, cancelled.successor_userids) == (True, None, ())

    @pytest.mark.parametrize(
        ("changed", "stays"),
        [
            ({"node_id": "12"}, StayPolicy(customers_stay=True, groups_stay=True)),
            ({"post": "支行行长"}, StayPolicy(customers_stay=True, groups_stay=True)),
            ({"node_id": "20"}, StayPolicy()),
        ],
    )
    def test_customers_stay_within_a_branch(self, bank: Bank, changed: dict[str, str], stays: StayPolicy) -> None:
        bank.take(1, line("rm_a", **changed), *EVERYONE[1:])

        (signal,) = bank.signals
        assert (signal.change, signal.stays) == (ChangeKind.TRANSFER, stays)

    def test_leave_goes_to_the_covers_and_opens_nothing(self, bank: Bank) -> None:
        bank.take(1, line("rm_a", status="on_leave", last_day="2026-12-10", successor_userid="rm_b"), *EVERYONE[1:])
        cover = bank.org.leaves["rm_a"]
        bank.take(5, *EVERYONE)

        assert (cover.cover_userid, cover.first_day, cover.last_day) == (
            "rm_b",
            DAY + timedelta(days=1),
            date(2026, 12, 10),
        )
        assert bank.org.leaves["rm_a"].returned_on == DAY + timedelta(days=5)
        assert bank.signals == []

    def test_roster_that_knows_less_of_a_leave_than_hr_changes_nothing(self, bank: Bank) -> None:
        told = Cover("rm_a", T0, "hr-1", "rm_b", DAY, DAY + timedelta(days=9))
        bank.org.leaves["rm_a"] = told

        bank.take(1, line("rm_a", status="on_leave"), *EVERYONE[1:])

        assert bank.org.leaves["rm_a"] == told

    def test_cover_who_cannot_act_is_listed(self, bank: Bank) -> None:
        bank.take(1, line("rm_a", status="on_leave", successor_userid="rm_x"), *EVERYONE[1:])

        assert bank.org.reasons == ["cover_userid: no member of this corp is known by it; name somebody else"]
        assert bank.org.leaves["rm_a"].cover_userid == ""

    def test_attributes_reach_the_member_and_one_without_an_account_yet(self, bank: Bank) -> None:
        more = {"languages": "粤语|英语", "qualifications": "CFP", "capacity": "300"}
        bank.take(1, line("rm_a", **more), line("rm_new", **more), *EVERYONE[1:])

        said = StaffAttributes(
            "理财经理", frozenset({"粤语", "英语"}), frozenset({"CFP"}), 300, T0 + timedelta(days=1), "rm_a"
        )
        assert bank.org.attributes("rm_a") == said
        assert bank.org.attributes("rm_new") == replace(said, told_as="rm_new")

    @pytest.mark.parametrize(
        ("userid", "changed", "reason"),
        [
            ("rm_x", {"status": "departing", "last_day": "2026-12-31"}, "userid: no member of this corp"),
            ("rm_a", {"node_id": "99"}, "node_id: no department is known by it"),
            ("rm_a", {"status": "on_leave", "last_day": "2026-11-01"}, "last_day: the leave is over"),
        ],
    )
    def test_change_that_cannot_be_told_waits_for_a_person(
        self, bank: Bank, userid: str, changed: dict[str, str], reason: str
    ) -> None:
        bank.take(1, line(userid, **changed), *(line(other) for other in PEOPLE if other != userid))

        (found,) = bank.org.reasons
        assert found.startswith(reason)
        assert bank.signals == []


class TestRenames:
    @pytest.fixture
    def renamed(self, bank: Bank) -> Bank:
        MemberRenames(bank.org).rename("rm_a", "rm_z", T0 + timedelta(hours=1))
        return bank

    def test_bank_that_writes_the_new_userid_now_tells_no_departure(self, renamed: Bank) -> None:
        renamed.take(1, *EVERYONE[1:], line("rm_z"))

        assert renamed.signals == []
        assert renamed.org.attributes("rm_z").told_as == "rm_z"

    def test_bank_that_still_writes_the_old_userid_means_the_member(self, renamed: Bank) -> None:
        renamed.take(1, line("rm_a", capacity="7"), *EVERYONE[1:])
        assert renamed.org.attributes("rm_z").capacity == 7

        renamed.take(2, *EVERYONE[1:])
        assert [(signal.userid, signal.kind) for signal in renamed.signals] == [("rm_z", "roster_departed")]

    def test_row_under_the_new_userid_counts_more(self, renamed: Bank) -> None:
        renamed.take(1, line("rm_a", capacity="7"), *EVERYONE[1:], line("rm_z", capacity="9"))
        renamed.take(2, line("rm_a", capacity="8"), *EVERYONE[1:], line("rm_z", capacity="9"))

        assert renamed.org.attributes("rm_z").capacity == 9


class TestRejectedRows:
    def test_good_rows_go_on_and_rejected_ones_are_listed_without_their_content(self, bank: Bank) -> None:
        result = bank.take(1, line("rm_a", capacity="王敏"), line("rm_b"), line("rm_b"), *EVERYONE[2:])

        ((sha256, rows),) = bank.store.rejected.items()
        assert (result.rows, result.rejected, result.changes) == (5, 3, {})
        assert [row.line for row in rows] == [2, 3, 4]
        assert result.rejected_key == f"roster/rejected/{sha256}.jsonl"
        assert [event_id for _, event_id in bank.org.rejected] == [f"{sha256}:{number}" for number in (2, 3, 4)]
        assert not any("王" in reason for reason in bank.org.reasons)
        assert bank.signals == []

    def test_member_whose_row_is_rejected_keeps_his_last_one(self, bank: Bank) -> None:
        bank.take(1, line("rm_a", capacity="many"), *EVERYONE[1:])
        bank.take(2, line("rm_a", capacity="5"), *EVERYONE[1:])

        assert bank.signals == []
        assert bank.org.attributes("rm_a").capacity == 5

    def test_nobody_departs_by_absence_while_more_rows_than_before_have_no_owner(self, bank: Bank) -> None:
        held = bank.take(1, line(""), *EVERYONE[1:])
        assert (held.held_back, bank.signals) == (1, [])

        told = bank.take(2, line("", name="another"), *EVERYONE[1:])
        assert told.held_back == 0
        assert [signal.userid for signal in bank.signals] == ["rm_a"]

    def test_table_lists_some_of_many_and_the_document_all(self, bank: Bank) -> None:
        broken = [line(f"rm_{number}", status="?") for number in range(250)]

        result = bank.take(1, *EVERYONE, *broken)

        assert (result.rejected, len(bank.org.rejected)) == (250, roster_intake.REJECTIONS_LISTED)
        assert [len(rows) for rows in bank.store.rejected.values()] == [250]


class TestRefusedFiles:
    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "is empty"),
            (csv_of(), "None of the roster's 0 rows"),
            (csv_of(line("rm_a", status="?")), "None of the roster's 1 rows"),
            (EVERYONE[0].encode(), "must name its columns"),
            (b"\xff\xfe", "neither UTF-8 nor GB18030"),
        ],
    )
    def test_file_that_is_no_roster_changes_nothing_and_waits_for_a_person(
        self, bank: Bank, content: bytes, reason: str
    ) -> None:
        before = bank.store.accepted

        result = bank.take(1, content=content)

        assert reason in result.refused
        assert result.outcome is RosterOutcome.REFUSED
        assert (bank.store.accepted, bank.signals) == (before, [])
        assert result.refused in bank.org.reasons

    @pytest.mark.parametrize("gone", [[], [line(f"rm_{place}", status="departed") for place in range(5)]])
    def test_file_that_lets_too_many_depart_is_refused_until_the_limit_is_raised(self, gone: list[str]) -> None:
        bank = Bank()
        bank.take(0, *(line(f"rm_{place}") for place in range(20)))
        rest = [line(f"rm_{place}") for place in range(5, 20)]

        refused = bank.take(1, *gone, *rest)
        bank.departing_percent = 25
        taken = bank.take(1, *gone, *rest, hours=1)

        assert "lets 5 of 20 members depart, more than 20 %" in refused.refused
        assert (refused.outcome, taken.outcome) == (RosterOutcome.REFUSED, RosterOutcome.TAKEN)

    def test_few_departures_are_no_sign_of_a_truncated_file_in_a_small_bank(self, bank: Bank) -> None:
        assert bank.take(1, EVERYONE[0]).changes == {"departed": 3}

    def test_older_file_changes_nothing(self, bank: Bank) -> None:
        bank.take(2, *EVERYONE)
        before = bank.store.accepted

        late = bank.intake().take(bank.upload(1, *EVERYONE[1:]))

        assert late.outcome is RosterOutcome.OUTDATED
        assert (bank.store.accepted, bank.signals, bank.org.reasons) == (before, [], [])

    def test_file_in_another_bucket_or_gone_is_refused(self, bank: Bank) -> None:
        upload = bank.upload(1, *EVERYONE)

        assert "another bucket" in bank.intake().take(replace(upload, bucket="other")).refused
        assert "no longer in the bucket" in bank.intake().take(replace(upload, key="roster/incoming/x.csv")).refused

    def test_departed_members_may_be_dropped_from_the_file(self, bank: Bank) -> None:
        bank.departing_percent = 100
        departed = [line(userid, status="departed") for userid in PEOPLE[:3]]
        bank.take(1, *departed, EVERYONE[3])

        result = bank.take(2, EVERYONE[3])

        assert (result.outcome, result.changes) == (RosterOutcome.TAKEN, {})


class TestRepeats:
    def test_same_file_twice_tells_nothing(self, bank: Bank) -> None:
        result = bank.take(1, *EVERYONE)

        assert (result.outcome, bank.signals) == (RosterOutcome.UNCHANGED, [])

    def test_killed_anywhere_and_repeated_it_ends_the_same(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(roster_intake, "_MEMBERS_PER_MARK", 1)
        news = (
            line("rm_a", status="departing", last_day="2026-12-31"),
            line("rm_b", status="on_leave", successor_userid="rm_c"),
            line("rm_c", node_id="20", capacity="9"),
            line("rm_e", status="?"),
        )

        def played(kill_at: int) -> tuple[bool, tuple[Any, ...]]:
            bank = Bank()
            bank.take(0, *EVERYONE)
            bank.signals.clear()
            upload = bank.upload(1, *news)
            killed = False
            with Killer(bank, kill_at) as killer:
                try:
                    bank.intake(killer.on_signal).take(upload)
                except KilledError:
                    killed = True
            bank.intake().take(upload)
            told = {signal.event_id: signal for signal in bank.signals}
            org, store = bank.org, bank.store
            return killed, (told, org.leaves, org.said, org.rejected, store.accepted, store.rejected)

        ends: list[tuple[Any, ...]] = []
        killed = True
        while killed:
            killed, end = played(len(ends))
            ends.append(end)

        assert len(ends) > 20
        assert all(end == ends[-1] for end in ends)
        assert {signal.kind for signal in ends[-1][0].values()} == {
            "roster_departing",
            "roster_transferred",
            "roster_departed",
        }

    def test_run_that_is_out_of_time_goes_on_from_its_mark(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(roster_intake, "_MEMBERS_PER_MARK", 1)
        monkeypatch.setattr(roster_intake, "_MEMBERS_PER_WRITE", 1)
        bank = Bank()
        upload = bank.upload(0, *(line(userid, status="departing", last_day="2026-12-31") for userid in PEOPLE))
        outcomes = []

        for _ in range(20):
            result = bank.intake().take(upload, may_go_on=lambda: False)
            outcomes.append(result.outcome)
            if result.outcome is not RosterOutcome.UNFINISHED:
                break

        assert outcomes[-1] is RosterOutcome.TAKEN
        assert [signal.userid for signal in bank.signals] == list(PEOPLE)
        assert len(bank.org.said) == 4

    def test_correction_within_the_day_is_another_event(self, bank: Bank) -> None:
        for hour, day in enumerate(("2026-12-30", "2026-12-31")):
            bank.take(1, line("rm_a", status="departing", last_day=day), *EVERYONE[1:], hours=hour)

        assert len({signal.event_id for signal in bank.signals}) == 2

    def test_roster_that_was_overtaken_meanwhile_does_not_replace_the_newer_one(self, bank: Bank) -> None:
        slow = bank.upload(1, line("rm_a", status="departing", last_day="2026-12-31"), *EVERYONE[1:])
        bank.intake(lambda _: bank.take(2, *EVERYONE, line("rm_e"))).take(slow)

        assert bank.store.accepted is not None
        assert bank.store.accepted[0].as_of == DAY + timedelta(days=2)


class KilledError(BaseException):
    """The process dies here."""


class Killer:
    """Dies at the n-th write of the intake, before or after it in turn."""

    WRITES = ("put_attributes", "put_cover", "save_mark", "reject")

    def __init__(self, bank: Bank, kill_at: int) -> None:
        self._bank = bank
        self._left = kill_at
        self._patch = pytest.MonkeyPatch()

    def __enter__(self) -> "Killer":
        for target, names in ((self._bank.org, self.WRITES), (self._bank.store, ("put_rejected", "replace_last"))):
            for name in names:
                self._patch.setattr(target, name, self._deadly(getattr(target, name)))
        return self

    def __exit__(self, *_: object) -> None:
        self._patch.undo()

    def on_signal(self, signal: StaffSignal) -> None:
        self._deadly(self._bank.signals.append)(signal)

    def _deadly(self, write: Callable[..., Any]) -> Callable[..., Any]:
        def survived(*arguments: Any) -> Any:
            if self._left == 0:
                raise KilledError
            self._left -= 1
            answer = write(*arguments)
            if self._left == 0:
                raise KilledError
            self._left -= 1
            return answer

        return survived


def uploads_of(sample: str) -> list[Upload]:
    event = json.loads((EVENTS / f"{sample}.json").read_text("utf-8"))
    return UploadNotification.model_validate_json(event["Records"][0]["body"]).uploads()


class TestNotification:
    def test_key_is_unquoted(self) -> None:
        assert uploads_of("roster_uploaded") == [
            Upload("scrm-data-123456789012", "roster/incoming/hr 2026-11-23.csv", T0)
        ]

    def test_test_message_of_s3_has_no_uploads(self) -> None:
        assert uploads_of("roster_notification_test") == []

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("hr.csv", DAY),
            ("hr-2026-11-20.csv", date(2026, 11, 20)),
            ("20261121_full.csv", date(2026, 11, 21)),
            ("hr-2026-13-45.csv", DAY),
            ("hr-2036-11-20.csv", DAY),
            ("120261120.csv", DAY),
        ],
    )
    def test_roster_speaks_for_the_day_in_its_name_or_that_of_its_upload(self, name: str, expected: date) -> None:
        assert day_of(Upload(BUCKET, f"roster/incoming/{name}", T0)) == expected

    def test_upload_after_midnight_in_shanghai_belongs_to_that_day(self) -> None:
        assert day_of(Upload(BUCKET, "x.csv", T0.replace(day=22, hour=16))) == DAY


def peak_of(rows: int) -> int:
    """Bytes at most that an intake of so many rows holds; the file itself comes line by line and is not counted."""

    class Generated(FakeRosterStore):
        def lines(self, key: str) -> Iterator[bytes]:
            yield f"{','.join(COLUMNS)}\n".encode()
            for number in range(rows):
                yield f"{line(f'rm_{number * 7919 % rows}')}\n".encode()

        def replace_last(self, header: Any, rows: Any) -> None:
            self.kept = sum(1 for _ in rows)

    class Forgetful(FakeOrg):
        def put_attributes(self, attributes: Any) -> None:
            self.written = len(attributes)

        def save_mark(self, sha256: str, against: str, mark: str) -> None:
            self.marked = mark

    store = Generated()
    tracemalloc.start()
    try:
        intake = replace(Bank(Forgetful(), store).intake(), rows_in_memory=1_000)
        result = intake.take(Upload(BUCKET, "x.csv", T0))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (result.rows, store.kept) == (rows, rows)
    return peak


def test_memory_stays_flat() -> None:
    assert peak_of(12_000) < 1.5 * peak_of(3_000)
