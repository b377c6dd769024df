"""What contact ways need from the outside world."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Protocol

from scrm.paging import Page
from scrm.ways.model import Arrival, ContactWay, WayAsTold


class WayRefusedError(Exception):
    """WeCom refused what was asked of it, for good."""

    def __init__(self, errcode: int) -> None:
        super().__init__("WeCom refused the contact way")
        self.errcode = errcode


class WayGoneError(Exception):
    """WeCom knows no contact way of this id."""


class WayInDoubtError(Exception):
    """A call may still be under way; look again at ``not_before``."""

    def __init__(self, not_before: datetime) -> None:
        super().__init__("a call about this contact way may still be under way")
        self.not_before = not_before


class WayBusyError(Exception):
    """Others keep changing the way; try again."""


class WayStore(Protocol):
    """The ways' part of the feature's table."""

    def find(self, way_id: str) -> ContactWay | None: ...

    def add(self, way: ContactWay) -> bool:
        """Store a new one; False when there is one of this id."""

    def save(self, way: ContactWay) -> ContactWay | None:
        """Store over the version it was read with; the way as stored, or None when somebody was faster."""

    def of_node(self, node_id: str, cursor: str | None, limit: int) -> Page[ContactWay]:
        """A node's own ways, newest first."""

    def after(self, way_id: str, limit: int) -> Sequence[ContactWay]:
        """All ways by id, also ended ones that WeCom still has; fewer than ``limit`` at the end."""


class Arrivals(Protocol):
    """Who came by which way."""

    def count(self, arrival: Arrival, way: ContactWay) -> bool:
        """Note that he came, once per way and customer; False when it was noted before."""

    def per_day(self, way_id: str) -> dict[date, int]:
        """Customers by the day they came, in Shanghai."""


class ArrivalFacts(Protocol):
    """What statistics read in bulk; a repeat writes the same."""

    def came(self, arrival: Arrival, way: ContactWay) -> None: ...


class Successors(Protocol):
    """Who took over the customers of members who left."""

    def took_over(self, handover_userid: str, takeover_userid: str, at: datetime) -> None:
        """The first taker is kept."""

    def successor_of(self, userid: str) -> str | None: ...


class WayBook(Protocol):
    """Contact ways at WeCom. Every call may raise WayRefusedError; those on one way raise WayGoneError."""

    def add(self, way: WayAsTold) -> tuple[str, str]:
        """The config_id, and the link to the QR code, empty for a mini program. Not repeatable: it makes another."""

    def change(self, config_id: str, way: WayAsTold) -> None: ...

    def get(self, config_id: str) -> tuple[WayAsTold, str]:
        """How it is, and the link to the QR code."""

    def remove(self, config_id: str) -> None: ...

    def made_since(self, since: datetime) -> Iterator[str]:
        """The config_ids of ways made since then, temporary ones left out."""


class ServingStaff(Protocol):
    def stand_in(self, userid: str, node_path: str) -> str | None:
        """Who may serve customers for him at or below the node now: he, his cover or his successor; None: nobody."""


class WayPlaces(Protocol):
    """The organisation, as far as who makes a way has to know it."""

    def member_path(self, userid: str) -> str | None:
        """The node path of a member who may serve customers."""

    def node_path(self, node_id: str) -> str | None:
        """The path of a department that exists."""


class WayJournal(Protocol):
    """The audit log, as far as ways go; a repeat of a change is the same entry."""

    def told(self, way: ContactWay, action: str) -> None: ...


class WayNews(Protocol):
    """Tells whoever keeps WeCom's ways equal to ours that one changed."""

    def changed(self, way_id: str) -> None: ...
