"""Who is archived joined to the checks of send tasks (R20, S70)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from scrm.archive.coverage import NOT_ARCHIVED, REFUSED, Coverage
from scrm.campaign.ports import ApprovedContent, RecipientRules, Ruling, Span
from scrm.campaign.terms import Channel

_TALKS_OF_TWO = frozenset({Channel.ONE_TO_ONE, Channel.RM_TASK})


@dataclass(frozen=True, slots=True)
class Restricted:
    """What the bank restricts: ``refused`` customers who refused the archive, ``without_seat`` members without one."""

    refused: bool
    without_seat: bool

    @property
    def reasons(self) -> frozenset[str]:
        return frozenset(({REFUSED} if self.refused else set()) | ({NOT_ARCHIVED} if self.without_seat else set()))


class ArchivedOnly:
    """Implements `scrm.campaign.ports.RecipientRules`: one-to-one marketing goes where it is archived.

    A post into a group or a moment is no talk of two, and an application message reaches no customer. Nothing is read
    while the bank restricts nothing.
    """

    def __init__(self, coverage: Coverage, restricted: Callable[[], Restricted], others: RecipientRules) -> None:
        self._coverage = coverage
        self._restricted = restricted
        self._others = others

    def exclusions(
        self, owner_userid: str, target_ids: Sequence[str], content: ApprovedContent, channel: Channel, at: datetime
    ) -> dict[str, str]:
        barred = self._barred(owner_userid, target_ids, channel)
        rest = [each for each in target_ids if each not in barred]
        return barred | self._others.exclusions(owner_userid, rest, content, channel, at)

    def ruling(
        self, owner_userid: str, target_ids: Sequence[str], content: ApprovedContent, channel: Channel, span: Span
    ) -> Ruling:
        """Neither a seat nor an answer has an end by a date."""
        barred = self._barred(owner_userid, target_ids, channel)
        rest = [each for each in target_ids if each not in barred]
        found = self._others.ruling(owner_userid, rest, content, channel, span)
        return found._replace(reasons=barred | found.reasons)

    def _barred(self, owner_userid: str, target_ids: Sequence[str], channel: Channel) -> dict[str, str]:
        reasons = self._restricted().reasons if channel in _TALKS_OF_TWO else frozenset()
        if not reasons or not target_ids:
            return {}
        return dict(self._coverage.not_archived(owner_userid, target_ids, reasons))
