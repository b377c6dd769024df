"""Which cases a list shows, and in which order."""

from dataclasses import dataclass
from datetime import datetime

from scrm.node_paths import ROOT_PATH, covers
from scrm.review.model import ReviewCase, ReviewKind, ReviewState, Severity, desk_of


@dataclass(frozen=True, slots=True)
class CaseQuery:
    """Cases of members at or below ``scope_path``; what is due first comes first, of closed ones the latest.

    ``at_head_office`` asks for those that head office reviews: of its own members, and what was escalated. Without it,
    a list of the root has every desk's, a list of a branch its own desk's.
    """

    scope_path: str
    is_closed: bool = False
    state: ReviewState | None = None
    kind: ReviewKind | None = None
    severity: Severity | None = None
    claimed_by: str = ""
    due_before: datetime | None = None
    at_head_office: bool = False

    @property
    def desk_path(self) -> str | None:
        """Whose desk has them; None for every desk of the bank."""
        if self.at_head_office:
            return ROOT_PATH
        return None if self.scope_path == ROOT_PATH else desk_of(self.scope_path)

    def matches(self, case: ReviewCase) -> bool:
        return (
            case.is_closed is self.is_closed
            and covers(self.scope_path, case.node_path)
            and self.desk_path in {None, case.desk_path}
            and self.state in {None, case.state}
            and self.kind in {None, case.kind}
            and self.severity in {None, case.severity}
            and self.claimed_by in {"", case.claimed_by}
            and (self.due_before is None or case.due_at < self.due_before)
        )
