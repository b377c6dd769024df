"""What members sent of their own accord: the ledger counts it."""

from scrm.pressure.messages import PersonalMessageSeen
from scrm.pressure.personal import PersonalRefusedError
from scrm.runtime.observability import count, logger
from scrm.runtime.wiring import personal_sends as wiring


def take(body: str) -> None:
    message = PersonalMessageSeen.model_validate_json(body)
    try:
        count("PersonalTouchCounted", wiring.personal_sends().count(message.told()))
    except PersonalRefusedError as refused:
        logger.error("WeCom tells nothing of a member's message", msgid=message.msgid, errcode=refused.errcode)
        count("PersonalMessageRefused")


def request_new() -> None:
    count("PersonalMessageSeen", wiring.personal_sends().request_new())
