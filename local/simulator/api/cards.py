"""Template cards of application messages (content paper, 4.2): what each kind needs, and changing one that was sent."""

import re
from collections.abc import Mapping
from typing import Any

from local.simulator import errors
from local.simulator.api import arguments
from local.simulator.api.call import Body, Call, Endpoint
from local.simulator.errors import ApiError
from local.simulator.message_book import CardUpdate, SentMessage
from local.simulator.world import fold

_WITH_ACTION = frozenset({"text_notice", "news_notice"})
_INTERACTIVE = frozenset({"button_interaction", "vote_interaction", "multiple_interaction"})
_TASK_ID = re.compile(r"[0-9A-Za-z_@-]{1,128}")
_KEY_BYTES, _OPTION_ID_BYTES = 1_024, 128
_MOST_MENU, _MOST_BUTTONS, _MOST_SELECTS = 3, 6, 3
_MOST_BOXES, _MOST_OPTIONS = 20, 10
_MOST_LINES = {"horizontal_content_list": 6, "jump_list": 3, "vertical_content_list": 4}
_TO_URL, _TO_PROGRAM = 1, 2
_CODE_SECONDS = 72 * 3_600
_USERS, _GROUPS = 1_000, 100

type Part = Mapping[str, Any]


def check_card(call: Call, card: Part, *, sent_already: bool = False) -> bool:
    """Whether members can answer it; one that replaces a card keeps that one's task.

    Raises:
        ApiError: 40058 or 40063 for what its kind lacks or has too much of, 42014 without a good task id, 42018 to
            42020 for a button, 43012 when the app has no callback URL to be told of an answer.
    """
    kind = card.get("card_type")
    if kind not in _WITH_ACTION | _INTERACTIVE:
        raise ApiError(errors.INVALID_PARAMETER, "card_type")
    for name, most in _MOST_LINES.items():
        _parts(card, name, least=0, most=most)
    has_menu = card.get("action_menu") is not None
    if has_menu:
        for action in _parts(arguments.mapping(card, "action_menu"), "action_list", least=1, most=_MOST_MENU):
            _check_button(action)
    _check_kind(str(kind), card)
    if not has_menu and kind not in _INTERACTIVE:
        return False
    if not sent_already and not _TASK_ID.fullmatch(str(card.get("task_id") or "")):
        raise ApiError(errors.BAD_TASK_ID)
    if call.app.callback is None:
        raise ApiError(errors.CALLBACK_NEEDED)
    return True


def update(call: Call) -> Body:
    """The named receivers see another button or another card; the code that allows it serves once."""
    if arguments.integer(call.args, "agentid") != call.app.agent_id:
        raise ApiError(errors.AGENT_NOT_OF_TOKEN)
    message = _message_of_code(call)
    content = _new_content(call)
    receivers, invalid_users = _named_receivers(call, message)
    if not receivers:
        raise ApiError(errors.NO_VALID_RECEIVER)
    message.updates.append(CardUpdate(at=call.now, receivers=receivers, content=content))
    return {"invaliduser": [fold(userid) for userid in invalid_users]}


def _message_of_code(call: Call) -> SentMessage:
    code = arguments.text(call.args, "response_code")
    message = call.engines.simulation.state.messages.of_response_code(code)
    if message is None or message.recalled_at is not None or call.now > message.at + _CODE_SECONDS:
        raise ApiError(errors.INVALID_PARAMETER, "response_code")
    if message.app != call.app.app:
        raise ApiError(errors.CARD_OF_OTHER_APP)
    if message.updates:
        raise ApiError(errors.CODE_USED)
    return message


def _new_content(call: Call) -> dict[str, Any]:
    if call.args.get("template_card") is not None:
        card = arguments.mapping(call.args, "template_card")
        check_card(call, card, sent_already=True)
        return {"template_card": dict(card)}
    name = arguments.text(arguments.mapping(call.args, "button"), "replace_name")
    return {"button": {"replace_name": name}}


