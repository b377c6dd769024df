"""The archive's seats of everybody below a node who serves customers."""

from dataclasses import dataclass

from scrm.archive.coverage import CoverageStore
from scrm.archive.seats import SeatedMember, SeatReport, seats_of
from scrm.runtime.members_below import Staff, members_below


@dataclass(frozen=True, slots=True)
class SeatsBelow:
    """Use case of operators."""

    staff: Staff
    store: CoverageStore

    def below(self, node_path: str) -> SeatReport:
        found = (member for _, member in members_below(self.staff, node_path) if member.can_take_over)
        return seats_of(self.store, (SeatedMember(member.userid, member.node_path) for member in found))
