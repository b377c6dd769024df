"""What customers want deleted of their conversations, on the wire."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field

from scrm.archive import deletion_requests
from scrm.archive.deletion_requests import DeletionState, Ground
from scrm.runtime.http.archive_models import CustomerId
from scrm.runtime.http.wire import Asked, Reply, Timestamp


class DeletionWish(Asked):
    external_userid: CustomerId
    wish: Annotated[str, Field(min_length=2, max_length=1_000, description="What the customer asked for, and how.")]


class DeletionRequest(Reply):
    """``possible_from``: the first day on which nothing that was stored until the decision is kept any more."""

    request_id: str
    external_userid: str
    wish: str
    node_path: str
    recorded_by: str
    recorded_at: Timestamp
    state: DeletionState
    grounds: list[Ground]
    reason: str
    possible_from: date | None
    decided_by: str
    decided_at: Timestamp | None

    @classmethod
    def of(cls, request: deletion_requests.DeletionRequest) -> Self:
        return cls.model_validate(request)


class DeletionRequestPage(Reply):
    items: list[DeletionRequest]
    cursor: str | None
