"""The tags of risk ceilings at WeCom (docs/wecom.md 5.6)."""

from typing import Final

from scrm.audience.ceiling_tags import GROUP, NAMES, Mark, UnknownTagError
from scrm.wecom import errors
from scrm.wecom.client import WecomClient
from scrm.wecom.errors import InvalidRequestError

_NO_RELATION: Final = frozenset({errors.NO_RELATION, errors.CONTACT_INVISIBLE, errors.UNKNOWN_USERID})


class WecomCeilingMarks:
    """Implements `scrm.audience.ceiling_tags.Marks`, and makes the tags themselves.

    Raises what `scrm.runtime.postponement` turns into a later message.
    """

    def __init__(self, client: WecomClient) -> None:
        self._tags = client.tags

    def mark(self, userid: str, mark: Mark) -> bool:
        try:
            self._tags.mark(userid, mark.external_userid, add=mark.add, remove=mark.remove)
        except InvalidRequestError as refused:
            if refused.errcode == errors.TAG_UNKNOWN:
                raise UnknownTagError from refused
            if refused.errcode in _NO_RELATION:
                return False
            raise
        return True

    def made(self) -> tuple[str, ...]:
        """The ids by risk; equal names collapse at WeCom, so a repeat makes nothing."""
        found = {tag.name: tag.id for tag in self._tags.add(NAMES, group_name=GROUP).tag if not tag.deleted}
        return tuple(found[name] for name in NAMES)
