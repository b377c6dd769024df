"""What the audience asks of the relation table, and what campaigns ask of the audience."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from scrm.audience.facts import CustomerFacts
from scrm.audience.intake import FactsReader
from scrm.audience.ports import Owned
from scrm.audience.rules import (
    ExclusionReason,
    Offer,
    RuleSettings,
    barred_in_public,
    exclusion,
    exclusions,
    first_bar,
)
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
    """Implements `scrm.campaign.ports.RecipientRules` on the bank's facts, as they are now (O5).

    A moment about a product above the public level is shown by the tags of customers' risk ceilings, where the bank has
    them kept: then each customer is asked for himself. ``shown`` are the ceilings that the tags of a member's relations
    show.
    """

    def __init__(
        self,
        facts: FactsReader,
        settings: Callable[[], RuleSettings],
        shown: Callable[[str], Mapping[str, int]] = lambda _: {},
    ) -> None:
        self._facts = facts
        self._settings = settings
        self._shown = shown

    def exclusions(
        self,
        owner_userid: str,
        target_ids: Sequence[str],
        content: ports.ApprovedContent,
        channel: Channel,
        at: datetime,
    ) -> dict[str, str]:
        """One query for all of them."""
        settings = self._settings()
        offer = offer_of(content, channel, settings)
        if offer.is_narrowed:
            _, barred = self._narrowed(owner_userid, target_ids, offer, settings, [at])
        else:
            barred = exclusions(self._known(owner_userid, target_ids, offer), target_ids, offer, settings, at)
        return {one: why.value for one, why in barred.items()}

    def ruling(
        self,
        owner_userid: str,
        target_ids: Sequence[str],
        content: ports.ApprovedContent,
        channel: Channel,
        span: ports.Span,
    ) -> ports.Ruling:
        """One query for all of them."""
        settings = self._settings()
        offer = offer_of(content, channel, settings)
        if offer.is_narrowed:
            facts, barred = self._narrowed(owner_userid, target_ids, offer, settings, [span.begin, span.end])
        else:
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

    def _narrowed(
        self, owner_userid: str, target_ids: Sequence[str], offer: Offer, settings: RuleSettings, at: Sequence[datetime]
    ) -> tuple[Mapping[str, CustomerFacts | None], dict[str, ExclusionReason]]:
        from scrm.audience.ceiling_tags import narrowed  # noqa: PLC0415 - few campaigns need it

        facts = self._facts.of_owner(owner_userid)
        return facts, narrowed(facts, self._shown(owner_userid), target_ids, offer, settings, at)

    def _known(self, owner_userid: str, target_ids: Sequence[str], offer: Offer) -> dict[str, CustomerFacts]:
        return {} if offer.is_public else self._facts.of_customers(owner_userid, target_ids)


def offer_of(content: ports.ApprovedContent, channel: Channel, settings: RuleSettings) -> Offer:
    """What the content is to whoever sees it in this channel."""
    offer = Offer(bool(content.product_id), content.product_risk, channel in _PUBLIC)
    by_tags = channel is Channel.MOMENTS and settings.ceiling_tags and barred_in_public(offer, settings)
    return replace(offer, is_public=False, is_narrowed=True) if by_tags else offer
