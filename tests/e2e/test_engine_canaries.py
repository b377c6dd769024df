"""One canary for each of the engine's faults that `local/engine` works round: it fails when an upgrade mends the fault.

Then the glue it names can go. The M numbers are those of docs/local-engine.md.
"""

import io
import json
import subprocess
import zipfile
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from local.engine.deploy import DeployedStack, DeployError, put_stack
from local.engine.emulator import Engine
from local.engine.overlay import DROPPED_TYPES
from local.engine.paths import environment_python
from tests.e2e.conditions import eventually
from tests.engine import TrialStack, reset

pytestmark = pytest.mark.engine

_ROLE = "arn:aws:iam::000000000000:role/canary"
_UNSIGNED = "AWS4-HMAC-SHA256 Credential=test/20261121/cn-north-1/lambda/aws4_request, SignedHeaders=host, Signature=0"
_REFUSED = sorted(name for name, why in DROPPED_TYPES.items() if "unrecognized" in why)


@pytest.fixture
def bare(engine: Engine) -> Engine:
    reset(engine)
    return engine


def test_m1_the_body_of_an_http_api_makes_no_routes(bare: Engine) -> None:
    """`http_api.expand_http_apis`."""
    operation = {"x-amazon-apigateway-integration": {"type": "aws_proxy", "uri": "arn:aws:lambda:x"}}
    body = {"openapi": "3.0.1", "info": {"title": "canary"}, "paths": {"/here": {"get": operation}}}
    stack = _put(bare, "AWS::ApiGatewayV2::Api", {"Body": body, "Name": "canary", "ProtocolType": "HTTP"})

    routes = bare.client("apigatewayv2").get_routes(ApiId=stack.physical_ids["It"])["Items"]

    assert routes == []


def test_m2_its_own_python_reports_every_error_as_one_type(bare: Engine) -> None:
    """`overlay._run_under_the_real_runtime`."""
    _function(bare, "def handler(event, context):\n    raise KeyError('x')\n", runtime="python3.13")

    told = json.loads(_invoke(bare)["Payload"].read())

    assert told["errorType"] == "Runtime.HandlerError"


def test_m3_its_own_python_shows_functions_the_engines_packages(bare: Engine) -> None:
    """`overlay._run_under_the_real_runtime`."""
    _function(bare, "import hypercorn\ndef handler(event, context):\n    return 'imported'\n", runtime="python3.13")

    told = json.loads(_invoke(bare)["Payload"].read())

    assert told == "imported"


def test_m5_cors_set_by_cloudformation_is_not_read(bare: Engine) -> None:
    """`http_api._complete_api`."""
    cors = {"AllowOrigins": ["https://console.example"], "AllowMethods": ["GET"]}
    properties = {"Name": "canary", "ProtocolType": "HTTP", "CorsConfiguration": cors, "Tags": {"ms-custom-id": "cors"}}
    _put(bare, "AWS::ApiGatewayV2::Api", properties)

    asking = {"Origin": "https://console.example", "Access-Control-Request-Method": "GET"}
    reply = requests.options(f"{bare.endpoint_url}/_aws/execute-api/cors/$default/x", headers=asking, timeout=10)

    assert reply.status_code == 403


def test_m6_ref_of_a_secret_is_not_its_arn(bare: Engine) -> None:
    """`overlay._name_secrets_by_arn`."""
    stack = _put(bare, "AWS::SecretsManager::Secret", {"SecretString": "{}"})

    assert not stack.physical_ids["It"].startswith("arn:")


def test_m7_an_http_api_shows_what_the_function_raised(trial: TrialStack) -> None:
    """No test may read a 500 of the local API: AWS answers without the text."""
    client = trial.engine.client("lambda")
    name = trial.deployed.physical_ids["TrialEchoFunction"]
    client.update_function_configuration(FunctionName=name, Handler="handler.missing")

    reply = requests.get(f"{trial.api_url}/open/bob", timeout=20)
    client.update_function_configuration(FunctionName=name, Handler="handler.lambda_handler")

    assert reply.status_code == 502


