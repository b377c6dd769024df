"""Consent joined to who answers for a customer, and to the checks of send tasks."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from scrm.campaign.ports import ApprovedContent, RecipientRules, Ruling, Span
from scrm.campaign.terms import Channel
from scrm.consent.consents import Consents
from scrm.consent.model import ConsentAnswer
from scrm.consent.ports import Whereabouts

if TYPE_CHECKING:
    from scrm.contacts.model import Customer

_OPTED_OUT, _NO_CONSENT = "opted_out", "no_consent"
_PUBLIC = frozenset({Channel.GROUP, Channel.MOMENTS})


class KnownCustomers(Protocol):
    def customers(self, external_userids: Sequence[str]) -> dict[str, "Customer"]: ...


class ContactPlaces:
    """Implements `scrm.consent.ports.CustomerPlaces` on the contacts table."""

    def __init__(self, contacts: KnownCustomers) -> None:
        self._contacts = contacts

    def of(self, external_userid: str) -> Whereabouts | None:
        """Who had the customer before is among the members: tasks may still wait with him."""
        customer = self._contacts.customers([external_userid]).get(external_userid)
        if customer is None:
            return None
        names = {customer.owner_userid, *customer.followers}
        names |= {userid for claim in customer.claims for userid in (claim.userid, claim.from_userid)}
        return Whereabouts(customer.owner_userid, tuple(sorted(names - {""})))


class ConsentedOnly:
    """Implements `scrm.campaign.ports.RecipientRules`: what customers said comes before every other rule (R1, R18).

    ``required``: whether the bank sends only to those who consented. A group post is seen by all of the group, a
    moment by all customers of its member, which WeCom cannot narrow; nobody's answer is asked for them.
    """

    def __init__(self, consents: Consents, required: Callable[[], bool], others: RecipientRules) -> None:
        self._consents = consents
        self._required = required
        self._others = others

    def exclusions(
        self, owner_userid: str, target_ids: Sequence[str], content: ApprovedContent, channel: Channel, at: datetime
    ) -> dict[str, str]:
        barred = {} if channel in _PUBLIC else self._barred(owner_userid, target_ids, at)
        rest = [each for each in target_ids if each not in barred]
        return barred | self._others.exclusions(owner_userid, rest, content, channel, at)

    def ruling(
        self, owner_userid: str, target_ids: Sequence[str], content: ApprovedContent, channel: Channel, span: Span
    ) -> Ruling:
        """An answer has no end by a date."""
        barred = {} if channel in _PUBLIC else self._barred(owner_userid, target_ids, span.begin)
        rest = [each for each in target_ids if each not in barred]
        found = self._others.ruling(owner_userid, rest, content, channel, span)
        return found._replace(reasons=barred | found.reasons)

    def _barred(self, owner_userid: str, target_ids: Sequence[str], at: datetime) -> dict[str, str]:
        answers = self._consents.answers_of(owner_userid, target_ids, at)
        barred = {name: _OPTED_OUT for name, answer in answers.items() if answer is ConsentAnswer.OPTED_OUT}
        if self._required():
            barred |= dict.fromkeys((each for each in target_ids if each not in answers), _NO_CONSENT)
        return barred
