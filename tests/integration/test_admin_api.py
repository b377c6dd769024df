"""The real handler over the real adapters on moto, from the events in ``events/admin_api``."""

from scrm.aws import session
from scrm.aws.table import Table
from scrm.aws.task_table import DynamoTaskTable
from scrm.tasks.model import Task, TaskKind
from scrm.tasks.ports import TaskChange
from tests.admin_api import AT, BRANCH_10, EVENTS, Request, sample
from tests.integration import admin_stack as admin

schemas, stack = admin.schemas, admin.stack


CASE_ID = "case_" + "a" * 26
CUSTOMER_ID = "wmEXAMPLE0000000000000000000001"
TASK_ID = "task_" + "a" * 26
EXPECTED = {
    "appeal_add": 404,  # nothing was judged that day
    "approve_add_appeal": 404,
    "get_adds_settings": 200,
    "get_judged_add": 404,
    "list_add_appeals": 200,
    "list_judged_adds": 200,
    "put_adds_settings": 200,
    "reject_add_appeal": 404,
    "approve_gate_override": 404,
    "approve_target_plan": 404,
    "ask_for_gate_override": 409,
    "change_tag_rule": 404,
    "draft_tag_rule": 201,
    "draft_target_plan": 201,
    "get_archive_certificate": 404,
    "get_gates": 200,
    "get_node_progress": 404,
    "get_node_targets": 404,
    "list_kpis": 200,
    "get_kpi_figures": 200,
    "ask_for_kpi_recount": 202,
    "list_kpi_recounts": 200,
    "list_kpi_feeds": 200,
    "list_kpi_deliveries": 200,
    "get_kpi_delivery_report": 404,
    "get_kpi_of_node": 200,
    "get_kpi_report": 404,  # samples come by name: it is not made yet
    "make_kpi_report": 201,
    "get_kpi_of_members": 200,
    "get_kpi_by_day": 200,
    "get_kpi_settings": 200,
    "put_kpi_settings": 200,
    "get_tag_rule": 404,
    "get_target_settings": 200,
    "list_archive_certificates": 200,
    "list_gate_overrides": 200,
    "list_tag_rules": 200,
    "list_target_plans": 200,
    "get_pilot_exit": 200,
    "list_pilot_exits": 200,
    "get_recorded_pilot_exit": 404,
    "record_pilot_exit": 404,  # nobody registered its review
    "list_uplift_reviews": 200,
    "get_attribution": 404,  # no month was published
    "list_attribution_members": 404,
    "list_attribution_customers": 404,
    "register_uplift_review": 201,
    "get_uplift_review": 404,  # nobody registered it
    "get_uplift_result": 404,
    "get_uplift_waiting": 404,
    "get_uplift_returns": 404,
    "list_uplift_segments": 404,
    "get_uplift_settings": 200,
    "put_uplift_settings": 200,
    "put_target_settings": 200,
    "reject_gate_override": 404,
    "reject_target_plan": 200,
    "release_tag_rule": 404,
    "retire_tag_rule": 404,
    "revoke_gate_override": 404,
    "tell_kpi_figures": 200,
    "draft_lexicon": 201,
    "approve_lexicon": 404,  # samples come by name: it is not drafted yet
    "list_review_cases": 200,
    "get_review_case": 404,  # nothing was found yet
    **{f"{name}_review_case": 404 for name in ("claim", "release", "decide", "confirm", "send_back", "escalate")},
    "reassign_review_case": 404,
    "get_review_report": 200,
    "get_lexicon_precision": 200,
    "get_review_settings": 200,
    "put_review_settings": 200,
    "get_intercept_rules": 200,
    "get_lexicon_changes": 200,
    "get_lexicon_replay": 404,  # nobody asked for it
    "get_lexicon_sync": 200,
    "get_lexicon_version": 200,
    "list_lexicon_entries": 200,
    "list_lexicon_versions": 200,
    "put_lexicon_in_force": 409,  # nobody approved it
    "reject_lexicon": 200,
    "scan_with_lexicon": 200,
    "replay_lexicon": 202,
    "sync_lexicon": 202,
    "list_contact_ways": 200,
    "create_contact_way": 201,
    "get_contact_way": 404,
    "change_contact_way": 404,
    "end_contact_way": 404,
    "list_cases": 200,
    "get_case": 200,
    "get_case_of_another_branch": 404,
    "get_certificate": 200,
    "list_orphans": 200,
    "download_certificate": 404,  # the case is still open
    "list_edges": 200,
    "list_groups": 200,
    "list_rejections": 200,
    "review_rejection": 200,
    "get_node": 200,
    "list_children": 200,
    "put_node": 200,
    "list_audit": 200,
    "get_me": 200,
    "start_sync": 202,
    "list_decisions": 200,
    "get_decision": 404,
    "confirm_decision": 404,
    "refuse_decision": 404,
    "preview_case": 200,
    "preview_departure": 404,  # nobody of that name is a member
    "approve_plan": 409,  # nothing of it waits for approval
    "reject_plan": 409,
    "replan_case": 409,
    "close_case": 200,
    "reassign_edges": 409,  # played after the case was closed
    "start_sync_without_key": 422,
    "get_handover_settings": 200,
    "put_handover_settings": 200,
    "claims_missing": 403,
    "get_customer": 200,
    "get_consent": 200,
    "record_consent": 200,
    "make_consent_link": 200,
    "get_consent_settings": 200,
    "put_consent_settings": 200,
    "list_findings": 200,
    "hold_customer": 200,
    "release_customer": 200,
    "assign_owner": 200,
    "list_member_tasks": 200,
    "list_covers": 200,
    "get_member_cover": 200,
    "end_task": 200,
    "unknown_route": 404,
    "get_archive_intake": 200,
    "get_archive_media_status": 200,
    "get_service_settings": 200,
    "put_service_settings": 200,
    "get_archive_seats": 200,
    "sweep_archive_intake": 202,
    "reopen_archive_rows": 202,
    "list_welcome_rules": 200,
    "put_welcome_rule": 409,  # the content is not released
    "remove_welcome_rule": 404,
    "list_activities": 200,
    "create_activity": 201,
    "get_activity": 404,  # nobody made it, nor any version of it
    "revise_activity": 404,
    "get_content_version": 404,
    "submit_content": 404,
    "review_content": 404,
    "approve_content": 404,
    "reject_content": 404,
    "release_content": 404,
    "recall_content": 404,
    "put_product": 200,
    "get_product": 404,  # read before it is put: samples play in order of their names
    "list_products": 200,
    "grant_product": 409,  # as above
    "get_member_permissions": 200,
    "put_qualification": 200,
    "withdraw_product": 200,
    "plan_content": 201,
    "get_calendar_week": 200,
    "drop_content": 404,
    "approve_campaign": 404,
    "close_campaign": 404,
    "create_campaign": 201,
    "edit_campaign": 404,
    "get_campaign": 404,
    "get_campaign_results": 404,
    "get_campaign_settings": 200,
    "get_customer_exposure": 404,
    "let_next_ring_start": 404,
    "list_campaign_recipients": 404,
    "list_campaign_tasks": 404,
    "list_campaigns": 200,
    "list_shared_campaigns": 200,
    "get_shared_campaign": 404,
    "get_shared_results": 404,
    "list_shared_tasks": 404,
    "list_shared_recipients": 404,
    "pause_campaign": 404,
    "put_campaign_settings": 200,
    "recall_campaign": 404,
    "reject_campaign": 404,
    "resume_campaign": 404,
    "schedule_campaign": 404,
    "submit_campaign": 404,
    "test_campaign": 404,
    "list_segment_fields": 200,
    "list_segments": 200,
    "create_segment": 201,
    "get_segment": 404,
    "announce_segment_list": 201,
    "revise_segment": 404,
    "preview_audience": 200,
    "get_audience_settings": 200,
    "put_audience_settings": 200,
    "get_needs_settings": 200,
    "put_needs_settings": 200,
    "list_customer_recommendations": 200,
    "list_member_recommendations": 200,
    "get_content_settings": 200,
    "put_content_settings": 200,
    "announce_asset": 201,
    "get_asset": 404,
    "check_asset": 404,
    "get_customer_pressure": 200,
    "list_pressure_exceptions": 200,
    "ask_for_pressure_exception": 409,  # the sample's day has passed, or lies too far ahead
    "approve_pressure_exception": 404,
    "reject_pressure_exception": 404,
    "revoke_pressure_exception": 404,
    "get_pressure_settings": 200,
    "put_pressure_settings": 200,
}


