"""Write the samples of the functions that read queues and schedules: ``python -m tests.contract.make_queue_events``.

Bodies are built by the code that writes them in production, so a sample cannot drift from its message.
"""

import json
from pathlib import Path
from typing import Any

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
from scrm.collect.messages import AddsDue, CoverageDue, PartDue, RunDue, RunRead
from scrm.collect.model import AddsStep, AddsWork, Part, Run, Stage
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
from tests.contract.queue_envelopes import (
    AT,
    CORP,
    CUSTOMER,
    NOTIFICATION_TEST,
    batch,
    callback,
    hr_event,
    newcomer,
    uploaded,
)

type Cases = dict[str, dict[str, Any]]

EVENTS = Path(__file__).parents[2] / "events"
CASE = case_id_of(CORP, "rm_wang01", 1)
CAMPAIGN, SEND_TASK = "camp_aaaaaaaaaaaaaaaaaaaaaaaaaa", "send_aaaaaaaaaaaaaaaaaaaaaaaaaa"
ACTIVITY = "act_aaaaaaaaaaaaaaaaaaaaaaaaaa"
RUN = Run.of_morning(AT.date())


def samples() -> dict[str, Cases]:
    """Function -> case -> the event that Lambda gets."""
    return {
        "staff_intake": _staff_intake(),
        "kpi_ingest": _kpi_ingest(),
        "contact_sync": _contact_sync(),
        "handover_worker": _handover_worker(),
        "campaign_planner": _campaign_planner(),
        "campaign_worker": _campaign_worker(),
        "campaign_reconcile": _campaign_reconcile(),
        "archive_intake": _archive_intake(),
        "archive_worker": _archive_worker(),
        "archive_media": _archive_media(),
        "kpi_collect": _kpi_collect(),
        "archive_certify": _archive_certify(),
        "archive_retention": _archive_retention(),
        "archive_screen": _archive_screen(),
        "welcome_worker": _welcome_worker(),
        "handover_reconcile": _handover_reconcile(),
    }


def _staff_intake() -> Cases:
    return {
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
            hr_event("StaffReturned", event_id="hr-5", returned_on="2026-12-10", occurred_at="2026-12-09T01:00:00Z"),
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
        "update_user": batch("staff", callback("change_contact", "update_user", UserID="rm_li02", MainDepartment="20")),
        "update_user_renamed": batch(
            "staff", callback("change_contact", "update_user", UserID="rm_li02", NewUserID="rm_li99")
        ),
        "malformed_hr_event": batch("staff", hr_event(userid=None)),
        "unknown_detail_type": batch("staff", {**hr_event(), "detail-type": "StaffPromoted"}),
        "not_json": batch("staff", "<xml>not for us</xml>"),
        "roster_uploaded": batch("staff", uploaded("roster/incoming/hr+2026-11-23.csv")),
        "roster_notification_test": batch("staff", NOTIFICATION_TEST),
    }


def _kpi_ingest() -> Cases:
    return {
        "manifest_uploaded": batch("kpi_feed", uploaded("kpi/incoming/2026-10/customer_months/manifest.json")),
        "notification_test": batch("kpi_feed", NOTIFICATION_TEST),
        "poison": batch("kpi_feed", {"Records": [{"no": "upload"}]}),
    }


def _contact_sync() -> Cases:
    return _contact_messages() | _contact_files() | _contact_callbacks()


def _contact_messages() -> Cases:
    return {
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
        "quota_counted": batch("contact", QuotaCounted(case_id=CASE, external_userids=(CUSTOMER,), at=AT, full=True)),
        "member_renamed": batch("contact", MemberRenamed(old_userid="rm_li02", new_userid="rm_li99", at=AT)),
        "ceiling_tags_due": batch("contact", CeilingTagsDue(userid="rm_wang01")),
        "groups_taken_over": batch("contact", GroupsTakenOver(case_id=CASE, chat_ids=("wrSIM01",), at=AT)),
        "poison": batch("contact", {"kind": "no_such_message"}),
    }


def _contact_files() -> Cases:
    return {
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
    }


