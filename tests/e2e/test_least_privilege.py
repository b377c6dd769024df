"""Every grant is used and every use is granted: one bank lives through everything while the engine records.

The engine enforces the roles of the template and writes down what each function's role asks for. A grant that nothing
asks for is a grant too many; a request that was denied is one too few.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from local.bank.world import bank_world
from local.engine.stack import running_stack
from tests.e2e.bank_life import live
from tests.e2e.small_bank import BANK, Bank
from tests.infra.cloudformation import FUNCTIONS, listed, names_in, statements

pytestmark = pytest.mark.stack

# Done by Lambda, EventBridge or AWS KMS in the name of a role, or through the service that the function did call.
DONE_BY_THE_PLATFORM = (
    "logs:",
    "ec2:",
    "kms:",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "s3:ListBucket",  # S3 looks whether it may say that an object is not there
)
ONLY_AFTER_A_FAILURE = {"s3:AbortMultipartUpload"}
# Other tests' stories: files, lists of activities, products, groups, tasks for members, a stop cut into parts, a case
# with more takers than a transaction takes, answers that a member's tag tells. What comes to be used must leave this.
NOT_YET_USED = {
    ("AdminApi", "dynamodb:BatchGetItem", "ContentTable"),
    ("AdminApi", "dynamodb:BatchWriteItem", "ContentTable"),
    ("AdminApi", "dynamodb:DeleteItem", "ContentTable"),
    ("AdminApi", "dynamodb:Query", "ContentTable"),
    ("AdminApi", "dynamodb:Query", "ContentTable/by_bank"),
    ("AdminApi", "dynamodb:Query", "ContentTable/by_branch"),
    ("AdminApi", "s3:GetObject", "DataBucket/content/media/*"),
    ("AdminApi", "s3:PutObject", "DataBucket/content/media/*"),
    ("AdminApi", "dynamodb:BatchWriteItem", "ConsentTable"),
    # No function opens review cases yet, so none can be worked on.
    ("AdminApi", "dynamodb:PutItem", "ReviewTable"),
    ("AdminApi", "dynamodb:UpdateItem", "ReviewTable"),
    # No feed of the bank was published when figures were looked at.
    ("AdminApi", "s3:GetObject", "DataBucket/kpi/versions/*"),
    ("CampaignPlanner", "dynamodb:BatchGetItem", "ContentTable"),
    ("CampaignWorker", "dynamodb:GetItem", "OrgTable"),
    ("CampaignWorker", "dynamodb:Query", "TasksTable"),
    ("CampaignWorker", "s3:PutObject", "DataBucket/facts/send_settled/*"),
    ("CampaignWorker", "s3:PutObject", "DataBucket/facts/task_done/*"),
    ("CampaignReconcile", "s3:PutObject", "DataBucket/facts/task_done/*"),
    ("CampaignReconcile", "s3:PutObject", "DataBucket/facts/moment_reactions/*"),
    *(
        (function, action, place)
        for function in ("CampaignWorker", "CampaignReconcile")
        for action, place in (
            # The bank of this story keeps no tags of risk ceilings.
            ("dynamodb:Query", "ContactsTable"),
            ("dynamodb:BatchGetItem", "ContentTable"),
            ("dynamodb:PutItem", "ContentTable"),
            ("dynamodb:BatchGetItem", "TasksTable"),
            ("dynamodb:DeleteItem", "TasksTable"),
            ("dynamodb:PutItem", "TasksTable"),
            ("dynamodb:Query", "ContactsTable/by_customer"),
            ("s3:GetObject", "DataBucket/content/media/*"),
            ("sqs:SendMessage", "CampaignQueue"),
        )
    ),
    # What an earlier run had stored when it died, and an outage that is caught up in many runs: tests/faults.
    ("ArchiveIntake", "s3:GetObject", "ArchiveBucket/manifests/*"),
    ("ArchiveIntake", "s3:GetObject", "ArchiveBucket/pages/*"),
    ("ArchiveIntake", "sqs:SendMessage", "ArchiveIntakeQueue"),
    ("ArchiveMedia", "s3:GetObject", "ArchiveBucket/media/*"),
    ("ArchiveMedia", "sqs:SendMessage", "ArchiveMediaQueue"),
    ("ArchiveWorker", "s3:GetObject", "ArchiveBucket/reopened/*"),
    ("ArchiveWorker", "s3:GetObject", "ArchiveBucket/segments/*"),
    ("ArchiveIntake", "dynamodb:DeleteItem", "ArchiveTable"),  # a member who lost his seat
    # A segment whose message was lost, a member who was renamed, an answer that a later one overtook.
    ("ArchiveScreen", "sqs:SendMessage", "ArchiveScreenQueue"),
    ("ArchiveScreen", "dynamodb:GetItem", "OrgTable"),
    ("ArchiveScreen", "dynamodb:BatchGetItem", "ConsentTable"),
    # Files of messages are not fetched yet, so no export has any.
    ("ArchiveRollup", "s3:GetObject", "ArchiveBucket/media/*"),
    # No roster of this bank says who is an RM.
    ("KpiCollect", "dynamodb:BatchGetItem", "OrgTable"),
    ("HandoverReconcile", "dynamodb:BatchWriteItem", "HandoverTable"),
    ("WelcomeWorker", "dynamodb:BatchGetItem", "ContentTable"),
    ("WelcomeWorker", "dynamodb:PutItem", "ContentTable"),
    ("WelcomeWorker", "s3:GetObject", "DataBucket/content/media/*"),
}
# Whoever of these functions comes first finds the token ended, or brings what came with a customer to his new owner.
DONE_BY_WHO_COMES_FIRST = {
    *(
        (function, f"dynamodb:{action}", table)
        for function in ("CampaignPlanner", "CampaignWorker", "CampaignReconcile")
        for action, table in (
            ("BatchGetItem", "ConsentTable"),
            ("BatchWriteItem", "ConsentTable"),
            ("PutItem", "ConsentTable"),
            ("DeleteItem", "PressureTable"),
            ("PutItem", "PressureTable"),
        )
    ),
    ("CampaignWorker", "dynamodb:BatchGetItem", "SendTaskTable"),
    ("CampaignWorker", "secretsmanager:GetSecretValue", "WecomSecret"),
    ("CampaignReconcile", "secretsmanager:GetSecretValue", "WecomSecret"),
    ("KpiCollect", "secretsmanager:GetSecretValue", "WecomSecret"),
    ("WelcomeWorker", "secretsmanager:GetSecretValue", "WecomSecret"),
    ("WelcomeWorker", "dynamodb:GetItem", "PlatformTable"),
}


@pytest.fixture(scope="module")
def bank() -> Iterator[Bank]:
    """The bank after its story."""
    world = bank_world(BANK, seed=7)
    name = f"tests-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}-privilege"
    with running_stack(name, world=world) as stack:
        bank = Bank(stack, world)
        live(bank)
        yield bank


def test_the_story_went_as_told(bank: Bank) -> None:
    first, second = bank.leavers

    assert bank.case_of(first)["state"] == "closed"
    told = bank.operator("head_office").case(bank.case_of(first)["case_id"])["signals"]
    assert (told[-1]["event_id"], told[-1]["note"]) == ("hr-said-again-after-the-end", "came after the end")
    assert bank.case_of(second)["customers"]["by_state"].get("resolved") == 1
    assert bank.case_of(second)["state"] == "closed"
    assert {each["leaver_userid"] for each in bank.operator("head_office").orphans(0)} == {bank.rms[4]}
    assert {row["source"] for row in bank.operator("head_office").rejections(0)} == {
        "bank.hr",
        "bank.roster",
        "bank.facts",
        "bank.consent",
        "bank.kpi_feed",
    }


def test_no_function_was_denied_anything(bank: Bank) -> None:
    assert bank.stack.denied_actions() == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_grant_is_used(bank: Bank, function: str) -> None:
    used = {use for use in bank.uses() if use[0] == function}

    unused = {grant for grant in _grants(function) - used if grant[1] not in ONLY_AFTER_A_FAILURE}
    assert unused - DONE_BY_WHO_COMES_FIRST == {grant for grant in NOT_YET_USED if grant[0] == function}


def test_every_exception_is_a_grant() -> None:
    granted = {grant for function in FUNCTIONS for grant in _grants(function)}

    assert (NOT_YET_USED | DONE_BY_WHO_COMES_FIRST) - granted == set()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_use_is_granted_by_name(bank: Bank, function: str) -> None:
    used = {use for use in bank.uses() if use[0] == function}

    assert used, "the story does not reach this function"
    assert {use for use in used - _grants(function) if not use[1].startswith(DONE_BY_THE_PLATFORM)} == set()


def _grants(function: str) -> set[tuple[str, str, str]]:
    return {
        (function, action, _granted_resource(resource))
        for statement in statements(f"{function}Role")
        if statement["Effect"] == "Allow"
        for action in listed(statement["Action"])
        if not action.startswith(DONE_BY_THE_PLATFORM)
        for resource in listed(statement["Resource"])
    }


def _granted_resource(resource: Any) -> str:
    [name] = names_in(resource)
    part = resource["Fn::Sub"].partition("}/")[2].removeprefix("index/") if "Fn::Sub" in resource else ""
    return f"{name}/{part}" if part else name
