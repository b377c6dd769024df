"""Make the engine run the template as AWS would: plain CloudFormation in, plain CloudFormation out.

`infra/template.yaml` never bends to the engine. What its CloudFormation refuses, drops or misreads is put right here,
one function a matter, each with a canary in ``tests/e2e/test_engine_canaries.py`` that fails once the engine is mended.
"""

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from local.engine.http_api import expand_http_apis
from local.engine.sam_template import Template

LOCAL_RUNTIME = "provided.al2023"
DROPPED_TYPES = {
    "AWS::Lambda::LayerVersion": "functions find the built layers by PYTHONPATH: nothing to upload",
    "AWS::ApplicationAutoScaling::ScalableTarget": "refused: unrecognized type",
    "AWS::ApplicationAutoScaling::ScalingPolicy": "refused: its target is",
    "AWS::CloudTrail::Trail": "refused: unrecognized type",
    "AWS::CloudWatch::AnomalyDetector": "refused: unrecognized type",
    "AWS::CloudWatch::CompositeAlarm": "refused: unrecognized type",
    "AWS::CodeDeploy::Application": "refused: unrecognized type",
    "AWS::CodeDeploy::DeploymentGroup": "refused: unrecognized type",
    "AWS::EC2::EIP": "refused: unrecognized type",
    "AWS::EC2::NatGateway": "refused: unrecognized type",
    "AWS::EventSchemas::Registry": "refused: unrecognized type",
    "AWS::Events::ApiDestination": "refused: unrecognized type",
    "AWS::Events::Archive": "refused: unrecognized type",
    "AWS::Lambda::CodeSigningConfig": "refused: unrecognized type",
    "AWS::Logs::QueryDefinition": "refused: unrecognized type",
    "AWS::SQS::QueueInlinePolicy": "refused: unrecognized type",
    "AWS::SecretsManager::RotationSchedule": "refused: unrecognized type",
    "AWS::WAFv2::WebACLAssociation": "refused: unrecognized type",
    "AWS::XRay::Group": "refused: unrecognized type",
}
DROPPED_WITH_PROPERTY = {
    ("AWS::CloudWatch::Alarm", "Metrics"): "refused: metric math is not supported",
}
_SUB_NAME = re.compile(r"\$\{(\w+)\}")


def for_engine(plain: Template, parameters: Mapping[str, str]) -> Template:
    """A copy of ``plain`` (SAM already transformed) that the engine deploys and runs with these ``parameters``."""
    template = copy.deepcopy(plain)
    for step in _STEPS:
        step(template)
    _give_mappings_numbers(template, parameters)
    return template


