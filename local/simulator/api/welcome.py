"""Welcome messages (5.8): a code lives 20 s and serves once."""

from local.simulator import errors
from local.simulator.api import arguments
from local.simulator.api.call import Body, Call, Endpoint
from local.simulator.api.content import checked_content
from local.simulator.errors import ApiError


def send_welcome(call: Call) -> Body:
    text = arguments.optional_text(call.args, "welcome_code")
    if not text:
        raise ApiError(errors.WELCOME_CODE_MISSING)
    code = call.engines.simulation.state.welcome_codes.get(text)
    if code is None or call.now > code.issued_at + call.knobs.welcome_code_seconds:
        raise ApiError(errors.WELCOME_CODE_INVALID)
    content = checked_content(call)
    relation = call.world.relation(code.userid, code.external_userid)
    if code.used_by is not None or (relation is not None and relation.chat_started):
        raise ApiError(errors.WELCOME_CHAT_STARTED)
    code.used_by, code.content = call.app.app, content
    call.note("welcome_sent", userid=code.userid, external_userid=code.external_userid)
    return {}


ENDPOINTS = {"externalcontact/send_welcome_msg": Endpoint("POST", "customer", send_welcome)}
