"""Leaves and covers of the organisation's table."""

from scrm import clock
from scrm.aws.org_items import SCHEMA_VERSION, cover_key, from_cover, to_cover
from scrm.aws.table import ABSENT, Condition, Table, starts_with
from scrm.org.model import Cover

_COVERS = "COVERS#"


class DynamoCovers:
    """Implements `scrm.org.ports.CoverRepository`.

    MEMBER#userid/COVER is the word that holds. MEMBER#cover/COVERS#userid only says where to look: it is written first
    and removed last, so a killed writer leaves one too many and never one too few.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def cover(self, userid: str) -> Cover | None:
        item = self._table.get(cover_key(userid))
        return to_cover(item) if item else None

    def put_cover(self, cover: Cover, seen: Cover | None) -> bool:
        if cover.cover_userid:
            self._table.put({**_pointer(cover), "schema_version": SCHEMA_VERSION, "userid": cover.userid})
        stored = self._table.put(from_cover(cover), _still(seen))
        if stored and seen is not None and seen.cover_userid not in {"", cover.cover_userid}:
            self._table.delete(_pointer(seen))
        return stored

    def remove_cover(self, cover: Cover) -> None:
        if self._table.delete(cover_key(cover.userid), _still(cover)) and cover.cover_userid:
            self._table.delete(_pointer(cover))

    def covers_by(self, cover_userid: str) -> list[Cover]:
        pointers = self._table.query(starts_with(f"MEMBER#{cover_userid}", _COVERS))
        keys = [cover_key(pointer["userid"]) for pointer in pointers]
        found = map(to_cover, self._table.get_many(keys))
        return sorted((cover for cover in found if cover.cover_userid == cover_userid), key=lambda cover: cover.userid)


def _pointer(cover: Cover) -> dict[str, str]:
    return {"pk": f"MEMBER#{cover.cover_userid}", "sk": f"{_COVERS}{cover.userid}"}


def _still(seen: Cover | None) -> Condition:
    if seen is None:
        return ABSENT
    values = {":at": clock.to_iso(seen.said_at), ":event": seen.event_id, ":cover": seen.cover_userid}
    return Condition("said_at = :at AND event_id = :event AND cover_userid = :cover", values)
