"""What the functions that move customers share on top of the cases: WeCom's inheritance."""

import functools

from scrm.runtime.observability import count, logger
from scrm.runtime.wiring import cases
from scrm.runtime.wiring.wecom import wecom_client
from scrm.wecom.errors import PermissionDeniedError
from scrm.wecom.governor_state import Priority
from scrm.wecom.transfers import WecomTransfers


@functools.cache
def transfers() -> WecomTransfers:
    return WecomTransfers(wecom_client(Priority.HANDOVER), report_permission_denied)


def report_permission_denied(error: PermissionDeniedError) -> None:
    """An operator must act (60020, 48002, 40001 ...); the alarm watches this metric."""
    logger.error("WeCom denies the app a permission", errcode=error.errcode, path=error.path, hint=error.hint)
    count("PermissionDenied")


def reset() -> None:
    """Forget every built object; for tests."""
    cases.reset()
    transfers.cache_clear()
