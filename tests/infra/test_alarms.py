"""What must not go wrong unseen is watched."""

import pytest

from tests.infra.cloudformation import FUNCTIONS, names_in, of_type, properties

ALARMS = {name: each["Properties"] for name, each in of_type("AWS::CloudWatch::Alarm").items()}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_error_of_any_function_rings(name: str) -> None:
    watching = [
        each
        for each in ALARMS.values()
        if each.get("MetricName") == "Errors" and names_in(each["Dimensions"]) == {f"{name}Function"}
    ]

    [alarm] = watching
    assert alarm["Threshold"] == 1


@pytest.mark.parametrize(
    "queue",
    [
        "StaffQueue",
        "ContactQueue",
        "HandoverQueue",
        "ReconcileQueue",
        "ArchiveIntakeQueue",
        "ArchiveQueue",
        "ArchiveScreenQueue",
        "KpiFeedQueue",
    ],
)
def test_a_message_that_waits_too_long_rings(queue: str) -> None:
    watching = [
        each
        for each in ALARMS.values()
        if each.get("MetricName") == "ApproximateAgeOfOldestMessage" and names_in(each["Dimensions"]) == {queue}
    ]

    [alarm] = watching
    assert alarm["Threshold"] <= 3600


def test_the_callback_rings_well_before_wecom_gives_up() -> None:
    slow = ALARMS["CallbackSlowAlarm"]

    assert slow["ExtendedStatistic"] == "p99"
    assert slow["Threshold"] < 5000


def test_a_schedule_that_stopped_rings_unless_it_was_stopped_on_purpose() -> None:
    silent = of_type("AWS::CloudWatch::Alarm")["HandoverReconcileSilentAlarm"]

    assert silent["Properties"]["TreatMissingData"] == "breaching"
    assert silent["Condition"] == "SchedulesRun"


def test_an_audit_that_did_not_come_to_its_end_for_26_hours_rings_unless_it_was_stopped_on_purpose() -> None:
    silent = of_type("AWS::CloudWatch::Alarm")["HandoverAuditSilentAlarm"]
    watched = silent["Properties"]

    assert watched["Period"] * watched["EvaluationPeriods"] == 26 * 3600
    assert watched["Period"] >= 3600  # CloudWatch looks back more than a day only with a period of an hour or more
    assert watched["TreatMissingData"] == "breaching"
    assert silent["Condition"] == "SchedulesRun"


@pytest.mark.parametrize("alarm", ["RateLimitedAlarm", "CircuitOpenedAlarm", "PermissionDeniedAlarm"])
def test_trouble_with_wecom_is_summed_over_all_functions_that_call_it(alarm: str) -> None:
    watched = [each["MetricStat"]["Metric"] for each in ALARMS[alarm]["Metrics"] if "MetricStat" in each]
    services = {dimension["Value"] for metric in watched for dimension in metric["Dimensions"]}

    assert services == {
        folder for name, folder in FUNCTIONS.items() if "VpcConfig" in properties(f"{name}Function")
    }  # those that call WeCom are those that have its way out


def test_alarms_reach_a_topic_that_only_alarms_of_this_account_may_publish_to() -> None:
    [allowed] = [
        each for each in properties("AlarmTopicPolicy")["PolicyDocument"]["Statement"] if each["Effect"] == "Allow"
    ]

    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allowed["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
