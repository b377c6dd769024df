"""Write the samples of the functions that read queues and schedules: ``python -m tests.contract.make_queue_events``.

Bodies are built by the code that writes them in production, so a sample cannot drift from its message.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from scrm.archive.messages import (
    ConsentsRequested,
    PageParked,
    PageStored,
    PullRequested,
    ReopeningRequested,
    SegmentStored,
    SweepRequested,
)
from scrm.archive.stores import ParkReason
from scrm.audience.messages import CeilingTagsDue, FactsFileStep
from scrm.campaign.dispatch_messages import (
    CampaignRechecked,
    CampaignStopped,
    CustomerOptedOut,
    CustomersChanged,
    LookRequested,
    SendTaskPlanned,
)
from scrm.campaign.planner_messages import CampaignDue, ContentRecalled, ProductChanged, SendingStopped, SliceRequested
from scrm.collect.messages import PartDue, RunDue, RunRead
from scrm.collect.model import Part, Run
from scrm.consent.messages import ConsentFileStep
from scrm.contacts.handover_messages import CustomersTakenOver, GroupsTakenOver, QuotaCounted
from scrm.contacts.messages import (
    FullPassRequested,
    MasterFileStep,
    MemberRenamed,
    MemberSyncRequested,
    NodeSyncRequested,
)
from scrm.handover.audit_messages import AuditRequested
from scrm.handover.edges import ChunkKind
from scrm.handover.messages import DeliverPackage, PlanRequested, PollRequested, TransferRequested
from scrm.handover.model import case_id_of
from scrm.handover.orphans import AuditCounts, AuditPart, AuditStep
from scrm.handover.ports import Delivery
from scrm.lexicon.messages import LexiconReplayDue, LexiconSyncRequested
from scrm.pressure.messages import PersonalMessageSeen
from scrm.pressure.model import PressureClass
from scrm.tagging.messages import TagsDue
from scrm.ways.messages import ContactWayChanged, ContactWaysDue

EVENTS = Path(__file__).parents[2] / "events"
CORP = "wwSIMCORP0000001"
AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
AT_TEXT = "2026-11-23T01:00:00.000Z"
CASE = case_id_of(CORP, "rm_wang01", 1)
# What S3 sends when the notification is set up: there is nothing to take.
NOTIFICATION_TEST = {
    "Service": "Amazon S3",
    "Event": "s3:TestEvent",
    "Time": AT_TEXT,
    "Bucket": "scrm-data-123456789012",
    "RequestId": "SAMPLE0000000000",
    "HostId": "sample",
}
CAMPAIGN, SEND_TASK = "camp_aaaaaaaaaaaaaaaaaaaaaaaaaa", "send_aaaaaaaaaaaaaaaaaaaaaaaaaa"
ACTIVITY = "act_aaaaaaaaaaaaaaaaaaaaaaaaaa"
RUN = Run.of_morning(AT.date())
CUSTOMER = "wmSIM0000000000000000000000000A1"


def samples() -> dict[str, dict[str, dict[str, Any]]]:
    """Function -> case -> the event that Lambda gets."""
    return {
        "staff_intake": {
            "staff_departed": batch("staff", hr_event()),
            "staff_departed_without_successor": batch("staff", hr_event(successor_userid=None)),
            "staff_departing": batch("staff", hr_event("StaffDeparting", last_day="2026-12-11")),
            "staff_departing_later": batch(
                "staff",
                hr_event("StaffDeparting", event_id="hr-2", last_day="2026-12-18", occurred_at="2026-11-24T01:00:00Z"),
            ),
            "staff_transferred": batch(
                "staff",
                hr_event("StaffTransferred", effective_on="2026-12-01", customers_stay="none", groups_stay=True),
            ),
            "staff_transferred_keeps_tiers": batch(
                "staff",
                hr_event(
                    "StaffTransferred",
                    effective_on="2026-12-01",
                    customers_stay="tiers",
                    staying_tiers=["private"],
                ),
            ),
            "staff_on_leave": batch(
                "staff",
                hr_event("StaffOnLeave", first_day="2026-12-01", last_day="2026-12-14", cover_userid="rm_li02"),
            ),
            "staff_on_long_leave": batch(
                "staff", hr_event("StaffOnLeave", event_id="hr-4", first_day="2026-12-01", last_day="2027-03-31")
            ),
            "staff_returned": batch(
                "staff",
                hr_event(
                    "StaffReturned", event_id="hr-5", returned_on="2026-12-10", occurred_at="2026-12-09T01:00:00Z"
                ),
            ),
            "leave_cancelled": batch(
                "staff",
                hr_event("StaffChangeCancelled", event_id="hr-6", change="leave", occurred_at="2026-11-25T01:00:00Z"),
            ),
            "staff_change_cancelled": batch(
                "staff",
                hr_event(
                    "StaffChangeCancelled",
                    event_id="hr-3",
                    change="departure",
                    occurred_at="2026-11-25T01:00:00Z",
                ),
            ),
            "unknown_member": batch("staff", hr_event(userid="rm_nobody77")),
            "delete_user": batch("staff", callback("change_contact", "delete_user", UserID="rm_wang01")),
            "create_user": batch(
                "staff", callback("change_contact", "create_user", UserID="rm_new09", Name="新员工", Department="10")
            ),
            "update_user": batch(
                "staff", callback("change_contact", "update_user", UserID="rm_li02", MainDepartment="20")
            ),
            "update_user_renamed": batch(
                "staff", callback("change_contact", "update_user", UserID="rm_li02", NewUserID="rm_li99")
            ),
            "malformed_hr_event": batch("staff", hr_event(userid=None)),
            "unknown_detail_type": batch("staff", {**hr_event(), "detail-type": "StaffPromoted"}),
            "not_json": batch("staff", "<xml>not for us</xml>"),
            "roster_uploaded": batch("staff", uploaded("roster/incoming/hr+2026-11-23.csv")),
            "roster_notification_test": batch("staff", NOTIFICATION_TEST),
        },
        "kpi_ingest": {
            "manifest_uploaded": batch("kpi_feed", uploaded("kpi/incoming/2026-10/customer_months/manifest.json")),
            "notification_test": batch("kpi_feed", NOTIFICATION_TEST),
            "poison": batch("kpi_feed", {"Records": [{"no": "upload"}]}),
        },
        "contact_sync": {
            "full_pass": {"schedule": "contact_sync.full_pass"},
            "contact_way_changed": batch("contact", ContactWayChanged(way_id="way_aaaaaaaaaaaaaaaaaaaaaaaaaa")),
            "tags_due": batch(
                "contact",
                TagsDue(userid="rm_wang01", external_userid=CUSTOMER, came_by="way_aaaaaaaaaaaaaaaaaaaaaaaaaa", at=AT),
            ),
            "contact_ways_due": batch("contact", ContactWaysDue(after="way_aaaaaaaaaaaaaaaaaaaaaaaaaa")),
            "lexicon": {"schedule": "contact_sync.lexicon"},
            "lexicon_sync_requested": batch("contact", LexiconSyncRequested()),
            "full_pass_requested": batch("contact", FullPassRequested(run_id="sync_1", requested_at=AT)),
            "node_sync_requested": batch("contact", NodeSyncRequested(run_id="sync_1", node_ids=("1", "10"))),
            "member_sync_requested": batch(
                "contact", MemberSyncRequested(run_id="sync_1", userids=("rm_wang01", "rm_li02"), started_at=AT)
            ),
            "customers_taken_over": batch(
                "contact",
                CustomersTakenOver(
                    case_id=CASE,
                    handover_userid="rm_wang01",
                    takeover_userid="rm_li02",
                    external_userids=(CUSTOMER,),
                    api="on_job",
                    at=AT,
                ),
            ),
            "quota_counted": batch(
                "contact", QuotaCounted(case_id=CASE, external_userids=(CUSTOMER,), at=AT, full=True)
            ),
            "member_renamed": batch("contact", MemberRenamed(old_userid="rm_li02", new_userid="rm_li99", at=AT)),
            "master_uploaded": batch("contact", uploaded("master/incoming/customers+2026-11-23.csv")),
            "master_notification_test": batch("contact", NOTIFICATION_TEST),
            "master_file_step": batch(
                "contact",
                MasterFileStep(
                    key="master/incoming/customers 2026-11-23.csv",
                    as_of=AT,
                    etag='"0123456789abcdef0123456789abcdef"',
                    offset=4_000_000,
                    line=100_000,
                    columns=(0, 1, 2),
                ),
            ),
            "ceiling_tags_due": batch("contact", CeilingTagsDue(userid="rm_wang01")),
            "facts_uploaded": batch("contact", uploaded("audience/incoming/facts+2026-11-23.csv")),
            "facts_file_step": batch(
                "contact",
                FactsFileStep(
                    key="audience/incoming/facts 2026-11-23.csv",
                    told_at=AT,
                    stage="take",
                    etag='"0123456789abcdef0123456789abcdef"',
                    offset=4_000_000,
                    line=100_000,
                    columns=("external_userid", "risk_class", "assessed_on", "born_on", "consent"),
                    rows=200_000,
                    bad=12,
                ),
            ),
            "consent_uploaded": batch("contact", uploaded("consent/incoming/answers+2026-11-23.csv")),
            "consent_file_step": batch(
                "contact",
                ConsentFileStep(
                    key="consent/incoming/answers 2026-11-23.csv",
                    told_at=AT,
                    etag='"0123456789abcdef0123456789abcdef"',
                    offset=40_000,
                    line=1_000,
                    columns=("external_userid", "answer", "said_at", "reference"),
                ),
            ),
            "groups_taken_over": batch("contact", GroupsTakenOver(case_id=CASE, chat_ids=("wrSIM01",), at=AT)),
            "add_external_contact": batch(
                "contact",
                callback("change_external_contact", "add_external_contact", UserID="rm_li02", ExternalUserID=CUSTOMER),
            ),
            "add_half_external_contact": batch(
                "contact",
                callback(
                    "change_external_contact", "add_half_external_contact", UserID="rm_li02", ExternalUserID=CUSTOMER
                ),
            ),
            "edit_external_contact": batch(
                "contact",
                callback("change_external_contact", "edit_external_contact", UserID="rm_li02", ExternalUserID=CUSTOMER),
            ),
            "del_external_contact_by_transfer": batch(
                "contact",
                callback(
                    "change_external_contact",
                    "del_external_contact",
                    UserID="rm_wang01",
                    ExternalUserID=CUSTOMER,
                    Source="DELETE_BY_TRANSFER",
                ),
            ),
            "del_follow_user": batch(
                "contact",
                callback("change_external_contact", "del_follow_user", UserID="rm_li02", ExternalUserID=CUSTOMER),
            ),
            "create_party": batch(
                "contact", callback("change_contact", "create_party", Id="11", Name="一部", ParentId="10")
            ),
            "update_party": batch("contact", callback("change_contact", "update_party", Id="11", ParentId="1")),
            "delete_party": batch("contact", callback("change_contact", "delete_party", Id="11")),
            "group_dismissed": batch("contact", callback("change_external_chat", "dismiss", ChatId="wrSIM01")),
            "poison": batch("contact", {"kind": "no_such_message"}),
        },
        "handover_worker": {
            "plan_requested": batch("handover", PlanRequested(case_id=CASE)),
            "transfer_customers": batch(
                "handover", TransferRequested(case_id=CASE, chunk_kind=ChunkKind.CUSTOMERS, chunk_numbers=(0, 1))
            ),
            "transfer_groups": batch(
                "handover", TransferRequested(case_id=CASE, chunk_kind=ChunkKind.GROUPS, chunk_numbers=(0, 1))
            ),
            "poison": batch("handover", {"kind": "transfer_requested", "case_id": CASE, "chunk_numbers": []}),
        },
        "campaign_planner": {
            "due": {"schedule": "campaign_planner.due"},
            "campaign_due": batch("campaign_planner", CampaignDue(campaign_id=CAMPAIGN)),
            "slice_requested": batch(
                "campaign_planner", SliceRequested(campaign_id=CAMPAIGN, ring="pilot", number=3, first=120)
            ),
            "content_recalled": batch("campaign_planner", ContentRecalled(activity_id=ACTIVITY, version=2)),
            "sending_stopped": batch("campaign_planner", SendingStopped()),
            "product_changed": batch("campaign_planner", ProductChanged(product_id="fund_01")),
            "poison": batch("campaign_planner", {"kind": "slice_requested", "campaign_id": CAMPAIGN}),
        },
        "campaign_worker": {
            "send_task_planned": batch(
                "campaign", SendTaskPlanned(task_id=SEND_TASK, campaign_id=CAMPAIGN, owner="rm_li02")
            ),
            "campaign_stopped": batch("campaign", CampaignStopped(campaign_id=CAMPAIGN, part=0)),
            "campaign_rechecked": batch("campaign", CampaignRechecked(campaign_id=CAMPAIGN, part=0)),
            "customers_changed": batch("campaign", CustomersChanged(owner_userid="rm_li02")),
            "customer_opted_out": batch(
                "campaign", CustomerOptedOut(external_userid=CUSTOMER, member_userids=("rm_li02", "rm_wang01"))
            ),
            "poison": batch("campaign", {"kind": "send_task_planned", "campaign_id": CAMPAIGN}),
        },
        "campaign_reconcile": {
            "due": {"schedule": "campaign_reconcile.due"},
            "personal": {"schedule": "campaign_reconcile.personal"},
            "media": {"schedule": "campaign_reconcile.media"},
            "look_requested": batch("campaign_reconcile", LookRequested(task_id=SEND_TASK, asked=True)),
            "personal_message_seen": batch(
                "campaign_reconcile",
                PersonalMessageSeen(
                    msgid="msgSAMPLE1", userid="rm_li02", pressure_class=PressureClass.PUSH, created_at=AT
                ),
            ),
            "poison": batch("campaign_reconcile", {"kind": "look_requested"}),
        },
        "archive_intake": {
            "due": {"schedule": "archive_intake.due"},
            "messages_waiting": batch(
                "archive_intake", callback("msgaudit_notify", "", AgentID="2000004") | {"app": "archive"}
            ),
            "poison": batch("archive_intake", {"kind": "unheard_of"}),
            "pull_requested": batch("archive_intake", PullRequested()),
            "seats": {"schedule": "archive_intake.seats"},
            "sweep_requested": batch("archive_intake", SweepRequested()),
            "consents_requested": batch("archive_intake", ConsentsRequested()),
        },
        "archive_worker": {
            "page_parked": batch("archive", PageParked(asked_from=0, key_version=2, reason=ParkReason.KEY_MISSING)),
            "page_stored": batch("archive", PageStored(asked_from=0)),
            "parked": {"schedule": "archive_worker.parked"},
            "overdue_reviews": {"schedule": "archive_worker.overdue_reviews"},
            "poison": batch("archive", {"kind": "page_stored"}),
            "reopening_requested": batch("archive", ReopeningRequested()),
        },
        "archive_media": {
            "due": {"schedule": "archive_media.due"},
            "poison": batch("archive_media", {"kind": "segment_stored"}),
            "segment_reopened": batch("archive_media", SegmentStored(asked_from=0, reopened_from=3)),
            "segment_stored": batch("archive_media", SegmentStored(asked_from=0)),
        },
        "kpi_collect": {
            "morning": {"schedule": "kpi_collect.morning"},
            "part_due": batch("kpi_collect", PartDue.of(Part(RUN, 0))),
            "poison": batch("kpi_collect", {"kind": "collect_part_due"}),
            "run_due": batch("kpi_collect", RunDue.of(RUN)),
            "run_read": batch("kpi_collect", RunRead.of(RUN)),
        },
        "archive_certify": {"due": {"schedule": "archive_certify.due"}},
        "archive_retention": {"due": {"schedule": "archive_retention.due"}},
        "archive_screen": {
            "poison": batch("archive_screen", {"kind": "segment_stored"}),
            "lexicon_replay_due": batch("archive_screen", LexiconReplayDue(version=1, replay_id="replay_" + "a" * 26)),
            "reopened_rows_stored": batch("archive_screen", SegmentStored(asked_from=0, reopened_from=5)),
            "segment_stored": batch("archive_screen", SegmentStored(asked_from=0)),
            "waiting": {"schedule": "archive_screen.waiting"},
        },
        "welcome_worker": {
            "customer_added": batch("welcome", newcomer()),
            "customer_added_clock_ahead": batch("welcome", newcomer() | {"occurred_at": "2099-11-23T01:00:00.000Z"}),
            "half_added": batch("welcome", newcomer("add_half_external_contact")),
            "poison": batch("welcome", {"kind": "callback"}),
        },
        "handover_reconcile": {
            "due": {"schedule": "handover_reconcile.due"},
            "audit": {"schedule": "handover_reconcile.audit"},
            "audit_requested": batch(
                "reconcile",
                AuditRequested.of(
                    AuditStep("audit_2026-11-23T19", AT, AuditPart.GROUPS, "CURSOR", AuditCounts(listed=2, answered=2))
                ),
            ),
            "poll_requested": batch("reconcile", PollRequested(case_id=CASE)),
            "deliver_package": batch(
                "reconcile",
                DeliverPackage.of(
                    Delivery(
                        case_id=CASE,
                        takeover_userid="rm_li02",
                        chunks={0: AT, 1: AT},
                        part="relation",
                        cursor='["CURSOR",""]',
                        counts={"relation.checked": 1000},
                    )
                ),
            ),
            "transfer_fail": batch(
                "reconcile",
                callback(
                    "change_external_contact",
                    "transfer_fail",
                    UserID="rm_li02",
                    ExternalUserID=CUSTOMER,
                    FailReason="customer_refused",
                ),
            ),
        },
    }


def hr_event(detail_type: str = "StaffDeparted", **changes: Any) -> dict[str, Any]:
    """As EventBridge puts it on the queue; a field changed to None is left out."""
    detail = {
        "schema_version": 1,
        "event_id": "hr-2026-0001",
        "occurred_at": AT_TEXT,
        "corp_id": CORP,
        "userid": "rm_wang01",
        "last_day": "2026-11-30",
        "successor_userid": "rm_li02",
        "reason": "resigned",
    } | changes
    return {
        "version": "0",
        "id": "6f1c2f0e-6a1e-4f0c-9d3b-000000000001",
        "detail-type": detail_type,
        "source": "bank.hr",
        "account": "123456789012",
        "time": "2026-11-23T01:00:00Z",
        "region": "cn-north-1",
        "resources": [],
        "detail": {name: value for name, value in detail.items() if value is not None},
    }


def uploaded(key: str) -> dict[str, Any]:
    """As S3 puts it on the queue; ``key`` is quoted as in a form."""
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": "cn-north-1",
                "eventTime": AT_TEXT,
                "eventName": "ObjectCreated:Put",
                "userIdentity": {"principalId": "AWS:AIDASAMPLE:hr-export"},
                "requestParameters": {"sourceIPAddress": "192.0.2.10"},
                "responseElements": {"x-amz-request-id": "SAMPLE0000000001", "x-amz-id-2": "sample"},
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "configurationId": "roster",
                    "bucket": {
                        "name": "scrm-data-123456789012",
                        "ownerIdentity": {"principalId": "ASAMPLE"},
                        "arn": "arn:aws-cn:s3:::scrm-data-123456789012",
                    },
                    "object": {
                        "key": key,
                        "size": 2048,
                        "eTag": "d41d8cd98f00b204e9800998ecf8427e",
                        "sequencer": "00655FAB6F4B1E0000",
                    },
                },
            }
        ]
    }


def callback(event: str, change_type: str, **fields: str) -> dict[str, Any]:
    """As the callback function queues it (`scrm.wecom.router`)."""
    header = {"ToUserName": CORP, "FromUserName": "sys", "CreateTime": "1795395600", "MsgType": "event"}
    return {
        "schema_version": 1,
        "kind": "callback",
        "event_id": f"evt_sample_{change_type}",
        "app": "contacts",
        "corp_id": CORP,
        "event": event,
        "change_type": change_type,
        "occurred_at": AT_TEXT,
        "received_at": AT_TEXT,
        "fields": {**header, "Event": event, "ChangeType": change_type, **fields},
    }


def newcomer(change_type: str = "add_external_contact") -> dict[str, Any]:
    """A customer came by a contact way, and WeCom gave a code to greet him with."""
    found = {"UserID": "rm_wang01", "ExternalUserID": CUSTOMER, "State": "branch-001", "WelcomeCode": "CODESAMPLE"}
    return callback("change_external_contact", change_type, **found)


def batch(queue: str, *bodies: BaseModel | Mapping[str, Any] | str) -> dict[str, Any]:
    """An SQS event of one record per body."""
    return {
        "Records": [
            {
                "messageId": f"00000000-0000-4000-8000-{place:012d}",
                "receiptHandle": "sample",
                "body": _text(body),
                "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1795395600000"},
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws-cn:sqs:cn-north-1:123456789012:{queue}",
                "awsRegion": "cn-north-1",
            }
            for place, body in enumerate(bodies)
        ]
    }


def _text(body: BaseModel | Mapping[str, Any] | str) -> str:
    if isinstance(body, str):
        return body
    return body.model_dump_json() if isinstance(body, BaseModel) else json.dumps(body, ensure_ascii=False)


def rendered() -> dict[Path, str]:
    return {
        EVENTS / function / f"{case}.json": json.dumps(event, indent=2, ensure_ascii=False) + "\n"
        for function, cases in samples().items()
        for case, event in cases.items()
    }


if __name__ == "__main__":
    for path, text in rendered().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
