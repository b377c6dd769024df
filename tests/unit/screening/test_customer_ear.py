"""What customers write for themselves reaches the opt-out list and their needs; twice is as once (R1, S26)."""

from datetime import UTC, datetime

from scrm.archive.coverage import Answer, ArchiveConsent, Coverage
from scrm.consent.consents import Heard
from scrm.consent.model import ConsentAnswer, ConsentSource
from scrm.runtime.screening_joins import ConversationEar
from scrm.screening.screen import CustomerSignal
from tests.fakes.audience import FakeHeardNeeds
from tests.fakes.consent import Answers
from tests.fakes.coverage import FakeCoverageStore

SAID_AT = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 26, 2, 5, tzinfo=UTC)
SIGNAL = CustomerSignal("wmA1", ("rm_li", "rm_wu"), "stop", "m1_external", SAID_AT)


class At:
    def __init__(self) -> None:
        self.answers, self.needs = Answers(NOW), FakeHeardNeeds()
        self.answers.places.owners["wmA1"] = "rm_old"
        self.coverage = FakeCoverageStore()
        self.told: list[Heard] = []
        self.ear = ConversationEar(self.answers.desk, self.needs, Coverage(self.coverage), self.told.append)


def test_an_opt_out_phrase_is_the_customers_opt_out_with_its_time_and_message() -> None:
    at = At()

    at.ear.opted_out(SIGNAL)
    at.ear.opted_out(SIGNAL)

    [(said, _)] = at.answers.store.history("wmA1")
    assert (said.answer, said.source, said.at, said.cause) == (
        ConsentAnswer.OPTED_OUT,
        ConsentSource.CONVERSATION,
        SAID_AT,
        "m1_external",
    )
    assert at.told == [Heard.OPTED_OUT, Heard.OPTED_OUT]
    assert set(at.answers.news.told) == {("wmA1", ("rm_old",))}  # whose tasks wait for him


def test_a_need_is_kept_with_everybody_he_told() -> None:
    at = At()

    at.ear.has_need(SIGNAL)

    assert at.needs.of_member("rm_li") == at.needs.of_member("rm_wu") == {"wmA1": ("stop",)}


def test_what_he_says_about_the_archive_is_known_by_member() -> None:
    at = At()

    at.ear.answered(Answer("rm_li", "wmA1", ArchiveConsent.REFUSED, SAID_AT))

    assert at.coverage.of(["rm_li"])["rm_li"].refused == {"wmA1"}
