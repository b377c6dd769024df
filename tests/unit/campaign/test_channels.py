"""What is created goes to its channel, and whatever is asked about it afterwards too (S28, S55, S66)."""

import pytest

from scrm.campaign.channels import MEMBER_MESSAGES, MOMENTS, RM_TASKS, ChannelMessages
from scrm.campaign.ports import ApprovedContent, MassMessage
from scrm.campaign.terms import Channel
from tests.fakes.dispatch import CONTENT, FAR, START, FakeMassMessages
from tests.unit.campaign.dispatch_bank import OWNER, customers

NAMES = ("mass", "rm_tasks", "moments", "member_messages")
PORT_OF = {
    Channel.ONE_TO_ONE: "mass",
    Channel.GROUP: "mass",
    Channel.MOMENTS: "moments",
    Channel.RM_TASK: "rm_tasks",
    Channel.APPLICATION_MESSAGE: "member_messages",
}


@pytest.mark.parametrize("channel", list(Channel))
def test_a_creation_goes_to_its_channel_and_to_no_other(channel: Channel) -> None:
    ports = {name: FakeMassMessages(lambda: START) for name in NAMES}
    channels = ChannelMessages(**{name: (lambda port=port: port) for name, port in ports.items()})

    channels.create(MassMessage(channel, OWNER, customers(2), ApprovedContent(CONTENT, "text", (), FAR)))

    assert [name for name, port in ports.items() if port.messages] == [PORT_OF[channel]]


@pytest.mark.parametrize(
    ("msgid", "name"),
    [
        ("msgGCD", "mass"),
        (f"{MOMENTS}pack/rm_li/send_1", "moments"),
        (f"{RM_TASKS}send_1/1", "rm_tasks"),
        (f"{MEMBER_MESSAGES}send_1/MSG1", "member_messages"),
    ],
)
def test_the_id_tells_which_channel_has_it(msgid: str, name: str) -> None:
    ports = {each: FakeMassMessages(lambda: START) for each in NAMES}
    channels = ChannelMessages(**{each: (lambda port=port: port) for each, port in ports.items()})
    content = ApprovedContent(CONTENT, "text", (), FAR)
    created = ports[name].create(MassMessage(Channel.ONE_TO_ONE, OWNER, customers(1), content)).msgid
    ports[name].messages = {msgid: ports[name].messages[created]}

    channels.cancel(msgid)

    assert ports[name].messages[msgid].cancelled
