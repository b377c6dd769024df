"""Reading an archived message as a person does: from its segment, in words, personal data covered (S69, R2, R15)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from scrm.archive import masking
from scrm.archive.bodies import Media
from scrm.archive.media import media_key
from scrm.archive.message import Message, MessageKind, read
from scrm.archive.places import reopened_below, segment_key
from scrm.archive.search import Found
from scrm.archive.segment import Line, RowState, find_line
from scrm.archive.stores import StoredObject

_KEPT_SEGMENTS: Final = 8  # some 2 MB each while they are packed; neighbours in a talk often share a page
_KIND_NAMES: Final[dict[MessageKind, str]] = {
    MessageKind.TEXT: "文本",
    MessageKind.IMAGE: "图片",
    MessageKind.REVOKE: "撤回消息",
    MessageKind.AGREE: "客户同意存档",
    MessageKind.DISAGREE: "客户不同意存档",
    MessageKind.VOICE: "语音",
    MessageKind.VIDEO: "视频",
    MessageKind.CARD: "名片",
    MessageKind.LOCATION: "位置",
    MessageKind.EMOTION: "表情",
    MessageKind.FILE: "文件",
    MessageKind.LINK: "链接",
    MessageKind.WEAPP: "小程序",
    MessageKind.CHAT_RECORD: "会话记录",
    MessageKind.TODO: "待办",
    MessageKind.VOTE: "投票",
    MessageKind.COLLECT: "填表",
    MessageKind.RED_PACKET: "红包",
    MessageKind.EXTERNAL_RED_PACKET: "互通红包",
    MessageKind.MEETING: "会议邀请",
    MessageKind.MEETING_NOTIFICATION: "会议控制",
    MessageKind.DOCUMENT: "在线文档",
    MessageKind.MARKDOWN: "Markdown",
    MessageKind.NEWS: "图文",
    MessageKind.CALENDAR: "日程",
    MessageKind.MIXED: "混合消息",
    MessageKind.MEETING_VOICE_CALL: "音频存档",
    MessageKind.VOIP_DOC_SHARE: "音频共享文档",
    MessageKind.CHANNELS_FEED: "视频号",
    MessageKind.VOIP_TEXT: "通话记录",
    MessageKind.DISK_FILE: "微盘文件",
    MessageKind.SOLITAIRE: "接龙",
    MessageKind.NOTE: "笔记",
    MessageKind.SWITCH: "切换企业",
}
_UNKNOWN_KIND: Final = "其他类型"


class TextCover(StrEnum):
    """``all`` personal data is covered; ``secrets``: passwords and codes only, for whoever has a reason."""

    ALL = "all"
    SECRETS = "secrets"


class ReadableArchive(Protocol):
    """The archive's bucket, for readers."""

    def read(self, key: str) -> StoredObject | None: ...

    def keys_below(self, prefix: str) -> Iterator[str]: ...


@dataclass(frozen=True, slots=True)
class ReadableFile:
    """A file of a message: its number in it, what it is, and where its content lies if it was fetched."""

    part: int
    kind: str
    extension: str
    size: int | None
    key: str


@dataclass(frozen=True, slots=True)
class ReadableMessage:
    """``texts`` are what a person could read, covered as far as the reader's rights go; ``is_kept`` False: the row
    could not be opened or is not in the archive, which is no message to show but never nothing."""

    found: Found
    kind_name: str
    texts: tuple[str, ...] = field(repr=False)
    files: tuple[ReadableFile, ...]
    cover: TextCover
    is_kept: bool = True


def kind_name(kind: str) -> str:
    """What people call a kind of message."""
    known = MessageKind(kind) if kind in set(MessageKind) else MessageKind.UNKNOWN
    return _KIND_NAMES.get(known, _UNKNOWN_KIND)


def covered(text: str, cover: TextCover) -> str:
    return masking.cover(text) if cover is TextCover.ALL else masking.cover_secrets(text)


class MessageReader:
    """Reads messages that a search found. It keeps a few segments, so that a talk is not fetched line by line."""

    def __init__(self, archive: ReadableArchive) -> None:
        self._archive = archive
        self._kept: dict[str, bytes] = {}

    def readable(self, found: Found, cover: TextCover) -> ReadableMessage:
        """The message from its segment, or from what was opened of its page later."""
        line = self._line(found.page, found.seq)
        if line is None:
            return ReadableMessage(found, kind_name(found.kind), (), (), cover, is_kept=False)
        message = read(line.message)
        texts = tuple(covered(text, cover) for text in message.texts)
        files = tuple(_file(message, media) for media in message.media)
        return ReadableMessage(found, kind_name(found.kind), texts, files, cover)

    def _line(self, page: int, seq: int) -> Line | None:
        line = self._opened(segment_key(page), seq)
        if line is not None:
            return line
        later = (self._opened(key, seq) for key in self._archive.keys_below(reopened_below(page)))
        return next((line for line in later if line is not None), None)

    def _opened(self, key: str, seq: int) -> Line | None:
        segment = self._segment(key)
        line = find_line(segment, seq) if segment else None
        return line if line is not None and line.state is RowState.OPENED else None

    def _segment(self, key: str) -> bytes:
        if key not in self._kept:
            stored = self._archive.read(key)
            if len(self._kept) == _KEPT_SEGMENTS:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = stored.body if stored else b""
        return self._kept[key]


def _file(message: Message, media: Media) -> ReadableFile:
    return ReadableFile(media.part, media.kind, media.extension, media.size, media_key(message.msgid, media.part))
