"""Deploy a built SAM template to the engine: upload, transform, overlay, create or update, complete by API."""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.engine.applied_after_deploy import apply_dropped_properties
from local.engine.artifacts import BUCKET, upload_functions
from local.engine.emulator import Engine
from local.engine.overlay import for_engine
from local.engine.sam_template import Template, load_template, to_cloudformation

STACK_NAME = "scrm"
_INLINE_LIMIT = 51_200  # bytes of TemplateBody; a larger one goes by S3, as on AWS
_WAIT_S = 120.0
_POLL_S = 0.1


class DeployError(Exception):
    """The engine refused the template or a resource failed; the text names it."""


@dataclass(frozen=True, slots=True)
class DeployedStack:
    """What stands after a deploy: physical ids by logical id, and the CloudFormation that was sent."""

    name: str
    template: Template
    physical_ids: Mapping[str, str]

    def of_type(self, type_name: str) -> dict[str, str]:
        """Logical id -> physical id of the resources of one type."""
        resources = self.template["Resources"]
        return {name: known for name, known in self.physical_ids.items() if resources[name]["Type"] == type_name}


def deploy(
    engine: Engine, build_dir: Path, parameters: Mapping[str, str], stack_name: str = STACK_NAME
) -> DeployedStack:
    """Create the stack, or update it when it stands; ``parameters`` the template does not declare are left out.

    Raises:
        DeployError: refused, failed or rolled back.
    """
    sam = load_template(build_dir / "template.yaml")
    declared = {name: value for name, value in parameters.items() if name in sam.get("Parameters", {})}
    upload_functions(sam, build_dir, engine.client("s3"))
    plain = to_cloudformation(sam, declared)
    template = for_engine(plain, declared)
    stack = put_stack(engine, stack_name, template, declared)
    apply_dropped_properties(engine, template, stack.physical_ids, declared)
    return stack


def put_stack(engine: Engine, name: str, template: Template, parameters: Mapping[str, str]) -> DeployedStack:
    """Create or update a stack from plain CloudFormation, just as it is, and wait for it.

    Raises:
        DeployError: refused, failed or rolled back.
    """
    cloudformation = engine.client("cloudformation")
    request = {
        "StackName": name,
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        **_body(engine, name, template),
    }
    try:
        if _exists(cloudformation, name):
            cloudformation.update_stack(**request)
        else:
            cloudformation.create_stack(**request)
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise DeployError(str(error)) from error
    else:
        _wait(cloudformation, name)
    return DeployedStack(name, template, _physical_ids(engine, name))


def _body(engine: Engine, name: str, template: Template) -> dict[str, str]:
    body = json.dumps(template, default=str)
    if len(body.encode()) <= _INLINE_LIMIT:
        return {"TemplateBody": body}
    key = f"{name}.json"
    engine.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body.encode())
    return {"TemplateURL": f"{engine.endpoint_url}/{BUCKET}/{key}"}


def _exists(cloudformation: Any, name: str) -> bool:
    try:
        cloudformation.describe_stacks(StackName=name)
    except ClientError:
        return False
    return True


def _wait(cloudformation: Any, name: str) -> None:
    deadline = time.monotonic() + _WAIT_S
    while (status := cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]).endswith("PROGRESS"):
        if time.monotonic() > deadline:
            raise DeployError(f"stack {name} is still {status} after {_WAIT_S:.0f} s")
        time.sleep(_POLL_S)
    if status not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        raise DeployError("\n".join([f"stack {name}: {status}", *_failures(events)]))


def _failures(events: Iterable[Mapping[str, Any]]) -> list[str]:
    return [
        f"{event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', '')}"
        for event in events
        if "FAILED" in event["ResourceStatus"]
    ]


def _physical_ids(engine: Engine, name: str) -> dict[str, str]:
    pages = engine.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=name)
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
        if resource.get("PhysicalResourceId")
    }
