"""What the functions that move customers share on top of the cases: WeCom's inheritance."""

import functools

from scrm.runtime.wiring import cases
from scrm.runtime.wiring.wecom import report_permission_denied, wecom_client
from scrm.wecom.governor_state import Priority
from scrm.wecom.transfers import WecomTransfers


@functools.cache
def transfers() -> WecomTransfers:
    return WecomTransfers(wecom_client(Priority.HANDOVER), report_permission_denied)


def reset() -> None:
    """Forget every built object; for tests."""
    cases.reset()
    transfers.cache_clear()
