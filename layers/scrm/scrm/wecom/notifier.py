"""Cards of the app to one member: digests, escalations (docs/wecom.md 7.1)."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from scrm import clock
from scrm.handover import errors as handover
from scrm.wecom import errors as wecom
from scrm.wecom import limits
from scrm.wecom.api.application_messages import TextCard, TextMessage
from scrm.wecom.client import WecomClient
from scrm.wecom.handover_errors import HandoverErrors
from scrm.wecom.translated_calls import TRY_AGAIN_AFTER

_CUT: Final = "…"
_NOT_REACHED: Final = frozenset({wecom.NO_VALID_RECEIVER, wecom.MEMBER_UNKNOWN, wecom.UNKNOWN_USERID})


class WecomNotifier:
    """Implements `scrm.handover.ports.Notifier`.

    ``url`` is what a card opens; without one the member gets the same words as plain text. Longer texts are cut.
    """

    def __init__(
        self,
        client: WecomClient,
        on_permission_denied: Callable[[wecom.PermissionDeniedError], None],
        url: str = "",
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._client = client
        self._errors = HandoverErrors(on_permission_denied, now)
        self._url = url
        self._now = now

    def tell(self, userid: str, title: str, text: str) -> bool:
        """Send it; False when WeCom cannot reach the member. Raises TransferPostponedError.

        A lost answer is postponed too: WeCom drops the same message sent again within four hours.
        """
        message = self._message(title, text)
        try:
            sent = self._errors.asked(lambda: self._client.application_messages.send([userid], message))
        except handover.OutcomeUnknownError as error:
            raise handover.TransferPostponedError(self._now() + TRY_AGAIN_AFTER) from error
        except handover.TransferRefusedError as error:
            if error.errcode in _NOT_REACHED:
                return False
            raise
        return not sent.not_reached

    def _message(self, title: str, text: str) -> TextCard | TextMessage:
        head = _cut(title, limits.CARD_TITLE_LENGTH)
        body = _cut(text, limits.CARD_DESCRIPTION_LENGTH)
        if self._url:
            return TextCard(head, body, self._url)
        content = f"{head}\n{body}".encode()[: limits.TEXT_BYTES]
        return TextMessage(content.decode(errors="ignore"))


def _cut(text: str, most: int) -> str:
    """At most ``most`` characters; a cut text says so."""
    return text if len(text) <= most else text[: most - len(_CUT)] + _CUT
