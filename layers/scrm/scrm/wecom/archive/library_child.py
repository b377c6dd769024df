"""The process that WeCom's library runs in, alone: what it does wrong ends here (docs/archive.md, the library).

It speaks with its parent over one socket and nothing else: the library prints to standard output, secrets included.
Started by path, with nothing of ours imported, so that its memory is the library's.
"""

import ctypes
import json
import os
import resource
import socket
import struct
import sys
from typing import Any

_LENGTHS = struct.Struct(">II")
_OK = 0
_PARSE = 10002


class Library:
    """The C interface of WeCom's library, through the binding of ``pywecomarchive``."""

    def __init__(self, settings: dict[str, Any]) -> None:
        from pywecomarchive._native import NativeBinding  # noqa: PLC0415 - after the memory is bounded

        self._lib = NativeBinding(settings["library_path"] or None).lib
        self._settings = settings
        self._handle: int | None = None

    def chat(self, seq: int, limit: int) -> tuple[dict[str, Any], bytes]:
        code = self._open()
        buffer = self._lib.NewSlice()
        try:
            code = code or self._lib.GetChatData(self._handle, seq, limit, *self._way(), buffer)
            return {"code": code}, b"" if code else self._slice(buffer)
        finally:
            self._lib.FreeSlice(buffer)

    def decrypt(self, key: bytes, text: bytes) -> tuple[dict[str, Any], bytes]:
        buffer = self._lib.NewSlice()
        try:
            code = self._lib.DecryptData(key, text, buffer)
            return {"code": code}, b"" if code else self._slice(buffer)
        finally:
            self._lib.FreeSlice(buffer)

    def media(self, file_id: bytes, index: bytes) -> tuple[dict[str, Any], bytes]:
        code = self._open()
        buffer = self._lib.NewMediaData()
        try:
            code = code or self._lib.GetMediaData(self._handle, index, file_id, *self._way(), buffer)
            if code:
                return {"code": code}, b""
            following = ctypes.string_at(self._lib.GetOutIndexBuf(buffer), self._lib.GetIndexLen(buffer)).decode()
            finished = bool(self._lib.IsMediaDataFinish(buffer))
            data = ctypes.string_at(self._lib.GetData(buffer), self._lib.GetDataLen(buffer))
            return {"code": _OK, "index": following, "finished": finished}, data
        finally:
            self._lib.FreeMediaData(buffer)

    def _open(self) -> int:
        """The handle, made once; it keeps the token, also one that WeCom refuses."""
        if self._handle is None:
            handle = self._lib.NewSdk()
            code: int = self._lib.Init(handle, self._settings["corp_id"].encode(), self._settings["secret"].encode())
            if code:
                return code
            self._handle = handle
        return _OK

    def _way(self) -> tuple[bytes, bytes, int]:
        return self._settings["proxy"].encode(), b"", self._settings["timeout"]

    def _slice(self, buffer: int) -> bytes:
        length = self._lib.GetSliceLen(buffer)
        return ctypes.string_at(self._lib.GetContentFromSlice(buffer), length) if length > 0 else b""


def serve(connection: socket.socket) -> None:
    """Answer until the parent hangs up."""
    settings, _ = receive(connection)
    resource.setrlimit(resource.RLIMIT_AS, (settings["memory"], settings["memory"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the secret and the keys
    library = Library(settings)
    send(connection, {"code": _OK}, b"")
    while True:
        try:
            request, blob = receive(connection)
        except EOFError:
            return
        send(connection, *_answer(library, request, blob))


def _answer(library: Library, request: dict[str, Any], blob: bytes) -> tuple[dict[str, Any], bytes]:
    cut = request.get("cut", 0)
    if request["call"] == "chat":
        return library.chat(request["seq"], request["limit"])
    if request["call"] == "decrypt":
        return library.decrypt(blob[:cut], blob[cut:])
    try:
        return library.media(blob[:cut], blob[cut:])
    except UnicodeDecodeError:
        return {"code": _PARSE}, b""


def send(connection: socket.socket, head: dict[str, Any], blob: bytes) -> None:
    """One message: the lengths of both parts, a JSON object, bytes."""
    encoded = json.dumps(head).encode()
    connection.sendall(_LENGTHS.pack(len(encoded), len(blob)) + encoded + blob)


def receive(connection: socket.socket, most: int = 1 << 30) -> tuple[dict[str, Any], bytes]:
    """Raises: EOFError when the other side hung up, or says more than ``most`` bytes."""
    head, blob = _LENGTHS.unpack(_exactly(connection, _LENGTHS.size))
    if head + blob > most:
        raise EOFError
    parsed: dict[str, Any] = json.loads(_exactly(connection, head))
    return parsed, _exactly(connection, blob)


def _exactly(connection: socket.socket, size: int) -> bytes:
    received = bytearray(size)
    view, at = memoryview(received), 0
    while at < size:
        count = connection.recv_into(view[at:])
        if not count:
            raise EOFError
        at += count
    return bytes(received)


if __name__ == "__main__":
    os.environ.clear()  # no proxy and no credentials for the library to find
    serve(socket.socket(fileno=int(sys.argv[1])))
