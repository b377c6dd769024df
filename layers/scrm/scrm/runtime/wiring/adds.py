"""Judged adds and appeals on their stores; needs ``KPI_TABLE`` and ``DATA_BUCKET``."""

from dataclasses import dataclass
from datetime import timedelta

from scrm.adds.appeals import AddAppeals
from scrm.audit.log import AuditLog
from scrm.aws.add_appeal_journal import AuditedAddAppeals
from scrm.aws.add_appeals import DynamoAddAppeals
from scrm.aws.judged_adds import BucketAddLists
from scrm.runtime.add_joins import open_for
from scrm.runtime.wiring import adds_settings
from scrm.runtime.wiring.tables import bucket, table


def appealable_for() -> timedelta:
    """At most a minute old."""
    return open_for(adds_settings.reader().current())


@dataclass(frozen=True, slots=True)
class AdminAdds:
    """What operators do about judged adds."""

    judged: BucketAddLists
    appeals: AddAppeals


def admin_adds(log: AuditLog) -> AdminAdds:
    """For one request, with the settings in force."""
    store = DynamoAddAppeals(table("KPI_TABLE"))
    return AdminAdds(BucketAddLists(bucket("DATA_BUCKET")), AddAppeals(store, AuditedAddAppeals(log), appealable_for))
