"""What the bytes of a file say: its format, an image's pixels, a film's length. As much as WeCom's limits ask for."""

import struct
from dataclasses import dataclass

_PNG, _JPEG, _AMR = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"#!AMR"
_JPEG_SIZES = frozenset({0xC0, 0xC1, 0xC2, 0xC3})  # start-of-frame markers that carry the size
_JPEG_MARKER, _JPEG_FIRST = 0xFF, 2
_PNG_SIZE_AT, _PNG_SIZE_END = 16, 24


@dataclass(frozen=True, slots=True)
class FileFacts:
    """``kind`` is image, voice, video or file. Pixels and seconds are None where the bytes do not tell."""

    kind: str
    pixels: tuple[int, int] | None = None
    seconds: float | None = None


def facts_of(content: bytes) -> FileFacts:
    if content.startswith(_PNG):
        return FileFacts("image", pixels=_png_pixels(content))
    if content.startswith(_JPEG):
        return FileFacts("image", pixels=_jpeg_pixels(content))
    if content.startswith(_AMR):
        return FileFacts("voice")
    if content[4:8] == b"ftyp":
        return FileFacts("video", seconds=_mp4_seconds(content))
    return FileFacts("file")


def _png_pixels(content: bytes) -> tuple[int, int] | None:
    if content[12:_PNG_SIZE_AT] != b"IHDR" or len(content) < _PNG_SIZE_END:
        return None
    width, height = struct.unpack(">II", content[_PNG_SIZE_AT:_PNG_SIZE_END])
    return width, height


def _jpeg_pixels(content: bytes) -> tuple[int, int] | None:
    """Walks the segments up to the first that names a size."""
    at = _JPEG_FIRST
    while at + 9 <= len(content) and content[at] == _JPEG_MARKER:
        if content[at + 1] in _JPEG_SIZES:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return None


def _mp4_seconds(content: bytes) -> float | None:
    """Of the movie header, version 0 or 1."""
    at = content.find(b"mvhd")
    if at < 0 or len(content) < at + 36:
        return None
    layout, first = (">IQ", at + 24) if content[at + 4] else (">II", at + 16)
    scale, length = struct.unpack_from(layout, content, first)
    return length / scale if scale else None
