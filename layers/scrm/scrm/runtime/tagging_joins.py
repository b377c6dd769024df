"""Joins automatic tags to the organisation, the bank's facts and the relation table."""

from collections.abc import Callable, Collection, Sequence
from typing import Final

from scrm.audience import ceiling_tags
from scrm.audience.intake import FactsReader
from scrm.contacts.changes import ContactChanges
from scrm.contacts.ports import ContactRepository
from scrm.org.ports import MemberRepository

MAINTAINED_GROUPS: Final = frozenset({ceiling_tags.GROUP})
"""Groups of the corp's library whose tags the product itself sets and takes away."""


class KnownNewcomers:
    """Implements `scrm.tagging.ports.RuleSubjects`.

    ``facts`` and ``changes`` are made when a rule asks for a tier, or the first relation was tagged.
    """

    def __init__(
        self,
        members: MemberRepository,
        contacts: ContactRepository,
        facts: Callable[[], FactsReader],
        changes: Callable[[], ContactChanges],
    ) -> None:
        self._members = members
        self._contacts = contacts
        self._facts = facts
        self._changes = changes

    def path_of(self, userid: str) -> str | None:
        member = self._members.member(userid)
        return member.node_path if member else None

    def tier_of(self, external_userid: str) -> str:
        customer = self._contacts.read(customers=[external_userid]).customers.get(external_userid)
        if customer is None or not customer.owner_userid:
            return ""
        known = self._facts().of_customers(customer.owner_userid, [external_userid]).get(external_userid)
        return known.tier if known else ""

    def tagged(self, userid: str, external_userid: str) -> None:
        self._changes().edited(userid, external_userid)


class KeptTags:
    """Implements `scrm.tagging.ports.ProtectedTags`."""

    def __init__(self, opt_out_tag_ids: Callable[[], Sequence[str]]) -> None:
        self._opt_out_tag_ids = opt_out_tag_ids

    def ids(self) -> Collection[str]:
        return frozenset(self._opt_out_tag_ids())

    def groups(self) -> Collection[str]:
        return MAINTAINED_GROUPS
