"""Welcome messages (5.8; content paper, 3.1): a code lives 20 s and serves once."""

from local.simulator import errors
from local.simulator.api import arguments
from local.simulator.api.call import Body, Call, Endpoint
from local.simulator.api.content import checked_content
from local.simulator.errors import ApiError
from local.simulator.state import WelcomeCode


def send_welcome(call: Call) -> Body:
    text = arguments.optional_text(call.args, "welcome_code")
    if not text:
        raise ApiError(errors.WELCOME_CODE_MISSING)
    code = call.engines.simulation.state.welcome_codes.get(text)
    if code is None or call.now > code.issued_at + call.knobs.welcome_code_seconds:
        raise ApiError(errors.WELCOME_CODE_INVALID)
    content = checked_content(call)
    relation = call.world.relation(code.userid, code.external_userid)
    if code.used_by is not None:
        _check_earlier(call, code)
    if relation is not None and relation.chat_started:
        raise ApiError(errors.WELCOME_CHAT_STARTED)
    if relation is not None and relation.archive_consent in {"pending", "refused"}:
        raise ApiError(errors.WELCOME_NO_ARCHIVE_CONSENT)
    code.used_by, code.used_at, code.content = call.app.app, call.now, content
    call.note("welcome_sent", userid=code.userid, external_userid=code.external_userid)
    return {}


def _check_earlier(call: Call, code: WelcomeCode) -> None:
    """Somebody sent with this code before; if that failed it is free again.

    Raises:
        ApiError: 41096 while that message is on its way, then 41051.
    """
    if call.now < code.used_at + call.knobs.welcome_sending_seconds:
        raise ApiError(errors.WELCOME_SENDING)
    if not call.knobs.welcome_sending_fails:
        raise ApiError(errors.WELCOME_CHAT_STARTED)


ENDPOINTS = {"externalcontact/send_welcome_msg": Endpoint("POST", "customer", send_welcome)}
