"""Features meet here: what one feature knows, in the words another one asks with."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import batched

from scrm.aws.org_table import DynamoOrgRepository
from scrm.contacts import ownership
from scrm.contacts.model import Customer, Relation, RelationState
from scrm.contacts.queries import RelationReader
from scrm.handover.edges import EdgeCause
from scrm.handover.ports import LeaversCustomer, StaffMember
from scrm.node_paths import ROOT_NODE_ID, branch_of
from scrm.org.model import Member, MemberStatus

# Who answers when nobody else can: a role, not a person (docs/operations).
HEAD_OFFICE = "head_office"

_CUSTOMERS_PER_READ = 100
_INELIGIBLE = {
    RelationState.HALF_ADDED: EdgeCause.HALF_ADDED,
    RelationState.DELETED_BY_CUSTOMER: EdgeCause.DELETED_BY_CUSTOMER,
}


class OrgStaffDirectory:
    """Implements `scrm.handover.ports.StaffDirectory` on the organisation's table."""

    def __init__(self, org: DynamoOrgRepository) -> None:
        self._org = org

    def staff_member(self, userid: str) -> StaffMember | None:
        member = self._org.member(userid)
        if member is None:
            return None
        node = self._org.node(member.node_id)
        return _to_staff(member, node.name if node else "")

    def colleagues(self, node_path: str) -> Iterable[StaffMember]:
        return map(_to_staff, self._org.members_of_branch(branch_of(node_path)))

    def manager_of(self, node_path: str, *, leaver: str) -> str:
        for node_id in (branch_of(node_path), ROOT_NODE_ID):
            node = self._org.node(node_id)
            manager = self._org.member(node.manager_userid) if node and node.manager_userid else None
            if manager and manager.userid != leaver and manager.status is MemberStatus.ACTIVE:
                return manager.userid
        return HEAD_OFFICE


class ContactCustomerBook:
    """Implements `scrm.handover.ports.CustomerBook` on the contacts table; one read of customers per 100 relations.

    ``tier_tags`` and ``language_tags`` map a corp tag's id to what it says; of several the first of the mapping counts.
    A customer for whom WeCom answered 40128 counts as full for ``full_for`` (`HandoverSettings.quota_retry_days`).
    """

    def __init__(
        self,
        contacts: RelationReader,
        *,
        tier_tags: Mapping[str, str],
        language_tags: Mapping[str, str],
        full_for: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        self._contacts = contacts
        self._tier_tags = tier_tags
        self._language_tags = language_tags
        self._full_for = full_for
        self._now = now

    def customers_of(self, userid: str) -> Iterator[LeaversCustomer]:
        for rows in batched(self._contacts.relations_of(userid), _CUSTOMERS_PER_READ, strict=False):
            known = self._contacts.customers([row.external_userid for row in rows])
            for row in rows:
                yield self._to_leavers(row, known.get(row.external_userid) or Customer(row.external_userid))

    def _to_leavers(self, row: Relation, customer: Customer) -> LeaversCustomer:
        following = ownership.followers_of(customer).items()
        return LeaversCustomer(
            external_userid=row.external_userid,
            ineligible_cause=_INELIGIBLE.get(row.state, ""),
            hold=customer.hold.reason.value if customer.hold else "",
            followers=tuple(
                userid
                for userid, standing in following
                if userid != row.userid and standing.state is RelationState.ACTIVE
            ),
            tier=_said_by(self._tier_tags, row.details.tag_ids),
            language=_said_by(self._language_tags, row.details.tag_ids),
            onjob_transfers=self._quota_of(customer),
        )

    def _quota_of(self, customer: Customer) -> tuple[datetime, ...]:
        """Uses of the last 90 days. A 40128 stands as two of them, dated so that they stop counting when it does."""
        now = self._now()
        begin = now - ownership.QUOTA_WINDOW
        uses = [at for at in ownership.quota_uses_of(customer) if at > begin]
        full_until = customer.quota_full_at + self._full_for if customer.quota_full_at else now
        if full_until > now:
            uses += [full_until - ownership.QUOTA_WINDOW] * ownership.QUOTA
        return tuple(sorted(uses))

    def groups_of(self, userid: str) -> Iterator[str]:
        for group in self._contacts.groups_of(userid):
            yield group.chat_id

    def load_of(self, userid: str) -> int:
        return self._contacts.count_relations(userid)


def _to_staff(member: Member, node_name: str = "") -> StaffMember:
    return StaffMember(
        userid=member.userid,
        name=member.name,
        node_id=member.node_id,
        node_path=member.node_path,
        node_name=node_name,
        can_take_over=member.can_take_over,
        rejoined_at=member.rejoined_at,
    )


def _said_by(tags: Mapping[str, str], tag_ids: Iterable[str]) -> str:
    """What the first tag of the mapping that the customer has says of him; empty when he has none."""
    found = frozenset(tag_ids)
    return next((word for tag_id, word in tags.items() if tag_id in found), "")
