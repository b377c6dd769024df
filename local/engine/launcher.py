"""Start the embedded AWS engine with our three patches; runs under `.local/envs/engine`, never inside our own process.

Two faults of this version cost 90 ms an invocation and are patched here, in the engine's own process:
its Runtime API answers in two writes (Nagle and delayed ACK: 40 ms), and it waits 50 ms for a log line
after a silent invocation. A third makes large partitions slow to read (M20, `quick_query`).

The answer of ``/_ministack/sqs/messages`` also names the functions that run now (``running``), and says who asked which
table or bucket, and how often each was written to (`store_watch`).

Two recorders are added, neither changes behaviour: with ``ENGINE_ACTIONS_FILE`` set,
each (role, action, resource) that an execution role asks for is written there, one JSON line each, so that a
test can compare use with grant (needs ``AUTH=true``); with ``ENGINE_FUNCTION_LOGS`` set, what each function
prints is appended to ``<function>.log`` in that directory, for people, the metrics bridge and the log scan.
"""

import importlib.metadata
import json
import os
import socketserver
import sys
import threading
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from local.engine.quick_query import narrow_large_partitions
from local.engine.store_watch import StoreWatch, watch_stores

ENGINE_VERSION = "1.5.33"
_ONE_ACTION_FOR_BATCHES = {  # AWS knows no action of the batch calls: they are authorized as the single ones (M18)
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}
_LOG_WAIT_S = 0.004
_LOG_QUIET_S = 0.003
_ROLE_KEY_PREFIX = "ASIA"  # an execution role's temporary key


def main() -> None:
    """Check the version the patches were made for, patch, and serve until SIGTERM."""
    found = importlib.metadata.version("ministack")
    if found != ENGINE_VERSION:
        sys.exit(f"launcher.py patches ministack {ENGINE_VERSION}, found {found}: rerun the canaries, then change both")
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True
    _shorten_log_wait()
    narrow_large_partitions(_dynamodb())
    running = _watch_invocations()
    stores = watch_stores(_dynamodb(), _s3())
    if actions_file := os.environ.get("ENGINE_ACTIONS_FILE"):
        _record_actions(Path(actions_file))
    if logs_directory := os.environ.get("ENGINE_FUNCTION_LOGS"):
        _copy_function_logs(Path(logs_directory))

    from ministack import app  # noqa: PLC0415 - reads its settings when imported: patch first

    _tell_what_runs(app, running, stores)
    app.main()


def _shorten_log_wait() -> None:
    from ministack.core.lambda_runtime import Worker  # noqa: PLC0415 - exists in the engine's environment only

    drain: Callable[..., str] = Worker._drain_stderr_bounded

    def drain_soon(worker: Any, first_line_wait: float = _LOG_WAIT_S, idle_confirm: float = _LOG_QUIET_S) -> str:
        return drain(worker, first_line_wait, idle_confirm)

    Worker._drain_stderr_bounded = drain_soon


def _watch_invocations() -> dict[str, str]:
    """Request id -> function, of the invocations that run at the moment; kept up to date from now on."""
    from ministack.services import lambda_svc  # noqa: PLC0415

    dispatch: Callable[..., Any] = lambda_svc._execute_function_dispatch
    running: dict[str, str] = {}

    def dispatch_and_note(func: dict[str, Any], config: dict[str, Any], event: Any, request_id: str, *rest: Any) -> Any:
        running[request_id] = str(config.get("FunctionName", "unknown"))
        try:
            return dispatch(func, config, event, request_id, *rest)
        finally:
            running.pop(request_id, None)

    lambda_svc._execute_function_dispatch = dispatch_and_note
    return running


def _tell_what_runs(app: Any, running: dict[str, str], stores: StoreWatch) -> None:
    """Messages are looked at first: whoever reads one runs before it is hidden and until it is gone."""
    look: Callable[..., Awaitable[tuple[int, dict[str, str], bytes] | None]] = app._handle_sqs_messages_request

    async def look_at_all(*request: Any) -> tuple[int, dict[str, str], bytes] | None:
        answer = await look(*request)
        if answer is None or answer[0] != HTTPStatus.OK:
            return answer
        more = {"running": sorted(running.copy().values()), **stores.told()}
        told = json.dumps({**json.loads(answer[2]), **more})
        return answer[0], answer[1], told.encode()

    app._handle_sqs_messages_request = look_at_all


def _dynamodb() -> Any:
    from ministack.services import dynamodb  # noqa: PLC0415

    return dynamodb


def _s3() -> Any:
    from ministack.services import s3  # noqa: PLC0415

    return s3


def _record_actions(path: Path) -> None:
    """Wrap the engine's policy check, so that what roles do is known in the words of IAM."""
    from ministack.core import iam_evaluator  # noqa: PLC0415
    from ministack.core.responses import get_account_id  # noqa: PLC0415

    enforce: Callable[..., Any] = iam_evaluator.enforce
    known: set[tuple[str, str, str]] = set()
    lock = threading.Lock()

    def enforce_and_record(access_key_id: str, iam_action: str, *rest: Any, **named: Any) -> Any:
        action = _ONE_ACTION_FOR_BATCHES.get(iam_action, iam_action)
        denied = enforce(access_key_id, action, *rest, **named)
        request = (access_key_id or "", action, named.get("resource_arn", "*"))
        with lock:
            if request[0].startswith(_ROLE_KEY_PREFIX) and request not in known:
                known.add(request)
                principal = iam_evaluator.resolve_principal(access_key_id, get_account_id())
                _append(path, getattr(principal, "arn", ""), *request[1:], allowed=denied is None)
        return denied

    iam_evaluator.enforce = enforce_and_record


def _copy_function_logs(directory: Path) -> None:
    from ministack.services import lambda_svc  # noqa: PLC0415

    emit: Callable[..., None] = lambda_svc._emit_lambda_logs
    lock = threading.Lock()

    def emit_and_copy(func: dict[str, Any], request_id: str, log_text: str, *rest: Any, **named: Any) -> None:
        emit(func, request_id, log_text, *rest, **named)
        if log_text:
            name = (func.get("config") or func).get("FunctionName", "unknown")
            with lock, (directory / f"{name}.log").open("a", encoding="utf-8") as out:
                out.write(log_text.rstrip("\n") + "\n")

    lambda_svc._emit_lambda_logs = emit_and_copy


def _append(path: Path, principal: str, action: str, resource: str, *, allowed: bool) -> None:
    line = {"principal": principal, "action": action, "resource": resource, "allowed": allowed}
    with path.open("a", encoding="utf-8") as out:
        out.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