def test_every_sample_event_has_its_expected_answer(stack: admin.Stack) -> None:
    answered = {path.stem: stack.send(sample(path.stem)).status for path in sorted(EVENTS.glob("*.json"))}

    assert answered == EXPECTED


def test_a_case_is_found_with_counted_totals(stack: admin.Stack) -> None:
    listed = stack.send(sample("list_cases")).body["items"]
    case = stack.send(sample("get_case")).body

    assert [item["case_id"] for item in listed] == [admin.CASE_ID]
    assert case["summary"]["customers"] == {"total": 150, "by_state": {"done": 149, "manual": 1}}
    assert case["summary"]["groups"] == {"total": 1, "by_state": {"done": 1}}


def test_open_edges_name_who_must_act(stack: admin.Stack) -> None:
    (edge,) = stack.send(sample("list_edges")).body["items"]

    assert (edge["target_id"], edge["cause"], edge["owner_userid"]) == ("wm007", "customer_refused", "mgr_shanghai")


def test_a_leave_shows_the_tasks_that_go_to_the_cover(stack: admin.Stack) -> None:
    tasks = DynamoTaskTable(Table(session.client("dynamodb"), "tasks"))
    for number in range(3):
        task = Task(f"task_{number}", "rm_hu", TaskKind.FOLLOW_UP, ("wm001",), "/1/10/12/", AT, AT)
        assert tasks.save([TaskChange(None, task)])

    listed = stack.send(sample("list_covers")).body["items"]
    found = stack.send(sample("get_member_cover")).body

    assert [(row["userid"], row["cover_userid"], row["last_day"]) for row in listed] == [("rm_hu", "rm_zhou", None)]
    assert found["acting_userid"] == "rm_zhou"
    assert [task["task_id"] for task in found["open_tasks"]] == ["task_0", "task_1", "task_2"]
    assert (found["ended_tasks"], found["cases"], found["is_whole"]) == ([], [], True)


