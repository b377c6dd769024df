"""Joins the collector to WeCom, the organisation, the relation table and the data bucket."""

import functools
from collections.abc import Sequence
from typing import Final

from scrm.adds.daily import DailyJudging
from scrm.aws.add_appeals import DynamoAddAppeals
from scrm.aws.archive_members import DynamoArchiveMembers
from scrm.aws.collect_queue import SqsCollectQueue
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.duckdb_engine import DuckDbEngine
from scrm.aws.feed_versions import FeedVersions
from scrm.aws.judged_adds import BucketJudgedAdds
from scrm.aws.kpi_table import DynamoKpiMeasures
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.queues import Queue
from scrm.aws.run_folder import BucketRunFolder
from scrm.collect.adding import RunAdds
from scrm.collect.collecting import Collector
from scrm.collect.standing import RunMeasuring
from scrm.org.model import Member
from scrm.runtime.collect_joins import ContactFollowings, OrgRoster, PublishedCustomers
from scrm.runtime.environment import required
from scrm.runtime.run_time import invocation
from scrm.runtime.wiring import adds_settings, bank_settings
from scrm.runtime.wiring.tables import bucket, queue, table
from scrm.runtime.wiring.wecom import wecom_client
from scrm.settings.kpi import TOPIC, KpiDocument
from scrm.settings.reader import SettingsReader
from scrm.wecom.governor_state import Priority
from scrm.wecom.member_statistics import WecomMemberStatistics

MOST_BYTES: Final = 6_500 * 1024 * 1024
"""A section's adds and the whole customer master; of the function's 10 GB of disk a third is left to sort in."""


@functools.cache
def collect_queue() -> Queue:
    return queue("KPI_COLLECT_QUEUE_URL")


@functools.cache
def settings_reader() -> SettingsReader[KpiDocument]:
    return SettingsReader(bank_settings.store(), TOPIC, KpiDocument, bank_settings.report_invalid)


@functools.cache
def collector() -> Collector:
    org, documents = DynamoOrgRepository(table("ORG_TABLE")), bucket("DATA_BUCKET")

    def posts_of(members: Sequence[Member]) -> list[str]:
        return [detail.attributes.post for detail in org.with_details(members)]

    return Collector(
        roster=OrgRoster(
            staff=org,
            seated=DynamoArchiveMembers(table("ARCHIVE_TABLE")).seated,
            posts=lambda: settings_reader().current().rm_posts,
            posts_of=posts_of,
        ),
        statistics=WecomMemberStatistics(wecom_client(Priority.STATISTICS)),
        followings=ContactFollowings(DynamoContactRepository(table("CONTACTS_TABLE"))),
        folder=BucketRunFolder(documents),
        engine=DuckDbEngine(documents),
        queue=SqsCollectQueue(collect_queue()),
        has_time=invocation.has_time,
        waits=invocation.waits,
    )


@functools.cache
def measuring() -> RunMeasuring:
    documents = bucket("DATA_BUCKET")
    return RunMeasuring(
        engine=DuckDbEngine(documents, most_bytes=MOST_BYTES),
        standing=DynamoKpiMeasures(table("KPI_TABLE")),
        customers=PublishedCustomers(FeedVersions(documents)),
        folder=BucketRunFolder(documents),
        queue=SqsCollectQueue(collect_queue()),
        least_messages=lambda: settings_reader().current().active_rm_messages,
        history_days=int(required("STATISTICS_HISTORY_DAYS")),
        adds=adds(),
        has_time=invocation.has_time,
    )


@functools.cache
def adds() -> RunAdds:
    documents = bucket("DATA_BUCKET")
    folder = BucketRunFolder(documents)
    return RunAdds(
        judging=DailyJudging(
            engine=DuckDbEngine(documents, most_bytes=MOST_BYTES),
            judged=BucketJudgedAdds(documents),
            rules=adds_settings.rules,
            appeals=DynamoAddAppeals(table("KPI_TABLE")),
            snapshots=folder,
        ),
        customers=PublishedCustomers(FeedVersions(documents)),
        folder=folder,
        queue=SqsCollectQueue(collect_queue()),
    )


def reset() -> None:
    """Forget every built object; for tests."""
    collect_queue.cache_clear()
    settings_reader.cache_clear()
    adds_settings.reset()
    collector.cache_clear()
    measuring.cache_clear()
    adds.cache_clear()
