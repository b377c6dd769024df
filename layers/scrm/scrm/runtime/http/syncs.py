"""Start a full sync once per Idempotency-Key."""

from datetime import datetime
from typing import Literal, Protocol

from scrm import clock, ids
from scrm.runtime.http.answers import AnsweredOnce
from scrm.runtime.http.wire import Asked, Reply


class SyncRequest(Asked):
    """What to compare with WeCom: everything."""

    scope: Literal["all"] = "all"


class Sync(Reply):
    """A requested sync; ``run_id`` is in the logs and messages of everything it causes."""

    run_id: str
    scope: Literal["all"]
    requested_at: str


class SyncRequests(Protocol):
    """The queue of contact_sync."""

    def request_full_pass(self, run_id: str, requested_at: datetime) -> None: ...


class SyncStarter:
    """The first request with a key starts a run; a repeat within a day gets the first one's answer.

    The run id is derived from caller and key: a request that died between queueing and storing its answer
    is carried out again under the same run id, which contact_sync tolerates.
    """

    def __init__(self, requests: SyncRequests, answers: AnsweredOnce) -> None:
        self._requests = requests
        self._answers = answers

    def start(self, subject: str, key: str, request: SyncRequest) -> Sync:
        """Raises KeyReusedError when the key was used for another request."""
        run_id = ids.derive("sync", subject, key)

        def carry_out() -> Sync:
            requested_at = clock.now()
            self._requests.request_full_pass(run_id, requested_at)
            return Sync(run_id=run_id, scope=request.scope, requested_at=clock.to_iso(requested_at))

        return Sync.model_validate_json(
            self._answers.answer(run_id, request.model_dump_json(), lambda: carry_out().model_dump_json())
        )
