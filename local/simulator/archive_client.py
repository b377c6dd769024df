"""The archive part of the control API's client: `ControlClient.archive`."""

import base64
from collections.abc import Callable, Iterable
from typing import Any

type Json = dict[str, Any]

_MESSAGES_AT_ONCE = 2_000


class ArchiveControl:
    """``send`` is the client's own, ``rows`` reads a whole list page by page."""

    def __init__(self, send: Callable[..., Any], rows: Callable[..., list[Json]]) -> None:
        self._send = send
        self._rows = rows

    def upload_key(self, pem: str) -> int:
        """A new public key; its version."""
        version: int = self._send("POST", "archive/keys", {"pem": pem})["publickey_ver"]
        return version

    def set_seats(self, userids: Iterable[str], seats: int | None = None) -> int:
        """Who is archived; how many that are."""
        count: int = self._send("PUT", "archive/seats", {"userids": list(userids), "seats": seats})["count"]
        return count

    def say(self, *messages: Json) -> list[Json]:
        """``{"from", "tolist", "msgtype", <body>}`` and what else the archive shows; each with its seq, or why not."""
        said: list[Json] = []
        for first in range(0, len(messages), _MESSAGES_AT_ONCE):
            some = messages[first : first + _MESSAGES_AT_ONCE]
            said.extend(self._send("POST", "archive/messages", {"messages": some}))
        return said

    def write(self, sender: str, recipient: str, text: str, **more: Any) -> Json:
        """One text from one to another."""
        message = {"from": sender, "tolist": [recipient], "msgtype": "text", "text": {"content": text}, **more}
        return self.say(message)[0]

    def said(self) -> list[Json]:
        """Everything that was said, in plain."""
        return self._rows("archive/messages")

    def add_file(self, content: bytes) -> Json:
        """``{"sdkfileid", "md5sum", "filesize"}`` for a message to name it by."""
        file: Json = self._send("POST", "archive/files", {"content_base64": base64.b64encode(content).decode()})
        return file

    def make_file(self, size: int, seed: int = 0) -> Json:
        """The same of so many made up bytes."""
        file: Json = self._send("POST", "archive/files", {"size": size, "seed": seed})
        return file

    def group_consent(self, chat_id: str, external_userid: str, consent: str) -> None:
        body = {"external_userid": external_userid, "consent": consent}
        self._send("PUT", f"archive/rooms/{chat_id}/consent", body)

    def leave_gap(self, count: int) -> int:
        """Sequence numbers that no row will have; the last of them."""
        seq: int = self._send("POST", "archive/gap", {"count": count})["seq"]
        return seq

    def poison(self, kind: str) -> int:
        """A row that something is wrong with (`local.simulator.archive.Poison`); its seq."""
        seq: int = self._send("POST", "archive/poison", {"kind": kind})["seq"]
        return seq
