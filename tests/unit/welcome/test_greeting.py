"""A customer is greeted once, within the life of his code, or never (S55, S56)."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.welcome import ports
from scrm.welcome.greeting import Welcome
from scrm.welcome.model import Arrival, Greeting, WelcomeOutcome, WelcomeRule, nearest
from scrm.welcome.ports import WelcomePostponedError, WelcomeRefusedError
from tests.fakes.welcome import FakeWelcomeRules, FakeWelcomes

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
LIFE = timedelta(seconds=18)
ARRIVAL = Arrival("rm_li", "wm_new", "", AT, "CODE")


def rule(node_id: str = "1", state: str = "") -> WelcomeRule:
    return WelcomeRule(node_id, state, f"act_{node_id}_{state}", 1, "hash", "operator:op", AT)


@dataclass
class Desk:
    """A worker with fakes around it; time passes only when it pauses."""

    rules: FakeWelcomeRules = field(default_factory=FakeWelcomeRules)
    wecom: FakeWelcomes = field(default_factory=FakeWelcomes)
    now: datetime = AT + timedelta(seconds=1)
    refusal: str = ""
    used: list[str] = field(default_factory=list)

    def path_of(self, userid: str) -> str | None:
        return "/1/10/12/" if userid == "rm_li" else None

    def greeting(self, rule: WelcomeRule, node_path: str, external_userid: str, at: datetime) -> Greeting:
        if self.refusal:
            raise WelcomeRefusedError(self.refusal)
        self.used.append(rule.activity_id)
        return Greeting("欢迎")

    def pause(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def greet(self, arrival: Arrival = ARRIVAL) -> tuple[WelcomeOutcome, str]:
        worker = Welcome(self, self.rules, self.rules, self, self.wecom, LIFE, lambda: self.now, self.pause)
        answer = worker.greet(arrival)
        return answer.outcome, answer.reason


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.rules.save(rule())
    return made


def test_a_newcomer_is_greeted_with_the_rule_of_the_nearest_node(desk: Desk) -> None:
    desk.rules.save(rule("10"))

    assert desk.greet() == (WelcomeOutcome.SENT, "")
    assert desk.wecom.sent == [("CODE", Greeting("欢迎"))]
    assert desk.used == ["act_10_"]


def test_a_repeat_greets_nobody_twice(desk: Desk) -> None:
    desk.greet()

    assert desk.greet() == (WelcomeOutcome.REPEATED, "")
    assert len(desk.wecom.sent) == 1


def test_who_died_in_the_call_leaves_the_code_alone(desk: Desk) -> None:
    desk.wecom.failures = [KeyboardInterrupt("killed")]  # type: ignore[list-item]
    with pytest.raises(KeyboardInterrupt):
        desk.greet()

    assert desk.greet() == (WelcomeOutcome.REPEATED, "")
    assert desk.wecom.sent == []


def test_a_late_callback_is_given_up_before_anything_is_asked(desk: Desk) -> None:
    desk.now = AT + LIFE

    assert desk.greet() == (WelcomeOutcome.EXPIRED, "")
    assert (desk.wecom.sent, desk.rules.claimed) == ([], set())


def test_a_short_wait_is_waited_for(desk: Desk) -> None:
    desk.wecom.failures = [WelcomePostponedError(AT + timedelta(seconds=9))] * 2

    assert desk.greet() == (WelcomeOutcome.SENT, "")
    assert desk.now == AT + timedelta(seconds=9)


def test_a_wait_beyond_the_codes_life_is_given_up(desk: Desk) -> None:
    desk.wecom.failures = [WelcomePostponedError(AT + timedelta(seconds=60))]

    assert desk.greet() == (WelcomeOutcome.EXPIRED, "no_room")
    assert desk.now == AT + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (ports.CodeExpiredError(), (WelcomeOutcome.EXPIRED, "code_refused")),
        (ports.CodeUsedError(), (WelcomeOutcome.ALREADY_SENT, "")),
        (WelcomeRefusedError("archive_consent_pending"), (WelcomeOutcome.REFUSED, "archive_consent_pending")),
    ],
)
def test_what_wecom_says_is_the_end(desk: Desk, failure: Exception, outcome: tuple[WelcomeOutcome, str]) -> None:
    desk.wecom.failures = [failure]

    assert desk.greet() == outcome
    assert desk.greet() == (WelcomeOutcome.REPEATED, "")


def test_nobody_is_greeted_without_a_rule_or_with_content_that_may_not_be_sent(desk: Desk) -> None:
    desk.refusal = "content_recalled"

    assert Desk().greet() == (WelcomeOutcome.WITHOUT_RULE, "")
    assert desk.greet() == (WelcomeOutcome.REFUSED, "content_recalled")
    assert desk.greet(Arrival("rm_x", "wm_new", "", AT, "OTHER")) == (WelcomeOutcome.WITHOUT_RULE, "member_unknown")


PLACES = st.tuples(st.sampled_from(["1", "10", "12", "20"]), st.sampled_from(["", "qr", "other"]))


@given(st.sets(PLACES), st.sampled_from(["", "qr"]))
def test_the_lowest_node_with_a_rule_that_fits_counts(places: set[tuple[str, str]], state: str) -> None:
    found = nearest([rule(*place) for place in places], ["1", "10", "12"], state)

    fitting = [place for place in places if place[0] != "20" and place[1] in (state, "")]
    best = max(fitting, key=lambda place: (["1", "10", "12"].index(place[0]), place[1] == state), default=None)
    assert (found and (found.node_id, found.state)) == best
