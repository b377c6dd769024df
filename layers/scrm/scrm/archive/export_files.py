"""The files of an export: pages to read, one JSON line a message, files that were sent, and a manifest over all (S69).

Everything is written as it is read, so memory does not grow with the export; the same export writes the same names.
"""

import hashlib
import html
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, Final, Protocol

from scrm.archive import search
from scrm.archive.exports import Export, ExportDesk, ExportState, Written
from scrm.archive.reading import MessageReader, ReadableFile, ReadableMessage, TextCover, kind_name
from scrm.archive.records import StaleRecordError
from scrm.archive.retrieval import described
from scrm.clock import BUSINESS_ZONE, to_iso
from scrm.sql import SqlEngine, TooMuchSelectedError

MOST_MESSAGES: Final = 10_000
MANIFEST: Final = "manifest.json"
_LISTED_AT_ONCE: Final = 100
_LINES: Final = "messages.jsonl"
_HTML: Final = "text/html; charset=utf-8"
_JSON: Final = "application/json"
_PLAIN_FILES: Final = frozenset(
    {"amr", "csv", "doc", "docx", "gif", "jpeg", "jpg", "mp3", "mp4", "pdf", "png", "ppt", "pptx", "txt", "wav"}
    | {"xls", "xlsx", "zip"}
)
_STYLE: Final = (
    "body{font:15px/1.6 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "h1{font-size:1.3rem}p.about{color:#555}article{border-top:1px solid #ddd;padding:.6rem 0}"
    "header{color:#555;font-size:.85rem}.kind{background:#eee;border-radius:.2rem;padding:0 .4rem}"
    "pre{font:inherit;white-space:pre-wrap;overflow-wrap:anywhere;margin:.2rem 0}.file{color:#555}"
)


class TooManyMessagesError(Exception):
    """More match than an export takes; the text says what to do."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"More than {most} messages match. Choose fewer days, or name a customer, a member or a group."
        )


class Sink(Protocol):
    """A file being written."""

    def write(self, content: bytes) -> None: ...


class ExportFolder(Protocol):
    """Where an export's files go. Each appears whole or not at all; one of the same name is replaced."""

    def open(self, export_id: str, name: str, content_type: str) -> AbstractContextManager[Sink]: ...

    def archived_file(self, key: str) -> Iterator[bytes] | None:
        """The content of a file that somebody sent, piece by piece; None when it was not fetched."""
        ...


@dataclass(slots=True)
class _Counted:
    """Writes on, counts and hashes."""

    sink: Sink
    size: int = 0
    sha256: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def write(self, content: bytes) -> None:
        self.sink.write(content)
        self.size += len(content)
        self.sha256.update(content)

    def text(self, content: str) -> None:
        """Half a character, which a message may hold, is written as a question mark."""
        self.write(content.encode("utf-8", "replace"))


@dataclass(slots=True)
class _Listed:
    """The files that were written, for the manifest."""

    files: list[dict[str, Any]] = field(default_factory=list)
    bytes: int = 0

    def add(self, name: str, written: _Counted) -> None:
        self.files.append({"name": name, "bytes": written.size, "sha256": written.sha256.hexdigest()})
        self.bytes += written.size


@dataclass(frozen=True, slots=True)
class ExportWriting:
    """Use case of the job."""

    engine: SqlEngine
    messages: MessageReader
    folder: ExportFolder
    most_messages: int = MOST_MESSAGES

    def write(self, export: Export) -> Written:
        """All files of an approved export; a repeat writes the same.

        Raises:
            TooManyMessagesError: choose fewer days, or name a customer, a member or a group.
            TooMuchSelectedError: as above.
        """
        found = search.by_conversation(self.engine, export.search, self.most_messages + 1)
        if len(found) > self.most_messages:
            raise TooManyMessagesError(self.most_messages)
        listed = _Listed()
        conversations = self._conversations(export, found, listed)
        manifest = _manifest(export, len(found), conversations, listed.files)
        with self._file(export, MANIFEST, _JSON, listed) as sink:
            sink.write(manifest)
        return Written(
            messages=len(found),
            conversations=conversations,
            files=len(listed.files),
            bytes=listed.bytes,
            manifest_sha256=hashlib.sha256(manifest).hexdigest(),
        )

    def _conversations(self, export: Export, found: Sequence[search.Found], listed: _Listed) -> int:
        cover = TextCover.ALL if export.is_covered else TextCover.SECRETS
        number = 0
        with self._file(export, _LINES, "application/jsonl", listed) as lines:
            for number, (_, of_one) in enumerate(groupby(found, key=lambda each: each.conversation_id), 1):
                with self._file(export, f"conversation-{number:05d}.html", _HTML, listed) as page:
                    self._conversation(export, [*of_one], cover, _Out(lines, page, listed))
        return number

    def _conversation(self, export: Export, found: Sequence[search.Found], cover: TextCover, out: "_Out") -> None:
        out.page.text(_head(found))
        for each in found:
            message = self.messages.readable(each, cover)
            names = dict(self._media(export, message, out.listed)) if export.with_media else {}
            out.lines.text(f"{json.dumps(_line(message, names), ensure_ascii=False)}\n")
            out.page.text(_article(message, names))
        out.page.text("</body></html>\n")

    def _media(self, export: Export, message: ReadableMessage, listed: _Listed) -> Iterator[tuple[int, str]]:
        """Files of the message that are in the archive, by their number, with the name they have here."""
        for file in message.files:
            pieces = self.folder.archived_file(file.key)
            if pieces is None:
                continue
            name = f"{file.key}{_extension(file)}"
            with self._file(export, name, "application/octet-stream", listed) as sink:
                for piece in pieces:
                    sink.write(piece)
            yield file.part, name

    @contextmanager
    def _file(self, export: Export, name: str, content_type: str, listed: _Listed) -> Iterator[_Counted]:
        with self.folder.open(export.export_id, name, content_type) as sink:
            counted = _Counted(sink)
            yield counted
        listed.add(name, counted)


@dataclass(frozen=True, slots=True)
class ApprovedExports:
    """Use case of the job: an export is written because it was approved, or by a schedule because nobody told of it."""

    desk: ExportDesk
    writing: ExportWriting
    now: Callable[[], datetime]

    def write(self, has_time: Callable[[], bool]) -> tuple[int, int]:
        """How many were written, and how many could not be, one after another while there is time."""
        written = failed = 0
        for export in self._approved():
            if not has_time():
                break
            state = self._write(export)
            written += state is ExportState.READY
            failed += state is ExportState.FAILED
        return written, failed

    def write_one(self, export_id: str) -> ExportState | None:
        """What became of it; None when it does not wait to be written."""
        export = self.desk.exports.find(export_id)
        if export is None or export.state is not ExportState.APPROVED:
            return None
        return self._write(export)

    def _write(self, export: Export) -> ExportState | None:
        """A run that dies writes the same again; of two runs at once one finds that the other was faster: None."""
        try:
            return self.desk.written(export, self.writing.write(export), self.now()).state
        except (TooManyMessagesError, TooMuchSelectedError) as refused:
            return self.desk.failed(export, str(refused), self.now()).state
        except StaleRecordError:
            return None

    def _approved(self) -> Iterator[Export]:
        cursor: str | None = None
        while True:
            page = self.desk.exports.page("/", cursor, _LISTED_AT_ONCE)
            yield from (export for export in page.items if export.state is ExportState.APPROVED)
            cursor = page.cursor
            if cursor is None:
                return


@dataclass(frozen=True, slots=True)
class _Out:
    lines: _Counted
    page: _Counted
    listed: _Listed


def _manifest(export: Export, messages: int, conversations: int, files: list[dict[str, Any]]) -> bytes:
    document = {
        "schema_version": 1,
        "export_id": export.export_id,
        "search": described(export.search),
        "covered": export.is_covered,
        "reason": export.reason,
        "asked_by": export.asked_by,
        "asked_at": to_iso(export.asked_at),
        "approved_by": export.decided_by,
        "approved_at": to_iso(export.decided_at) if export.decided_at else None,
        "messages": messages,
        "conversations": conversations,
        "files": sorted(files, key=lambda file: file["name"]),
    }
    return f"{json.dumps(document, ensure_ascii=False, indent=2)}\n".encode()


def _line(message: ReadableMessage, names: dict[int, str]) -> dict[str, Any]:
    found = message.found
    return {
        "message": str(found.ref),
        "msgid": found.msgid,
        "seq": str(found.seq),
        "conversation_id": found.conversation_id,
        "room_id": found.room_id,
        "at": to_iso(found.placed_at),
        "kind": found.kind,
        "action": found.action,
        "sender": found.sender,
        "parties": list(found.parties),
        "recalls": found.recalls,
        "hits": list(found.hits),
        "texts": list(message.texts),
        "is_kept": message.is_kept,
        "files": [
            {"part": file.part, "kind": file.kind, "bytes": file.size, "name": names.get(file.part)}
            for file in message.files
        ],
    }


def _head(found: Sequence[search.Found]) -> str:
    parties = sorted({party for each in found for party in each.parties})
    room = found[0].room_id
    title = f"群聊 {room}" if room else "会话 " + "、".join(parties)
    about = f"共 {len(found)} 条消息，参与者：{'、'.join(parties)}。时间为北京时间。"
    return (
        f'<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{html.escape(title)}</h1>"
        f'<p class="about">{html.escape(about)}</p>\n'
    )


def _article(message: ReadableMessage, names: dict[int, str]) -> str:
    found = message.found
    at = found.placed_at.astimezone(BUSINESS_ZONE).strftime("%Y-%m-%d %H:%M:%S")
    notes = [] if message.is_kept else ["该消息暂无法读取"]
    if found.recalls:
        notes.append(f"撤回消息 {found.recalls}")
    if found.hits:
        notes.append(f"命中 {'、'.join(found.hits)}")
    texts = "".join(f"<pre>{html.escape(text)}</pre>" for text in (*message.texts, *notes))
    files = "".join(_file_line(file, names.get(file.part)) for file in message.files)
    head = (
        f"<header>{at} <b>{html.escape(found.sender)}</b> "
        f'<span class="kind">{html.escape(message.kind_name)}</span></header>'
    )
    return f'<article id="{html.escape(str(found.ref))}">{head}{texts}{files}</article>\n'


def _file_line(file: ReadableFile, name: str | None) -> str:
    kind = html.escape(kind_name(file.kind))
    if name is None:
        return f'<p class="file">附件 {file.part + 1}（{kind}，未附）</p>'
    return f'<p class="file"><a href="{html.escape(name)}">附件 {file.part + 1}（{kind}）</a></p>'


def _extension(file: ReadableFile) -> str:
    """Of kinds that no browser runs: the name comes from whoever sent the file."""
    return f".{file.extension}" if file.extension in _PLAIN_FILES else ""