def _contact_callbacks() -> Cases:
    return {
        "add_external_contact": batch(
            "contact",
            callback("change_external_contact", "add_external_contact", UserID="rm_li02", ExternalUserID=CUSTOMER),
        ),
        "add_half_external_contact": batch(
            "contact",
            callback("change_external_contact", "add_half_external_contact", UserID="rm_li02", ExternalUserID=CUSTOMER),
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
    }


def _handover_worker() -> Cases:
    return {
        "plan_requested": batch("handover", PlanRequested(case_id=CASE)),
        "transfer_customers": batch(
            "handover", TransferRequested(case_id=CASE, chunk_kind=ChunkKind.CUSTOMERS, chunk_numbers=(0, 1))
        ),
        "transfer_groups": batch(
            "handover", TransferRequested(case_id=CASE, chunk_kind=ChunkKind.GROUPS, chunk_numbers=(0, 1))
        ),
        "poison": batch("handover", {"kind": "transfer_requested", "case_id": CASE, "chunk_numbers": []}),
    }


def _campaign_planner() -> Cases:
    return {
        "due": {"schedule": "campaign_planner.due"},
        "campaign_due": batch("campaign_planner", CampaignDue(campaign_id=CAMPAIGN)),
        "slice_requested": batch(
            "campaign_planner", SliceRequested(campaign_id=CAMPAIGN, ring="pilot", number=3, first=120)
        ),
        "content_recalled": batch("campaign_planner", ContentRecalled(activity_id=ACTIVITY, version=2)),
        "sending_stopped": batch("campaign_planner", SendingStopped()),
        "product_changed": batch("campaign_planner", ProductChanged(product_id="fund_01")),
        "poison": batch("campaign_planner", {"kind": "slice_requested", "campaign_id": CAMPAIGN}),
    }


def _campaign_worker() -> Cases:
    return {
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
    }


def _campaign_reconcile() -> Cases:
    return {
        "due": {"schedule": "campaign_reconcile.due"},
        "personal": {"schedule": "campaign_reconcile.personal"},
        "media": {"schedule": "campaign_reconcile.media"},
        "look_requested": batch("campaign_reconcile", LookRequested(task_id=SEND_TASK, asked=True)),
        "personal_message_seen": batch(
            "campaign_reconcile",
            PersonalMessageSeen(msgid="msgSAMPLE1", userid="rm_li02", pressure_class=PressureClass.PUSH, created_at=AT),
        ),
        "poison": batch("campaign_reconcile", {"kind": "look_requested"}),
    }


def _archive_intake() -> Cases:
    return {
        "due": {"schedule": "archive_intake.due"},
        "messages_waiting": batch(
            "archive_intake", callback("msgaudit_notify", "", AgentID="2000004") | {"app": "archive"}
        ),
        "poison": batch("archive_intake", {"kind": "unheard_of"}),
        "pull_requested": batch("archive_intake", PullRequested()),
        "seats": {"schedule": "archive_intake.seats"},
        "sweep_requested": batch("archive_intake", SweepRequested()),
        "consents_requested": batch("archive_intake", ConsentsRequested()),
    }


def _archive_worker() -> Cases:
    return {
        "page_parked": batch("archive", PageParked(asked_from=0, key_version=2, reason=ParkReason.KEY_MISSING)),
        "page_stored": batch("archive", PageStored(asked_from=0)),
        "parked": {"schedule": "archive_worker.parked"},
        "overdue_reviews": {"schedule": "archive_worker.overdue_reviews"},
        "poison": batch("archive", {"kind": "page_stored"}),
        "reopening_requested": batch("archive", ReopeningRequested()),
    }


def _archive_media() -> Cases:
    return {
        "due": {"schedule": "archive_media.due"},
        "poison": batch("archive_media", {"kind": "segment_stored"}),
        "segment_reopened": batch("archive_media", SegmentStored(asked_from=0, reopened_from=3)),
        "segment_stored": batch("archive_media", SegmentStored(asked_from=0)),
    }


def _kpi_collect() -> Cases:
    return {
        "adds_due": batch("kpi_collect", AddsDue.of(AddsWork(RUN, AddsStep.JUDGE, 3, 8))),
        "coverage_due": batch("kpi_collect", CoverageDue.of(RUN)),
        "morning": {"schedule": "kpi_collect.morning"},
        "part_due": batch("kpi_collect", PartDue.of(Part(RUN, 0))),
        "part_statistics_due": batch("kpi_collect", PartDue.of(Part(RUN, 0, Stage.STATISTICS))),
        "poison": batch("kpi_collect", {"kind": "collect_part_due"}),
        "run_due": batch("kpi_collect", RunDue.of(RUN)),
        "run_read": batch("kpi_collect", RunRead.of(RUN)),
    }


def _archive_certify() -> Cases:
    return {"due": {"schedule": "archive_certify.due"}}


def _archive_retention() -> Cases:
    return {"due": {"schedule": "archive_retention.due"}}


def _archive_screen() -> Cases:
    return {
        "poison": batch("archive_screen", {"kind": "segment_stored"}),
        "lexicon_replay_due": batch("archive_screen", LexiconReplayDue(version=1, replay_id="replay_" + "a" * 26)),
        "reopened_rows_stored": batch("archive_screen", SegmentStored(asked_from=0, reopened_from=5)),
        "segment_stored": batch("archive_screen", SegmentStored(asked_from=0)),
        "waiting": {"schedule": "archive_screen.waiting"},
    }


def _welcome_worker() -> Cases:
    return {
        "customer_added": batch("welcome", newcomer()),
        "customer_added_clock_ahead": batch("welcome", newcomer() | {"occurred_at": "2099-11-23T01:00:00.000Z"}),
        "half_added": batch("welcome", newcomer("add_half_external_contact")),
        "poison": batch("welcome", {"kind": "callback"}),
    }


def _handover_reconcile() -> Cases:
    return {
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
    }


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
