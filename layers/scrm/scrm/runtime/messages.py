"""A callback as the callback function queued it, for every function that consumes callbacks."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from scrm.wecom.events import Event, parse_event


class CallbackReceived(BaseModel):
    """Written by `scrm.wecom.router`. ``fields`` are the inner XML elements; unknown ones are kept."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: Literal[1] = 1
    kind: Literal["callback"]
    event_id: str
    app: str
    corp_id: str
    occurred_at: datetime
    received_at: datetime
    fields: dict[str, Any]

    def event(self) -> Event:
        """The typed event. Raises EventFieldError when it lacks what it cannot do without."""
        return parse_event(self.fields)
