"""What WeCom answered, as the handover's errors: shared by all that implement a port of `scrm.handover.ports`."""

from datetime import datetime
from typing import Final, override

from scrm.handover import errors as handover
from scrm.wecom import errors as wecom
from scrm.wecom.translated_calls import TranslatedCalls

_STILL_ACTIVE: Final = frozenset({wecom.NOT_RESIGNED_YET, wecom.OWNER_NOT_RESIGNED})


class HandoverErrors(TranslatedCalls):
    """Raises the `HandoverError` for what went wrong."""

    @override
    def _postponed(self, not_before: datetime) -> Exception:
        return handover.TransferPostponedError(not_before)

    @override
    def _outcome_unknown(self) -> Exception:
        return handover.OutcomeUnknownError()

    @override
    def _refused(self, errcode: int) -> Exception:
        if errcode in _STILL_ACTIVE:
            return handover.AccountStillActiveError()
        if errcode == wecom.OWNER_RESIGNED:
            return handover.AccountDeletedError()
        return handover.TransferRefusedError(errcode)
