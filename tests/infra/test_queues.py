"""Every queue loses nothing: dead letters, encryption, time enough for the reader, partial batches."""

from typing import Any

import pytest

from tests.infra.cloudformation import listed, names_in, of_type, properties

FOURTEEN_DAYS = 14 * 24 * 3600
QUEUES = sorted(name for name in of_type("AWS::SQS::Queue") if not name.endswith("DeadLetterQueue"))
DEAD_LETTER_QUEUES = sorted(name for name in of_type("AWS::SQS::Queue") if name.endswith("DeadLetterQueue"))
MAPPINGS = {name: each["Properties"] for name, each in of_type("AWS::Lambda::EventSourceMapping").items()}


def test_the_slice_has_its_queues_each_read_by_one_function() -> None:
    assert QUEUES == [
        "ArchiveIntakeQueue",
        "ArchiveMediaQueue",
        "ArchiveQueue",
        "ArchiveRollupQueue",
        "ArchiveScreenQueue",
        "CampaignPlannerQueue",
        "CampaignQueue",
        "CampaignReconcileQueue",
        "ContactQueue",
        "HandoverQueue",
        "KpiCollectQueue",
        "KpiFeedQueue",
        "ReconcileQueue",
        "StaffQueue",
        "WelcomeQueue",
    ]
    assert sorted(source for each in MAPPINGS.values() for source in names_in(each["EventSourceArn"])) == QUEUES


@pytest.mark.parametrize("mapping", MAPPINGS.values(), ids=MAPPINGS)
def test_a_message_stays_invisible_six_times_as_long_as_its_function_may_run(mapping: dict[str, Any]) -> None:
    [queue] = names_in(mapping["EventSourceArn"])
    [function] = names_in(mapping["FunctionName"])

    assert properties(queue)["VisibilityTimeout"] >= 6 * properties(function)["Timeout"]


@pytest.mark.parametrize("mapping", MAPPINGS.values(), ids=MAPPINGS)
def test_a_failed_message_does_not_drag_its_batch_along(mapping: dict[str, Any]) -> None:
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("queue", QUEUES)
def test_every_queue_gives_up_into_its_own_dead_letter_queue(queue: str) -> None:
    redrive = properties(queue)["RedrivePolicy"]
    dead_letters = f"{queue.removesuffix('Queue')}DeadLetterQueue"

    assert redrive["maxReceiveCount"] == 5
    assert names_in(redrive["deadLetterTargetArn"]) == {dead_letters}
    [source] = properties(dead_letters)["RedriveAllowPolicy"]["sourceQueueArns"]
    assert source["Fn::Sub"].endswith(properties(queue)["QueueName"]["Fn::Sub"])


@pytest.mark.parametrize("queue", DEAD_LETTER_QUEUES)
def test_dead_letters_are_kept_two_weeks_longer_than_messages_wait(queue: str) -> None:
    assert properties(queue)["MessageRetentionPeriod"] == FOURTEEN_DAYS
    assert all(properties(source)["MessageRetentionPeriod"] < FOURTEEN_DAYS for source in QUEUES)


@pytest.mark.parametrize("queue", DEAD_LETTER_QUEUES)
def test_one_dead_letter_rings(queue: str) -> None:
    watched = {
        name: each["Properties"]
        for name, each in of_type("AWS::CloudWatch::Alarm").items()
        if each["Properties"].get("MetricName") == "ApproximateNumberOfMessagesVisible"
        and names_in(each["Properties"]["Dimensions"]) == {queue}
    }

    [alarm] = watched.values()
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (1, "GreaterThanOrEqualToThreshold")


@pytest.mark.parametrize("queue", QUEUES + DEAD_LETTER_QUEUES)
def test_every_queue_is_encrypted_with_our_key(queue: str) -> None:
    assert properties(queue)["KmsMasterKeyId"] == {"Fn::GetAtt": ["DataKey", "Arn"]}


