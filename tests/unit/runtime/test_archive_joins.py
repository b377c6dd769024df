"""Marketing of member to customer goes where it is archived, if the bank wants that (R20, S70)."""

from datetime import UTC, datetime
from typing import Final

import pytest

from scrm.archive.coverage import Answer, ArchiveConsent, Coverage
from scrm.campaign.ports import ApprovedContent, Span
from scrm.campaign.terms import Channel, ContentRef
from scrm.runtime.archive_joins import ArchivedOnly, Restricted
from tests.fakes.coverage import FakeCoverageStore
from tests.fakes.dispatch import FakeRules

NOW: Final = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
CONTENT: Final = ApprovedContent(ContentRef("act_1", 1), "text", (), NOW)
CUSTOMERS: Final = ["wmA1", "wmB2"]


@pytest.fixture
def coverage() -> Coverage:
    """rm_li has a seat and a customer who refused; rm_wu has none, and one of his refused as well."""
    coverage = Coverage(FakeCoverageStore())
    coverage.take_over(["rm_li"], NOW)
    for member in ("rm_li", "rm_wu"):
        coverage.hear(Answer(member, "wmA1", ArchiveConsent.REFUSED, NOW))
    return coverage


@pytest.mark.parametrize(
    ("restricted", "of_li", "of_wu"),
    [
        (Restricted(refused=False, without_seat=False), {}, {}),
        (Restricted(refused=True, without_seat=False), {"wmA1": "archive_refused"}, {"wmA1": "archive_refused"}),
        (Restricted(refused=False, without_seat=True), {}, {"wmB2": "not_archived", "wmA1": "not_archived"}),
        (
            Restricted(refused=True, without_seat=True),
            {"wmA1": "archive_refused"},
            {"wmA1": "archive_refused", "wmB2": "not_archived"},
        ),
    ],
)
def test_who_is_left_out_is_what_the_bank_restricts(
    coverage: Coverage, restricted: Restricted, of_li: dict[str, str], of_wu: dict[str, str]
) -> None:
    rules = ArchivedOnly(coverage, lambda: restricted, FakeRules())

    assert rules.exclusions("rm_li", CUSTOMERS, CONTENT, Channel.ONE_TO_ONE, NOW) == of_li
    assert rules.exclusions("rm_wu", CUSTOMERS, CONTENT, Channel.ONE_TO_ONE, NOW) == of_wu


@pytest.mark.parametrize("channel", [Channel.GROUP, Channel.MOMENTS, Channel.APPLICATION_MESSAGE])
def test_what_everybody_sees_or_no_customer_is_no_talk_of_two(coverage: Coverage, channel: Channel) -> None:
    rules = ArchivedOnly(coverage, lambda: Restricted(refused=True, without_seat=True), FakeRules())

    assert rules.exclusions("rm_wu", CUSTOMERS, CONTENT, channel, NOW) == {}


def test_the_other_rules_are_asked_about_the_rest(coverage: Coverage) -> None:
    others = FakeRules()
    others.reasons = {"wmB2": "suitability"}
    rules = ArchivedOnly(coverage, lambda: Restricted(refused=True, without_seat=False), others)

    expected = {"wmA1": "archive_refused", "wmB2": "suitability"}
    assert rules.exclusions("rm_li", CUSTOMERS, CONTENT, Channel.ONE_TO_ONE, NOW) == expected
    assert rules.ruling("rm_li", CUSTOMERS, CONTENT, Channel.RM_TASK, Span(NOW, NOW)).reasons == expected
