"""Customers who were added and who left, as facts: a member and a customer once a day each."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from scrm import ids
from scrm.aws.fact_lines import Documents, FactLines, fact
from scrm.clock import BUSINESS_ZONE
from scrm.node_paths import ROOT_PATH


class Places(Protocol):
    """Where members are now."""

    def paths_of(self, userids: Iterable[str]) -> Mapping[str, str]: ...


class BucketContactFacts:
    """One document an event; whom the address book does not know counts at head office."""

    def __init__(self, documents: Documents, places: Places) -> None:
        self._added = FactLines(documents, "contact_added")
        self._lost = FactLines(documents, "contact_lost")
        self._places = places

    def added(self, userid: str, external_userid: str, at: datetime) -> None:
        self._tell(self._added, "added", userid, external_userid, at)

    def lost(self, userid: str, external_userid: str, at: datetime) -> None:
        self._tell(self._lost, "lost", userid, external_userid, at)

    def _tell(self, facts: FactLines, what: str, userid: str, external_userid: str, at: datetime) -> None:
        """The id has the day and not the moment: a callback and the nightly pass do not know the same second."""
        day = at.astimezone(BUSINESS_ZONE).date().isoformat()
        event_id = ids.derive(what, userid, external_userid, day)
        path = self._places.paths_of([userid]).get(userid, ROOT_PATH)
        facts.write(event_id, [{**fact(event_id, at, path, userid), "external_userid": external_userid}])
