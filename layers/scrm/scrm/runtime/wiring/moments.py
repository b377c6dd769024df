"""Joins Moments as a channel of campaigns to WeCom and to the send tasks' table."""

from scrm import clock
from scrm.aws.moment_packs import DynamoMomentPacks
from scrm.campaign.moment_packs import MomentPace
from scrm.campaign.moments import MomentMessages
from scrm.campaign.ports import Standings
from scrm.runtime.ceiling_joins import NarrowedByCeiling
from scrm.runtime.wiring import audience_settings, send_checks, send_tasks
from scrm.runtime.wiring.wecom import report_permission_denied, wecom_client
from scrm.wecom.governor_state import Priority
from scrm.wecom.moment_calls import WecomMomentCalls


def messages(standings: Standings) -> MomentMessages:
    return MomentMessages(
        DynamoMomentPacks(send_tasks.task_table()),
        WecomMomentCalls(wecom_client(Priority.DISPATCH), report_permission_denied),
        standings,
        send_tasks.dispatch_queue(),
        NarrowedByCeiling(audience_settings.rules, send_checks.ceiling_tag_ids),
        MomentPace(),
        clock.now,
    )
