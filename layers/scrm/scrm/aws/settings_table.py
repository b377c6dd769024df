"""A bank's settings in the platform table: the document in force, and every version it had.

=====================  ===================  ===========================================================
pk                     sk                   item
=====================  ===================  ===========================================================
``SETTINGS#<topic>``   ``DOCUMENT``         the document as JSON text, its version, who wrote it when
``SETTINGS#<topic>``   ``V#<8 digits>``     the same of each version; written once, never expires
=====================  ===================  ===========================================================
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from scrm import clock
from scrm.aws.table import ABSENT, Condition, Item, Put, Table

SCHEMA_VERSION = 1


class DynamoSettingsStore:
    """Implements `scrm.settings.ports.SettingsStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self, topic: str) -> tuple[dict[str, Any], int]:
        item = self._table.get({"pk": f"SETTINGS#{topic}", "sk": "DOCUMENT"})
        return (json.loads(item["document"]), item["version"]) if item else ({}, 0)

    def write(self, topic: str, document: Mapping[str, Any], expected_version: int, actor: str, at: datetime) -> bool:
        """Document and history are one transaction, so that no version is without its author."""
        version = expected_version + 1
        content: Item = {
            "pk": f"SETTINGS#{topic}",
            "schema_version": SCHEMA_VERSION,
            "version": version,
            "document": json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")),
            "changed_by": actor,
            "changed_at": clock.to_iso(at),
        }
        read = Condition("#version = :read", {":read": expected_version}, {"#version": "version"})
        return self._table.transact(
            [
                Put({**content, "sk": "DOCUMENT"}, read if expected_version else ABSENT),
                Put({**content, "sk": f"V#{version:08d}"}, ABSENT),
            ]
        )