def resources_of(template: Template, type_name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(logical id, properties) of every resource of a type, in the order of the template."""
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] == type_name:
            yield logical_id, resource.setdefault("Properties", {})


def references(value: Any) -> set[str]:
    """The logical ids and parameters that ``value`` names by Ref, GetAtt or Sub."""
    found: set[str] = set()
    for key, argument in _pairs(value):
        if key == "Ref":
            found.add(argument)
        elif key == "Fn::GetAtt":
            found.add(argument.split(".")[0] if isinstance(argument, str) else argument[0])
        elif key == "Fn::Sub":
            text = argument if isinstance(argument, str) else argument[0]
            found.update(name.split(".")[0] for name in re.findall(r"\$\{([\w.]+)\}", text))
    return found


def _drop_refused(template: Template) -> None:
    resources = template["Resources"]
    dropped = {logical_id for logical_id, resource in resources.items() if _is_refused(resource)}
    for logical_id in dropped:
        del resources[logical_id]
    for _, function in resources_of(template, "AWS::Lambda::Function"):
        function.pop("Layers", None)
    for resource in resources.values():
        _drop_dependencies(resource, dropped)
    for name, output in list(template.get("Outputs", {}).items()):
        if references(output) & dropped:
            del template["Outputs"][name]


def _is_refused(resource: dict[str, Any]) -> bool:
    properties = resource.get("Properties", {})
    named = any((resource["Type"], name) in DROPPED_WITH_PROPERTY for name in properties)
    return named or resource["Type"] in DROPPED_TYPES


def _drop_dependencies(resource: dict[str, Any], dropped: set[str]) -> None:
    wanted = resource.get("DependsOn", [])
    kept = [name for name in ([wanted] if isinstance(wanted, str) else wanted) if name not in dropped]
    if kept:
        resource["DependsOn"] = kept
    else:
        resource.pop("DependsOn", None)


def _run_under_the_real_runtime(template: Template) -> None:
    """The engine's own Python runs functions with its own packages (M2, M3): start AWS's client by ``bootstrap``."""
    for _, function in resources_of(template, "AWS::Lambda::Function"):
        if str(function.get("Runtime", "")).startswith("python"):
            function["Runtime"] = LOCAL_RUNTIME


def _hold_schedules(template: Template) -> None:
    """The simulator's clock fires schedules (`local.engine.schedules`), not the engine's wall clock."""
    for type_name in ("AWS::Scheduler::Schedule", "AWS::Events::Rule"):
        for _, properties in resources_of(template, type_name):
            if "ScheduleExpression" in properties:
                properties["State"] = "DISABLED"


def _give_mappings_numbers(template: Template, parameters: Mapping[str, str]) -> None:
    """A Ref of a number is text here, and the poller of a mapping with a text as its concurrency only fails (M17)."""
    numbers = {
        name: int(parameters.get(name, declared.get("Default", 0)))
        for name, declared in template.get("Parameters", {}).items()
        if declared["Type"] == "Number"
    }
    for _, mapping in resources_of(template, "AWS::Lambda::EventSourceMapping"):
        for key, value in mapping.items():
            mapping[key] = _with_numbers(value, numbers)


def _with_numbers(value: Any, numbers: Mapping[str, int]) -> Any:
    if not isinstance(value, dict):
        return value
    if value.keys() == {"Ref"} and value["Ref"] in numbers:
        return numbers[value["Ref"]]
    return {key: _with_numbers(item, numbers) for key, item in value.items()}


def _allow_plain_http(template: Template) -> None:
    """The engine on loopback speaks HTTP; a statement that denies all without TLS would deny everything."""
    for resource in template["Resources"].values():
        for key in ("PolicyDocument", "KeyPolicy"):
            document = resource.get("Properties", {}).get(key)
            if isinstance(document, dict):
                document["Statement"] = [each for each in document["Statement"] if not _demands_tls(each)]


def _demands_tls(statement: dict[str, Any]) -> bool:
    asked = statement.get("Condition", {}).get("Bool", {})
    return statement["Effect"] == "Deny" and any(key.lower() == "aws:securetransport" for key in asked)


def _name_secrets_by_arn(template: Template) -> None:
    """A Ref of a secret is its name here, its ARN on AWS (M6); ``.Id`` is the ARN on both."""
    secrets = {logical_id for logical_id, _ in resources_of(template, "AWS::SecretsManager::Secret")}
    for section in ("Resources", "Outputs"):
        if section in template:
            template[section] = _with_secret_arns(template[section], secrets)


def _with_secret_arns(value: Any, secrets: set[str]) -> Any:
    if isinstance(value, list):
        return [_with_secret_arns(item, secrets) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"Ref"} and value["Ref"] in secrets:
        return {"Fn::GetAtt": [value["Ref"], "Id"]}
    if value.keys() == {"Fn::Sub"} and isinstance(value["Fn::Sub"], str):
        return {"Fn::Sub": _SUB_NAME.sub(lambda found: _sub_of_secret(found, secrets), value["Fn::Sub"])}
    return {key: _with_secret_arns(item, secrets) for key, item in value.items()}


def _sub_of_secret(found: re.Match[str], secrets: set[str]) -> str:
    return f"${{{found[1]}.Id}}" if found[1] in secrets else found[0]


def _pairs(value: Any) -> Iterator[tuple[str, Any]]:
    """Every (key, value) of every dict in a nested value."""
    if isinstance(value, list):
        for item in value:
            yield from _pairs(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key, item
            yield from _pairs(item)


_STEPS: tuple[Callable[[Template], None], ...] = (
    _drop_refused,
    expand_http_apis,
    _run_under_the_real_runtime,
    _hold_schedules,
    _allow_plain_http,
    _name_secrets_by_arn,
)
