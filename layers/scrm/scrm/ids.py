"""Ids derived from what caused a thing, so that a repeat yields the same id."""

import base64
import hashlib

_LENGTH = 26


def derive(prefix: str, *cause: str) -> str:
    """``prefix_`` and the first 26 characters of the lower-case base32 SHA-256 of the cause's parts.

    Parts are length-prefixed before hashing, so ("ab", "c") and ("a", "bc") differ.
    """
    digest = hashlib.sha256()
    for part in cause:
        raw = part.encode()
        digest.update(len(raw).to_bytes(4, "big") + raw)
    return f"{prefix}_{base64.b32encode(digest.digest()).decode().lower()[:_LENGTH]}"


def fold_userid(userid: str) -> str:
    """WeCom ignores case in a userid; keys hold the folded form."""
    return userid.strip().lower()
