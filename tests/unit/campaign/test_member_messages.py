"""Messages that tell members of their customers: once, in the same words, or unknown (S55, S60)."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from scrm.campaign.dispatch_errors import DispatchPostponedError, SendOutcomeUnknownError, SendRefusedError
from scrm.campaign.dispatching import SendOutcome
from scrm.campaign.member_messages import MemberMessages, MemberWords, words_of
from scrm.campaign.ports import ApprovedContent, MassMessage, Standing
from scrm.campaign.task import RecipientState, SendTask, TaskState
from scrm.campaign.terms import Channel
from tests.fakes.dispatch import CONTENT, FAR
from tests.unit.campaign.dispatch_bank import OTHER, OWNER, DispatchBank, customers

HOUR = timedelta(hours=1)
LINK = {"msgtype": "link", "link": {"title": "季末产品", "url": "https://bank.example/a"}}


@dataclass
class Told:
    """Implements MemberCalls; each of ``errors`` is raised once, after the message was taken if its answer was lost."""

    taken: list[tuple[str, MemberWords]] = field(default_factory=list)
    recalled: list[str] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)

    def tell(self, userid: str, words: MemberWords) -> str:
        error = self.errors.pop() if self.errors else None
        if error is None or isinstance(error, SendOutcomeUnknownError):
            self.taken.append((userid, words))
        if error is not None:
            raise error
        return f"MSG{len(self.taken)}"

    def recall(self, msgid: str) -> None:
        self.recalled.append(msgid)


@dataclass
class Telling:
    """A bank whose campaign tells one member of three customers."""

    bank: DispatchBank = field(default_factory=DispatchBank)
    calls: Told = field(default_factory=Told)

    def __post_init__(self) -> None:
        self.bank.channels = MemberMessages(self.calls, self.bank.now)
        (self.task,) = self.bank.plan(customers(3), channel=Channel.APPLICATION_MESSAGE)

    def in_doubt(self) -> None:
        self.calls.errors = [SendOutcomeUnknownError()]
        assert self.bank.send(self.task) is SendOutcome.UNANSWERED
        self.bank.at_due(self.task)

    @property
    def ends(self) -> set[tuple[RecipientState, str]]:
        return {(one.state, one.reason) for one in self.bank.stored(self.task).results.values()}


@pytest.fixture
def telling() -> Telling:
    return Telling()


def message(*, count: int = 37, link: bool = False) -> MassMessage:
    content = ApprovedContent(CONTENT, "季末主推：稳健增利", (LINK,) if link else (), FAR)
    return MassMessage(Channel.APPLICATION_MESSAGE, OWNER, customers(count), content, cause="send_abcdefgh2345")


def test_the_words_are_the_approved_ones_with_his_number_and_a_reference() -> None:
    assert words_of(message()) == MemberWords("季末主推：稳健增利\n\n适用客户：37 位（编号 EFGH2345）")


def test_a_link_of_the_content_makes_a_card() -> None:
    words = words_of(message(link=True))

    assert (words.title, words.url) == ("季末产品", "https://bank.example/a")
    assert words.text.startswith("季末主推")


def test_no_two_tasks_have_the_same_words() -> None:
    another = replace(message(), cause="send_abcdefgh2346")

    assert words_of(message()) != words_of(another)


def test_an_unanswered_call_is_made_once_more_in_the_very_same_words(telling: Telling) -> None:
    telling.in_doubt()

    outcome = telling.bank.send(telling.task)

    first, again = telling.calls.taken
    assert outcome is SendOutcome.FOUND
    assert first == again
    assert telling.ends == {(RecipientState.TOLD, "")}


def test_it_is_made_again_and_again_while_wecom_would_drop_it_and_never_after_that(telling: Telling) -> None:
    telling.in_doubt()
    telling.calls.errors = [SendOutcomeUnknownError() for _ in range(100)]

    telling.bank.run(timedelta(hours=2))
    within, so_far = len(telling.calls.taken), telling.ends
    telling.bank.run(timedelta(days=1))

    stored = telling.bank.stored(telling.task)
    assert telling.ends == {(RecipientState.UNKNOWN, "answer_lost")}
    assert stored.state is TaskState.SETTLED
    assert (within > 10, so_far) == (True, set())
    assert within < len(telling.calls.taken) < 100
    assert len({words for _, words in telling.calls.taken}) == 1


def test_a_wait_does_not_forget_that_the_call_may_have_been_made(telling: Telling) -> None:
    telling.in_doubt()
    telling.calls.errors = [DispatchPostponedError(telling.bank.time + 5 * HOUR)]

    outcome = telling.bank.send(telling.task)
    telling.bank.run(6 * HOUR)

    assert outcome is SendOutcome.POSTPONED
    assert telling.ends == {(RecipientState.UNKNOWN, "answer_lost")}
    assert len(telling.calls.taken) == 1


def test_while_the_campaign_is_paused_it_waits_and_is_unknown_when_that_takes_too_long(telling: Telling) -> None:
    telling.in_doubt()
    telling.bank.standings.standing = Standing.PAUSED

    telling.bank.run(6 * HOUR)

    assert telling.ends == {(RecipientState.UNKNOWN, "answer_lost")}
    assert len(telling.calls.taken) == 1


@pytest.mark.parametrize("change", ["owner", "opt_out", "content", "stopped"])
def test_what_changed_meanwhile_makes_it_unknown_and_not_a_second_message(telling: Telling, change: str) -> None:
    telling.in_doubt()
    bank = telling.bank
    match change:
        case "owner":
            bank.owners.owners["wm000001"] = OTHER
        case "opt_out":
            bank.rules.reasons["wm000001"] = "opted_out"
        case "content":
            bank.contents.refused = "content_recalled"
        case _:
            bank.standings.standing = Standing.STOPPED

    bank.send(telling.task)

    assert telling.ends == {(RecipientState.UNKNOWN, "answer_lost")}
    assert len(telling.calls.taken) == 1


def test_what_happens_after_he_was_told_takes_nothing_back(telling: Telling) -> None:
    telling.bank.send(telling.task)
    telling.bank.owners.owners["wm000001"] = OTHER
    telling.bank.rules.reasons["wm000002"] = "opted_out"

    telling.bank.look(telling.task, asked=True)
    telling.bank.run(timedelta(days=2))

    assert telling.calls.recalled == []
    assert telling.ends == {(RecipientState.TOLD, "")}
    assert telling.bank.stored(telling.task).state is TaskState.SETTLED


def test_a_recall_takes_the_message_back_and_says_so(telling: Telling) -> None:
    telling.bank.send(telling.task)
    telling.bank.standings.standing = Standing.STOPPED

    telling.bank.look(telling.task, asked=True)

    assert telling.calls.recalled == ["MSG1"]
    assert telling.ends == {(RecipientState.TOLD, "recalled")}
    assert telling.bank.stored(telling.task).state is TaskState.SETTLED


def test_a_message_that_wecom_takes_back_no_more_stays_told(telling: Telling, monkeypatch: pytest.MonkeyPatch) -> None:
    telling.bank.send(telling.task)
    telling.bank.standings.standing = Standing.STOPPED

    def too_late(_: str) -> None:
        raise SendRefusedError(41047)

    monkeypatch.setattr(telling.calls, "recall", too_late)
    telling.bank.look(telling.task, asked=True)

    assert telling.ends == {(RecipientState.TOLD, "")}
    assert telling.bank.stored(telling.task).state is TaskState.SETTLED


def test_whoever_must_not_be_offered_it_is_not_counted(telling: Telling) -> None:
    telling.bank.rules.reasons["wm000001"] = "risk_above_profile"

    telling.bank.send(telling.task)

    ((_, words),) = telling.calls.taken
    assert "适用客户：2 位" in words.text
    assert telling.bank.counts() == {"told": 2, "excluded": 1}


def test_a_member_who_may_not_offer_the_product_is_not_told(telling: Telling) -> None:
    telling.bank.contents.product_id = "prd_1"
    telling.bank.permissions.denied = {OWNER}

    telling.bank.send(telling.task)

    assert telling.calls.taken == []
    assert telling.bank.counts() == {"excluded": 3}


def test_a_customer_who_changes_hands_before_the_call_is_told_of_to_his_new_owner(telling: Telling) -> None:
    telling.bank.owners.owners["wm000001"] = OTHER

    telling.bank.send(telling.task)
    telling.bank.run(HOUR)

    assert {userid: words.text.split("位")[0][-2] for userid, words in telling.calls.taken} == {OWNER: "2", OTHER: "1"}


def test_one_who_is_not_reached_ends_failed_with_the_reason(telling: Telling) -> None:
    telling.calls.errors = [SendRefusedError(81013, "invalid_member")]

    outcome = telling.bank.send(telling.task)

    assert outcome is SendOutcome.REFUSED
    assert telling.ends == {(RecipientState.FAILED, "invalid_member")}
    assert _state(telling.bank, telling.task) is TaskState.FAILED


def _state(bank: DispatchBank, task: SendTask) -> TaskState:
    return bank.stored(task).state
