"""The ids of the tags of risk ceilings: one item of the audience's table, ``CEILING`` / ``TAGS``."""

from collections.abc import Callable

from scrm.aws.dossier_items import SCHEMA_VERSION
from scrm.aws.table import Table, starts_with

_KEY = {"pk": "CEILING", "sk": "TAGS"}


class DynamoCeilingTags:
    """Implements `scrm.audience.ceiling_tags.CeilingTags`; ``make`` makes them at WeCom."""

    def __init__(self, table: Table, make: Callable[[], tuple[str, ...]]) -> None:
        self._table = table
        self._make = make

    def known(self) -> tuple[str, ...]:
        found = next(iter(self._table.query(starts_with(_KEY["pk"]))), None)
        return tuple(found["tag_ids"]) if found else ()

    def made(self) -> tuple[str, ...]:
        tag_ids = self._make()
        self._table.put({**_KEY, "schema_version": SCHEMA_VERSION, "tag_ids": list(tag_ids)})
        return tag_ids
