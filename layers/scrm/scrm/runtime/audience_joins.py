"""What the audience asks of the relation table, and what campaigns ask of the audience."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from scrm.audience.intake import FactsReader
from scrm.audience.ports import Owned
from scrm.audience.rules import Offer, RuleSettings, exclusions
from scrm.campaign import ports
from scrm.campaign.terms import Channel

if TYPE_CHECKING:
    from scrm.contacts.model import Customer

# What reaches everybody who is there: nobody can be left out.
_PUBLIC = frozenset({Channel.GROUP, Channel.MOMENTS})


class Relations(Protocol):
    def customers(self, external_userids: Sequence[str]) -> dict[str, "Customer"]: ...


class ContactsOwned:
    """Implements `scrm.audience.ports.OwnedCustomers`."""

    def __init__(self, contacts: Relations) -> None:
        self._contacts = contacts

    def owned(self, external_userids: Sequence[str]) -> dict[str, Owned]:
        found = self._contacts.customers(external_userids)
        return {one: Owned(customer.owner_userid, customer.version) for one, customer in found.items()}


class FactRules:
    """Implements `scrm.campaign.ports.RecipientRules` on the bank's facts, as they are now (O5)."""

    def __init__(self, facts: FactsReader, settings: Callable[[], RuleSettings]) -> None:
        self._facts = facts
        self._settings = settings

    def exclusions(
        self,
        owner_userid: str,
        target_ids: Sequence[str],
        content: ports.ApprovedContent,
        channel: Channel,
        at: datetime,
    ) -> dict[str, str]:
        """One query for all of them."""
        offer = Offer(bool(content.product_id), content.product_risk, channel in _PUBLIC)
        facts = {} if offer.is_public else self._facts.of_customers(owner_userid, target_ids)
        return {one: why.value for one, why in exclusions(facts, target_ids, offer, self._settings(), at).items()}
