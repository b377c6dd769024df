"""What the archive needs from the outside: somebody who gives pages, and the keys that open them."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class MediaChunk:
    """A part of a file; ``next_index`` asks for the part that follows, unless it is ``finished``."""

    data: bytes
    next_index: str
    finished: bool


class ChatSource(Protocol):
    """Where conversations come from: WeCom's library, the local simulator, or whatever gives the same three things.

    Every method may raise `scrm.archive.errors.SourceFailure`. What is asked again after one is asked unchanged.
    """

    def get_chat_data(self, seq: int, limit: int) -> bytes:
        """The reply about at most ``limit`` rows after ``seq``, byte for byte; `scrm.archive.page` reads it.

        Returning is not success: WeCom's own errors come as such a reply too.
        """

    def decrypt(self, random_key: bytes, encrypted: str) -> bytes:
        """A row's message. ``random_key`` is the row's, opened with our private key.

        Raises:
            UndecryptableMessage: it does not open with this key.
        """

    def get_media(self, sdk_file_id: str, index: str) -> MediaChunk:
        """The part of a file at ``index``, at most 512 KiB; an empty index is its beginning."""


class PrivateKeys(Protocol):
    """Our keys by version, as WeCom counts the uploads of public keys. None is ever dropped."""

    def decrypt(self, key_version: int, encrypted: bytes) -> bytes:
        """RSA-2048, PKCS#1 v1.5.

        A key that does not fit gives bytes all the same, nearly always: only the message then tells (10008).

        Raises:
            KeyMissing: no usable key of this version.
            UndecryptableMessage: the bytes are none that this key can have made.
        """
