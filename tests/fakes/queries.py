"""The read side in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from scrm.contacts.model import Finding
from scrm.contacts.queries import CustomerView
from scrm.handover.edges import EdgeState
from scrm.handover.model import CaseState
from scrm.handover.queries import CaseDetail, CaseSummary, EdgeRow
from scrm.node_paths import covers
from scrm.org.model import MemberDetail, OrgNode
from scrm.org.nodes import effective_setting
from scrm.org.queries import CoverRow, NodeDetail
from scrm.org.rejections import Rejection, ReviewState
from scrm.paging import InvalidCursorError, Page
from tests.fakes.contacts import FakeContacts


def paged[Item](items: Sequence[Item], cursor: str | None, limit: int) -> Page[Item]:
    """A page whose cursor is the number of items given out before it."""
    if cursor is not None and not cursor.isdecimal():
        raise InvalidCursorError("not a number")
    start = int(cursor or 0)
    end = start + limit
    return Page(tuple(items[start:end]), str(end) if end < len(items) else None)


@dataclass
class FakeCaseQueries:
    cases: list[CaseDetail] = field(default_factory=list)
    edges: dict[str, list[EdgeRow]] = field(default_factory=dict)
    groups: dict[str, list[EdgeRow]] = field(default_factory=dict)

    def list_cases(self, node_path: str, state: CaseState | None, cursor: str | None, limit: int) -> Page[CaseSummary]:
        found = [
            case.summary
            for case in sorted(self.cases, key=lambda case: case.summary.opened_at, reverse=True)
            if covers(node_path, case.summary.node_path) and state in {None, case.summary.state}
        ]
        return paged(found, cursor, limit)

    def list_cases_of(
        self, userid: str, node_path: str, state: CaseState | None, cursor: str | None, limit: int
    ) -> Page[CaseSummary]:
        """By the userid of their time alone: this fake knows no renames."""
        every = self.list_cases(node_path, state, None, len(self.cases) + 1).items
        return paged([case for case in every if case.handover_userid == userid], cursor, limit)

    def get_case(self, case_id: str) -> CaseDetail | None:
        return next((case for case in self.cases if case.summary.case_id == case_id), None)

    def list_edges(self, case_id: str, state: EdgeState | None, cursor: str | None, limit: int) -> Page[EdgeRow]:
        return paged([e for e in self.edges.get(case_id, []) if state in {None, e.state}], cursor, limit)

    def list_groups(self, case_id: str, state: EdgeState | None, cursor: str | None, limit: int) -> Page[EdgeRow]:
        return paged([e for e in self.groups.get(case_id, []) if state in {None, e.state}], cursor, limit)


@dataclass
class FakeOrgQueries:
    nodes: dict[str, OrgNode] = field(default_factory=dict)
    people: list[MemberDetail] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)

    def node(self, node_id: str) -> OrgNode | None:
        return self.nodes.get(node_id)

    def node_detail(self, node_id: str) -> NodeDetail | None:
        node = self.node(node_id)
        return NodeDetail(node, effective_setting(node.path, self.nodes)) if node else None

    def children(self, node_id: str, cursor: str | None, limit: int) -> Page[OrgNode]:
        return paged([node for node in self.nodes.values() if node.parent_id == node_id], cursor, limit)

    def members(self, node_id: str, cursor: str | None, limit: int) -> Page[MemberDetail]:
        return paged([detail for detail in self.people if detail.member.node_id == node_id], cursor, limit)

    def detail(self, userid: str) -> MemberDetail | None:
        return next((detail for detail in self.people if detail.member.userid == userid), None)

    def covers(self, node_path: str, today: date, cursor: str | None, limit: int) -> Page[CoverRow]:
        found = [
            CoverRow(detail.cover, detail.member.node_id, detail.member.node_path)
            for detail in self.people
            if detail.cover and covers(node_path, detail.member.node_path)
        ]
        return paged([row for row in found if row.cover.overlaps(today, None)], cursor, limit)

    def rejection(self, rejection_id: str) -> Rejection | None:
        return next((found for found in self.rejected if found.rejection_id == rejection_id), None)

    def rejections(
        self, node_path: str, cursor: str | None, limit: int, state: ReviewState | None = None
    ) -> Page[Rejection]:
        found = [each for each in self.rejected if covers(node_path, each.node_path) and state in {None, each.state}]
        return paged(found, cursor, limit)

    def review(self, rejection_id: str, actor: str, at: datetime, note: str = "") -> Rejection | None:
        """Implements RejectionReviews."""
        for place, found in enumerate(self.rejected):
            if found.rejection_id == rejection_id and found.state is ReviewState.OPEN:
                self.rejected[place] = replace(
                    found, state=ReviewState.REVIEWED, reviewed_by=actor, reviewed_at=at, note=note
                )
        return self.rejection(rejection_id)


@dataclass
class FakeContactQueries:
    """What the admin API reads of `scrm.contacts.queries.ContactQueries`."""

    contacts: FakeContacts

    def customer(self, external_userid: str) -> CustomerView | None:
        found = self.contacts.customer_rows.get(external_userid)
        return CustomerView.of(found) if found else None

    def findings(self, finding: Finding, cursor: str | None, limit: int) -> Page[CustomerView]:
        found = [CustomerView.of(row) for row in self.contacts.customer_rows.values() if row.finding is finding]
        return paged(found, cursor, limit)
