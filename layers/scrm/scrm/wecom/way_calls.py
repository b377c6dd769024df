"""WeCom's contact ways in the feature's words (docs/wecom.md 15.1)."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from scrm import clock, ids
from scrm.ways.model import WayAsTold, WayKind, WayScene
from scrm.ways.ports import WayGoneError, WayRefusedError
from scrm.wecom import errors as wecom
from scrm.wecom.client import WecomClient

_KINDS: Final = {WayKind.SINGLE: 1, WayKind.MULTI: 2}
_SCENES: Final = {WayScene.MINI_PROGRAM: 1, WayScene.QR: 2}


class WecomWays:
    """Implements `scrm.ways.ports.WayBook`. What has to wait is raised as it is: the queue takes it back."""

    def __init__(self, client: WecomClient, now: Callable[[], datetime] = clock.now) -> None:
        self._api = client.contact_ways
        self._now = now

    def add(self, way: WayAsTold) -> tuple[str, str]:
        made = _asked(
            lambda: self._api.add(
                kind=_KINDS[way.kind],
                scene=_SCENES[way.scene],
                state=way.state,
                remark=way.name,
                users=way.userids,
                parties=_numbers(way),
                skip_verify=way.skip_verify,
            )
        )
        return made.config_id, made.qr_code

    def change(self, config_id: str, way: WayAsTold) -> None:
        _asked(
            lambda: self._api.update(
                config_id, remark=way.name, users=way.userids, parties=_numbers(way), skip_verify=way.skip_verify
            )
        )

    def get(self, config_id: str) -> tuple[WayAsTold, str]:
        found = _asked(lambda: self._api.get(config_id))
        told = WayAsTold(
            state=found.state,
            kind=WayKind.SINGLE if found.type == _KINDS[WayKind.SINGLE] else WayKind.MULTI,
            scene=WayScene.QR if found.scene == _SCENES[WayScene.QR] else WayScene.MINI_PROGRAM,
            name=found.remark,
            userids=tuple(sorted(map(ids.fold_userid, found.user))),
            department_ids=tuple(sorted(map(str, found.party))),
            skip_verify=found.skip_verify,
        )
        return told, found.qr_code

    def remove(self, config_id: str) -> None:
        _asked(lambda: self._api.delete(config_id))

    def made_since(self, since: datetime) -> Iterator[str]:
        return self._api.made(since, self._now())


def _numbers(way: WayAsTold) -> list[int]:
    return [int(department_id) for department_id in way.department_ids]


def _asked[Answer](call: Callable[[], Answer]) -> Answer:
    try:
        return call()
    except (wecom.InvalidRequestError, wecom.InProgressError) as error:
        if error.errcode == wecom.WAY_UNKNOWN:
            raise WayGoneError from error
        raise WayRefusedError(error.errcode or 0) from error
