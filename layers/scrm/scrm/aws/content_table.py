"""The content library's table: activities, their versions and the hashes of their variants.

===================  =================  =======================================================================
pk                   sk                 item
===================  =================  =======================================================================
``ACTIVITY#<id>``    ``ACTIVITY``       an activity: who issued it, how many versions it has
``ACTIVITY#<id>``    ``V#<8 digits>``   a version; only its state and steps ever change
``HASH#<hash>``      ``VARIANT``        which variant has this hash; written with the version
===================  =================  =======================================================================

Indexes, both by ``place`` (time of the last version): ``by_branch`` (``branch_pk``, ``ACTIVITIES#<branch>``) and
``by_bank`` (``bank_pk``, ``ACTIVITIES``).
"""

from collections.abc import Sequence

from scrm.aws import cursors
from scrm.aws.content_items import (
    EVERY_ACTIVITY,
    activities_of,
    activity_key,
    from_activity,
    from_hash,
    from_version,
    hash_key,
    to_activity,
    to_version,
    version_key,
)
from scrm.aws.table import ABSENT, Condition, Put, Table, starts_with
from scrm.content.model import Activity, ContentVersion, Scene
from scrm.node_paths import ROOT_PATH
from scrm.paging import Page


class DynamoContents:
    """Implements `scrm.content.ports.ContentRepository`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def activity(self, activity_id: str) -> Activity | None:
        item = self._table.get(activity_key(activity_id))
        return to_activity(item) if item else None

    def version(self, activity_id: str, version: int) -> ContentVersion | None:
        item = self._table.get(version_key(activity_id, version))
        return to_version(item) if item else None

    def versions(self, activity_id: str) -> Sequence[ContentVersion]:
        return [to_version(item) for item in self._table.query(starts_with(f"ACTIVITY#{activity_id}", "V#"))]

    def variant_of(self, content_hash: str) -> tuple[str, int, Scene] | None:
        item = self._table.get(hash_key(content_hash))
        return (item["activity_id"], item["version"], Scene(item["scene"])) if item else None

    def add(self, activity: Activity, version: ContentVersion) -> bool:
        as_read = _as_read(activity.revision)
        writes = [
            Put(from_activity(activity, activity.revision + 1), as_read),
            Put(from_version(version, 1), ABSENT),
            *(Put(from_hash(version, scene, digest), ABSENT) for scene, digest in version.hashes),
        ]
        return self._table.transact(writes)

    def save(self, version: ContentVersion) -> bool:
        return self._table.put(from_version(version, version.revision + 1), _as_read(version.revision))

    def originated_at(self, node_path: str, cursor: str | None, limit: int) -> Page[Activity]:
        if node_path == ROOT_PATH:
            return self._page("bank_pk", EVERY_ACTIVITY, node_path, "activities", cursor, limit)
        return self._page("branch_pk", activities_of(node_path), node_path, "activities", cursor, limit)

    def issued_by_head_office(self, cursor: str | None, limit: int) -> Page[Activity]:
        return self._page("branch_pk", activities_of(ROOT_PATH), ROOT_PATH, "issued", cursor, limit)

    def _page(
        self, name: str, partition: str, node_path: str, list_name: str, cursor: str | None, limit: int
    ) -> Page[Activity]:
        scope = f"{list_name} {node_path}"
        items, last = self._table.query_page(
            Condition(f"{name} = :partition", {":partition": partition, ":path": node_path}),
            index="by_bank" if name == "bank_pk" else "by_branch",
            start=cursors.key(cursors.decode(scope, cursor), "after"),
            limit=limit,
            newest_first=True,
            where="begins_with(node_path, :path)",
        )
        return Page(tuple(map(to_activity, items)), cursors.encode(scope, {"after": last}) if last else None)


def _as_read(revision: int) -> Condition:
    return Condition("revision = :read", {":read": revision}) if revision else ABSENT
