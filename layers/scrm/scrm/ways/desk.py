"""Operators make, change and end contact ways of their nodes (S55, S63)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from scrm import ids
from scrm.clock import BUSINESS_ZONE
from scrm.node_paths import covers
from scrm.ways.model import ID_PREFIX, ContactWay, WayKind, WayScene, WayWish
from scrm.ways.ports import WayBusyError, WayJournal, WayNews, WayPlaces, WayStore

MOST_PEOPLE: Final = 100  # docs/wecom.md 15.1; departments expanded, which only WeCom counts
_ATTEMPTS: Final = 5


class InvalidWayError(Exception):
    """The way cannot be made like this; the text says why."""


class StaleWayError(Exception):
    """Somebody changed the way meanwhile; read it again."""

    def __init__(self) -> None:
        super().__init__("somebody changed this contact way meanwhile; read it again")


class UnknownWayError(Exception):
    """There is no such way, or it has ended."""


@dataclass(frozen=True, slots=True)
class NewWay:
    """A way to be made for a node; ``cause`` is who asked and his key, so that a repeat makes the same one."""

    node_id: str
    node_path: str
    kind: WayKind
    scene: WayScene
    wish: WayWish
    actor: str
    cause: str


@dataclass(frozen=True, slots=True)
class WayDesk:
    """Use case of operators. Whoever calls has looked whether the node is the caller's to decide about.

    WeCom is told later, by whoever takes the news; a way that waits is shown as waiting.
    """

    store: WayStore
    places: WayPlaces
    journal: WayJournal
    news: WayNews
    now: Callable[[], datetime]

    def create(self, wanted: NewWay) -> ContactWay:
        """Raises InvalidWayError."""
        self._check(wanted.wish, wanted.kind, wanted.node_path)
        now = self.now()
        way = ContactWay(
            way_id=ids.derive(ID_PREFIX, wanted.actor, wanted.cause),
            node_id=wanted.node_id,
            node_path=wanted.node_path,
            kind=wanted.kind,
            scene=wanted.scene,
            wish=wanted.wish,
            made_at=now,
            changed_by=wanted.actor,
            changed_at=now,
        )
        if not self.store.add(way):
            way = self.found(way.way_id)
        return self._told(way, "created")

    def found(self, way_id: str) -> ContactWay:
        """Raises UnknownWayError."""
        way = self.store.find(way_id)
        if way is None:
            raise UnknownWayError
        return way

    def change(self, way_id: str, revision: int, wish: WayWish, actor: str) -> ContactWay:
        """Over the revision that was read. Raises InvalidWayError, StaleWayError, UnknownWayError."""

        def edit(way: ContactWay) -> ContactWay:
            if way.revision == revision + 1 and (way.wish, way.changed_by) == (wish, actor):
                return way  # a repeat whose first answer was lost
            if way.revision != revision:
                raise StaleWayError
            self._check(wish, way.kind, way.node_path)
            return replace(way, wish=wish, revision=revision + 1, changed_by=actor, changed_at=self.now())

        return self._told(self._edited(way_id, edit), "changed")

    def end(self, way_id: str, actor: str) -> ContactWay:
        """It leads to nobody any more; ended before, it stays as it ended. Raises UnknownWayError."""

        def edit(way: ContactWay) -> ContactWay:
            if way.ended_at is not None:
                return way
            now = self.now()
            return replace(way, ended_at=now, revision=way.revision + 1, changed_by=actor, changed_at=now)

        return self._told(self._edited(way_id, edit), "ended")

    def _edited(self, way_id: str, edit: Callable[[ContactWay], ContactWay]) -> ContactWay:
        """The way may change at WeCom while a person edits it: then the edit is made over that."""
        for _ in range(_ATTEMPTS):
            known = self.found(way_id)
            wanted = edit(known)
            stored = known if wanted == known else self.store.save(wanted)
            if stored is not None:
                return stored
        raise WayBusyError

    def _told(self, way: ContactWay, action: str) -> ContactWay:
        self.journal.told(way, action)
        self.news.changed(way.way_id)
        return way

    def _check(self, wish: WayWish, kind: WayKind, node_path: str) -> None:
        people = (*wish.userids, *wish.department_ids)
        if kind is WayKind.SINGLE and (len(wish.userids) != 1 or wish.department_ids):
            raise InvalidWayError("a way of the kind single leads to exactly one member")
        if not people:
            raise InvalidWayError("name members or departments to whom the way leads")
        if len(people) > MOST_PEOPLE or len(set(people)) < len(people):
            raise InvalidWayError(f"name at most {MOST_PEOPLE} members and departments, each once")
        if wish.last_day is not None and wish.last_day < self._today():
            raise InvalidWayError("last_day has passed")
        for userid in wish.userids:
            if not covers(node_path, self.places.member_path(userid) or ""):
                raise InvalidWayError(f"{userid} is no member at or below the node who serves customers")
        for department_id in wish.department_ids:
            if not covers(node_path, self.places.node_path(department_id) or ""):
                raise InvalidWayError(f"department {department_id} is not at or below the node")

    def _today(self) -> date:
        return self.now().astimezone(BUSINESS_ZONE).date()
