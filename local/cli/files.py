"""Files that commands are given."""

import json
from typing import Any

from local.cli.client import Row
from local.cli.errors import InvalidFileError


def parsed(text: str) -> Row:
    """A JSON object. Raises InvalidFileError."""
    try:
        found: Any = json.loads(text)
    except ValueError:
        raise InvalidFileError("文件不是有效的 JSON") from None
    if not isinstance(found, dict):
        raise InvalidFileError("文件应是一个 JSON 对象")
    return found
