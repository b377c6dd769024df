"""The bank's daily roster: compared with the last one, its changes told to handover, leaves and members.

Killed anywhere and repeated it tells the same again: event ids derive from the change, and the last roster is replaced
at the very end. A mark, saved from time to time, spares a repeat most of what was told already.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import batched, chain
from typing import Final

from scrm import ids
from scrm.clock import BUSINESS_ZONE
from scrm.org.roster import RejectedRow, RosterFile, RosterRefusedError, RosterRow, decoded, examine, parse
from scrm.org.roster_changes import RosterChange, RosterChangeKind, RosterStep, compared
from scrm.org.roster_order import ROWS_IN_MEMORY, RosterSpool
from scrm.org.roster_ports import LastRoster, RosterHeader, RosterProgress, RosterStore
from scrm.runtime.roster_signals import ROSTER_SOURCE, RosterNews, RosterTeller
from scrm.runtime.uploads import Upload

# The file in the bucket lists all; the table, which people read, some.
REJECTIONS_LISTED: Final = 100
_MEMBERS_PER_WRITE: Final = 100
_MEMBERS_PER_MARK: Final = 100
# So many may leave on one day even in a small bank.
_FEW_DEPARTURES: Final = 3
_DATE = re.compile(r"(?<!\d)(\d{4})-?(\d{2})-?(\d{2})(?!\d)")
_ATTRIBUTES_TOLD = "attributes"
_SIGNALS_TOLD = "signals"


class RosterOutcome(StrEnum):
    """What became of a file; the value is the metric.

    ``UNCHANGED``: it is the last accepted file. ``OUTDATED``: a newer one was taken before. ``UNFINISHED``: the time is
    over, take it again.
    """

    TAKEN = "RosterFileTaken"
    UNCHANGED = "RosterFileUnchanged"
    OUTDATED = "RosterFileOutdated"
    REFUSED = "RosterFileRejected"
    UNFINISHED = "RosterFileContinued"


@dataclass(frozen=True, slots=True)
class RosterResult:
    """What became of a file: ``rows`` in it, ``rejected`` among them, ``changes`` told by kind.

    ``held_back`` members are not in the file and count as present, because rows whose owner nobody can tell have
    become more. ``rejected_key`` is the document that lists the rejected rows. ``refused`` is a sentence.
    """

    outcome: RosterOutcome
    rows: int = 0
    rejected: int = 0
    changes: Mapping[str, int] = field(default_factory=dict)
    held_back: int = 0
    rejected_key: str = ""
    refused: str = ""


@dataclass(slots=True)
class _Tally:
    """What the readings of one file count."""

    rows: int = 0
    rejected: int = 0
    unattributed: int = 0
    members: int = 0
    missing: int = 0
    departing: int = 0
    kept: int = 0


@dataclass(frozen=True, slots=True)
class _Roster:
    """One file on its way: its rows by userid, the roster before it, and what is known of both."""

    upload: Upload
    file: RosterFile
    news: RosterNews
    last: LastRoster | None
    spool: RosterSpool
    tally: _Tally

    @property
    def against(self) -> str:
        return self.last.header.sha256 if self.last else ""

    @property
    def holds_back(self) -> bool:
        """A member whose own row cannot be attributed must not count as gone."""
        known = self.last.header.unattributed if self.last else 0
        return self.tally.unattributed > known

    def steps(self) -> Iterator[RosterStep]:
        return compared(self.last.rows() if self.last else (), self.spool.entries())

    def changes_after(self, userid: str, *, of_attributes: bool) -> Iterator[list[RosterChange]]:
        """Changes of one member after the other, in the order of their userids: those of attributes, or the others."""
        for step in self.spool.steps():
            if step.userid > userid:
                found = [
                    change for change in step.changes() if (change.kind is RosterChangeKind.ATTRIBUTES) == of_attributes
                ]
                if found:
                    yield found

    def counted(self) -> Iterator[RosterStep]:
        """Count all steps; those come back that changed something."""
        tally = self.tally
        for step in self.steps():
            tally.members += step.was_on_staff
            tally.missing += step.is_missing
            tally.departing += step.is_missing or step.departs
            tally.kept += self.row_from_now_on(step) is not None
            if step.before != self.row_from_now_on(step):
                yield step

    def row_from_now_on(self, step: RosterStep) -> RosterRow | None:
        return step.before if self.holds_back and step.is_missing else step.after

    def rows_from_now_on(self) -> Iterator[RosterRow]:
        for step in self.steps():
            row = self.row_from_now_on(step)
            if row is not None:
                yield row


@dataclass(frozen=True, slots=True)
class RosterIntake:
    """Use case of a roster file.

    ``departing_percent``: a file in which more of the known staff depart at once, or are missing, looks wrong
    (`HandoverDocument.roster_departing_percent`).
    """

    bucket: str
    store: RosterStore
    progress: RosterProgress
    teller: RosterTeller
    departing_percent: int
    rows_in_memory: int = ROWS_IN_MEMORY

    def take(self, upload: Upload, may_go_on: Callable[[], bool] = lambda: True) -> RosterResult:
        """Take a file that was uploaded, once or again.

        ``may_go_on`` is asked from time to time; once it says no, the rest waits for the next call with the same file.
        """
        try:
            return self._take(upload, may_go_on)
        except RosterRefusedError as error:
            event_id = ids.derive("roster", upload.bucket, upload.key, upload.uploaded_at.isoformat())
            self.teller.rejections.reject(ROSTER_SOURCE, event_id, str(error), upload.uploaded_at)
            return RosterResult(RosterOutcome.REFUSED, refused=str(error))

    def _take(self, upload: Upload, may_go_on: Callable[[], bool]) -> RosterResult:
        if upload.bucket != self.bucket:
            raise RosterRefusedError("The roster lies in another bucket; upload it to this stack's own.")
        file = examine(self.store.lines(upload.key))
        last = self.store.last()
        as_of = day_of(upload)
        if last is not None and last.header.sha256 == file.sha256:
            self._confirm(last, as_of, upload.uploaded_at)
            return RosterResult(RosterOutcome.UNCHANGED)
        if last is not None and (as_of, upload.uploaded_at) < last.header.order:
            return RosterResult(RosterOutcome.OUTDATED)
        news = RosterNews(file.sha256, as_of, min(upload.uploaded_at, _midnight_after(as_of)))
        with RosterSpool(self.rows_in_memory) as spool:
            roster = _Roster(upload, file, news, last, spool, _Tally())
            rejected_key = self._read(roster)
            self._check(roster)
            told = self._tell(roster, may_go_on)
            if told is None:
                return RosterResult(RosterOutcome.UNFINISHED)
            self._replace_last(roster)
            tally = roster.tally
            held_back = tally.missing if roster.holds_back else 0
            return RosterResult(RosterOutcome.TAKEN, tally.rows, tally.rejected, told, held_back, rejected_key)

    def _read(self, roster: _Roster) -> str:
        """Sort the rows and list the rejected ones; returns where they are listed."""
        tally = roster.tally
        for found in self._parsed(roster):
            tally.rows += 1
            if isinstance(found, RejectedRow):
                tally.rejected += 1
                tally.unattributed += not found.userid
            roster.spool.add(found)
        tally.rejected += roster.spool.seal()
        if not tally.rejected:
            return ""
        malformed = (found for found in self._parsed(roster) if isinstance(found, RejectedRow))
        return self.store.put_rejected(roster.file.sha256, self._listed(roster, malformed))

    def _parsed(self, roster: _Roster) -> Iterator[tuple[int, RosterRow] | RejectedRow]:
        return parse(decoded(self.store.lines(roster.upload.key), roster.file.encoding))

    def _listed(self, roster: _Roster, malformed: Iterator[RejectedRow]) -> Iterator[RejectedRow]:
        sha256, at = roster.file.sha256, roster.news.said_at
        for number, row in enumerate(chain(malformed, roster.spool.doubled())):
            if number < REJECTIONS_LISTED:
                reason = f"line {row.line}: {row.reason}"
                self.teller.rejections.reject(ROSTER_SOURCE, f"{sha256}:{row.line}", reason, at)
            yield row

    def _check(self, roster: _Roster) -> None:
        tally = roster.tally
        if tally.rows == tally.rejected:
            raise RosterRefusedError(
                f"None of the roster's {tally.rows} rows can be used; see its rejected rows, then upload it again."
            )
        roster.spool.put_steps(roster.counted())
        percent = self.departing_percent
        if tally.departing > _FEW_DEPARTURES and tally.departing * 100 > percent * tally.members:
            raise RosterRefusedError(
                f"The roster lets {tally.departing} of {tally.members} members depart, more than {percent} %: it looks "
                "truncated. Upload the whole one, or raise roster_departing_percent for the day and upload it again."
            )

    def _tell(self, roster: _Roster, may_go_on: Callable[[], bool]) -> Mapping[str, int] | None:
        """Changes told by kind, those before the mark not counted again; None when the time was over.

        Attributes come first: they tell which userids the bank uses now, and a rename is no departure.
        """
        mark = self.progress.mark(roster.file.sha256, roster.against)
        phase, _, upto = mark.partition(":")
        told: Counter[str] = Counter()
        if phase != _SIGNALS_TOLD:
            waiting = roster.changes_after(upto, of_attributes=True)
            for part in batched(waiting, _MEMBERS_PER_WRITE, strict=False):
                self.teller.keep_attributes(list(chain.from_iterable(part)), roster.news)
                told[RosterChangeKind.ATTRIBUTES.value] += len(part)
                if not self._marked(roster, f"{_ATTRIBUTES_TOLD}:{part[-1][0].userid}", may_go_on):
                    return None
            upto = ""
        waiting = roster.changes_after(upto, of_attributes=False)
        for part in batched(waiting, _MEMBERS_PER_MARK, strict=False):
            for change in chain.from_iterable(part):
                told[change.kind.value] += self.teller.tell(change, roster.news)
            if not self._marked(roster, f"{_SIGNALS_TOLD}:{part[-1][0].userid}", may_go_on):
                return None
        return {kind: count for kind, count in sorted(told.items()) if count}

    def _marked(self, roster: _Roster, mark: str, may_go_on: Callable[[], bool]) -> bool:
        self.progress.save_mark(roster.file.sha256, roster.against, mark)
        return may_go_on()

    def _confirm(self, last: LastRoster, as_of: date, uploaded_at: datetime) -> None:
        """The same roster for a later day: one of a day between is an older one now."""
        if (as_of, uploaded_at) > last.header.order:
            self.store.replace_last(replace(last.header, as_of=as_of, uploaded_at=uploaded_at), last.rows())

    def _replace_last(self, roster: _Roster) -> None:
        tally, upload = roster.tally, roster.upload
        header = RosterHeader(
            sha256=roster.file.sha256,
            as_of=roster.news.as_of,
            uploaded_at=upload.uploaded_at,
            rows=tally.kept,
            unattributed=tally.unattributed,
        )
        newest = self.store.last()
        overtaken = newest is not None and newest.header.sha256 != roster.against and newest.header.order > header.order
        if not overtaken:
            self.store.replace_last(header, roster.rows_from_now_on())


def day_of(upload: Upload) -> date:
    """The day a roster speaks for: the date in its file name, if it is none to come, else the day of its upload."""
    uploaded_on = upload.uploaded_at.astimezone(BUSINESS_ZONE).date()
    for found in _DATE.finditer(upload.key.rpartition("/")[2]):
        try:
            return min(date(*map(int, found.groups())), uploaded_on)
        except ValueError:
            continue
    return uploaded_on


def _midnight_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), BUSINESS_ZONE)
