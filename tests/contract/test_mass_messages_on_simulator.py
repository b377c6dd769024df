"""The product's mass messages against the simulator over HTTP: adapter, typed client, transport and governor."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from local.simulator.server import RunningSimulator, running_simulator
from scrm.campaign.dispatch_errors import DispatchPostponedError, SendOutcomeUnknownError, SendRefusedError
from scrm.campaign.ports import ApprovedContent, MassMessage
from scrm.campaign.task import PENDING, RecipientState
from scrm.campaign.terms import Channel
from scrm.pressure.model import PressureClass
from scrm.pressure.personal import Received
from scrm.wecom.mass_sends import WecomMassMessages
from scrm.wecom.personal_sends import WecomPersonalMessages
from tests.fakes.dispatch import CONTENT, FAR
from tests.simulated_corp import Corp, loaded

CREATE = "externalcontact/add_msg_template"
LINK = {"msgtype": "link", "link": {"title": "沙龙", "url": "https://bank.example/s"}}


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with running_simulator() as running:
        yield running


@pytest.fixture
def corp(simulator: RunningSimulator) -> Corp:
    return loaded(simulator)


def adapter(corp: Corp) -> WecomMassMessages:
    return WecomMassMessages(corp.client(), lambda _: None, corp.time.now)


def to_customers(*targets: str, sender: str = "rm_a") -> MassMessage:
    return MassMessage(Channel.ONE_TO_ONE, sender, targets, ApprovedContent(CONTENT, "本周沙龙", (LINK,), FAR))


def to_groups(*targets: str) -> MassMessage:
    return MassMessage(Channel.GROUP, "rm_a", targets, ApprovedContent(CONTENT, "本周沙龙", (), FAR))


def test_a_message_is_created_distributed_confirmed_and_settled_by_customer(corp: Corp) -> None:
    wecom = adapter(corp)
    corp.control.set_knobs(mass_quota="day_1")
    corp.control.send_personally("rm_a", ["wm3"], "早")

    accepted = wecom.create(to_customers("wm1", "wm2", "wm3", "wmX"))
    with pytest.raises(DispatchPostponedError):
        list(wecom.members(accepted.msgid))
    corp.time.advance(60)
    before = list(wecom.members(accepted.msgid)), dict(wecom.results(accepted.msgid, "rm_a"))
    corp.control.remove_relation("rm_a", "wm2", by="customer")
    corp.control.confirm_messages("rm_a")

    assert accepted.failed_ids == ("wmX",)
    assert before == ([("rm_a", False)], dict.fromkeys(("wm1", "wm2", "wm3"), PENDING))
    assert list(wecom.members(accepted.msgid)) == [("rm_a", True)]
    states = {customer: result.state for customer, result in wecom.results(accepted.msgid, "rm_a")}
    assert states == {
        "wm1": RecipientState.SENT, "wm2": RecipientState.NOT_FRIEND, "wm3": RecipientState.QUOTA_REACHED,
    }  # fmt: skip


@pytest.mark.parametrize(("kind", "found"), [("drop_after", 1), ("drop_before", 0)])
def test_a_creation_whose_answer_was_lost_is_found_in_the_list_or_was_not_made(
    corp: Corp, kind: str, found: int
) -> None:
    wecom, before = adapter(corp), corp.time.now()
    corp.control.add_fault(kind, CREATE, count=1)

    with pytest.raises(SendOutcomeUnknownError):
        wecom.create(to_customers("wm1"))

    corp.control.send_personally("rm_a", ["wm1"], "早")
    seen = list(wecom.created_between(Channel.ONE_TO_ONE, before, corp.time.now() + timedelta(minutes=1)))
    assert [one.text for one in seen] == ["本周沙龙"] * found


def test_a_message_that_nobody_can_be_sent_is_refused(corp: Corp) -> None:
    with pytest.raises(SendRefusedError) as refused:
        adapter(corp).create(to_customers("wm1", sender="rm_c"))

    assert refused.value.errcode == 41048


def test_cancelled_twice_is_cancelled_and_reminders_beyond_the_third_are_none(corp: Corp) -> None:
    wecom = adapter(corp)
    msgid = wecom.create(to_customers("wm1")).msgid
    for _ in range(4):
        wecom.remind(msgid)

    wecom.cancel(msgid)
    wecom.cancel(msgid)

    assert corp.codes("externalcontact/remind_groupmsg_send") == [0, 0, 0, 41094]
    assert corp.codes("externalcontact/cancel_groupmsg_send") == [0, 41093]
    assert corp.control.confirm_messages("rm_a") == 0


def test_groups_are_settled_once_they_were_sent_to(corp: Corp) -> None:
    wecom = adapter(corp)
    msgid = wecom.create(to_groups("wr1", "wr2", "wrX")).msgid
    corp.time.advance(60)
    before = list(wecom.results(msgid, "rm_a"))

    corp.control.confirm_messages("rm_a", msgid)

    assert before == []
    assert {chat for chat, one in wecom.results(msgid, "rm_a") if one.state is RecipientState.SENT} == {"wr1", "wr2"}


def test_what_a_member_sends_of_his_own_accord_is_told_with_whom_it_reached(corp: Corp) -> None:
    since = corp.time.now() - timedelta(minutes=1)
    corp.control.set_knobs(mass_quota="day_1")
    adapter(corp).create(to_customers("wm1"))
    corp.control.send_personally("rm_b", ["wm3"], "早")
    corp.control.send_personally("rm_a", ["wm2", "wm3"], "早")
    wecom = WecomPersonalMessages(corp.client(), lambda _: None, corp.time.now)

    first, second = wecom.created_between(PressureClass.PUSH, since, corp.time.now())

    assert [first.userid, second.userid] == ["rm_b", "rm_a"]
    reached, over_the_quota = wecom.received(second)
    assert (reached.target_id, reached.sent_at is not None) == ("wm2", True)
    assert over_the_quota == Received("wm3", None)


def test_members_confirm_as_they_were_scripted_over_the_control_api(corp: Corp) -> None:
    wecom = adapter(corp)
    late = {"after_seconds": 86_400}
    corp.control.script_confirmations(prompt_percent=100, prompt_seconds=600, by_member={"RM_B": late})
    of_a, of_b = wecom.create(to_customers("wm1")).msgid, wecom.create(to_customers("wm3", sender="rm_b")).msgid

    corp.time.advance(1_000)
    soon = [list(wecom.members(msgid)) for msgid in (of_a, of_b)]
    corp.time.advance(86_400)

    assert soon == [[("rm_a", True)], [("rm_b", False)]]
    assert list(wecom.members(of_b)) == [("rm_b", True)]
    assert [row["by_status"] for row in corp.control.mass_messages("rm_b")[0]["members"]] == [[0, 1, 0, 0]]
