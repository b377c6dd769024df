"""Start the embedded AWS engine with our two patches; runs under `.local/envs/engine`, never inside our own process.

Two faults of this version cost 90 ms an invocation and are patched here, in the engine's own process:
its Runtime API answers in two writes (Nagle and delayed ACK: 40 ms), and it waits 50 ms for a log line
after a silent invocation. With ``ENGINE_ACTIONS_FILE`` set, every request that an execution role makes
is also written there, one JSON line each, so that a test can compare use with grant.
"""

import importlib.metadata
import json
import os
import socketserver
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

ENGINE_VERSION = "1.5.33"
_LOG_WAIT_S = 0.004
_LOG_QUIET_S = 0.003


def main() -> None:
    """Check the version the patches were made for, patch, and serve until SIGTERM."""
    found = importlib.metadata.version("ministack")
    if found != ENGINE_VERSION:
        sys.exit(f"launcher.py patches ministack {ENGINE_VERSION}, found {found}: rerun the canaries, then change both")
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True
    _shorten_log_wait()
    if actions_file := os.environ.get("ENGINE_ACTIONS_FILE"):
        _record_actions(Path(actions_file))

    from ministack.app import main as serve  # noqa: PLC0415 - reads its settings when imported: patch first

    serve()


def _shorten_log_wait() -> None:
    from ministack.core.lambda_runtime import Worker  # noqa: PLC0415 - exists in the engine's environment only

    drain: Callable[..., str] = Worker._drain_stderr_bounded  # noqa: SLF001 - the patch is the purpose

    def drain_soon(worker: Any, first_line_wait: float = _LOG_WAIT_S, idle_confirm: float = _LOG_QUIET_S) -> str:
        return drain(worker, first_line_wait, idle_confirm)

    Worker._drain_stderr_bounded = drain_soon  # noqa: SLF001


def _record_actions(path: Path) -> None:
    """Wrap the engine's policy check, so that what roles do is known in the words of IAM."""
    from ministack.core import iam_evaluator  # noqa: PLC0415
    from ministack.core.responses import get_account_id  # noqa: PLC0415

    enforce: Callable[..., Any] = iam_evaluator.enforce
    known: set[tuple[str, str, str]] = set()
    lock = threading.Lock()

    def enforce_and_record(access_key_id: str, iam_action: str, *rest: Any, **named: Any) -> Any:
        denied = enforce(access_key_id, iam_action, *rest, **named)
        if (access_key_id or "").startswith("ASIA"):
            principal = iam_evaluator.resolve_principal(access_key_id, get_account_id())
            entry = (getattr(principal, "arn", ""), iam_action, named.get("resource_arn", "*"))
            with lock:
                if entry not in known:
                    known.add(entry)
                    _append(path, *entry, allowed=denied is None)
        return denied

    iam_evaluator.enforce = enforce_and_record


def _append(path: Path, principal: str, action: str, resource: str, *, allowed: bool) -> None:
    line = {"principal": principal, "action": action, "resource": resource, "allowed": allowed}
    with path.open("a", encoding="utf-8") as out:
        out.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
