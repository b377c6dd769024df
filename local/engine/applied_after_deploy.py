"""Set by API what the engine's CloudFormation accepts and forgets (M14): local tables and buckets are as declared."""

from collections.abc import Callable, Mapping
from typing import Any

from local.engine.emulator import Engine
from local.engine.overlay import resources_of
from local.engine.sam_template import Template


def apply_dropped_properties(
    engine: Engine, template: Template, physical_ids: Mapping[str, str], parameters: Mapping[str, str]
) -> None:
    """Read the forgotten properties from ``template``, apply them to the deployed resources; repeating it is safe.

    ``parameters``: what the stack was deployed with; those it was not given have their defaults.
    """
    values = _values(template, parameters)
    for type_name, service, apply in _APPLIED:
        client = engine.client(service)
        for logical_id, properties in resources_of(template, type_name):
            if logical_id in physical_ids:
                apply(client, physical_ids[logical_id], _with_values(properties, values))


def _values(template: Template, parameters: Mapping[str, str]) -> dict[str, str | int]:
    """What each parameter stands for; numbers as numbers, as the APIs want them."""
    stated = {
        name: (declared["Type"], parameters.get(name, declared.get("Default")))
        for name, declared in template.get("Parameters", {}).items()
    }
    return {
        name: int(value) if kind == "Number" else value for name, (kind, value) in stated.items() if value is not None
    }


def _with_values(value: Any, values: Mapping[str, str | int]) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"Ref"} and value["Ref"] in values:
            return values[value["Ref"]]
        return {name: _with_values(part, values) for name, part in value.items()}
    return [_with_values(part, values) for part in value] if isinstance(value, list) else value


def _complete_table(dynamodb: Any, name: str, properties: dict[str, Any]) -> None:
    if ttl := properties.get("TimeToLiveSpecification"):
        current = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        if current.get("TimeToLiveStatus") != "ENABLED":
            dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)
    if recovery := properties.get("PointInTimeRecoverySpecification"):
        dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=recovery)
    if encryption := properties.get("SSESpecification"):
        # the key itself is an intrinsic here and of no effect locally: what a reader sees is that SSE is on
        plain = {"Enabled": encryption["SSEEnabled"], "SSEType": encryption.get("SSEType", "KMS")}
        dynamodb.update_table(TableName=name, SSESpecification=plain)


def _complete_bucket(s3: Any, name: str, properties: dict[str, Any]) -> None:
    if lock := properties.get("ObjectLockConfiguration"):
        s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=lock)
    if encryption := properties.get("BucketEncryption"):
        rules = [
            {
                "ApplyServerSideEncryptionByDefault": {
                    "SSEAlgorithm": rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"]
                }
            }
            for rule in encryption["ServerSideEncryptionConfiguration"]
        ]
        s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})
    if lifecycle := properties.get("LifecycleConfiguration"):
        rules = [_lifecycle_rule(rule) for rule in lifecycle["Rules"]]
        s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})


def _lifecycle_rule(declared: dict[str, Any]) -> dict[str, Any]:
    """CloudFormation spells a rule flat, the API nested."""
    same = ("Status", "AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration")
    rule = {name: declared[name] for name in same if name in declared}
    rule |= {"ID": declared["Id"], "Filter": {"Prefix": declared.get("Prefix", "")}}
    if "ExpirationInDays" in declared:
        rule["Expiration"] = {"Days": declared["ExpirationInDays"]}
    elif "ExpiredObjectDeleteMarker" in declared:
        rule["Expiration"] = {"ExpiredObjectDeleteMarker": declared["ExpiredObjectDeleteMarker"]}
    return rule


_APPLIED: tuple[tuple[str, str, Callable[[Any, str, dict[str, Any]], None]], ...] = (
    ("AWS::DynamoDB::Table", "dynamodb", _complete_table),
    ("AWS::S3::Bucket", "s3", _complete_bucket),
)
