"""What the audience asks of the relation table, and what campaigns ask of the audience."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from scrm.audience.facts import CustomerFacts
from scrm.audience.intake import FactsReader
from scrm.audience.ports import Owned
from scrm.audience.rules import Offer, RuleSettings, exclusion, exclusions, first_bar
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
        offer = _offer(content, channel)
        facts = self._known(owner_userid, target_ids, offer)
        return {one: why.value for one, why in exclusions(facts, target_ids, offer, self._settings(), at).items()}

    def ruling(
        self,
        owner_userid: str,
        target_ids: Sequence[str],
        content: ports.ApprovedContent,
        channel: Channel,
        span: ports.Span,
    ) -> ports.Ruling:
        """One query for all of them."""
        offer, settings = _offer(content, channel), self._settings()
        facts = self._known(owner_userid, target_ids, offer)
        barred = exclusions(facts, target_ids, offer, settings, span.begin)
        reasons = {one: why.value for one, why in barred.items()}
        first: datetime | None = None
        if offer.is_public or not offer.is_product:
            return ports.Ruling(reasons)
        for one in target_ids:
            end = None if one in reasons else first_bar(facts.get(one), offer, settings, span.begin)
            if end is None:
                continue
            if end > span.end:
                first = min(first or end, end)
            elif why := exclusion(facts.get(one), offer, settings, end):
                reasons[one] = why.value
        return ports.Ruling(reasons, first)

    def _known(self, owner_userid: str, target_ids: Sequence[str], offer: Offer) -> dict[str, CustomerFacts]:
        return {} if offer.is_public else self._facts.of_customers(owner_userid, target_ids)


def _offer(content: ports.ApprovedContent, channel: Channel) -> Offer:
    return Offer(bool(content.product_id), content.product_risk, channel in _PUBLIC)
