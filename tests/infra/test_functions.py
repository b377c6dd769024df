"""Every function: its own role and log group, the right architecture, the right way out, nothing shared by accident."""

from datetime import timedelta
from typing import Any

import pytest

from local.engine.paths import ROOT
from scrm.campaign.dispatch_settings import DispatchSettings
from scrm.handover.edges import LONGEST_RUN
from scrm.wecom.exchange import DEFAULT_TIMEOUT
from tests.infra.cloudformation import FUNCTIONS, names_in, of_type, plain, properties, written

CALLS_WECOM = {
    "WelcomeWorker",
    "ArchiveIntake",
    "ArchiveMedia",
    "ContactSync",
    "HandoverWorker",
    "HandoverReconcile",
    "CampaignWorker",
    "CampaignReconcile",
    "KpiCollect",
}


def test_the_template_has_the_functions_of_the_slice_and_no_other() -> None:
    in_template = of_type("AWS::Lambda::Function")

    assert set(in_template) == {f"{name}Function" for name in FUNCTIONS}


@pytest.mark.parametrize(("name", "folder"), FUNCTIONS.items())
def test_every_function_is_the_module_of_its_folder(name: str, folder: str) -> None:
    function = written()["Resources"][f"{name}Function"]["Properties"]

    assert function["CodeUri"] == f"../functions/{folder}"
    assert properties(f"{name}Function")["Handler"] == "handler.lambda_handler"
    assert (ROOT / "functions" / folder / "handler.py").is_file()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_its_own_role(name: str) -> None:
    users = [
        other for other in of_type("AWS::Lambda::Function") if names_in(properties(other)["Role"]) == {f"{name}Role"}
    ]

    assert users == [f"{name}Function"]


@pytest.mark.parametrize(("name", "folder"), FUNCTIONS.items())
def test_every_function_writes_to_a_log_group_that_is_kept_long_enough(name: str, folder: str) -> None:
    group = plain()["Resources"][f"{name}LogGroup"]

    assert group["Properties"]["LogGroupName"] == {"Fn::Sub": f"/aws/lambda/${{AWS::StackName}}-{folder}"}
    assert properties(f"{name}Function")["FunctionName"] == {"Fn::Sub": f"${{AWS::StackName}}-{folder}"}
    assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert group["Properties"]["KmsKeyId"] == {"Fn::GetAtt": ["DataKey", "Arn"]}
    assert plain()["Resources"][f"{name}Function"]["DependsOn"] == f"{name}LogGroup"


def test_logs_cannot_be_kept_less_than_the_180_days_of_the_law() -> None:
    allowed = plain()["Parameters"]["LogRetentionDays"]

    assert min(allowed["AllowedValues"]) >= 180
    assert allowed["Default"] in allowed["AllowedValues"]


def test_functions_and_layers_follow_one_architecture_parameter() -> None:
    asked = {"Ref": "Architecture"}

    assert all(each["Properties"]["Architectures"] == [asked] for each in of_type("AWS::Lambda::Function").values())
    for layer in ("DepsLayer", "ScrmLayer"):
        declared = written()["Resources"][layer]
        assert declared["Metadata"] == {"BuildMethod": "python3.13", "BuildArchitecture": asked}
        assert declared["Properties"]["CompatibleArchitectures"] == [asked]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_only_functions_that_call_wecom_go_through_the_vpc(name: str) -> None:
    network = properties(f"{name}Function").get("VpcConfig")

    assert (network is not None) == (name in CALLS_WECOM)


def test_the_callback_has_a_whole_vcpu_and_may_keep_concurrency() -> None:
    callback = properties("WecomCallbackFunction")

    assert callback["MemorySize"] == {"Ref": "CallbackMemorySize"}
    assert plain()["Parameters"]["CallbackMemorySize"]["Default"] == 1769
    assert names_in(callback["ReservedConcurrentExecutions"]) >= {"CallbackReservedConcurrency"}


def test_every_route_asks_for_a_token_but_wecoms_callbacks() -> None:
    paths = properties("HttpApi")["Body"]["paths"]

    open_routes = {
        (method, path)
        for path, operations in paths.items()
        for method, operation in operations.items()
        if not operation.get("security")
    }

    assert open_routes == {("get", "/wecom/callback/{app}"), ("post", "/wecom/callback/{app}")}
    assert paths["/v1/{proxy+}"]["x-amazon-apigateway-any-method"]["security"] == [{"Operators": []}]


