"""Talks that nobody simulates: drawn from member and day, so that they repeat, and only where a knob asks for them."""

from datetime import datetime

from local.simulator.behaviour_book import TalkSum
from local.simulator.clock import BEIJING
from local.simulator.decisions import percent_of
from local.simulator.knobs import Knobs
from local.simulator.world import fold

_SATURDAY = 5
_CHAT_OF, _MESSAGES_OF_CHAT = 5, 6
_MINUTES_OF = 10


def drawn_talks(knobs: Knobs, userid: str, day: int) -> TalkSum:
    """1 to 20 chats, all begun by customers, at least half of them answered, within 1 to 10 minutes in the mean."""
    writes = knobs.background_talk_percent and fold(userid) not in {fold(silent) for silent in knobs.silent_members}
    if not writes or datetime.fromtimestamp(day, BEIJING).weekday() >= _SATURDAY:
        return TalkSum()
    writing, chats, answering, minutes = (
        percent_of(day, fold(userid), figure) for figure in ("writing", "chats", "answering", "minutes")
    )
    if writing >= knobs.background_talk_percent:
        return TalkSum()
    answered = 1 + int(chats // _CHAT_OF)
    began = answered + int(answered * answering / 100)
    return TalkSum(
        chats=answered,
        messages=answered * _MESSAGES_OF_CHAT,
        began=began,
        answered=answered,
        seconds=answered * 60 * (1 + int(minutes // _MINUTES_OF)),
    )
