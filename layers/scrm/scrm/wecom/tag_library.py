"""The corp's tag library and marks in the words of automatic tags (docs/wecom.md 5.6)."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from scrm import clock
from scrm.tagging.model import LibraryTag
from scrm.tagging.ports import RelationGoneError, TagGoneError, TagsRefusedError
from scrm.wecom import errors as wecom
from scrm.wecom.client import WecomClient
from scrm.wecom.payloads.tags import TagGroup

_KNOWN_FOR: Final = timedelta(minutes=5)
_NO_RELATION: Final = frozenset({wecom.NO_RELATION, wecom.CONTACT_INVISIBLE, wecom.UNKNOWN_USERID})


class WecomTagLibrary:
    """Implements `scrm.tagging.ports.TagLibrary`. What has to wait is raised as it is: the queue takes it back.

    The library is read at most every five minutes, unless somebody finds that it has changed.
    """

    def __init__(self, client: WecomClient, now: Callable[[], datetime] = clock.now) -> None:
        self._api = client.tags
        self._now = now
        self._known: tuple[LibraryTag, ...] = ()
        self._read_at: datetime | None = None

    def tags(self, *, fresh: bool = False) -> Sequence[LibraryTag]:
        if fresh or self._read_at is None or self._now() >= self._read_at + _KNOWN_FOR:
            groups = _asked(self._api.corp_tags)
            self._known = tuple(tag for group in groups for tag in _living(group))
            self._read_at = self._now()
        return self._known

    def add(self, group: str, names: Sequence[str]) -> Sequence[LibraryTag]:
        made = tuple(_living(_asked(lambda: self._api.add(names, group_name=group))))
        self._known += made
        return made

    def mark(self, userid: str, external_userid: str, tag_ids: Collection[str]) -> None:
        _asked(lambda: self._api.mark(userid, external_userid, add=tuple(tag_ids)))


def _living(group: TagGroup) -> list[LibraryTag]:
    return [LibraryTag(tag.id, group.group_name, tag.name) for tag in group.tag if not tag.deleted]


def _asked[Answer](call: Callable[[], Answer]) -> Answer:
    try:
        return call()
    except (wecom.InvalidRequestError, wecom.InProgressError) as error:
        if error.errcode == wecom.TAG_UNKNOWN:
            raise TagGoneError from error
        if error.errcode in _NO_RELATION:
            raise RelationGoneError from error
        raise TagsRefusedError(error.errcode or 0) from error
