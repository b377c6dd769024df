"""What the tests of the template look at: the template as written, and as SAM makes it plain CloudFormation."""

import functools
import re
from collections.abc import Iterator
from typing import Any

from local.engine.paths import ROOT
from local.engine.sam_template import Template, load_template, to_cloudformation

TEMPLATE = ROOT / "infra" / "template.yaml"
FUNCTIONS = {
    "WecomCallback": "wecom_callback",
    "StaffIntake": "staff_intake",
    "ContactSync": "contact_sync",
    "HandoverWorker": "handover_worker",
    "HandoverReconcile": "handover_reconcile",
    "CampaignPlanner": "campaign_planner",
    "CampaignWorker": "campaign_worker",
    "CampaignReconcile": "campaign_reconcile",
    "WelcomeWorker": "welcome_worker",
    "ArchiveIntake": "archive_intake",
    "ArchiveWorker": "archive_worker",
    "ArchiveMedia": "archive_media",
    "ArchiveCertify": "archive_certify",
    "ArchiveRetention": "archive_retention",
    "ArchiveScreen": "archive_screen",
    "AdminApi": "admin_api",
    "ArchiveApi": "archive_api",
    "ArchiveRollup": "archive_rollup",
    "KpiReview": "kpi_review",
    "KpiRollup": "kpi_rollup",
    "KpiCollect": "kpi_collect",
    "KpiIngest": "kpi_ingest",
    "CustomerWeb": "customer_web",
}
_SUB_NAMES = re.compile(r"\$\{([\w:.]+)\}")


@functools.cache
def written() -> Template:
    """The template as it is written, short forms spelled out."""
    return load_template(TEMPLATE)


@functools.cache
def plain() -> Template:
    """The template as CloudFormation gets it."""
    return as_plain(written())


def as_plain(template: Template) -> Template:
    """``template`` translated as if `sam package` had uploaded its folders."""
    packaged = {
        logical_id: _with_uploaded_code(resource) if resource["Type"].startswith("AWS::Serverless::") else resource
        for logical_id, resource in template["Resources"].items()
    }
    return to_cloudformation(template | {"Resources": packaged}, {})


def _with_uploaded_code(resource: dict[str, Any]) -> dict[str, Any]:
    properties = dict(resource["Properties"])
    for name in ("CodeUri", "ContentUri"):
        if name in properties:
            properties[name] = "s3://bucket/key"
    return resource | {"Properties": properties}


def of_type(type_name: str) -> dict[str, dict[str, Any]]:
    """Logical id -> resource, of one CloudFormation type."""
    return {name: resource for name, resource in plain()["Resources"].items() if resource["Type"] == type_name}


def properties(logical_id: str) -> dict[str, Any]:
    found: dict[str, Any] = plain()["Resources"][logical_id]["Properties"]
    return found


def statements(role: str) -> list[dict[str, Any]]:
    """The statements of a role's own policies, those that depend on a condition included."""
    found = []
    for policy in properties(role)["Policies"]:
        chosen = policy["Fn::If"][1] if "Fn::If" in policy else policy
        found += chosen["PolicyDocument"]["Statement"]
    return found


def listed(value: Any) -> list[Any]:
    """IAM and CloudFormation take one thing or a list of them."""
    return value if isinstance(value, list) else [value]


def names_in(value: Any) -> set[str]:
    """The logical ids, parameters and pseudo parameters that ``value`` names."""
    return set(_names_in(value))


def _names_in(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _names_in(item)
    elif isinstance(value, dict):
        for key, argument in value.items():
            yield from _names_of(key, argument)


def _names_of(key: str, argument: Any) -> Iterator[str]:
    if key == "Ref":
        yield argument
    elif key == "Fn::GetAtt":
        yield argument.split(".")[0] if isinstance(argument, str) else argument[0]
    elif key == "Fn::Sub":
        text = argument if isinstance(argument, str) else argument[0]
        yield from (name.split(".")[0] for name in _SUB_NAMES.findall(text))
    else:
        yield from _names_in(argument)
