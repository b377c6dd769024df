"""What campaigns hear of calls that WeCom did not answer as wished."""

from datetime import datetime, timedelta
from typing import Final, override

from scrm.campaign import dispatch_errors as dispatch
from scrm.wecom import errors as wecom
from scrm.wecom.translated_calls import TRY_AGAIN_AFTER, TranslatedCalls

DISTRIBUTED_AFTER: Final = timedelta(minutes=2)
# Not refused for good: ask again then.
_LATER: Final = {
    wecom.MASS_MESSAGE_DISTRIBUTING: DISTRIBUTED_AFTER,
    wecom.MOMENT_DISTRIBUTING: DISTRIBUTED_AFTER,
    wecom.MOMENT_JOBS_RUNNING: TRY_AGAIN_AFTER,
}


class CampaignCalls(TranslatedCalls):
    """Raises the `DispatchError` for what went wrong."""

    @override
    def _postponed(self, not_before: datetime) -> Exception:
        return dispatch.DispatchPostponedError(not_before)

    @override
    def _outcome_unknown(self) -> Exception:
        return dispatch.SendOutcomeUnknownError()

    @override
    def _refused(self, errcode: int) -> Exception:
        later = _LATER.get(errcode)
        return dispatch.SendRefusedError(errcode) if later is None else self._postponed(self._now() + later)
