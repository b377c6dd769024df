"""The local run as a whole: what is up answers, time moves for all, and what was started is stopped."""

import json

import pytest
import requests

from local.engine import stack as local_run
from local.engine.processes import ProcessStartError
from local.engine.stack import RunningStack, StackRunningError, running_stack
from tests.e2e.conditions import eventually
from tests.engine import TEMPLATE, TRIAL_TEMPLATE, declared_tables
from tests.run_paths import paths_of


@pytest.mark.stack
def test_endpoints_file_names_everything_that_answers(stack: RunningStack) -> None:
    told = json.loads(stack.paths.endpoints.read_text(encoding="utf-8"))

    assert requests.get(told["callback_url"]["contacts"], timeout=20).status_code == 400
    assert requests.get(f"{told['admin_api_url']}/v1/cases", timeout=20).status_code == 401
    assert requests.get(f"{told['wecom_base_url']}/cgi-bin/gettoken", timeout=20).json()["errcode"] != 0
    assert requests.get(f"{told['wecom_control_url']}/control/v1/health", timeout=20).status_code == 200
    assert requests.get(f"{told['identity']['issuer']}/.well-known/openid-configuration", timeout=20).status_code == 200
    assert told["resources"]["tables"].keys() == set(declared_tables(TEMPLATE))
    handover_queues = {"StaffQueue", "ContactQueue", "HandoverQueue", "ReconcileQueue"}
    assert told["resources"]["queues"].keys() == handover_queues | {
        "CampaignQueue",
        "CampaignReconcileQueue",
        "CampaignPlannerQueue",
        "WelcomeQueue",
        "ArchiveIntakeQueue",
        "ArchiveQueue",
        "ArchiveMediaQueue",
        "ArchiveRollupQueue",
        "ArchiveScreenQueue",
        "KpiCollectQueue",
        "KpiFeedQueue",
    }
    assert told["resources"]["buses"] == {"ScrmBus": "scrm"}


@pytest.mark.stack
def test_time_that_passes_in_the_simulator_fires_the_products_schedules(stack: RunningStack) -> None:
    control = stack.endpoints.wecom_control_url
    log = stack.paths.function_logs / "scrm-handover_reconcile.log"

    told = requests.post(f"{control}/control/v1/clock/advance", json={"seconds": 660}, timeout=120).json()

    assert told["failures"] == []
    assert told["fired"]["timer:scrm-handover_reconcile-due"] == 1
    assert stack.wait_until_idle(within_s=30)
    assert eventually(lambda: log.exists() and "PollRequested" in log.read_text(encoding="utf-8"), bool)


@pytest.mark.stack
def test_functions_requests_are_recorded_with_the_role_that_made_them(stack: RunningStack) -> None:
    requests.get(stack.endpoints.callback_url["contacts"], timeout=20)
    stack.fire("handover_reconcile.due")

    assert ("HandoverReconcileFunction", "dynamodb:Query") in stack.recorded_actions()


@pytest.mark.engine
def test_stack_stops_what_it_started_and_leaves_its_logs() -> None:
    name = paths_of("short-lived").name

    with running_stack(name, template=TRIAL_TEMPLATE) as running:
        while_up = local_run.status(name)
        with pytest.raises(StackRunningError):
            local_run.up(name, template=TRIAL_TEMPLATE)

    assert [process.name for process, runs in while_up if runs] == ["engine", "simulator", "identity", "companion"]
    assert local_run.status(name) == []
    assert not running.paths.endpoints.exists()
    assert not any("Traceback" in path.read_text(encoding="utf-8") for path in running.paths.logs.glob("*.log"))
    assert local_run.down(name) == []


@pytest.mark.engine
def test_failed_start_leaves_nothing_running() -> None:
    paths = paths_of("failing")

    with pytest.raises(ProcessStartError, match="unknown"):
        local_run.up(paths.name, template=TRIAL_TEMPLATE, world={"unknown": 1})

    assert local_run.status(paths.name) == []
    assert not paths.endpoints.exists()
