"""What a customer chooses on his own page (R1, R18); the same choice again changes nothing."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from scrm.consent.consents import ConsentDesk, Heard
from scrm.consent.model import ConsentAnswer, ConsentSource, Standing, Statement

MOST_CONSENTS: Final = 5
_WITHIN: Final = timedelta(days=1)


class ChangedTooOftenError(Exception):
    """He consented by his link too often within a day. To refuse is never refused."""


@dataclass(frozen=True, slots=True)
class CustomerChoice:
    """Use case: a choice behind a link. Who is not known any more, or not yet, is heard as well.

    Refusals alternate with consents, so a bound on consents bounds what somebody with a link can make us write.
    """

    desk: ConsentDesk

    def choose(self, external_userid: str, answer: ConsentAnswer, cause: str) -> Heard | None:
        """None when this answer stands already. ``cause`` names the link.

        A refusal that stands is carried on once more: perhaps a crash kept it from the owner, or from his tasks.
        Raises ChangedTooOftenError, ConsentBusyError.
        """
        standing = self.desk.consents.standing_of(external_userid)
        if standing is not None and standing.answer is answer:
            self.desk.follow(external_userid, standing)
            return None
        if answer is ConsentAnswer.CONSENTED and self._consents_of_late(external_userid) >= MOST_CONSENTS:
            raise ChangedTooOftenError
        at = self.desk.now()
        return self.desk.hear(Statement(external_userid, answer, ConsentSource.LINK, at, cause))

    def standing_of(self, external_userid: str) -> Standing | None:
        return self.desk.consents.standing_of(external_userid)

    def _consents_of_late(self, external_userid: str) -> int:
        since = self.desk.now() - _WITHIN
        return sum(
            said.source is ConsentSource.LINK and said.answer is ConsentAnswer.CONSENTED and said.at > since
            for said, _ in self.desk.consents.store.history(external_userid)
        )
