"""Environment of the callback function. No pydantic here: its import is worth half of this function's init."""

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

_QUEUES = ("staff", "contact", "reconcile", "welcome", "archive_intake")


class MissingSettingError(Exception):
    """A required environment variable is absent or empty."""


@dataclass(frozen=True, slots=True)
class CallbackSettings:
    corp_id: str
    secret_id: str
    platform_table: str
    queue_urls: dict[str, str]
    window: timedelta

    @classmethod
    def from_env(cls) -> Self:
        """Raises MissingSettingError."""
        return cls(
            corp_id=_required("CORP_ID"),
            secret_id=_required("CALLBACK_SECRET_ID"),
            platform_table=_required("PLATFORM_TABLE"),
            queue_urls={name: _required(f"{name.upper()}_QUEUE_URL") for name in _QUEUES},
            window=timedelta(seconds=int(os.environ.get("CALLBACK_WINDOW_SECONDS", "600"))),
        )


def _required(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise MissingSettingError(name)
    return value
