"""Joins replays of the lexicon to the archive, the organisation and their documents."""

import functools

from scrm.aws.lexicon_table import DynamoLexicons
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.replay_documents import BucketReplays, DynamoSegmentsByDay, SqsReplays
from scrm.lexicon.in_force import CompiledVersions
from scrm.runtime.member_places import MemberPlaces
from scrm.runtime.screening_joins import StaffPlaces
from scrm.runtime.wiring import archive
from scrm.runtime.wiring.tables import bucket, queue, table
from scrm.screening.replay import Replaying


@functools.cache
def versions() -> CompiledVersions:
    """One per process: a step finds what the one before compiled."""
    return CompiledVersions(DynamoLexicons(table("LEXICON_TABLE")))


def replaying() -> Replaying:
    return Replaying(
        store=BucketReplays(bucket("DATA_BUCKET")),
        segments=DynamoSegmentsByDay(table("ARCHIVE_TABLE")),
        archive=archive.objects(),
        places=StaffPlaces(MemberPlaces(DynamoOrgRepository(table("ORG_TABLE")))),
        compiled=versions().compiled,
    )


def requests() -> SqsReplays:
    return SqsReplays(queue("ARCHIVE_SCREEN_QUEUE_URL"))


def reset() -> None:
    """Forget every built object; for tests."""
    versions.cache_clear()
