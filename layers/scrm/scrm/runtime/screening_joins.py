"""Screening joined to the organisation, to what customers may want no more, and to what they need (S26, R1)."""

from collections.abc import Callable, Iterable, Mapping

from scrm.archive.coverage import Answer, Coverage
from scrm.audience.heard import HeardNeed, HeardNeeds
from scrm.consent.consents import ConsentDesk, Heard
from scrm.consent.model import ConsentAnswer, ConsentSource, Statement
from scrm.runtime.member_places import MemberPlaces
from scrm.screening.screen import CustomerSignal


class StaffPlaces:
    """Implements `scrm.screening.segments.MemberPlaces`."""

    def __init__(self, places: MemberPlaces) -> None:
        self._places = places

    def node_paths(self, userids: Iterable[str]) -> Mapping[str, str]:
        return self._places.paths_of(userids)


class ConversationEar:
    """Implements `scrm.screening.segments.CustomerEar`. ``told`` hears what became of an opt-out."""

    def __init__(
        self, consents: ConsentDesk, needs: HeardNeeds, coverage: Coverage, told: Callable[[Heard], None]
    ) -> None:
        self._consents = consents
        self._needs = needs
        self._coverage = coverage
        self._told = told

    def opted_out(self, signal: CustomerSignal) -> None:
        """As if he had used his link: what is queued for him is taken back. Raises ConsentBusyError."""
        said = Statement(
            external_userid=signal.external_userid,
            answer=ConsentAnswer.OPTED_OUT,
            source=ConsentSource.CONVERSATION,
            at=signal.said_at,
            cause=signal.msgid,
        )
        self._told(self._consents.hear(said))

    def answered(self, answer: Answer) -> None:
        self._coverage.hear(answer)

    def has_need(self, signal: CustomerSignal) -> None:
        """Told to everybody he wrote to, since any of them may be his owner."""
        for member in signal.members:
            self._needs.hear(HeardNeed(signal.external_userid, member, signal.entry_id, signal.msgid, signal.said_at))
