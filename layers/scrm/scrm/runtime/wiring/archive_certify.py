"""Joins certifying to the bucket, the table, the roster and the key that only this function may sign with."""

from scrm import clock
from scrm.archive.certifying import Certifying
from scrm.aws import session
from scrm.aws.archive_days import DynamoCertifiedDays
from scrm.aws.archive_members import DynamoArchiveMembers
from scrm.aws.kms_signature import KmsSigner
from scrm.aws.org_table import DynamoOrgRepository
from scrm.runtime.archive_seats import RosterSeats
from scrm.runtime.environment import required
from scrm.runtime.wiring import archive
from scrm.runtime.wiring.tables import table


def certifying() -> Certifying:
    rows = table("ARCHIVE_TABLE")
    members = DynamoArchiveMembers(rows)
    return Certifying(
        objects=archive.objects(),
        days=DynamoCertifiedDays(rows),
        signer=KmsSigner(lambda: session.client("kms"), required("CERTIFICATE_KEY_ID")),
        seats=RosterSeats(DynamoOrgRepository(table("ORG_TABLE")), members, members),
        corp_id=required("CORP_ID"),
        now=clock.now,
    )
