"""Welcome messages (5.8): a code lives 20 s and serves once."""

from local.simulator import errors
from local.simulator.api import arguments
from local.simulator.api.call import Body, Call, Endpoint
from local.simulator.errors import ApiError

_TEXT_BYTES = 4_000
_ATTACHMENTS = 9
_ATTACHMENT_TYPES = frozenset({"image", "link", "miniprogram", "video", "file"})


def send_welcome(call: Call) -> Body:
    text = arguments.optional_text(call.args, "welcome_code")
    if not text:
        raise ApiError(errors.WELCOME_CODE_MISSING)
    code = call.engines.simulation.state.welcome_codes.get(text)
    if code is None or call.now > code.issued_at + call.knobs.welcome_code_seconds:
        raise ApiError(errors.WELCOME_CODE_INVALID)
    _check_content(call)
    relation = call.world.relation(code.userid, code.external_userid)
    if code.used_by is not None or (relation is not None and relation.chat_started):
        raise ApiError(errors.WELCOME_CHAT_STARTED)
    code.used_by = call.app.app
    call.note("welcome_sent", userid=code.userid, external_userid=code.external_userid)
    return {}


def _check_content(call: Call) -> None:
    content = arguments.optional_text(arguments.mapping(call.args, "text"), "content") or ""
    attachments = call.args.get("attachments") or []
    if not isinstance(attachments, list) or len(content.encode()) > _TEXT_BYTES:
        raise ApiError(errors.INVALID_PARAMETER)
    if not content and not attachments:
        raise ApiError(errors.MISSING_PARAMETER, "text, attachments")
    if len(attachments) > _ATTACHMENTS:
        raise ApiError(errors.TOO_MANY_ATTACHMENTS)
    for attachment in attachments:
        kind = attachment.get("msgtype") if isinstance(attachment, dict) else None
        if kind not in _ATTACHMENT_TYPES or not isinstance(attachment.get(kind), dict):
            raise ApiError(errors.BAD_ATTACHMENT)


ENDPOINTS = {"externalcontact/send_welcome_msg": Endpoint("POST", "customer", send_welcome)}
