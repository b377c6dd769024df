"""Reads of the environment, shared by the functions' settings; nothing else reads ``os.environ``."""

import os


class MissingSettingError(Exception):
    """A required environment variable is absent or empty."""


def optional(name: str) -> str:
    """The variable's value, empty when nobody set it."""
    return os.environ.get(name, "")


def required(name: str) -> str:
    """The variable's value. Raises MissingSettingError, which names it."""
    value = os.environ.get(name, "")
    if not value:
        raise MissingSettingError(name)
    return value
