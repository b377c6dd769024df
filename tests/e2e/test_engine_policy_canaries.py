"""Canaries of what the overlay removes because the engine on loopback speaks plain HTTP."""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.engine.emulator import Engine
from local.engine.region import REGION
from tests.engine import running_engine
from tests.run_paths import paths_of

pytestmark = pytest.mark.engine

PLAIN_HTTP = {"Bool": {"aws:SecureTransport": "false"}}
_ANYONE = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }
)


@pytest.fixture(scope="module")
def guarded() -> Iterator[Engine]:
    """An engine that enforces policies."""
    with running_engine(paths_of("policies"), enforce_policies=True) as engine:
        yield engine


def test_a_queue_that_demands_tls_refuses_functions_on_plain_http(guarded: Engine) -> None:
    """When this fails the engine no longer reads the statement, and the overlay may leave it in the template."""
    sqs = guarded.client("sqs")
    url = sqs.create_queue(QueueName="tls-only")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sender = client_of_a_role(guarded, "sqs", "sqs:SendMessage", arn)
    assert sender.send_message(QueueUrl=url, MessageBody="before")["MessageId"]

    tls_only = policy("Deny", "sqs:*", arn, Principal="*", Condition=PLAIN_HTTP)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": tls_only})

    with pytest.raises(ClientError, match="AccessDenied"):
        sender.send_message(QueueUrl=url, MessageBody="after")


def test_a_bucket_that_demands_tls_refuses_functions_on_plain_http(guarded: Engine) -> None:
    """As for the queue."""
    s3, arn = guarded.client("s3"), "arn:aws:s3:::tls-only"
    s3.create_bucket(Bucket="tls-only", CreateBucketConfiguration={"LocationConstraint": REGION})
    writer = client_of_a_role(guarded, "s3", "s3:PutObject", f"{arn}/in/*")
    assert writer.put_object(Bucket="tls-only", Key="in/before", Body=b"")["ETag"]

    tls_only = policy("Deny", "s3:*", [arn, f"{arn}/*"], Principal="*", Condition=PLAIN_HTTP)
    s3.put_bucket_policy(Bucket="tls-only", Policy=tls_only)

    with pytest.raises(ClientError, match="AccessDenied"):
        writer.put_object(Bucket="tls-only", Key="in/after", Body=b"")


def test_m19_whoever_may_read_an_object_is_told_that_it_is_missing(guarded: Engine) -> None:
    """On AWS that takes ``s3:ListBucket``, else it is a 403; when this fails, the template's grant is tried too."""
    guarded.client("s3").create_bucket(Bucket="empty", CreateBucketConfiguration={"LocationConstraint": REGION})
    reader = client_of_a_role(guarded, "s3", "s3:GetObject", "arn:aws:s3:::empty/*")

    with pytest.raises(ClientError, match="NoSuchKey"):
        reader.get_object(Bucket="empty", Key="missing")


def client_of_a_role(engine: Engine, service: str, action: str, resource: str) -> Any:
    """A client of ``service`` as a function's role that may do one thing."""
    iam = engine.client("iam")
    role = iam.create_role(RoleName=f"canary-{uuid.uuid4()}", AssumeRolePolicyDocument=_ANYONE)["Role"]
    iam.put_role_policy(
        RoleName=role["RoleName"], PolicyName="one-thing", PolicyDocument=policy("Allow", action, resource)
    )
    session = engine.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="canary")["Credentials"]
    client: Callable[..., Any] = boto3.client
    return client(
        service,
        endpoint_url=engine.endpoint_url,
        region_name=REGION,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )


def policy(effect: str, action: str, resource: str | list[str], **more: object) -> str:
    statement = {"Effect": effect, "Action": action, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
