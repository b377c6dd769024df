"""Who of the roster has a seat in the archive: the organisation beside WeCom's list (S70)."""

from collections.abc import Iterable
from dataclasses import dataclass

from scrm.archive.asking import ConsentTally, Tallies
from scrm.archive.certificate import Consents, Seats
from scrm.archive.coverage import CoverageStore
from scrm.node_paths import ROOT_PATH
from scrm.runtime.members_below import Staff, members_below


@dataclass(frozen=True, slots=True)
class RosterSeats:
    """Implements `scrm.archive.certifying.ArchivedSeats`. The roster: active members who may have customers."""

    staff: Staff
    coverage: CoverageStore
    tallies: Tallies

    def seats(self) -> Seats | None:
        """None until WeCom's list was read for the first time."""
        permitted = set(self.coverage.seated())
        if not permitted:
            return None
        roster = {member.userid for _, member in members_below(self.staff, ROOT_PATH) if member.can_take_over}
        return Seats(len(roster), len(permitted), _sorted(roster - permitted))

    def consents(self) -> Consents | None:
        customers, groups, unasked, found = ConsentTally(), ConsentTally(), 0, False
        for each in self.tallies.tallies():
            found = True
            unasked += each.asked_at is None
            customers, groups = customers + each.customers, groups + each.groups
        return Consents(customers, groups, unasked) if found else None


def _sorted(members: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(members))