def _named_receivers(call: Call, message: SentMessage) -> tuple[list[str], list[str]]:
    """Those of the message's receivers that the request names, and the named userids that are none."""
    if arguments.integer(call.args, "atall", default=0, maximum=1):
        return list(message.receivers), []
    users = arguments.text_list(call.args, "userids", required=False, maximum=_USERS)
    parties = arguments.integer_list(call.args, "partyids", maximum=_GROUPS)
    if not users and not parties and not arguments.integer_list(call.args, "tagids", maximum=_GROUPS):
        raise ApiError(errors.MISSING_PARAMETER, "userids, partyids, tagids")
    named = {fold(userid) for userid in users}
    inside = {number for party in parties for number in call.world.subtree(party)}
    chosen = []
    for userid in message.receivers:
        member = call.world.member(userid)
        if fold(userid) in named or (member is not None and inside.intersection(member.department)):
            chosen.append(userid)
    got_it = {fold(userid) for userid in message.receivers}
    return chosen, [userid for userid in users if fold(userid) not in got_it]


def _check_kind(kind: str, card: Part) -> None:
    has_title = bool(arguments.mapping(card, "main_title").get("title"))
    if kind == "text_notice":
        _need(has_title or card.get("sub_title_text"), "main_title, sub_title_text")
    elif kind != "multiple_interaction":
        _need(has_title, "main_title")
    if kind == "news_notice":
        _need(card.get("card_image") or card.get("image_text_area"), "card_image, image_text_area")
    if kind in _WITH_ACTION:
        _check_action(arguments.mapping(card, "card_action"))
    elif kind == "button_interaction":
        for button in _parts(card, "button_list", least=1, most=_MOST_BUTTONS):
            _check_button(button)
        if card.get("button_selection") is not None:
            _check_question(arguments.mapping(card, "button_selection"), _MOST_OPTIONS)
    elif kind == "vote_interaction":
        box = arguments.mapping(card, "checkbox")
        arguments.integer(box, "mode", default=0, maximum=1)
        _check_question(box, _MOST_BOXES)
        _check_button(arguments.mapping(card, "submit_button"))
    else:
        for select in _parts(card, "select_list", least=1, most=_MOST_SELECTS):
            _check_question(select, _MOST_OPTIONS)
        _check_button(arguments.mapping(card, "submit_button"))


def _check_action(action: Part) -> None:
    """A tap on the card leads to an address or into a mini-program."""
    kind = arguments.integer(action, "type")
    if kind not in {_TO_URL, _TO_PROGRAM}:
        raise ApiError(errors.INVALID_PARAMETER, "card_action.type")
    arguments.text(action, "url" if kind == _TO_URL else "appid")


def _check_button(button: Part) -> None:
    """A button calls back with its key, or (type 1) opens an address."""
    if not button.get("text"):
        raise ApiError(errors.BUTTON_TEXT_MISSING)
    if arguments.integer(button, "type", default=0, maximum=_TO_URL) == _TO_URL:
        arguments.text(button, "url")
        return
    key = arguments.text(button, "key", missing=errors.BUTTON_KEY_MISSING)
    if len(key.encode()) > _KEY_BYTES:
        raise ApiError(errors.BUTTON_KEY_INVALID)


def _check_question(question: Part, most: int) -> None:
    key = arguments.text(question, "question_key")
    if len(key.encode()) > _KEY_BYTES:
        raise ApiError(errors.INVALID_PARAMETER, "question_key")
    for option in _parts(question, "option_list", least=1, most=most):
        if len(arguments.text(option, "id").encode()) > _OPTION_ID_BYTES:
            raise ApiError(errors.INVALID_PARAMETER, "option_list.id")
        arguments.text(option, "text")


def _parts(card: Part, name: str, *, least: int, most: int) -> list[Part]:
    parts = card.get(name)
    if parts is None or parts == []:
        _need(least == 0, name)
        return []
    if not isinstance(parts, list) or len(parts) > most or not all(isinstance(part, dict) for part in parts):
        raise ApiError(errors.INVALID_PARAMETER, name)
    return parts


def _need(part: object, name: str) -> None:
    if not part:
        raise ApiError(errors.MISSING_PARAMETER, name)


ENDPOINTS = {"message/update_template_card": Endpoint("POST", "message", update)}
