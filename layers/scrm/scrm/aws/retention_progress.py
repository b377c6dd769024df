"""How far the locks of each class of records are, in the archive's table.

=============  ================  ==================================================================================
pk             sk                item
=============  ================  ==================================================================================
``RETENTION``  ``<class>``       days that objects are locked for, up to which certified day, since when it waits
=============  ================  ==================================================================================
"""

from datetime import date
from typing import Final

from scrm.archive.retaining import Progress
from scrm.archive.retention import RecordClass
from scrm.aws.table import Table
from scrm.clock import from_iso, to_iso

SCHEMA_VERSION: Final = 1
_RETENTION: Final = "RETENTION"


class DynamoRetentionProgress:
    """Implements `scrm.archive.retaining.RetentionProgress`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def progress(self, record_class: RecordClass) -> Progress:
        item = self._table.get({"pk": _RETENTION, "sk": record_class.value})
        if item is None:
            return Progress(record_class)
        return Progress(
            record_class,
            days=item["days"],
            through=date.fromisoformat(item["through"]) if "through" in item else None,
            objects=item["objects"],
            since=from_iso(item["since"]) if "since" in item else None,
        )

    def save(self, progress: Progress) -> None:
        self._table.put(
            {
                "pk": _RETENTION,
                "sk": progress.record_class.value,
                "schema_version": SCHEMA_VERSION,
                "days": progress.days,
                "through": progress.through.isoformat() if progress.through else None,
                "objects": progress.objects,
                "since": to_iso(progress.since) if progress.since else None,
            }
        )
