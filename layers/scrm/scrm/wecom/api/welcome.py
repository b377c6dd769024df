"""Welcome messages to customers who just came (docs/wecom.md 15)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from scrm.wecom import limits
from scrm.wecom.api.call import Call, Caller, require_bytes
from scrm.wecom.errors import InvalidRequestError

_SEND: Final = "externalcontact/send_welcome_msg"


class WelcomeMessages:
    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def send(self, welcome_code: str, text: str, attachments: Sequence[Mapping[str, Any]] = ()) -> None:
        """Greet the customer whose coming gave the code. WeCom takes a code once, so a repeat is harmless (41051)."""
        require_bytes(_SEND, "text.content", text, limits.MASS_TEXT_BYTES)
        if not text and not attachments:
            raise InvalidRequestError(None, _SEND, reason="text and attachments must not both be empty")
        if len(attachments) > limits.MASS_ATTACHMENTS:
            raise InvalidRequestError(None, _SEND, reason=f"at most {limits.MASS_ATTACHMENTS} attachments")
        body: dict[str, Any] = {"welcome_code": welcome_code}
        if text:
            body["text"] = {"content": text}
        if attachments:
            body["attachments"] = [dict(attachment) for attachment in attachments]
        self._caller.call(Call(_SEND, body=body))
