"""Where members sit, for answers that are filtered by node (invariant 7)."""

from collections.abc import Iterable

from scrm.org.model import Alias, Member
from scrm.org.ports import MemberRepository


class MemberPlaces:
    """One request for a hundred members, one more for each who was renamed."""

    def __init__(self, org: MemberRepository) -> None:
        self._org = org

    def paths_of(self, userids: Iterable[str]) -> dict[str, str]:
        """The node path of those who are known."""
        wanted = sorted({userid for userid in userids if userid})
        found = self._org.stored_members(wanted) if wanted else {}
        present = {userid: self._present(row) for userid, row in found.items()}
        return {userid: member.node_path for userid, member in present.items() if member is not None}

    def _present(self, row: Member | Alias) -> Member | None:
        return self._org.member(row.new_userid) if isinstance(row, Alias) else row
