"""WeCom's own library as a source, in a child process that may crash, hang, leak and print what it likes."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from scrm.archive.errors import FailureKind, SourceFailure, UndecryptableMessage, failure
from scrm.archive.ports import MediaChunk
from scrm.wecom.archive import library_child
from scrm.wecom.archive.replies import tells_stale_token
from scrm.wecom.transport import AppCredentials

_NOT_PARSED: Final = 10002
_NOT_OPENED: Final = 10008
_LEAST_TEXT: Final = 13  # the library aborts at a shorter one
_MOST_REPLY: Final = 256 * 1024 * 1024
_OUTPUT_BYTES: Final = 4_096
_START_SECONDS: Final = 20.0
_PATIENCE: Final = 3  # times what one call may take: it may fetch a token first
_SECRETS: Final = re.compile(r"[A-Za-z0-9+/=_-]{16,}")  # tokens, keys, secrets, file ids; ids of corps fall with them


@dataclass(frozen=True, slots=True)
class LibrarySettings:
    """``path`` None takes the library inside the package. ``seconds`` bound one request to WeCom; a call that takes
    thrice as long hangs. ``memory`` in bytes of address space. After ``calls`` the process is replaced:
    the library leaks.
    """

    path: str | None = None
    proxy: str = ""
    seconds: int = 10
    memory: int = 1024 * 1024 * 1024
    calls: int = 50_000


class LibrarySource:
    """Implements `scrm.archive.ports.ChatSource`.

    ``report`` hears why a process ended before its time and what it printed last, secrets cut out.
    """

    def __init__(
        self,
        credentials: Callable[[], AppCredentials],
        settings: LibrarySettings | None = None,
        report: Callable[[str, str], None] = lambda _reason, _output: None,
    ) -> None:
        self._credentials = credentials
        self._settings = settings or LibrarySettings()
        self._report = report
        self._child: _Child | None = None
        self._lock = threading.Lock()

    def get_chat_data(self, seq: int, limit: int) -> bytes:
        head, reply = self._call({"call": "chat", "seq": seq, "limit": limit})
        if head["code"]:
            raise failure(head["code"])
        if tells_stale_token(reply):
            self.close()
        return reply

    def decrypt(self, random_key: bytes, encrypted: str) -> bytes:
        text = encrypted.encode("utf-8", "replace")
        if len(text.partition(b"\0")[0]) < _LEAST_TEXT:
            raise UndecryptableMessage(_NOT_OPENED)
        head, message = self._call({"call": "decrypt", "cut": len(random_key)}, random_key + text)
        if head["code"]:
            raise UndecryptableMessage(head["code"])
        return message

    def get_media(self, sdk_file_id: str, index: str) -> MediaChunk:
        name = sdk_file_id.encode()
        head, data = self._call({"call": "media", "cut": len(name)}, name + index.encode())
        if head["code"] == _NOT_PARSED:
            self.close()  # a token that WeCom refuses looks like this too, and the library would keep it
        if head["code"]:
            raise failure(head["code"])
        return MediaChunk(data, head["index"], head["finished"])

    def close(self) -> None:
        """End the process; the next call starts another, with another token."""
        with self._lock:
            self._end()

    def _call(self, request: dict[str, Any], blob: bytes = b"") -> tuple[dict[str, Any], bytes]:
        with self._lock:
            if self._child is not None and self._child.calls >= self._settings.calls:
                self._end()
            known = self._credentials() if self._child is None else None
            try:
                if known is not None:
                    self._child = _Child(self._settings, known)
                    self._child.start()
                assert self._child is not None  # noqa: S101 - for the type checker
                return self._child.ask(request, blob)
            except (OSError, EOFError, ValueError) as error:
                reason, output = self._end()
                self._report(f"{type(error).__name__}, {reason}", output)
                raise SourceFailure(0, FailureKind.CRASHED) from None

    def _end(self) -> tuple[str, str]:
        child, self._child = self._child, None
        return child.end() if child is not None else ("not started", "")


class _Child:
    """One running process."""

    def __init__(self, settings: LibrarySettings, known: AppCredentials) -> None:
        self.calls = 0
        self._known = known
        self._settings = settings
        self._output: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `end`
        self._connection, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and file
                [sys.executable, "-P", str(Path(library_child.__file__)), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=self._output,
                pass_fds=[theirs.fileno()],
                env={"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.defpath},
            )

    def start(self) -> None:
        """Have the library loaded. The secret goes through the socket: arguments and environment can be read."""
        self._connection.settimeout(_START_SECONDS)
        stated = {
            "corp_id": self._known.corp_id,
            "secret": self._known.secret,
            "library_path": self._settings.path,
            "proxy": self._settings.proxy,
            "timeout": self._settings.seconds,
            "memory": self._settings.memory,
        }
        library_child.send(self._connection, stated, b"")
        library_child.receive(self._connection)

    def ask(self, request: dict[str, Any], blob: bytes) -> tuple[dict[str, Any], bytes]:
        """Raises: OSError, EOFError: it crashed, or did not answer in time."""
        self.calls += 1
        self._connection.settimeout(self._settings.seconds * _PATIENCE)
        library_child.send(self._connection, request, blob)
        return library_child.receive(self._connection, _MOST_REPLY)

    def end(self) -> tuple[str, str]:
        """How it ended and what it printed last."""
        self._connection.close()
        if self._process.poll() is None:
            self._process.kill()
        code = self._process.wait()
        with self._output:
            size = self._output.seek(0, os.SEEK_END)
            self._output.seek(max(0, size - _OUTPUT_BYTES))
            printed = self._output.read().decode("utf-8", "replace")
        reason = signal.Signals(-code).name if code < 0 else f"exit {code}"
        return reason, _SECRETS.sub("***", printed.replace(self._known.secret, "***"))
