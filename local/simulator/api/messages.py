"""Application messages to members: sending, with its limits (1.4 and the content paper's 4.1), and recalling."""

import json
import re
import secrets
from collections.abc import Mapping
from typing import Any

from local.simulator import errors
from local.simulator.api import arguments
from local.simulator.api.call import Body, Call, Endpoint
from local.simulator.api.cards import check_card
from local.simulator.api.media import usable
from local.simulator.clock import beijing_day
from local.simulator.errors import ApiError
from local.simulator.message_book import SentMessage
from local.simulator.model import Member
from local.simulator.world import fold

_NUMBER = re.compile(r"[0-9]{1,18}")
_EVERYBODY = "@all"
_USERS_PER_CALL, _PARTIES_PER_CALL = 1_000, 100
_TEXT_BYTES = 2_048
_CARD_TITLE_CHARS, _CARD_TEXT_CHARS, _CARD_URL_BYTES = 128, 512, 2_048
_ARTICLES = 8
_PER_MEMBER_MINUTE, _PER_MEMBER_HOUR = 30, 1_000
_PER_ACCOUNT_DAY = 200
_DUPLICATE_SECONDS, _DUPLICATE_MAX_SECONDS = 1_800, 14_400
_MEDIA = frozenset({"image", "voice", "video", "file"})
_RECALL_SECONDS = 24 * 3_600


def send(call: Call) -> Body:
    agent_id = arguments.integer(call.args, "agentid")
    if agent_id != call.app.agent_id:
        raise ApiError(errors.AGENT_NOT_OF_TOKEN)
    msgtype = arguments.text(call.args, "msgtype")
    content, is_interactive = _checked_content(call, msgtype)
    found, invalid_users, invalid_parties = _receivers(call)
    if not found:
        raise ApiError(errors.NO_VALID_RECEIVER)
    if (earlier := _duplicate_of(call)) is not None:
        earlier.duplicates.append(call.now)
        return _reply(earlier, invalid_users, invalid_parties)
    unlicensed = {fold(userid) for userid in call.engines.simulation.state.knobs.unlicensed_members}
    members = [member for member in found if fold(member.userid) not in unlicensed]
    book = call.engines.simulation.state.messages
    if "task_id" in content and book.has_task(call.app.app, str(content["task_id"])):
        raise ApiError(errors.BAD_TASK_ID)
    _check_daily_budget(call, len(members))
    dropped = [member.userid for member in members if _is_over_limit(call, member)]
    message = SentMessage(
        msgid=f"MSG{secrets.token_hex(16)}",
        at=call.now,
        app=call.app.app,
        msgtype=msgtype,
        content=dict(content),
        receivers=[member.userid for member in members if member.userid not in dropped],
        dropped=dropped,
        unlicensed=[member.userid for member in found if fold(member.userid) in unlicensed],
        request_text=_request_text(call),
        response_code=f"RC{secrets.token_urlsafe(24)}" if is_interactive else None,
    )
    book.add(message)
    return _reply(message, invalid_users, invalid_parties)


def recall(call: Call) -> Body:
    """Within 24 hours the members' WeCom forgets the message; one recalled already stays so."""
    msgid = arguments.text(call.args, "msgid", missing=errors.MSGID_MISSING)
    message = call.engines.simulation.state.messages.of_msgid(msgid)
    if message is None or message.app != call.app.app or call.now > message.at + _RECALL_SECONDS:
        raise ApiError(errors.MSGID_INVALID)
    if message.recalled_at is None:
        message.recalled_at = call.now
    return {}


def _reply(message: SentMessage, invalid_users: list[str], invalid_parties: list[str]) -> Body:
    """userids come back in lower case."""
    code = {} if message.response_code is None else {"response_code": message.response_code}
    return {
        "invaliduser": "|".join(fold(userid) for userid in invalid_users),
        "invalidparty": "|".join(invalid_parties),
        "invalidtag": "",
        "unlicenseduser": "|".join(fold(userid) for userid in message.unlicensed),
        "msgid": message.msgid,
        **code,
    }


