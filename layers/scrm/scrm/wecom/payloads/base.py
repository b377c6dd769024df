"""What WeCom answers, as far as we read it. Liberal on purpose: unknown fields are ignored, absent ones have a default.

Models are built on first use (``defer_build``): a function touches a few of them.
"""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


def _moment(value: Any) -> Any:
    """Unix seconds as UTC, also where WeCom writes them as text; 0 and absence are None."""
    value = int(value) if isinstance(value, str) and value.isdecimal() else value
    return datetime.fromtimestamp(value, UTC) if isinstance(value, int) and value > 0 else None


def _unless_null(value: Any) -> Any:
    return () if value is None else value


def _text(value: Any) -> Any:
    return "" if value is None else value


type Moment = Annotated[datetime | None, BeforeValidator(_moment)]
type Items[T] = Annotated[tuple[T, ...], BeforeValidator(_unless_null)]
type Text = Annotated[str, BeforeValidator(_text)]


class Payload(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True, defer_build=True)
