"""A function as the tutorials build it: boto3 with two clients, Logger, Tracer, Metrics, 30 pydantic models, AES.

The models are queue messages like this product's own: a version, a kind, ids with a length, a time, a list, an option.
Prints the CPU seconds from the start of the process to the answer of the first event.
"""

import json
import time
from typing import Annotated, Any, Literal

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from pydantic import AwareDatetime, BaseModel, Field, create_model

from local.bench.children.stub import stub_aws

Id = Annotated[str, Field(min_length=1, max_length=64)]
FIELDS: dict[str, Any] = {
    "schema_version": Literal[1],
    "kind": Literal["callback"],
    "event_id": Id,
    "corp_id": Id,
    "occurred_at": AwareDatetime,
    "userid": (Id | None, None),
    "external_userids": (Annotated[list[Id], Field(max_length=100)], []),
    "is_active": (bool, True),
}
MODEL_COUNT = 30

stub_aws({"aws": {"SendMessage": {"MessageId": "m-1", "MD5OfMessageBody": "0" * 32}}, "items": {}})
models: list[type[BaseModel]] = [create_model(f"Message{number}", **FIELDS) for number in range(MODEL_COUNT)]
logger, tracer, metrics = Logger(), Tracer(), Metrics()
dynamodb, sqs = boto3.client("dynamodb"), boto3.client("sqs")
cipher = Cipher(algorithms.AES(bytes(32)), modes.CBC(bytes(16)))


class Context:
    function_name = "typical"
    memory_limit_in_mb = 1769
    invoked_function_arn = "arn:aws-cn:lambda:cn-north-1:123456789012:function:typical"
    aws_request_id = "00000000-0000-0000-0000-000000000000"


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    decryptor = cipher.decryptor()
    decryptor.update(bytes(512))
    message = models[0].model_validate(event)
    dynamodb.get_item(TableName="platform", Key={"pk": {"S": event["event_id"]}})
    sqs.send_message(QueueUrl="https://sqs.cn-north-1.amazonaws.com.cn/1/staff", MessageBody=message.model_dump_json())
    metrics.add_metric("Handled", MetricUnit.Count, 1)
    logger.info("handled", event_id=event["event_id"])
    return {"statusCode": 200, "body": ""}


SAMPLE = {
    "schema_version": 1,
    "kind": "callback",
    "event_id": "evt_1",
    "corp_id": "wwSIMCORP0000001",
    "occurred_at": "2026-11-20T01:30:00Z",
}
answer = lambda_handler(SAMPLE, Context())
print(json.dumps({"cpu_s": time.process_time(), "answer": answer}))
