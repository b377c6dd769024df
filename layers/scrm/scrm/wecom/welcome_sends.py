"""WeCom's welcome messages in the feature's words (docs/wecom.md 15)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from scrm import clock
from scrm.wecom import errors as wecom
from scrm.wecom.client import WecomClient
from scrm.welcome import ports
from scrm.welcome.model import Greeting

_AGAIN_AFTER: Final = timedelta(seconds=1)


class WecomWelcomes:
    """Implements `scrm.welcome.ports.WelcomeSender`."""

    def __init__(
        self,
        client: WecomClient,
        on_permission_denied: Callable[[wecom.PermissionDeniedError], None],
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._api = client.welcome_messages
        self._on_permission_denied = on_permission_denied
        self._now = now

    def send(self, code: str, greeting: Greeting) -> None:
        try:
            self._api.send(code, greeting.text, greeting.attachments)
        except (wecom.CallPostponedError, wecom.RateLimitedError) as error:
            raise ports.WelcomePostponedError(error.not_before) from error
        except (wecom.TransientError, wecom.TokenExpiredError) as error:
            raise ports.WelcomePostponedError(self._now() + _AGAIN_AFTER) from error
        except wecom.PermissionDeniedError as error:
            self._on_permission_denied(error)
            raise ports.WelcomeRefusedError("permission_denied") from error
        except (wecom.InvalidRequestError, wecom.InProgressError) as error:
            raise self._refusal(error.errcode) from error

    def _refusal(self, errcode: int | None) -> Exception:
        match errcode:
            case wecom.WELCOME_SENDING:  # another app of the corp is at it, and may fail
                return ports.WelcomePostponedError(self._now() + _AGAIN_AFTER)
            case wecom.WELCOME_CHAT_STARTED:
                return ports.CodeUsedError()
            case wecom.WELCOME_CODE_INVALID:
                return ports.CodeExpiredError()
            case wecom.WELCOME_ARCHIVE_PENDING:
                return ports.WelcomeRefusedError("archive_consent_pending")
            case _:
                return ports.WelcomeRefusedError(f"errcode_{errcode or 0}")
