"""What the functions that create and follow send tasks share."""

import functools

from scrm import clock
from scrm.aws.dispatch_queue import SqsDispatchQueue
from scrm.aws.settled_facts import BucketSettledFacts
from scrm.aws.task_table import DynamoTaskTable
from scrm.campaign.dispatch_settings import DispatchSettings
from scrm.campaign.ends import Ends
from scrm.runtime.dispatch_joins import CampaignStandings
from scrm.runtime.dispatch_media import LibraryFiles
from scrm.runtime.observability import count, logger
from scrm.runtime.wiring import campaign_settings, send_checks
from scrm.runtime.wiring.media import media_library
from scrm.runtime.wiring.tables import bucket, queue, table
from scrm.runtime.wiring.wecom import wecom_client
from scrm.wecom.errors import PermissionDeniedError
from scrm.wecom.governor_state import Priority
from scrm.wecom.mass_sends import WecomMassMessages


def settings() -> DispatchSettings:
    """What is in force now."""
    return campaign_settings.dispatch()


@functools.cache
def dispatch_queue() -> SqsDispatchQueue:
    return SqsDispatchQueue(queue("CAMPAIGN_QUEUE_URL"), queue("CAMPAIGN_RECONCILE_QUEUE_URL"))


@functools.cache
def messages() -> WecomMassMessages:
    return WecomMassMessages(wecom_client(Priority.DISPATCH), report_permission_denied)


@functools.cache
def rm_tasks() -> DynamoTaskTable:
    return DynamoTaskTable(table("TASKS_TABLE"))


@functools.cache
def standings() -> CampaignStandings:
    return CampaignStandings(send_checks.campaigns(), campaign_settings.is_sending_stopped)


@functools.cache
def files() -> LibraryFiles:
    return LibraryFiles(lambda: media_library(Priority.DISPATCH), clock.now)


@functools.cache
def ends() -> Ends:
    return Ends(send_checks.places(), BucketSettledFacts(bucket("DATA_BUCKET")))


def report_permission_denied(error: PermissionDeniedError) -> None:
    """An operator must act (60020, 48002, 40001 ...); the alarm watches this metric."""
    logger.error("WeCom denies the app a permission", errcode=error.errcode, path=error.path, hint=error.hint)
    count("PermissionDenied")


def reset() -> None:
    """Forget every built object; for tests."""
    send_checks.reset()
    campaign_settings.reset()
    for factory in (dispatch_queue, messages, rm_tasks, standings, files, ends):
        factory.cache_clear()
