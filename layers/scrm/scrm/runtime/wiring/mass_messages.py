"""Joins WeCom's mass messages as a channel of campaigns."""

from scrm.campaign.ports import MassMessages
from scrm.runtime.wiring.wecom import report_permission_denied, wecom_client
from scrm.wecom.governor_state import Priority
from scrm.wecom.mass_sends import WecomMassMessages


def messages() -> MassMessages:
    return WecomMassMessages(wecom_client(Priority.DISPATCH), report_permission_denied)
