"""The C interface of WeCom's library in Python, with its vices: it aborts, hangs, eats memory and prints the secret.

``seq`` chooses: 1 answers what it was given, 2 a stale token, 3 nothing new, 10001 that code; the others misbehave.
"""

import ctypes
import os
import time
from typing import Any

ABORT, HANG, HOARD, TELL = 666, 667, 668, 669
STALE, QUIET = 2, 3
WRONG_KEY = b"wrong"
_PAGE = b'{"errcode":0,"errmsg":"ok","chatdata":[]}'
_REFUSED = b'{"errcode":42001,"errmsg":"expired"}'
_CODES = 10_000


class _Library:
    def __init__(self) -> None:
        self._buffers: dict[int, Any] = {}
        self._secret = b""
        self._made = 0

    def NewSdk(self) -> int:  # noqa: N802
        self._made += 1
        return 77

    def Init(self, _handle: int, _corp_id: bytes, secret: bytes) -> int:  # noqa: N802
        self._secret = secret
        return 0

    def NewSlice(self) -> int:  # noqa: N802
        self._buffers[1] = ctypes.create_string_buffer(b"")
        return 1

    NewMediaData = NewSlice

    def FreeSlice(self, _buffer: int) -> None:  # noqa: N802
        self._buffers.clear()

    FreeMediaData = FreeSlice

    def GetChatData(self, _handle: int, seq: int, _limit: int, *_way: Any) -> int:  # noqa: N802
        if seq == ABORT:
            os.abort()
        if seq == HANG:
            time.sleep(60)
        if seq == HOARD:
            self._buffers[9] = bytearray(1 << 40)
        if seq == TELL:
            os.write(1, b"WeWorkFinanceSdk:access: " + self._secret + b" token ABCDEFGHIJKLMNOPQRSTUVWXYZ")
            os.abort()
        if seq >= _CODES:
            return seq
        self._put(_REFUSED if seq == STALE else _PAGE)
        return 0

    def DecryptData(self, key: bytes, text: bytes, _buffer: int) -> int:  # noqa: N802
        if len(text.partition(b"\0")[0]) < 13:
            os.abort()
        self._put(key + b"|" + text)
        return 10008 if key == WRONG_KEY else 0

    def GetMediaData(self, _handle: int, index: bytes, file_id: bytes, *_way: Any) -> int:  # noqa: N802
        self._put(index + b"|" + file_id)
        return {b"bad": 10005, b"refused": 10002}.get(file_id, 0)

    def _put(self, content: bytes) -> None:
        self._buffers[1] = ctypes.create_string_buffer(content, max(len(content), 1))
        self._length = len(content)

    def GetContentFromSlice(self, buffer: int) -> int:  # noqa: N802
        return ctypes.addressof(self._buffers[buffer])

    GetData = GetContentFromSlice

    def GetSliceLen(self, _buffer: int) -> int:  # noqa: N802
        return self._length

    GetDataLen = GetSliceLen

    def GetOutIndexBuf(self, _buffer: int) -> int:  # noqa: N802
        self._buffers[2] = ctypes.create_string_buffer(b"Range:bytes=5-9")
        return ctypes.addressof(self._buffers[2])

    def GetIndexLen(self, _buffer: int) -> int:  # noqa: N802
        return 15

    def IsMediaDataFinish(self, _buffer: int) -> int:  # noqa: N802
        return 0


class NativeBinding:
    def __init__(self, _library_path: str | None = None) -> None:
        self.lib = _Library()
