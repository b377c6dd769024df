"""Relations and customers, in the handover's words."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import batched

from scrm.contacts import ownership
from scrm.contacts.model import Customer, Relation, RelationState
from scrm.contacts.ports import RelationReader
from scrm.handover.edges import EdgeCause
from scrm.handover.ports import LeaversCustomer

_CUSTOMERS_PER_READ = 100
_INELIGIBLE = {
    RelationState.HALF_ADDED: EdgeCause.HALF_ADDED,
    RelationState.DELETED_BY_CUSTOMER: EdgeCause.DELETED_BY_CUSTOMER,
}


class ContactCustomerBook:
    """Implements `scrm.handover.ports.CustomerBook` on the contacts table; one read of customers per 100 relations.

    ``tier_tags`` and ``language_tags`` map a corp tag's id to what it says; of several the first of the mapping counts.
    A customer for whom WeCom answered 40128 counts as full for ``full_for`` (`HandoverSettings.quota_believed_for`).
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


def _said_by(tags: Mapping[str, str], tag_ids: Iterable[str]) -> str:
    """What the first tag of the mapping that the customer has says of him; empty when he has none."""
    found = frozenset(tag_ids)
    return next((word for tag_id, word in tags.items() if tag_id in found), "")
