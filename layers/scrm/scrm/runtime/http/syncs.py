"""Start a full sync once per Idempotency-Key."""

from datetime import datetime
from typing import Any, Protocol

from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig, idempotent_function
from aws_lambda_powertools.utilities.idempotency.persistence.base import BasePersistenceLayer
from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm import clock, ids
from scrm.runtime.http.models import Sync, SyncRequest

_ANSWER_KEPT_S = 24 * 60 * 60


class SyncRequests(Protocol):
    """The queue of contact_sync."""

    def request_full_pass(self, run_id: str, requested_at: datetime) -> None: ...


class SyncStarter:
    """The first request with a key starts a run; a repeat within a day gets the first one's answer.

    The run id is derived from caller and key. A request that died between queueing and storing its answer
    is carried out again under the same run id, which contact_sync tolerates.
    """

    def __init__(self, requests: SyncRequests, store: BasePersistenceLayer) -> None:
        self._requests = requests
        self._config = IdempotencyConfig(
            event_key_jmespath="[subject, key]",
            payload_validation_jmespath="request",
            raise_on_no_idempotency_key=True,
            expires_after_seconds=_ANSWER_KEPT_S,
            hash_function="sha256",
        )
        self._once = idempotent_function(
            self._start,
            data_keyword_argument="order",
            persistence_store=store,
            config=self._config,
            key_prefix="admin_api.start_sync",
        )

    def start(self, subject: str, key: str, request: SyncRequest, context: LambdaContext) -> Sync:
        """Raises IdempotencyValidationError when the key was used for another request,
        IdempotencyAlreadyInProgressError while the first one is being carried out."""
        self._config.register_lambda_context(context)
        order = {"subject": subject, "key": key, "request": request.model_dump()}
        return Sync.model_validate(self._once(order=order))

    def _start(self, *, order: dict[str, Any]) -> dict[str, Any]:
        requested_at = clock.now()
        run_id = ids.derive("sync", order["subject"], order["key"])
        self._requests.request_full_pass(run_id, requested_at)
        return {"run_id": run_id, "scope": order["request"]["scope"], "requested_at": clock.to_iso(requested_at)}
