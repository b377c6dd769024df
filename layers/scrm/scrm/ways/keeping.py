"""WeCom's contact ways are kept equal to ours (docs/wecom.md 15.1)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from scrm.clock import BUSINESS_ZONE
from scrm.ways.model import AtWecom, ContactWay, WayAsTold, WayKind, WayProblem
from scrm.ways.ports import (
    ServingStaff,
    WayBook,
    WayBusyError,
    WayGoneError,
    WayInDoubtError,
    WayRefusedError,
    WayStore,
)

CALL_ENDS_AFTER: Final = timedelta(minutes=6)  # the run that makes a call has five
_CLOCKS: Final = timedelta(minutes=1)  # how far WeCom's clock may be from ours
_ATTEMPTS: Final = 5


class WayOutcome(StrEnum):
    """What became of a way; the value is the metric."""

    CREATED = "ContactWayCreated"
    UPDATED = "ContactWayUpdated"
    REMOVED = "ContactWayRemoved"
    UNCHANGED = "ContactWayUnchanged"
    DRIFTED = "ContactWayDrifted"
    UNSERVED = "ContactWayUnserved"
    REFUSED = "ContactWayRefused"
    IGNORED = "ContactWayIgnored"


@dataclass(frozen=True, slots=True)
class WayKeeper:
    """Use case of the worker: one way at a time; every message may come twice.

    Before each call the intent is stored, over what was read: of two runs one calls. A creation whose outcome is not
    known is looked up by its ``state`` before it is made again, once its run must have ended.
    """

    store: WayStore
    wecom: WayBook
    staff: ServingStaff
    now: Callable[[], datetime]

    def bring(self, way_id: str, *, look: bool = False) -> WayOutcome:
        """Make WeCom's way what ours is; ``look`` also compares one that should be equal.

        Raises WayInDoubtError, WayBusyError.
        """
        way = self.store.find(way_id)
        if way is None:
            return WayOutcome.IGNORED
        called_at = way.at_wecom.called_at
        if called_at is not None:
            if self.now() < called_at + CALL_ENDS_AFTER:
                raise WayInDoubtError(called_at + CALL_ENDS_AFTER)
            if not way.at_wecom.config_id:
                way = self._looked_up(way, called_at)
        if way.is_over(self._today()):
            return self._end(way)
        told = self._as_told(way)
        if not told.userids and not told.department_ids:
            return self._flagged(way, WayProblem.NOBODY_SERVES, WayOutcome.UNSERVED)
        return self._told(way, told, look=look)

    def _told(self, way: ContactWay, told: WayAsTold, *, look: bool) -> WayOutcome:
        at = way.at_wecom
        if at.problem is WayProblem.GONE_AT_WECOM and at.revision == way.revision:
            return WayOutcome.UNCHANGED  # its code is dead wherever it hangs; a new one is for a person to decide
        if not at.config_id or at.problem is WayProblem.GONE_AT_WECOM:
            if at.problem is WayProblem.REFUSED and at.revision == way.revision and not look:
                return WayOutcome.REFUSED
            return self._create(way, told)
        is_equal = at.revision == way.revision and at.userids == told.userids and at.called_at is None
        if not is_equal or at.problem is not None:
            return self._change(way, told)
        return self._look(way, told) if look else WayOutcome.UNCHANGED

    def _create(self, way: ContactWay, told: WayAsTold) -> WayOutcome:
        way = self._announced(replace(way, at_wecom=AtWecom()))
        try:
            config_id, qr_code = self.wecom.add(told)
        except WayRefusedError as refused:
            return self._refused(way, refused)
        self._settle(way, AtWecom(config_id, qr_code, way.revision, told.userids))
        return WayOutcome.CREATED

    def _change(self, way: ContactWay, told: WayAsTold) -> WayOutcome:
        way = self._announced(way)
        at = way.at_wecom
        try:
            self.wecom.change(at.config_id, told)
        except WayRefusedError as refused:
            return self._refused(way, refused)
        except WayGoneError:
            return self._create(self._settle(way, AtWecom()), told)
        self._settle(way, AtWecom(at.config_id, at.qr_code, way.revision, told.userids, looked_at=at.looked_at))
        return WayOutcome.UPDATED

    def _look(self, way: ContactWay, told: WayAsTold) -> WayOutcome:
        """What somebody changed elsewhere is told to people and stays as it is, until one of them changes the way."""
        try:
            found, _ = self.wecom.get(way.at_wecom.config_id)
        except WayGoneError:
            return self._flagged(way, WayProblem.GONE_AT_WECOM, WayOutcome.DRIFTED)
        drift = tuple(name for name in WayAsTold.__slots__ if getattr(found, name) != getattr(told, name))
        self._settle(way, replace(way.at_wecom, drift=drift, problem=None, looked_at=self.now()))
        return WayOutcome.DRIFTED if drift else WayOutcome.UNCHANGED

    def _end(self, way: ContactWay) -> WayOutcome:
        config_id = way.at_wecom.config_id
        if not config_id:
            return WayOutcome.UNCHANGED
        way = self._announced(way)
        try:
            self.wecom.remove(config_id)
        except WayGoneError:
            pass
        except WayRefusedError as refused:
            return self._refused(way, refused)
        self._settle(way, AtWecom(revision=way.revision))
        return WayOutcome.REMOVED

    def _looked_up(self, way: ContactWay, called_at: datetime) -> ContactWay:
        """The way with what an interrupted creation made, if it made anything; it is then told anew what it is."""
        for config_id in self.wecom.made_since(called_at - _CLOCKS):
            try:
                found, qr_code = self.wecom.get(config_id)
            except WayGoneError:
                continue
            if found.state == way.way_id:
                return self._settle(way, AtWecom(config_id, qr_code))
        return way

    def _as_told(self, way: ContactWay) -> WayAsTold:
        stand_ins = (self.staff.stand_in(userid, way.node_path) for userid in way.wish.userids)
        people = tuple(dict.fromkeys(userid for userid in stand_ins if userid is not None))
        return WayAsTold(
            way.way_id,
            way.kind,
            way.scene,
            way.wish.name,
            tuple(sorted(people)) if way.kind is WayKind.MULTI else people,
            tuple(sorted(way.wish.department_ids)),
            way.wish.skip_verify,
        )

    def _announced(self, way: ContactWay) -> ContactWay:
        """The intent, stored over what was read. Raises WayBusyError."""
        stored = self.store.save(replace(way, at_wecom=replace(way.at_wecom, called_at=self.now())))
        if stored is None:
            raise WayBusyError
        return stored

    def _refused(self, way: ContactWay, refused: WayRefusedError) -> WayOutcome:
        at = replace(way.at_wecom, called_at=None, problem=WayProblem.REFUSED, errcode=refused.errcode)
        self._settle(way, replace(at, revision=way.revision))
        return WayOutcome.REFUSED

    def _flagged(self, way: ContactWay, problem: WayProblem, outcome: WayOutcome) -> WayOutcome:
        at = replace(way.at_wecom, problem=problem, called_at=None, looked_at=self.now())
        if (at.problem, at.called_at) != (way.at_wecom.problem, way.at_wecom.called_at):
            self._settle(way, at)
        return outcome

    def _settle(self, way: ContactWay, at_wecom: AtWecom) -> ContactWay:
        """Store how it is at WeCom, also when a person changed the way meanwhile."""
        for _ in range(_ATTEMPTS):
            stored = self.store.save(replace(way, at_wecom=at_wecom))
            if stored is not None:
                return stored
            known = self.store.find(way.way_id)
            if known is None:
                break
            way = known
        raise WayBusyError

    def _today(self) -> date:
        return self.now().astimezone(BUSINESS_ZONE).date()
