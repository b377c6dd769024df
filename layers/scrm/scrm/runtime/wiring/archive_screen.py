"""Joins the screening of segments to the archive, the lexicon, the desk of reviews, the index and the customers."""

import functools

from scrm import clock
from scrm.archive.coverage import Coverage
from scrm.aws.archive_members import DynamoArchiveMembers
from scrm.aws.archive_queues import SqsSegmentNews
from scrm.aws.duckdb_engine import DuckDbEngine
from scrm.aws.heard_needs import DynamoHeardNeeds
from scrm.aws.lexicon_table import DynamoLexicons
from scrm.aws.message_facts import BucketMessageFacts
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.waiting_segments import DynamoWaitingSegments
from scrm.consent.consents import Heard
from scrm.lexicon.in_force import LexiconCache
from scrm.runtime.member_places import MemberPlaces
from scrm.runtime.observability import count
from scrm.runtime.screening_joins import ConversationEar, StaffPlaces
from scrm.runtime.wiring import archive, consent_desk, review
from scrm.runtime.wiring.tables import bucket, queue, table
from scrm.screening.segments import SegmentScreening


@functools.cache
def lexicon() -> LexiconCache:
    """One per process: a version is compiled once."""
    return LexiconCache(DynamoLexicons(table("LEXICON_TABLE")))


def waiting() -> DynamoWaitingSegments:
    return DynamoWaitingSegments(table("ARCHIVE_TABLE"))


def screening() -> SegmentScreening:
    return SegmentScreening(
        segments=waiting(),
        objects=archive.objects(),
        places=StaffPlaces(MemberPlaces(DynamoOrgRepository(table("ORG_TABLE")))),
        lexicon=lexicon().current,
        desk=review.desk(),
        engine=DuckDbEngine(bucket("DATA_BUCKET")),
        ear=ear(),
        facts=BucketMessageFacts(bucket("DATA_BUCKET")),
    )


def ear() -> ConversationEar:
    return ConversationEar(
        consent_desk.desk(),
        DynamoHeardNeeds(table("AUDIENCE_TABLE"), clock.now),
        Coverage(DynamoArchiveMembers(table("ARCHIVE_TABLE"))),
        _opt_out_heard,
    )


def news() -> SqsSegmentNews:
    """To ourselves: segments whose message was lost."""
    return SqsSegmentNews(queue("ARCHIVE_SCREEN_QUEUE_URL"))


def _opt_out_heard(heard: Heard) -> None:
    count(heard.value)


def reset() -> None:
    """Forget every built object; for tests."""
    lexicon.cache_clear()
    review.reset()
