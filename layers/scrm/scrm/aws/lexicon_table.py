"""Versions of the lexicon.

====================  ==============  ================================================================================
pk                    sk              item
====================  ==============  ================================================================================
``VERSIONS``          ``<8 digits>``  a version: state, hash, who made, approved and put it in force
``VERSION#<number>``  ``PART#<..>``   its entries by hash, compressed JSON in parts of 300 KB; never changed
``LEXICON``           ``IN_FORCE``    the number of the version in force
====================  ==============  ================================================================================
"""

import zlib
from datetime import datetime
from itertools import batched
from typing import TYPE_CHECKING, Any, Final

from scrm import clock, ids
from scrm.aws import cursors
from scrm.aws.table import ABSENT, Condition, Item, Put, Table, starts_with
from scrm.lexicon import documents
from scrm.lexicon.model import Lexicon
from scrm.lexicon.versions import LexiconVersion, VersionState
from scrm.node_paths import ROOT_PATH
from scrm.paging import Page

if TYPE_CHECKING:
    from scrm.audit.log import AuditLog

SCHEMA_VERSION: Final = 1
_PART_BYTES: Final = 300_000
_VERSIONS: Final = "VERSIONS"
_IN_FORCE: Final = {"pk": "LEXICON", "sk": "IN_FORCE"}


class DynamoLexicons:
    """Implements `scrm.lexicon.versions.LexiconStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def latest(self) -> LexiconVersion | None:
        found, _ = self._table.query_page(starts_with(_VERSIONS), limit=1, newest_first=True)
        return _to_version(found[0]) if found else None

    def version(self, number: int) -> LexiconVersion | None:
        item = self._table.get(_key(number))
        return _to_version(item) if item else None

    def page(self, cursor: str | None, limit: int) -> Page[LexiconVersion]:
        scope = "lexicon versions"
        start = cursors.key(cursors.decode(scope, cursor), "after")
        items, last = self._table.query_page(starts_with(_VERSIONS), start=start, limit=limit, newest_first=True)
        return Page(tuple(map(_to_version, items)), cursors.encode(scope, {"after": last}) if last else None)

    def lexicon(self, number: int) -> Lexicon | None:
        """Entries that were left by a draft which somebody else overtook belong to no version and are not read."""
        version = self.version(number)
        if version is None:
            return None
        prefix = f"PART#{version.sha256}#"
        packed = b"".join(bytes(item["packed"]) for item in self._table.query(starts_with(_pk(number), prefix)))
        return documents.read(zlib.decompress(packed))

    def in_force(self) -> int:
        item = self._table.get(_IN_FORCE)
        return int(item["number"]) if item else 0

    def add(self, version: LexiconVersion, lexicon: Lexicon) -> bool:
        packed = zlib.compress(documents.written(lexicon))
        for place, part in enumerate(batched(packed, _PART_BYTES, strict=False)):
            key = {"pk": _pk(version.number), "sk": f"PART#{version.sha256}#{place:03d}"}
            self._table.put({**key, "schema_version": SCHEMA_VERSION, "packed": bytes(part)})
        return self._table.put(_item(version), ABSENT)

    def save(self, version: LexiconVersion) -> bool:
        return self._table.put(_item(version), _read_before(version))

    def put_in_force(self, version: LexiconVersion, retired: LexiconVersion | None) -> bool:
        pointer = {**_IN_FORCE, "schema_version": SCHEMA_VERSION, "number": version.number}
        unchanged = (
            Condition("#number = :before", {":before": retired.number}, {"#number": "number"}) if retired else ABSENT
        )
        writes = [Put(_item(version), _read_before(version)), Put(pointer, unchanged)]
        if retired is not None:
            writes.append(Put(_item(retired), _read_before(retired)))
        return self._table.transact(writes)


class AuditedLexicons:
    """Implements `scrm.lexicon.versions.LexiconJournal`."""

    def __init__(self, audit: "AuditLog") -> None:
        self._audit = audit

    def told(self, version: LexiconVersion, step: str, actor: str, at: datetime) -> None:
        subject = f"lexicon/v{version.number}"
        cause = ids.derive("evt", subject, step, actor, clock.to_iso(at))
        self._audit.record(actor, f"lexicon.{step}", subject, ROOT_PATH, "done", at, cause=cause)


def _read_before(version: LexiconVersion) -> Condition:
    return Condition("revision = :read", {":read": version.revision - 1})


def _pk(number: int) -> str:
    return f"VERSION#{number:08d}"


def _key(number: int) -> dict[str, str]:
    return {"pk": _VERSIONS, "sk": f"{number:08d}"}


def _item(version: LexiconVersion) -> Item:
    return {
        **_key(version.number),
        "schema_version": SCHEMA_VERSION,
        "number": version.number,
        "state": version.state.value,
        "sha256": version.sha256,
        "entries": version.entries,
        "note": version.note or None,
        "made_by": version.made_by,
        "made_at": clock.to_iso(version.made_at),
        "cause": version.cause,
        "decided_by": version.decided_by or None,
        "decided_at": clock.to_iso(version.decided_at) if version.decided_at else None,
        "decision_note": version.decision_note or None,
        "in_force_by": version.in_force_by or None,
        "in_force_at": clock.to_iso(version.in_force_at) if version.in_force_at else None,
        "revision": version.revision,
    }


def _to_version(item: dict[str, Any]) -> LexiconVersion:
    return LexiconVersion(
        number=item["number"],
        state=VersionState(item["state"]),
        sha256=item["sha256"],
        entries=item["entries"],
        note=item.get("note", ""),
        made_by=item["made_by"],
        made_at=clock.from_iso(item["made_at"]),
        cause=item["cause"],
        decided_by=item.get("decided_by", ""),
        decided_at=clock.from_iso(item["decided_at"]) if "decided_at" in item else None,
        decision_note=item.get("decision_note", ""),
        in_force_by=item.get("in_force_by", ""),
        in_force_at=clock.from_iso(item["in_force_at"]) if "in_force_at" in item else None,
        revision=item["revision"],
    )
