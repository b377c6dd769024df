"""Where a test run keeps its logs and state: apart from other runs and from `make up`."""

import os

from local.engine.paths import LOCAL, RunPaths

RUN_NAME = os.environ.setdefault("SCRM_TEST_RUN", str(os.getpid()))  # the workers of a run inherit it
RUN_LOGS = LOCAL / "logs" / "tests" / RUN_NAME
RUN_STATE = LOCAL / "run" / "tests" / RUN_NAME


def paths_of(what: str) -> RunPaths:
    """Logs and state of one engine of this test process, apart from those of other workers."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return RunPaths(f"tests/{RUN_NAME}/{worker}/{what}")