@pytest.mark.parametrize("queue", QUEUES + DEAD_LETTER_QUEUES)
def test_every_queue_has_one_policy_and_it_refuses_plain_http(queue: str) -> None:
    policies = [
        each["Properties"]
        for each in of_type("AWS::SQS::QueuePolicy").values()
        if queue in names_in(each["Properties"]["Queues"])
    ]

    [policy] = policies
    [refusal] = [each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Deny"]
    assert queue in names_in(refusal["Resource"])
    assert refusal["Condition"] == {"Bool": {"aws:SecureTransport": False}}


@pytest.mark.parametrize("queue", ["StaffQueue", "StaffRuleDeadLetterQueue"])
def test_only_our_rule_may_put_events_into_the_staff_queues(queue: str) -> None:
    [allowed] = [each for each in _allowing(queue) if each["Principal"] == {"Service": "events.amazonaws.com"}]

    assert listed(allowed["Action"]) == ["sqs:SendMessage"]
    assert names_in(allowed["Condition"]) == {"StaffEventRule"}


@pytest.mark.parametrize(("queue", "senders"), [("StaffQueue", 2), ("ContactQueue", 1), ("KpiFeedQueue", 1)])
def test_only_our_rule_and_our_bucket_may_send_from_outside(queue: str, senders: int) -> None:
    [of_bucket] = [each for each in _allowing(queue) if each["Principal"] == {"Service": "s3.amazonaws.com"}]

    assert len(_allowing(queue)) == senders
    assert listed(of_bucket["Action"]) == ["sqs:SendMessage"]
    assert of_bucket["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    [bucket, unique] = of_bucket["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"]
    assert [bucket.removeprefix("arn:${AWS::Partition}:s3:::"), unique] == properties("DataBucket")["BucketName"][
        "Fn::Sub"
    ]


def test_what_the_bank_drops_is_told_to_the_queue_of_its_reader() -> None:
    told = {
        rules["prefix"]: (each["Event"], names_in(each["Queue"]), rules["suffix"])
        for each in properties("DataBucket")["NotificationConfiguration"]["QueueConfigurations"]
        for rules in [{rule["Name"]: rule["Value"] for rule in each["Filter"]["S3Key"]["Rules"]}]
    }

    assert told == {
        "roster/incoming/": ("s3:ObjectCreated:*", {"StaffQueue"}, ".csv"),
        "master/incoming/": ("s3:ObjectCreated:*", {"ContactQueue"}, ".csv"),
        "audience/incoming/": ("s3:ObjectCreated:*", {"ContactQueue"}, ".csv"),
        "consent/incoming/": ("s3:ObjectCreated:*", {"ContactQueue"}, ".csv"),
        "kpi/incoming/": ("s3:ObjectCreated:*", {"KpiFeedQueue"}, "manifest.json"),
    }


def test_the_queues_let_the_bucket_in_before_the_bucket_is_made() -> None:
    # S3 tries its destination when it is told of it.
    policies = [f"{queue}Policy" for queue in ("StaffQueue", "ContactQueue", "KpiFeedQueue")]
    assert of_type("AWS::S3::Bucket")["DataBucket"]["DependsOn"] == policies


def test_what_the_bank_tells_goes_to_the_staff_queue_or_to_a_dead_letter_queue() -> None:
    [target] = properties("StaffEventRule")["Targets"]

    assert properties("StaffEventRule")["EventPattern"] == {"source": [{"prefix": "bank."}]}
    assert names_in(target["Arn"]) == {"StaffQueue"}
    assert names_in(target["DeadLetterConfig"]) == {"StaffRuleDeadLetterQueue"}


def _allowing(queue: str) -> list[dict[str, Any]]:
    """What the queue's policy allows, the refusal of plain HTTP left out."""
    return [
        statement
        for each in of_type("AWS::SQS::QueuePolicy").values()
        for statement in each["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow" and names_in(statement["Resource"]) == {queue}
    ]
