"""Joins application messages as a channel of campaigns."""

from scrm import clock
from scrm.campaign.member_messages import MemberCalls, MemberMessages
from scrm.campaign.ports import MassMessages
from scrm.runtime.wiring.wecom import report_permission_denied, wecom_client
from scrm.wecom.governor_state import Priority
from scrm.wecom.member_sends import WecomMemberCalls


def messages() -> MassMessages:
    return MemberMessages(calls(), clock.now)


def calls() -> MemberCalls:
    return WecomMemberCalls(wecom_client(Priority.DISPATCH), report_permission_denied)
