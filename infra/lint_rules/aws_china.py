"""cfn-lint rule E9101: a template that is to run in the AWS China regions uses no feature absent there (O14).

The list is the AWS China row of the product's platform facts: Lambda, Step Functions, DynamoDB and AppSync as described
in the "Getting Started with Amazon Web Services in China" pages. cfn-lint shows a rule the SAM template as written, so
the rule looks at what SAM makes of it: a function URL has several spellings there and one in CloudFormation.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from boto3.session import Session
from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

type Resources = dict[str, Any]

_ARN_OF_S3 = ":s3:::"
_FALSE = (False, "false")
_HTTP_TASK = "states:::http:invoke"


@dataclass(frozen=True, slots=True)
class AbsentFeature:
    """One feature and how a resource of ``resource_type`` (or of any type with this prefix) shows that it uses it."""

    name: str
    resource_type: str
    used_by: Callable[[Any, Resources], bool]

    def concerns(self, resource_type: str) -> bool:
        if self.resource_type.endswith("::"):
            return resource_type.startswith(self.resource_type)
        return resource_type == self.resource_type


def _always(_: Any, __: Resources) -> bool:
    return True


def _unless_off(path: str, *off: Any) -> Callable[[Any, Resources], bool]:
    """True if the property at the dotted ``path`` is there and is not literally one of the ``off`` values."""

    def used(properties: Any, _: Resources) -> bool:
        value = _at(properties, path)
        return value is not None and value not in off

    return used


def _when(path: str, wanted: Callable[[str], bool]) -> Callable[[Any, Resources], bool]:
    return lambda properties, _: any(wanted(text) for text in _texts(_at(properties, path)))


def _sends_to_s3(properties: Any, resources: Resources) -> bool:
    destinations = _at(properties, "DestinationConfig") or {}
    if any(_ARN_OF_S3 in text for text in _texts(destinations)):
        return True
    buckets = {logical_id for logical_id, resource in resources.items() if resource["Type"] == "AWS::S3::Bucket"}
    return any(text.split(".")[0] in buckets for text in _texts(destinations))


ABSENT_FEATURES = (
    AbsentFeature("Lambda function URLs", "AWS::Lambda::Url", _always),
    AbsentFeature("X-Ray with Lambda", "AWS::Lambda::Function", _unless_off("TracingConfig.Mode", "PassThrough")),
    AbsentFeature("X-Ray", "AWS::XRay::", _always),
    AbsentFeature(
        "X-Ray with Step Functions",
        "AWS::StepFunctions::StateMachine",
        _unless_off("TracingConfiguration.Enabled", *_FALSE),
    ),
    AbsentFeature("X-Ray with REST APIs", "AWS::ApiGateway::Stage", _unless_off("TracingEnabled", *_FALSE)),
    AbsentFeature("SnapStart for Python", "AWS::Lambda::Function", _unless_off("SnapStart.ApplyOn", "None")),
    AbsentFeature("recursive-loop detection", "AWS::Lambda::Function", _unless_off("RecursiveLoop")),
    AbsentFeature(
        "AsyncEvent metrics of Lambda",
        "AWS::CloudWatch::Alarm",
        lambda properties, _: any(text.startswith("AsyncEvent") for text in _texts(properties)),
    ),
    AbsentFeature("event source mapping metrics", "AWS::Lambda::EventSourceMapping", _unless_off("MetricsConfig")),
    AbsentFeature("event source mapping tags", "AWS::Lambda::EventSourceMapping", _unless_off("Tags")),
    AbsentFeature(
        "provisioned mode of event source mappings",
        "AWS::Lambda::EventSourceMapping",
        _unless_off("ProvisionedPollerConfig"),
    ),
    AbsentFeature("S3 as a failure destination", "AWS::Lambda::EventSourceMapping", _sends_to_s3),
    AbsentFeature("S3 as an asynchronous destination", "AWS::Lambda::EventInvokeConfig", _sends_to_s3),
    AbsentFeature(
        "HTTP endpoints in Step Functions",
        "AWS::StepFunctions::StateMachine",
        lambda properties, _: any(_HTTP_TASK in text for text in _texts(properties)),
    ),
    AbsentFeature(
        "multi-Region strong consistency of DynamoDB",
        "AWS::DynamoDB::GlobalTable",
        _when("MultiRegionConsistency", lambda text: text == "STRONG"),
    ),
    AbsentFeature("AppSync in both regions", "AWS::AppSync::", _always),
)


class FeatureAbsentInChina(CloudFormationLintRule):  # type: ignore[misc]  # cfn-lint ships no types
    """Every resource against `ABSENT_FEATURES`."""

    id = "E9101"
    shortdesc = "The AWS China regions lack this feature"
    description = "A template for aws and aws-cn uses only what both partitions have"
    tags = ["resources", "aws-cn"]  # noqa: RUF012 - the base class declares it so

    def match(self, cfn: Template) -> list[RuleMatch]:
        resources = _as_cloudformation(cfn)
        written = cfn.template.get("Resources", {})
        return [
            RuleMatch(
                ["Resources", logical_id] if logical_id in written else ["Resources"],
                f"{logical_id}: {feature.name}: absent in the AWS China regions",
            )
            for logical_id, resource in resources.items()
            for feature in ABSENT_FEATURES
            if feature.concerns(resource["Type"]) and feature.used_by(resource.get("Properties", {}), resources)
        ]


def _as_cloudformation(cfn: Template) -> Resources:
    template = json.loads(json.dumps(cfn.template, default=str))
    if not cfn.has_serverless_transform():
        resources: Resources = template.get("Resources", {})
        return resources
    for resource in template["Resources"].values():
        for name in ("CodeUri", "ContentUri", "DefinitionUri"):  # the translator wants what `sam package` leaves there
            if name in resource.get("Properties", {}):
                resource["Properties"][name] = "s3://bucket/key"
    translator = Translator({}, Parser(), boto_session=Session(region_name="cn-north-1"))
    translated: Resources = translator.translate(template, {})["Resources"]
    return translated


def _at(properties: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(properties, dict):
            return properties  # an intrinsic function took over higher up: whatever it yields counts as used
        if name not in properties:
            return properties if _is_intrinsic(properties) else None
        properties = properties[name]
    return properties


def _is_intrinsic(value: dict[str, Any]) -> bool:
    return len(value) == 1 and next(iter(value)).startswith(("Fn::", "Ref"))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
