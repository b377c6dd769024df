"""The admin API on moto: its tables as the template declares them, and a departure in the Shanghai branch."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from functions.admin_api.handler import lambda_handler
from local.engine.paths import ROOT
from scrm.aws import session
from scrm.aws.audit_table import DynamoAuditStore
from scrm.aws.case_table import DynamoCaseRepository
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.table import Table
from scrm.aws.task_table import DynamoTaskTable
from scrm.contacts.model import Customer, RelationState, Standing
from scrm.contacts.ports import Change
from scrm.handover.edges import Chunk, ChunkKind, Edge, EdgeState
from scrm.handover.model import CaseState, HandoverCase, SignalRecord, SignalSource
from scrm.org.model import Cover, Member, MemberStatus
from scrm.runtime.wiring import admin_api as wiring
from scrm.tasks.model import Task, TaskKind
from scrm.tasks.ports import TaskChange
from tests.admin_api import AT, NODES, Reply, lambda_context
from tests.engine import declared_tables

CASE_ID = "case_" + "a" * 26
CUSTOMER_ID = "wmEXAMPLE0000000000000000000001"
TASK_ID = "task_" + "a" * 26
TABLES = {
    "platform": "PlatformTable",
    "org": "OrgTable",
    "contacts": "ContactsTable",
    "handover": "HandoverTable",
    "tasks": "TasksTable",
    "consent": "ConsentTable",
    "content": "ContentTable",
    "welcome": "WelcomeTable",
    "lexicon": "LexiconTable",
    "review": "ReviewTable",
    "pressure": "PressureTable",
    "audience": "AudienceTable",
    "campaign": "CampaignTable",
    "send-tasks": "SendTaskTable",
    "audit": "AuditTable",
    "archive": "ArchiveTable",
    "targets": "TargetsTable",
    "kpi": "KpiTable",
}


@dataclass(frozen=True)
class Stack:
    sqs: Any
    queue_url: str
    audit: DynamoAuditStore

    def send(self, event: dict[str, Any]) -> Reply:
        return Reply.of(lambda_handler(event, lambda_context()))

    def messages(self) -> list[dict[str, Any]]:
        reply = self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in reply.get("Messages", [])]


@pytest.fixture(scope="module")
def schemas() -> dict[str, dict[str, Any]]:
    return declared_tables(ROOT / "infra" / "template.yaml")


@pytest.fixture
def stack(schemas: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with mock_aws():
        session.reset()
        wiring.reset()
        admin, sqs = boto3.client("dynamodb"), boto3.client("sqs")
        for name, logical_id in TABLES.items():
            admin.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **schemas[logical_id])
        queue_url = sqs.create_queue(QueueName="contact")["QueueUrl"]
        monkeypatch.setenv("CONTACT_QUEUE_URL", queue_url)
        for name in (
            "HANDOVER_QUEUE_URL",
            "RECONCILE_QUEUE_URL",
            "CAMPAIGN_QUEUE_URL",
            "CAMPAIGN_PLANNER_QUEUE_URL",
            "ARCHIVE_SCREEN_QUEUE_URL",
            "ARCHIVE_QUEUE_URL",
            "ARCHIVE_INTAKE_QUEUE_URL",
        ):
            monkeypatch.setenv(name, sqs.create_queue(QueueName=name.split("_")[0].lower())["QueueUrl"])
        for bucket in ("ARCHIVE_BUCKET", "DATA_BUCKET"):
            place = {"LocationConstraint": "cn-north-1"}
            boto3.client("s3").create_bucket(Bucket=os.environ[bucket], CreateBucketConfiguration=place)  # type: ignore[arg-type]
        keys = json.dumps({"current": "k1", "k1": "a-key-of-tests-and-samples-which-opens-nothing"})
        boto3.client("secretsmanager").create_secret(Name=os.environ["LINK_SECRET_ID"], SecretString=keys)
        dynamodb = session.client("dynamodb")
        _fill(Table(dynamodb, "org"), Table(dynamodb, "handover"))
        yield Stack(sqs, queue_url, DynamoAuditStore("audit", dynamodb))
    session.reset()
    wiring.reset()


def _fill(org: Table, handover: Table) -> None:
    """A departure in the Shanghai branch: 150 customers in two chunks, one refused, and one group."""
    for node in NODES.values():
        DynamoOrgRepository(org).put_node(node, None)
    DynamoOrgRepository(org).reject("bank.hr", "hr-9", "the field userid is missing", AT, "{}")
    able = Member("rm_zhou", "周", "12", "/1/10/12/", MemberStatus.ACTIVE, serves_customers=True, changed_at=AT)
    DynamoOrgRepository(org).put_member(able)
    DynamoOrgRepository(org).put_member(replace(able, userid="rm_hu"))
    assert DynamoOrgRepository(org).put_cover(Cover("rm_hu", AT, "hr-3", "rm_zhou", AT.date()), None)
    contacts = DynamoContactRepository(Table(session.client("dynamodb"), "contacts"))
    following = {"rm_zhou": Standing(RelationState.ACTIVE, AT, AT)}
    assert contacts.write([Change(Customer(CUSTOMER_ID, following, owner_userid="rm_zhou", owner_since=AT))])
    task = Task(TASK_ID, "rm_zhou", TaskKind.GREET_CUSTOMER, ("wm001",), "/1/10/12/", AT, AT)
    assert DynamoTaskTable(Table(session.client("dynamodb"), "tasks")).save([TaskChange(None, task)])
    cases = DynamoCaseRepository(handover)
    case = HandoverCase(
        case_id=CASE_ID,
        corp_id="wwSIMCORP0000001",
        handover_userid="rm_wang",
        handover_name="王伟",
        node_id="12",
        node_path="/1/10/12/",
        node_name="浦东支行",
        state=CaseState.ATTENTION,
        opened_at=AT,
        due_at=AT,
        signals=(SignalRecord(SignalSource.HR, "StaffDeparted", "hr-1", AT),),
        successors=("rm_li",),
    )
    assert cases.open_case(case, 1)
    edges = [Edge(f"wm{number:03d}", EdgeState.DONE, updated_at=AT) for number in range(150)]
    edges[7] = replace(
        edges[7], state=EdgeState.MANUAL, cause="customer_refused", owner_userid="mgr_shanghai", due_at=AT
    )
    for number, part in enumerate((edges[:100], edges[100:]), 1):
        case = cases.add_chunks(case, [Chunk(CASE_ID, ChunkKind.CUSTOMERS, number, "rm_wang", "rm_li", tuple(part))])
    cases.add_chunks(case, [Chunk(CASE_ID, ChunkKind.GROUPS, 1, "rm_wang", "rm_li", (Edge("wr1", EdgeState.DONE),))])
