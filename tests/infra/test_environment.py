"""The environment variables of the template are exactly those that the code of each function reads."""

import json
import subprocess
import sys

import pytest

from local.engine.paths import ROOT
from tests.infra.cloudformation import FUNCTIONS, properties

VALUES = {
    "WECOM_BASE_URL": "http://127.0.0.1:9",
    "CLOCK_URL": "http://127.0.0.1:9/clock",
    "CALLBACK_WINDOW_SECONDS": "600",
    "CORP_ID": "wwSIMCORP0000001",
    "ARCHIVE_SOURCE": "library",
    "ARCHIVE_PULLS_PER_MINUTE": "600",
    "ARCHIVE_LOCK_DAYS": "1827",
    "STATISTICS_HISTORY_DAYS": "180",
}
LAMBDA_ITSELF = {
    "AWS_REGION": "cn-north-1",
    "AWS_DEFAULT_REGION": "cn-north-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
}


@pytest.mark.parametrize(("name", "folder"), FUNCTIONS.items())
def test_a_function_is_given_what_it_reads_and_reads_what_it_is_given(name: str, folder: str) -> None:
    given = set(properties(f"{name}Function")["Environment"]["Variables"])
    environment = LAMBDA_ITSELF | {"PYTHONPATH": f"{ROOT}:{ROOT / 'layers' / 'scrm'}"}

    run = subprocess.run(
        [sys.executable, "-m", "tests.infra.read_environment", folder],
        cwd=ROOT,
        env=environment | {variable: VALUES.get(variable, f"{variable.lower()}-value") for variable in given},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr[-2000:]
    read = set(json.loads(run.stdout))
    assert given <= read
