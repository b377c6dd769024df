"""The application messages that were accepted, and what the limits ask of them."""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from local.simulator.clock import beijing_day

MINUTE, HOUR = 60, 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class CardUpdate:
    """What a card was changed into for some of its receivers: ``button`` or ``template_card``."""

    at: float
    receivers: list[str]
    content: dict[str, Any]


@dataclass(slots=True, kw_only=True)
class SentMessage:
    """One application message as accepted.

    ``content`` is the whole text or card; ``receivers`` got it, ``dropped`` were over their limit and did not,
    nor did the ``unlicensed``.
    ``duplicates`` are the times (epoch seconds) at which the same request came again and was swallowed.
    ``response_code`` is that of a card which members can answer; it allows one of ``updates``.
    """

    msgid: str
    at: float
    app: str
    msgtype: str
    content: dict[str, Any]
    receivers: list[str]
    dropped: list[str]
    unlicensed: list[str] = field(default_factory=list)
    request_text: str = ""
    duplicates: list[float] = field(default_factory=list)
    recalled_at: float | None = None
    response_code: str | None = None
    updates: list[CardUpdate] = field(default_factory=list)


class MessageBook:
    def __init__(self) -> None:
        self._messages: list[SentMessage] = []
        self._by_msgid: dict[str, SentMessage] = {}
        self._by_response_code: dict[str, SentMessage] = {}
        self._task_ids: set[tuple[str, str]] = set()  # by app: a card's task id serves once
        self._last_of_request: dict[tuple[str, str], SentMessage] = {}
        self._times: dict[tuple[str, str], deque[float]] = {}  # by app and folded userid, of the last hour
        self._receptions: Counter[tuple[str, int]] = Counter()  # by app and day

    def __iter__(self) -> Iterator[SentMessage]:
        return iter(self._messages)

    def add(self, message: SentMessage) -> None:
        self._messages.append(message)
        self._by_msgid[message.msgid] = message
        if message.response_code is not None:
            self._by_response_code[message.response_code] = message
        if "task_id" in message.content:
            self._task_ids.add((message.app, str(message.content["task_id"])))
        self._last_of_request[message.app, message.request_text] = message
        self._receptions[message.app, beijing_day(message.at)] += len(message.receivers)
        for userid in message.receivers:
            self._times.setdefault((message.app, userid.lower()), deque()).append(message.at)

    def of_member(self, userid: str) -> list[SentMessage]:
        """What was sent to the member, dropped or not, oldest first; ``userid`` in any case."""
        folded = userid.lower()
        return [row for row in self._messages if any(name.lower() == folded for name in row.receivers + row.dropped)]

    def of_msgid(self, msgid: str) -> SentMessage | None:
        return self._by_msgid.get(msgid)

    def of_response_code(self, code: str) -> SentMessage | None:
        return self._by_response_code.get(code)

    def has_task(self, app: str, task_id: str) -> bool:
        """A card of the app with this task id was sent already."""
        return (app, task_id) in self._task_ids

    def same_request(self, app: str, request_text: str, since: float) -> SentMessage | None:
        """The last message of the same request, if it is not older than ``since``."""
        message = self._last_of_request.get((app, request_text))
        return message if message is not None and message.at >= since else None

    def receptions(self, app: str, day: int) -> int:
        """Person-times on a day in UTC+8."""
        return self._receptions[app, day]

    def received_lately(self, app: str, userid: str, now: float) -> tuple[int, int]:
        """How many messages of the app the member got within the last minute and the last hour."""
        times = self._times.get((app, userid.lower()), deque())
        while times and now - times[0] >= HOUR:
            times.popleft()
        return sum(now - at < MINUTE for at in times), len(times)

    def rename(self, old: str, new: str) -> None:
        """The limits follow a member to their new userid; what was sent stays as it was sent."""
        for app, userid in [key for key in self._times if key[1] == old.lower()]:
            self._times[app, new.lower()] = self._times.pop((app, userid))