def test_m8_an_unknown_id_among_the_failed_ones_loses_the_batch(bare: Engine) -> None:
    """Our batch replies hold known ids only."""
    unknown = {"batchItemFailures": [{"itemIdentifier": "unknown"}]}
    _function(bare, f"def handler(event, context):\n    return {unknown!r}\n", runtime="python3.13")
    sqs = bare.client("sqs")
    url = sqs.create_queue(QueueName="canary", Attributes={"VisibilityTimeout": "600"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.send_message(QueueUrl=url, MessageBody="lost")
    bare.client("lambda").create_event_source_mapping(
        FunctionName="canary", EventSourceArn=arn, FunctionResponseTypes=["ReportBatchItemFailures"]
    )

    wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    left = eventually(
        lambda: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"],
        lambda attributes: set(attributes.values()) == {"0"},
    )

    assert set(left.values()) == {"0"}


def test_m10_a_dead_letter_queue_cannot_be_redriven(bare: Engine) -> None:
    """`queues.redrive`."""
    sqs = bare.client("sqs")
    url = sqs.create_queue(QueueName="canary-dlq")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    with pytest.raises(ClientError) as refused:
        sqs.start_message_move_task(SourceArn=arn)

    assert refused.value.response["Error"]["Code"] == "InvalidAction"


def test_m10_neither_logs_nor_queues_make_metrics(bare: Engine) -> None:
    """`metrics_bridge`."""
    directive = {"Namespace": "canary", "Dimensions": [[]], "Metrics": [{"Name": "Sung"}]}
    line = json.dumps({"_aws": {"Timestamp": 1, "CloudWatchMetrics": [directive]}, "Sung": 1})
    _function(bare, f"def handler(event, context):\n    print({line!r})\n", runtime="python3.13")
    bare.client("sqs").create_queue(QueueName="canary")

    _invoke(bare)
    names = {each["Namespace"] for each in bare.client("cloudwatch").list_metrics()["Metrics"]}

    assert not names & {"canary", "AWS/SQS"}


def test_m11_its_own_transform_does_not_see_parameters(bare: Engine) -> None:
    """`sam_template.to_cloudformation`."""
    function = {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "FunctionName": "canary",
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "InlineCode": "def handler(event, context): pass",
            "AutoPublishAlias": {"Ref": "Name"},
        },
    }
    template = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Parameters": {"Name": {"Type": "String", "Default": "live"}},
        "Resources": {"It": function},
    }

    try:
        put_stack(bare, "canary", template, {"Name": "blue"})
    except DeployError:
        return  # without aws-sam-translator in its environment it cannot transform at all
    aliases = bare.client("lambda").list_aliases(FunctionName="canary")["Aliases"]

    assert [alias["Name"] for alias in aliases] == ["live"]


def test_m13_a_stable_api_id_is_taken_from_a_tag(bare: Engine) -> None:
    """`http_api.STABLE_ID_TAG`."""
    properties = {"Name": "canary", "ProtocolType": "HTTP"}
    tagged = _put(bare, "AWS::ApiGatewayV2::Api", properties | {"Tags": {"ms-custom-id": "stable"}})
    untagged = _put(bare, "AWS::ApiGatewayV2::Api", properties, name="untagged")

    assert tagged.physical_ids["It"] == "stable"
    assert untagged.physical_ids["It"] != "it"


def test_m14_cloudformation_forgets_what_protects_a_table(bare: Engine) -> None:
    """`applied_after_deploy._complete_table`."""
    key = {"AttributeName": "pk"}
    stack = _put(
        bare,
        "AWS::DynamoDB::Table",
        {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [key | {"AttributeType": "S"}],
            "KeySchema": [key | {"KeyType": "HASH"}],
            "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
            "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS"},
        },
    )
    dynamodb = bare.client("dynamodb")
    name = stack.physical_ids["It"]

    ttl = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    table = dynamodb.describe_table(TableName=name)["Table"]

    assert ttl["TimeToLiveStatus"] == "DISABLED"
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "DISABLED"
    assert table.get("SSEDescription", {}).get("Status") != "ENABLED"


def test_m14_cloudformation_forgets_the_lock_of_a_bucket(bare: Engine) -> None:
    """`applied_after_deploy._complete_bucket`."""
    retention = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    lock = {"ObjectLockEnabled": "Enabled", "Rule": retention}
    stack = _put(bare, "AWS::S3::Bucket", {"ObjectLockEnabled": True, "ObjectLockConfiguration": lock})

    with pytest.raises(ClientError) as missing:
        bare.client("s3").get_object_lock_configuration(Bucket=stack.physical_ids["It"])

    assert missing.value.response["Error"]["Code"] == "ObjectLockConfigurationNotFoundError"


def test_m14_cloudformation_forgets_the_lifecycle_of_a_bucket(bare: Engine) -> None:
    """`applied_after_deploy._complete_bucket`."""
    rule = {"Id": "canary", "Status": "Enabled", "ExpirationInDays": 1}
    stack = _put(bare, "AWS::S3::Bucket", {"LifecycleConfiguration": {"Rules": [rule]}})

    with pytest.raises(ClientError) as missing:
        bare.client("s3").get_bucket_lifecycle_configuration(Bucket=stack.physical_ids["It"])

    assert missing.value.response["Error"]["Code"] == "NoSuchLifecycleConfiguration"


@pytest.mark.parametrize("type_name", _REFUSED)
def test_m15_type_is_refused(bare: Engine, type_name: str) -> None:
    """`overlay.DROPPED_TYPES`."""
    with pytest.raises(DeployError, match="Unrecognized resource types"):
        _put(bare, type_name, {})


