"""Vocabulary of contact ways (S55, S63; docs/wecom.md 15.1)."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final

ID_PREFIX: Final = "way"
"""A way's id is its ``state`` at WeCom: prefix and hash together have the 30 characters that a state may have."""


class WayKind(StrEnum):
    """Whom a customer meets: one member, or several who take turns."""

    SINGLE = "single"
    MULTI = "multi"


class WayScene(StrEnum):
    """Where it stands: as a QR code, or as a button of a mini program."""

    QR = "qr"
    MINI_PROGRAM = "mini_program"


class WayProblem(StrEnum):
    """Why a way does not work as it should; a person has to look."""

    NOBODY_SERVES = "nobody_serves"
    GONE_AT_WECOM = "gone_at_wecom"
    REFUSED = "refused"


class WayState(StrEnum):
    WAITING = "waiting"
    ACTIVE = "active"
    PROBLEM = "problem"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class WayWish:
    """What an operator decides. ``name`` is what members see at WeCom; ``last_day`` a day in Shanghai, None: no end."""

    name: str
    userids: tuple[str, ...] = ()
    department_ids: tuple[str, ...] = ()
    skip_verify: bool = True
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class AtWecom:
    """How a way is at WeCom, as far as we know.

    ``config_id`` is WeCom's id, empty when there is none. ``revision`` of the wish and ``userids`` are what WeCom was
    told last. ``called_at``: a call was about to be made then and its outcome is not known. ``drift`` names what
    somebody else changed there. ``errcode`` explains a problem of being refused.
    """

    config_id: str = ""
    qr_code: str = ""
    revision: int = 0
    userids: tuple[str, ...] = ()
    called_at: datetime | None = None
    problem: WayProblem | None = None
    errcode: int = 0
    drift: tuple[str, ...] = ()
    looked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ContactWay:
    """A code of a node. ``revision`` rises with every change that people make, from 1; ``version`` with every write."""

    way_id: str
    node_id: str
    node_path: str
    kind: WayKind
    scene: WayScene
    wish: WayWish
    made_at: datetime
    changed_by: str
    changed_at: datetime
    revision: int = 1
    ended_at: datetime | None = None
    at_wecom: AtWecom = AtWecom()
    version: int = field(default=0, compare=False)

    def is_over(self, today: date) -> bool:
        return self.ended_at is not None or (self.wish.last_day is not None and self.wish.last_day < today)

    def state(self, today: date) -> WayState:
        if self.is_over(today):
            return WayState.ENDED
        if self.at_wecom.problem is not None:
            return WayState.PROBLEM
        is_told = self.at_wecom.config_id and self.at_wecom.revision == self.revision
        return WayState.ACTIVE if is_told else WayState.WAITING


@dataclass(frozen=True, slots=True)
class WayAsTold:
    """A way as we tell it and as WeCom tells it, to compare them. ``state`` is the way's id."""

    state: str
    kind: WayKind
    scene: WayScene
    name: str
    userids: tuple[str, ...]
    department_ids: tuple[str, ...]
    skip_verify: bool


@dataclass(frozen=True, slots=True)
class Arrival:
    """A customer became one of ``userid``'s by a contact way. ``state`` is what WeCom tells of it."""

    state: str
    userid: str
    external_userid: str
    at: datetime


def is_ours(state: str) -> bool:
    """Whether a ``state`` may be the id of one of our ways."""
    return state.startswith(f"{ID_PREFIX}_")
