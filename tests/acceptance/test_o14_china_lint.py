"""O14: the template check fails on every feature that the AWS China regions lack, planted one at a time."""

import copy
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from cfnlint.template import Template

from local.engine.paths import ROOT
from tests.infra.cloudformation import written

RULES = ROOT / "infra" / "lint_rules"


def _rule_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("aws_china", RULES / "aws_china.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


AWS_CHINA = _rule_module()


def _findings(template: dict[str, Any]) -> set[str]:
    cfn = Template("template.yaml", template, ["cn-north-1"])
    return {match.message.split(": ")[1] for match in AWS_CHINA.FeatureAbsentInChina().match(cfn)}


def _set(path: str, value: Any) -> dict[str, Any]:
    """The product's template with one property of one resource set."""
    template = copy.deepcopy(written())
    *parents, last = path.split(".")
    place = template["Resources"]
    for name in parents:
        place = place.setdefault(name, {})
    place[last] = value
    return template


def _with(resource: dict[str, Any]) -> dict[str, Any]:
    """The product's template with one more resource."""
    template = copy.deepcopy(written())
    template["Resources"]["Planted"] = resource
    return template


FUNCTION = "HandoverWorkerFunction.Properties"
MAPPING = f"{FUNCTION}.Events.HandoverQueue.Properties"
STATE_MACHINE = {"Type": "AWS::StepFunctions::StateMachine"}
ALARM = {"AlarmName": "a", "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1}
PLANTED = {
    "a function URL": (_set(f"{FUNCTION}.FunctionUrlConfig", {"AuthType": "AWS_IAM"}), "Lambda function URLs"),
    "a plain function URL": (
        _with({"Type": "AWS::Lambda::Url", "Properties": {"AuthType": "NONE", "TargetFunctionArn": "f"}}),
        "Lambda function URLs",
    ),
    "active tracing": (_set(f"{FUNCTION}.Tracing", "Active"), "X-Ray with Lambda"),
    "tracing by parameter": (_set(f"{FUNCTION}.Tracing", {"Ref": "Stage"}), "X-Ray with Lambda"),
    "an X-Ray group": (_with({"Type": "AWS::XRay::Group", "Properties": {"GroupName": "g"}}), "X-Ray"),
    "tracing of a state machine": (
        _with(STATE_MACHINE | {"Properties": {"RoleArn": "r", "TracingConfiguration": {"Enabled": True}}}),
        "X-Ray with Step Functions",
    ),
    "tracing of a REST API": (
        _with({"Type": "AWS::ApiGateway::Stage", "Properties": {"RestApiId": "r", "TracingEnabled": True}}),
        "X-Ray with REST APIs",
    ),
    "SnapStart": (_set(f"{FUNCTION}.SnapStart", {"ApplyOn": "PublishedVersions"}), "SnapStart for Python"),
    "loop detection": (_set(f"{FUNCTION}.RecursiveLoop", "Terminate"), "recursive-loop detection"),
    "an alarm on asynchronous events": (
        _with({"Type": "AWS::CloudWatch::Alarm", "Properties": ALARM | {"MetricName": "AsyncEventsDropped"}}),
        "AsyncEvent metrics of Lambda",
    ),
    "metrics of a mapping": (
        _set(f"{MAPPING}.MetricsConfig", {"Metrics": ["EventCount"]}),
        "event source mapping metrics",
    ),
    "tags of a mapping": (
        _with(
            {
                "Type": "AWS::Lambda::EventSourceMapping",
                "Properties": {"FunctionName": "f", "Tags": [{"Key": "k", "Value": "v"}]},
            }
        ),
        "event source mapping tags",
    ),
    "provisioned pollers": (
        _set(f"{MAPPING}.ProvisionedPollerConfig", {"MinimumPollers": 2}),
        "provisioned mode of event source mappings",
    ),
    "a bucket for failed batches": (
        _with(
            {
                "Type": "AWS::Lambda::EventSourceMapping",
                "Properties": {
                    "FunctionName": "f",
                    "DestinationConfig": {
                        "OnFailure": {"Destination": {"Fn::Sub": "arn:${AWS::Partition}:s3:::failed"}}
                    },
                },
            }
        ),
        "S3 as a failure destination",
    ),
    "HTTP tasks": (
        _with(
            STATE_MACHINE
            | {
                "Properties": {
                    "RoleArn": "r",
                    "Definition": {
                        "States": {"Call": {"Resource": {"Fn::Sub": "arn:${AWS::Partition}:states:::http:invoke"}}}
                    },
                }
            }
        ),
        "HTTP endpoints in Step Functions",
    ),
    "strongly consistent regions": (
        _with({"Type": "AWS::DynamoDB::GlobalTable", "Properties": {"MultiRegionConsistency": "STRONG"}}),
        "multi-Region strong consistency of DynamoDB",
    ),
    "AppSync": (
        _with({"Type": "AWS::AppSync::GraphQLApi", "Properties": {"AuthenticationType": "AMAZON_COGNITO_USER_POOLS"}}),
        "AppSync in both regions",
    ),
}


def test_the_products_template_uses_nothing_that_china_lacks() -> None:
    assert _findings(written()) == set()


@pytest.mark.parametrize(("template", "feature"), PLANTED.values(), ids=PLANTED)
def test_a_planted_feature_is_named(template: dict[str, Any], feature: str) -> None:
    assert _findings(template) == {feature}


def test_failed_events_in_a_bucket_of_the_template_are_named() -> None:
    template = _with({"Type": "AWS::S3::Bucket"})
    template["Resources"]["Destination"] = {
        "Type": "AWS::Lambda::EventInvokeConfig",
        "Properties": {"DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Planted", "Arn"]}}}},
    }

    assert _findings(template) == {"S3 as an asynchronous destination"}


def test_every_absent_feature_has_been_planted() -> None:
    planted = {feature for _, feature in PLANTED.values()} | {"S3 as an asynchronous destination"}

    assert planted == {feature.name for feature in AWS_CHINA.ABSENT_FEATURES}


def test_what_is_literally_off_is_allowed() -> None:
    template = _set(f"{FUNCTION}.Tracing", "PassThrough")
    template["Resources"]["HandoverWorkerFunction"]["Properties"]["SnapStart"] = {"ApplyOn": "None"}

    assert _findings(template) == set()


def test_the_linter_of_ci_runs_the_rule(tmp_path: Path) -> None:
    planted = tmp_path / "template.yaml"
    planted.write_text(
        json.dumps({"Resources": {"Planted": PLANTED["a plain function URL"][0]["Resources"]["Planted"]}}), "utf-8"
    )
    [rules] = yaml.safe_load((ROOT / "infra" / "cfnlintrc.yaml").read_text("utf-8"))["append_rules"]

    linter = [str(Path(sys.executable).with_name("cfn-lint")), "--append-rules", rules, "--template", str(planted)]
    ended = subprocess.run(linter, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ended.returncode != 0
    assert "E9101" in ended.stdout