def test_m15_metric_math_in_an_alarm_is_refused(bare: Engine) -> None:
    """`overlay.DROPPED_WITH_PROPERTY`."""
    metric = {"Id": "a", "Expression": "1", "ReturnData": True}
    alarm = {"Metrics": [metric], "ComparisonOperator": "LessThanThreshold", "EvaluationPeriods": 1, "Threshold": 1}

    with pytest.raises(DeployError, match="metric math"):
        _put(bare, "AWS::CloudWatch::Alarm", alarm)


def test_m17_a_number_parameter_reaches_a_mapping_as_text(bare: Engine) -> None:
    """`overlay._give_mappings_numbers`."""
    _function(bare, "def handler(event, context):\n    return None\n", runtime="python3.13")
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "canary"}}
    properties = {
        "FunctionName": "canary",
        "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
        "ScalingConfig": {"MaximumConcurrency": {"Ref": "Most"}},
    }
    template = {
        "Parameters": {"Most": {"Type": "Number", "Default": 5}},
        "Resources": {"Queue": queue, "It": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": properties}},
    }

    put_stack(bare, "canary", template, {"Most": "5"})
    listed = requests.get(  # boto3 would make a number of it
        f"{bare.endpoint_url}/2015-03-31/event-source-mappings/", headers={"Authorization": _UNSIGNED}, timeout=20
    )
    (mapping,) = listed.json()["EventSourceMappings"]

    assert mapping["ScalingConfig"] == {"MaximumConcurrency": "5"}


def test_m18_batch_calls_are_authorized_as_actions_that_aws_does_not_know() -> None:
    """`launcher._ONE_ACTION_FOR_BATCHES`."""
    program = (
        "from ministack.core.iam_actions import extract_iam_action\n"
        "headers = {'x-amz-target': 'AmazonSQS.SendMessageBatch'}\n"
        "print(extract_iam_action('sqs', 'POST', '/', headers, b'{}', {}))\n"
    )

    assert _in_the_engine(program) == "sqs:SendMessageBatch"


def test_the_launchers_patches_are_still_needed() -> None:
    """`launcher`: it waits for a log line after a silent invocation, and answers functions without TCP_NODELAY."""
    program = (
        "import socketserver\n"
        "from ministack.core.lambda_runtime import Worker\n"
        "print(Worker._drain_stderr_bounded.__defaults__[0],"
        " socketserver.StreamRequestHandler.disable_nagle_algorithm)\n"
    )

    assert _in_the_engine(program) == "0.05 False"


def test_query_still_looks_at_every_item_of_a_partition_for_one_page() -> None:
    """M20, `quick_query`."""
    program = (
        "from ministack.services import dynamodb\n"
        "evaluate, seen = dynamodb._evaluate_condition, []\n"
        "dynamodb._evaluate_condition = lambda *a, **k: seen.append(1) or evaluate(*a, **k)\n"
        "keys = [{'AttributeName': n, 'KeyType': k} for n, k in (('pk', 'HASH'), ('sk', 'RANGE'))]\n"
        "types = [{'AttributeName': n, 'AttributeType': 'S'} for n in ('pk', 'sk')]\n"
        "table = {'TableName': 'canary', 'KeySchema': keys, 'AttributeDefinitions': types}\n"
        "dynamodb._create_table(table | {'BillingMode': 'PAY_PER_REQUEST'})\n"
        "for place in range(50):\n"
        "    item = {'pk': {'S': 'p'}, 'sk': {'S': f'{place:02}'}}\n"
        "    dynamodb._put_item({'TableName': 'canary', 'Item': item})\n"
        "seen.clear()\n"
        "asked = {'KeyConditionExpression': 'pk = :p', 'ExpressionAttributeValues': {':p': {'S': 'p'}}, 'Limit': 1}\n"
        "dynamodb._query({'TableName': 'canary'} | asked)\n"
        "print(len(seen))\n"
    )

    assert _in_the_engine(program) == "50"


def _in_the_engine(program: str) -> str:
    """What a program prints when it runs in the engine's environment."""
    command = [str(environment_python("engine")), "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _put(engine: Engine, type_name: str, properties: dict[str, Any], name: str = "canary") -> DeployedStack:
    return put_stack(engine, name, {"Resources": {"It": {"Type": type_name, "Properties": properties}}}, {})


def _function(engine: Engine, source: str, runtime: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.py", source)
    engine.client("lambda").create_function(
        FunctionName="canary", Runtime=runtime, Role=_ROLE, Handler="index.handler", Code={"ZipFile": buffer.getvalue()}
    )


def _invoke(engine: Engine) -> Any:
    return engine.client("lambda").invoke(FunctionName="canary", Payload=b"{}")
