"""What a segment would be now: counts, reasons and a sample, before anybody makes a campaign of it."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final, Protocol

from scrm.audience.expressions import Expression, compiled, fields_of
from scrm.audience.facts import CustomerFacts
from scrm.audience.fields import Known
from scrm.audience.rules import ExclusionReason, Offer, RuleSettings, exclusion
from scrm.clock import BUSINESS_ZONE

_FROM_TAGS: Final = frozenset({"tags", "heard"})
SAMPLE: Final = 10

type Tags = Mapping[str, tuple[str, ...]]
type Pick = Callable[[Mapping[str, CustomerFacts | None], Tags], dict[str, CustomerFacts]]


class KnownCustomers(Protocol):
    """What is known of an owner's customers."""

    def facts_of(self, owner_userid: str) -> Mapping[str, CustomerFacts | None]:
        """His customers in a fixed order; None: nobody knows anything of this one."""

    def tags_of(self, owner_userid: str) -> Tags:
        """The corp tags that he gave each of them, and what they told him."""

    def opted_out(self, owner_userid: str, external_userids: Sequence[str], at: datetime) -> Iterable[str]:
        """Who of them wants no marketing."""


@dataclass(frozen=True, slots=True)
class Preview:
    """``candidates`` are the customers of the segment, ``customers`` those who remain after the exclusions.

    ``owners`` have a candidate. Not ``is_complete``: only the first so many members were looked at.
    """

    candidates: int
    customers: int
    owners: int
    excluded: Mapping[str, int]
    sample: tuple[str, ...]
    members: int
    is_complete: bool


def chosen(expression: Expression, at: datetime) -> Pick:
    """A function that picks an owner's customers who belong then; of whom nothing is known belongs nowhere."""
    belongs, today = compiled(expression), at.astimezone(BUSINESS_ZONE).date()

    def pick(facts: Mapping[str, CustomerFacts | None], tags: Tags) -> dict[str, CustomerFacts]:
        return {
            one: known
            for one, known in facts.items()
            if known is not None and belongs(Known(known, today, tags.get(one, ())))
        }

    return pick


def needs_tags(expression: Expression) -> bool:
    return not _FROM_TAGS.isdisjoint(fields_of(expression))


@dataclass(frozen=True, slots=True)
class AudiencePreview:
    """Use case of operators. ``most_members`` keeps it within a request."""

    customers: KnownCustomers
    most_members: int = 300

    def of(
        self,
        wanted: Expression | frozenset[str],
        members: Iterable[str],
        offer: Offer,
        settings: RuleSettings,
        at: datetime,
    ) -> Preview:
        """``wanted`` is an expression, or those whom a list names. ``members`` in a fixed order."""
        if isinstance(wanted, frozenset):
            pick, with_tags = _listed(wanted), False
        else:
            pick, with_tags = chosen(wanted, at), needs_tags(wanted)
        reasons: Counter[str] = Counter()
        sample: list[str] = []
        candidates = owners = seen = 0
        rest = iter(members)
        for userid in islice(rest, self.most_members):
            seen += 1
            tags = self.customers.tags_of(userid) if with_tags else {}
            found = pick(self.customers.facts_of(userid), tags)
            refused = set(self.customers.opted_out(userid, list(found), at)) if found else set()
            owners, candidates = owners + bool(found), candidates + len(found)
            for one, known in found.items():
                why = ExclusionReason.OPTED_OUT if one in refused else exclusion(known, offer, settings, at)
                if why is not None:
                    reasons[why.value] += 1
                elif len(sample) < SAMPLE:
                    sample.append(one)
        return Preview(
            candidates=candidates,
            customers=candidates - reasons.total(),
            owners=owners,
            excluded=dict(sorted(reasons.items())),
            sample=tuple(sample),
            members=seen,
            is_complete=next(rest, None) is None,
        )


def _listed(wanted: frozenset[str]) -> Pick:
    """Of whom the bank tells nothing cannot be counted here."""

    def pick(facts: Mapping[str, CustomerFacts | None], _: Tags) -> dict[str, CustomerFacts]:
        return {one: known for one, known in facts.items() if known is not None and one in wanted}

    return pick
