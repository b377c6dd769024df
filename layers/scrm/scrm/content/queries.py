"""What people read of the content library."""

from collections.abc import Sequence
from dataclasses import dataclass

from scrm.content.model import Activity, ContentVersion
from scrm.content.ports import ContentRepository
from scrm.node_paths import covers
from scrm.paging import Page


@dataclass(frozen=True, slots=True)
class ContentQueries:
    """Reads for somebody placed at ``node_path``: what is made at or below it, and what is issued to it from above."""

    contents: ContentRepository

    def activity(self, activity_id: str, node_path: str) -> tuple[Activity, Sequence[ContentVersion]] | None:
        """The activity with the versions he may see; None when there is none for him."""
        found = self.contents.activity(activity_id)
        if found is None or not (covers(node_path, found.node_path) or covers(found.node_path, node_path)):
            return None
        versions = [each for each in self.contents.versions(activity_id) if _sees(each, node_path)]
        return (found, versions) if versions else None

    def version(self, activity_id: str, version: int, node_path: str) -> ContentVersion | None:
        found = self.contents.version(activity_id, version)
        return found if found is not None and _sees(found, node_path) else None

    def activities(self, node_path: str, cursor: str | None, limit: int) -> Page[Activity]:
        """Made at or below a node, latest changed first."""
        return self.contents.originated_at(node_path, cursor, limit)

    def issued(self, cursor: str | None, limit: int) -> Page[Activity]:
        """Made by head office itself, for everybody; which versions one may see his `activity` tells."""
        return self.contents.issued_by_head_office(cursor, limit)


def _sees(found: ContentVersion, node_path: str) -> bool:
    if covers(node_path, found.node_path):
        return True
    return found.was_released and found.is_meant_for(node_path)