def test_holds_and_assignments_are_stored_and_audited_once(stack: admin.Stack) -> None:
    for name in ("hold_customer", "hold_customer", "release_customer", "assign_owner", "assign_owner"):
        last = stack.send(sample(name)).body
    done = [entry.action for entry in stack.audit.oldest("10")]

    assert (last["hold"], last["owner_userid"], last["basis"]) == (None, "rm_zhou", "assigned")
    assert [action for action in done if not action.startswith("api.")] == [
        "customer.held.complaint",
        "customer.released.complaint",
        "customer.assigned",
    ]


def test_edges_are_paged_over_chunks_without_loss_or_repeat(stack: admin.Stack) -> None:
    found: list[str] = []
    query = {"limit": "40"}
    for _ in range(4):
        body = stack.send(Request(f"/v1/cases/{admin.CASE_ID}/edges", query=query, claims=BRANCH_10).event()).body
        found += [edge["target_id"] for edge in body["items"]]
        query = {"limit": "40", "cursor": body["cursor"]}

    assert found == [f"wm{number:03d}" for number in range(150)]
    assert body["cursor"] is None


def test_a_cursor_of_one_list_is_refused_by_another(stack: admin.Stack) -> None:
    cursor = stack.send(Request(f"/v1/cases/{admin.CASE_ID}/edges", query={"limit": "40"}).event()).body["cursor"]

    for path in ("/v1/cases", f"/v1/cases/{admin.CASE_ID}/groups", "/v1/rejections", "/v1/audit"):
        reply = stack.send(Request(path, query={"cursor": cursor}).event())
        assert (reply.status, reply.body["type"]) == (400, "urn:scrm:problem:invalid-cursor")
