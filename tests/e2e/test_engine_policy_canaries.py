"""Canaries of what the overlay removes because the engine on loopback speaks plain HTTP."""

import json

import boto3
import pytest
from botocore.exceptions import ClientError

from local.engine.region import REGION
from tests.engine import running_engine
from tests.run_paths import paths_of

pytestmark = pytest.mark.engine

_ANYONE = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }
)


def test_a_queue_that_demands_tls_refuses_functions_on_plain_http() -> None:
    """When this fails the engine no longer reads the statement, and the overlay may leave it in the template."""
    with running_engine(paths_of("policies"), enforce_policies=True) as engine:
        sqs, iam, sts = (engine.client(service) for service in ("sqs", "iam", "sts"))
        url = sqs.create_queue(QueueName="tls-only")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        role = iam.create_role(RoleName="sender", AssumeRolePolicyDocument=_ANYONE)["Role"]["Arn"]
        iam.put_role_policy(
            RoleName="sender", PolicyName="send", PolicyDocument=policy("Allow", "sqs:SendMessage", arn)
        )
        session = sts.assume_role(RoleArn=role, RoleSessionName="canary")["Credentials"]
        sender = boto3.client(
            "sqs",
            endpoint_url=engine.endpoint_url,
            region_name=REGION,
            aws_access_key_id=session["AccessKeyId"],
            aws_secret_access_key=session["SecretAccessKey"],
            aws_session_token=session["SessionToken"],
        )
        assert sender.send_message(QueueUrl=url, MessageBody="before")["MessageId"]

        tls_only = policy("Deny", "sqs:*", arn, Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": tls_only})

        with pytest.raises(ClientError, match="AccessDenied"):
            sender.send_message(QueueUrl=url, MessageBody="after")


def policy(effect: str, action: str, resource: str, **more: object) -> str:
    statement = {"Effect": effect, "Action": action, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
