"""A morning's run: planned in parts, read piece by piece, measured when the last part is done (S10).

WeCom gives one member's behaviour a call (several would be one sum), 150,000 an hour: a bank of 300,000 members is read
in two hours and more, over many invocations. Everything may come twice: a piece that is read again has the same name,
or lies beside and says the same.
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, time, timedelta
from itertools import batched, chain
from typing import Any, Final

from scrm import clock
from scrm.adds.sections import place_of, section_of, sections_of
from scrm.adds.snapshots import ADDS, SEEN_DAYS
from scrm.clock import BUSINESS_ZONE
from scrm.collect.datasets import READINGS, RELATIONS, ROSTER, day_partition, run_partition
from scrm.collect.model import FollowedCustomer, GroupDay, MemberDay, Part, Plan, Readings, RosterRow, Run, Stage
from scrm.collect.ports import CollectQueue, Followings, MemberStatistics, NotNowError, Roster, RunFolder
from scrm.sql import SqlEngine

MEMBERS_OF_A_PART: Final = 1_000
ADDS_OF_A_PIECE: Final = 50_000
READY_AT: Final = time(6)  # WeCom counts a day in the night after it; until then its figures are zeros
_OWNERS: Final = 100
_NO_GROUPS: Final = {"groups_total": 0, "groups_active": 0, "group_customers": 0, "group_messages": 0}


@dataclass(frozen=True, slots=True)
class Collector:
    """Use case of a schedule and a queue. ``has_time``: whether this invocation may begin another member. ``waits``
    until WeCom takes a call, or tells at once that this is not worth waiting for (False).
    """

    roster: Roster
    statistics: MemberStatistics
    followings: Followings
    folder: RunFolder
    engine: SqlEngine
    queue: CollectQueue
    has_time: Callable[[], bool]
    waits: Callable[[datetime], bool]

    def begin(self, now: datetime) -> Run | None:
        """Have the run of this morning planned; None, and nothing, while yesterday's figures may still be zeros."""
        here = now.astimezone(BUSINESS_ZONE)
        if here.time() < READY_AT:
            return None
        run = Run.of_morning(here.date())
        self.queue.run_due(run)
        return run

    def plan(self, run: Run) -> int:
        """Cut the bank into parts and have them read; how many. Planned again, only what is not done is told again."""
        planned = self.folder.plan(run)
        if planned is None:
            planned = self._cut(run)
            self.folder.put_plan(run, planned)
        done = self.folder.done(run)
        if len(done) >= planned.parts:
            self.queue.run_read(run)
            return planned.parts
        stage = Stage.STATISTICS if run.window else Stage.RELATIONS
        self.queue.parts_due(Part(run, number, stage) for number in range(planned.parts) if number not in done)
        return planned.parts

    def read(self, part: Part) -> Part | None:
        """Go on with a part; what is left of it, None when it is done."""
        members = self.folder.part(part.run, part.number)
        if part.stage is Stage.RELATIONS:
            part = self._write_relations(part, members)
            if part.stage is Stage.RELATIONS:
                return part
        part = self._read_statistics(part, members)
        if part.place < len(members):
            return part
        self._finish(part)
        return None

    def _cut(self, run: Run) -> Plan:
        """Into parts of a section each; a bank of 300,000 is held as a whole here, with 100 MB."""
        everybody = list(self.roster.rows())
        sections: list[list[RosterRow]] = [[] for _ in range(sections_of(len(everybody)))]
        for row in everybody:
            sections[section_of(row.userid, len(sections))].append(row)
        parts = 0
        for section in sections:
            for rows in batched(section, MEMBERS_OF_A_PART, strict=False):
                self.folder.put_part(run, parts, rows)
                parts += 1
        if not run.window:
            self.engine.write(ROSTER, day_partition(run.roster_day), "all", map(_roster_row, everybody))
        return Plan(parts, len(sections))

    def _finish(self, part: Part) -> None:
        """Whoever comes last has the run measured; two who come together both do, with the same outcome."""
        self.folder.note_done(part.run, part.number)
        planned = self.folder.plan(part.run)
        if planned is not None and len(self.folder.done(part.run)) >= planned.parts:
            self.queue.run_read(part.run)

    def _write_relations(self, part: Part, members: Sequence[RosterRow]) -> Part:
        """As many members' as time, and memory for their recent adds, allow."""
        reached = part.place
        adds: list[dict[str, Any]] = []

        def rows() -> Iterator[dict[str, Any]]:
            nonlocal reached
            for member in members[part.place :]:
                if reached > part.place and not (self.has_time() and len(adds) < ADDS_OF_A_PIECE):
                    return
                yield from self._relations_of(member, part.run, adds)
                reached += 1

        day = day_partition(part.run.roster_day)
        self.engine.write(RELATIONS, day, part.name, rows())
        if adds:
            self.engine.write(ADDS, f"{day}{self._section_of(part.run, members[0])}", part.name, adds)
        if reached < len(members):
            return replace(part, place=reached)
        return replace(part, stage=Stage.STATISTICS, place=0)

    def _section_of(self, run: Run, member: RosterRow) -> str:
        planned = self.folder.plan(run)
        of = planned.sections if planned is not None else 1
        return place_of(section_of(member.userid, of), of)

    def _relations_of(self, member: RosterRow, run: Run, adds: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Recent ones are noted as adds too, also whom the customer deleted again."""
        since = run.roster_day - timedelta(days=SEEN_DAYS)
        for each in self.followings.of_member(member.userid):
            if since <= each.added_at.astimezone(BUSINESS_ZONE).date() <= run.roster_day:
                adds.append(_add_row(member, each, run))
            if each.lost_at is not None:
                continue
            yield {
                "external_userid": each.external_userid,
                "userid": member.userid,
                "node_id": member.node_id,
                "node_path": member.node_path,
                "added_at": clock.to_iso(each.added_at),
                "unionid": each.unionid,
                "accountable": each.is_accountable,
            }

    def _read_statistics(self, part: Part, members: Sequence[RosterRow]) -> Part:
        """What was read before WeCom or the clock said stop waits in the folder: WeCom stops a run often, and as many
        files would be more than the engine reads."""
        read = self.folder.readings(part)
        first = part.place if read is not None else 0
        read, place, not_before = read or Readings(), first, None
        rows = list(read.rows)
        try:
            while place < len(members) and (place == first or self.has_time()):
                read = self._with_groups(read, place - place % _OWNERS, members, part.run)
                rows += self._days_of(members[place], part.run, read)
                place += 1
        except NotNowError as error:
            not_before = error.not_before
        part = replace(part, place=place, not_before=not_before)
        if place < len(members):
            self.folder.put_readings(part, replace(read, rows=rows))
        elif rows:
            self.engine.write(READINGS, run_partition(part.run), f"{part.number:05d}", rows)
        return part

    def _days_of(self, member: RosterRow, run: Run, read: Readings) -> list[dict[str, Any]]:
        if not member.is_asked:
            return []
        found = self._patiently(lambda: self.statistics.of_member(member.userid, run.first, run.last))
        return [_reading(day, read.groups.get(f"{day.userid} {day.day.isoformat()}", _NO_GROUPS), run) for day in found]

    def _patiently[Answer](self, ask: Callable[[], Answer]) -> Answer:
        """What WeCom answers, if need be after a moment: at its quota it takes a call every few milliseconds, and a
        message of its own for each would read the part anew for every member."""
        while True:
            try:
                return ask()
            except NotNowError as error:
                if not (self.has_time() and self.waits(error.not_before)):
                    raise

    def _with_groups(self, read: Readings, first: int, members: Sequence[RosterRow], run: Run) -> Readings:
        """Also of the groups of 100 members, unless they were read: a call a day, beside one a member for all days."""
        owners = [member.userid for member in members[first : first + _OWNERS] if member.is_asked]
        if read.groups_from == first or not owners:
            return read
        asks = (functools.partial(self.statistics.of_groups, owners, day) for day in run.days)
        found = chain.from_iterable(map(self._patiently, asks))
        groups = {f"{each.userid} {each.day.isoformat()}": _group_columns(each) for each in found}
        return replace(read, groups_from=first, groups=groups)


def _roster_row(row: RosterRow) -> dict[str, Any]:
    return {
        "userid": row.userid,
        "node_id": row.node_id,
        "node_path": row.node_path,
        "on_roster": row.on_roster,
        "licensed": row.is_licensed,
    }


def _add_row(member: RosterRow, each: FollowedCustomer, run: Run) -> dict[str, Any]:
    return {
        "seen_on": run.roster_day.isoformat(),
        "userid": member.userid,
        "node_path": member.node_path,
        "external_userid": each.external_userid,
        "unionid": each.unionid,
        "added_at": clock.to_iso(each.added_at),
        "adders": each.adders,
        "was_followed": each.was_followed,
        "lost_at": clock.to_iso(each.lost_at) if each.lost_at else None,
    }


def _reading(day: MemberDay, groups: Mapping[str, int], run: Run) -> dict[str, Any]:
    return {**asdict(day), "day": day.day.isoformat(), **groups, "read_on": run.run_id}


def _group_columns(found: GroupDay) -> dict[str, int]:
    return {
        "groups_total": found.groups,
        "groups_active": found.groups_active,
        "group_customers": found.group_customers,
        "group_messages": found.group_messages,
    }
