"""Paging cursors: opaque, bound to one scan (path and arguments), refused with 50100 when forged or moved."""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from local.simulator import errors
from local.simulator.errors import ApiError

_MAC_BYTES = 16


@dataclass(slots=True)
class Cursors:
    """Stateless: a cursor carries its scan, position and age under a key of this simulator."""

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def issue(self, scan: object, position: Any, now: float) -> str:
        payload = json.dumps([_digest(scan), position, now], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._mac(payload) + payload).decode()

    def open(self, cursor: str, scan: object, now: float, ttl: int | None) -> Any:
        """The position in the scan.

        Raises:
            ApiError: 50100, for a forged, foreign or too old cursor.
        """
        try:
            raw = base64.b64decode(cursor.encode(), altchars=b"-_", validate=True)
        except (binascii.Error, UnicodeEncodeError) as error:
            raise ApiError(errors.BAD_CURSOR) from error
        mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(payload)):
            raise ApiError(errors.BAD_CURSOR)
        scan_digest, position, issued_at = json.loads(payload)
        if scan_digest != _digest(scan) or (ttl is not None and now > issued_at + ttl):
            raise ApiError(errors.BAD_CURSOR)
        return position

    def _mac(self, payload: bytes) -> bytes:
        return hmac.digest(self.key, payload, "sha256")[:_MAC_BYTES]


def _digest(scan: object) -> str:
    return hashlib.sha256(json.dumps(scan, sort_keys=True).encode()).hexdigest()[:16]
