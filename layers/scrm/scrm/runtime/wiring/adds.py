"""Judged adds and appeals on their stores; needs ``KPI_TABLE`` and ``DATA_BUCKET``."""

import functools
from dataclasses import dataclass
from datetime import timedelta

from scrm.adds.appeals import AddAppeals
from scrm.adds.rules import AddRules
from scrm.audit.log import AuditLog
from scrm.aws.add_appeals import AuditedAddAppeals, DynamoAddAppeals
from scrm.aws.judged_adds import BucketAddLists
from scrm.runtime.add_joins import open_for, rules_of
from scrm.runtime.wiring import bank_settings
from scrm.runtime.wiring.tables import bucket, table
from scrm.settings.adds import TOPIC, AddsDocument
from scrm.settings.errors import InvalidSettingsError
from scrm.settings.reader import SettingsReader


@functools.cache
def reader() -> SettingsReader[AddsDocument]:
    return SettingsReader(bank_settings.store(), TOPIC, AddsDocument, bank_settings.report_invalid)


def rules() -> tuple[AddRules, int]:
    """Those in force this moment and their version; the defaults, version 0, if what is stored does not fit."""
    try:
        document, version = reader().versioned()
    except InvalidSettingsError as invalid:
        bank_settings.report_invalid(invalid)
        return AddRules(), 0
    return rules_of(document), version


def appealable_for() -> timedelta:
    """At most a minute old."""
    return open_for(reader().current())


@dataclass(frozen=True, slots=True)
class AdminAdds:
    """What operators do about judged adds."""

    judged: BucketAddLists
    appeals: AddAppeals


def admin_adds(log: AuditLog) -> AdminAdds:
    """For one request, with the settings in force."""
    store = DynamoAddAppeals(table("KPI_TABLE"))
    return AdminAdds(BucketAddLists(bucket("DATA_BUCKET")), AddAppeals(store, AuditedAddAppeals(log), appealable_for))


def reset() -> None:
    """Forget every built object; for tests."""
    reader.cache_clear()