def test_the_customers_api_has_the_page_and_nothing_else() -> None:
    paths = properties("CustomerApi")["Body"]["paths"]

    assert {path: set(operations) for path, operations in paths.items()} == {"/o/{token}": {"get", "post"}}


@pytest.mark.parametrize("stage", of_type("AWS::ApiGatewayV2::Stage").values(), ids=lambda stage: str(stage["Type"]))
def test_access_logs_hold_neither_path_nor_query(stage: dict[str, Any]) -> None:
    written_fields = stage["Properties"]["AccessLogSettings"]["Format"]

    assert "$context.routeKey" in written_fields
    for hidden in ("$context.path", "querystring", "$context.protocol", "authorizer.claims"):
        assert hidden not in written_fields


def test_the_customers_access_log_does_not_hold_his_address() -> None:
    [stage] = [each for each in of_type("AWS::ApiGatewayV2::Stage").values() if "CustomerApi" in names_in(each)]

    assert "sourceIp" not in stage["Properties"]["AccessLogSettings"]["Format"]


@pytest.mark.parametrize("stage", of_type("AWS::ApiGatewayV2::Stage").values(), ids=lambda stage: str(stage["Type"]))
def test_every_api_is_throttled(stage: dict[str, Any]) -> None:
    assert set(stage["Properties"]["DefaultRouteSettings"]) == {"ThrottlingRateLimit", "ThrottlingBurstLimit"}


@pytest.mark.parametrize(
    "schedule",
    [
        "ContactSyncFullPass",
        "ContactSyncLexicon",
        "HandoverReconcileDue",
        "HandoverReconcileAudit",
        "CampaignReconcileDue",
        "CampaignPlannerDue",
        "CampaignReconcilePersonal",
        "CampaignReconcileMedia",
        "ArchiveWorkerOverdueReviews",
        "ArchiveIntakeDue",
        "ArchiveIntakeSeats",
        "ArchiveWorkerParked",
        "ArchiveMediaDue",
        "ArchiveRollupExports",
        "ArchiveRollupMerge",
        "ArchiveRollupService",
        "KpiReviewLedgers",
        "KpiReviewReviews",
        "KpiReviewTouches",
        "KpiRollupCount",
        "ArchiveCertifyDue",
        "ArchiveRetentionDue",
        "ArchiveScreenWaiting",
        "KpiCollectMorning",
    ],
)
def test_schedules_are_in_utc_and_name_themselves(schedule: str) -> None:
    asked = properties(f"{schedule}Schedule")

    assert asked.get("ScheduleExpressionTimezone", "UTC") == "UTC"
    assert asked["Target"]["Input"] in (
        '{"schedule": "contact_sync.full_pass"}',
        '{"schedule": "contact_sync.lexicon"}',
        '{"schedule": "handover_reconcile.due"}',
        '{"schedule": "handover_reconcile.audit"}',
        '{"schedule": "campaign_reconcile.due"}',
        '{"schedule": "campaign_planner.due"}',
        '{"schedule": "campaign_reconcile.personal"}',
        '{"schedule": "campaign_reconcile.media"}',
        '{"schedule": "archive_worker.overdue_reviews"}',
        '{"schedule": "archive_intake.due"}',
        '{"schedule": "archive_intake.seats"}',
        '{"schedule": "archive_worker.parked"}',
        '{"schedule": "archive_media.due"}',
        '{"schedule": "archive_rollup.exports"}',
        '{"schedule": "archive_rollup.merge"}',
        '{"schedule": "archive_rollup.service"}',
        '{"schedule": "kpi_review.figures"}',
        '{"schedule": "kpi_review.ledgers"}',
        '{"schedule": "kpi_review.reviews"}',
        '{"schedule": "kpi_review.touches"}',
        '{"schedule": "kpi_rollup.count"}',
        '{"schedule": "archive_certify.due"}',
        '{"schedule": "archive_retention.due"}',
        '{"schedule": "archive_screen.waiting"}',
        '{"schedule": "kpi_collect.morning"}',
    )
    assert asked["State"] == {"Ref": "SchedulesState"}


@pytest.mark.parametrize(
    ("name", "longest_run"),
    [("HandoverWorker", LONGEST_RUN), ("CampaignWorker", DispatchSettings().longest_run)],
)
def test_an_interrupted_call_is_looked_up_after_its_maker_ended_and_his_request_too(
    name: str, longest_run: timedelta
) -> None:
    """A request on the wire ends with its time-outs; before that a look-up could miss what it does afterwards."""
    assert longest_run > timedelta(seconds=properties(f"{name}Function")["Timeout"] + sum(DEFAULT_TIMEOUT))