def _receivers(call: Call) -> tuple[list[Member], list[str], list[str]]:
    """Visible members, then the userids and the departments that lead to nobody."""
    users = _split(call, "touser", _USERS_PER_CALL)
    parties = _split(call, "toparty", _PARTIES_PER_CALL)
    if not users and not parties and not _split(call, "totag", _PARTIES_PER_CALL):
        raise ApiError(errors.MISSING_PARAMETER, "touser, toparty, totag")
    world = call.world
    if users == [_EVERYBODY]:
        return [member for member in world.members.values() if call.sees(member.userid)], [], []
    found = [(userid, world.member(userid)) for userid in users]
    named = [(userid, member if member and call.sees(userid) else None) for userid, member in found]
    chosen = {fold(member.userid): member for _, member in named if member}
    bad_parties = []
    for party in parties:
        number = int(party) if _NUMBER.fullmatch(party) else 0
        if number not in world.departments or not world.sees_department(call.app, number):
            bad_parties.append(party)
            continue
        tree = world.subtree(number)
        inside = (member for member in world.members.values() if tree.intersection(member.department))
        chosen.update({fold(member.userid): member for member in inside if call.sees(member.userid)})
    return list(chosen.values()), [userid for userid, member in named if member is None], bad_parties


def _split(call: Call, name: str, maximum: int) -> list[str]:
    value = call.args.get(name) or ""
    if not isinstance(value, str):
        raise ApiError(errors.INVALID_PARAMETER, name)
    parts = [part for part in value.split("|") if part]
    if len(parts) > maximum:
        raise ApiError(errors.INVALID_PARAMETER, name)
    return parts


def _checked_content(call: Call, msgtype: str) -> tuple[Mapping[str, Any], bool]:
    """What is sent, and whether members can answer it."""
    content = arguments.mapping(call.args, msgtype)
    if msgtype in {"text", "markdown"}:
        if not content.get("content"):
            raise ApiError(errors.EMPTY_TEXT)
        return {"content": _cut(arguments.text(content, "content"), _TEXT_BYTES)}, False
    if msgtype in _MEDIA:
        usable(call, arguments.text(content, "media_id", missing=errors.MEDIA_ID_MISSING), "message", msgtype)
    elif msgtype == "textcard":
        _check_text_card(content)
    elif msgtype == "news":
        _check_news(content)
    elif msgtype == "template_card":
        return content, check_card(call, content)
    else:
        raise ApiError(errors.BAD_MESSAGE_TYPE)
    return content, False


def _check_text_card(content: Mapping[str, Any]) -> None:
    arguments.text(content, "title", chars=_CARD_TITLE_CHARS)
    arguments.text(content, "description", chars=_CARD_TEXT_CHARS)
    if len(arguments.text(content, "url").encode()) > _CARD_URL_BYTES:
        raise ApiError(errors.INVALID_PARAMETER, "url")


def _check_news(content: Mapping[str, Any]) -> None:
    articles = content.get("articles")
    if not isinstance(articles, list) or not 1 <= len(articles) <= _ARTICLES:
        raise ApiError(errors.INVALID_PARAMETER, "articles")
    for article in articles:
        arguments.text(article if isinstance(article, dict) else {}, "title")


def _cut(text: str, limit: int) -> str:
    """Over-long text is truncated by bytes, never inside a character."""
    return text.encode()[:limit].decode(errors="ignore")


def _duplicate_of(call: Call) -> SentMessage | None:
    """With ``enable_duplicate_check``, the message that the same request already sent."""
    if arguments.integer(call.args, "enable_duplicate_check", default=0, maximum=1) == 0:
        return None
    interval = arguments.integer(
        call.args, "duplicate_check_interval", default=_DUPLICATE_SECONDS, maximum=_DUPLICATE_MAX_SECONDS
    )
    book = call.engines.simulation.state.messages
    return book.same_request(call.app.app, _request_text(call), since=call.now - interval)


def _request_text(call: Call) -> str:
    return json.dumps(call.args, sort_keys=True, ensure_ascii=False)


def _check_daily_budget(call: Call, receivers: int) -> None:
    """accounts x 200 person-times a day per app."""
    used = call.engines.simulation.state.messages.receptions(call.app.app, beijing_day(call.now))
    if used + receivers > max(len(call.world.members), 1) * _PER_ACCOUNT_DAY:
        raise ApiError(errors.RATE_LIMIT)


def _is_over_limit(call: Call, member: Member) -> bool:
    """More than 30 a minute or 1,000 an hour from one app to one member are dropped without a word."""
    book = call.engines.simulation.state.messages
    in_minute, in_hour = book.received_lately(call.app.app, member.userid, call.now)
    return in_hour >= _PER_MEMBER_HOUR or in_minute >= _PER_MEMBER_MINUTE


ENDPOINTS = {
    "message/send": Endpoint("POST", "message", send),
    "message/recall": Endpoint("POST", "message", recall),
}
