"""Set by API what the engine's CloudFormation accepts and forgets (M14): local tables and buckets are as declared."""

from collections.abc import Callable, Mapping
from typing import Any

from local.engine.emulator import Engine
from local.engine.overlay import resources_of
from local.engine.sam_template import Template


def apply_dropped_properties(engine: Engine, template: Template, physical_ids: Mapping[str, str]) -> None:
    """Read the forgotten properties from ``template``, apply them to the deployed resources; repeating it is safe."""
    for type_name, service, apply in _APPLIED:
        client = engine.client(service)
        for logical_id, properties in resources_of(template, type_name):
            if logical_id in physical_ids:
                apply(client, physical_ids[logical_id], properties)


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


_APPLIED: tuple[tuple[str, str, Callable[[Any, str, dict[str, Any]], None]], ...] = (
    ("AWS::DynamoDB::Table", "dynamodb", _complete_table),
    ("AWS::S3::Bucket", "s3", _complete_bucket),
)
