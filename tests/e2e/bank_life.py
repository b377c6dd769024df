"""A small bank on a running stack and all that happens to it: every function does there what it is for."""

import hashlib
import io
from contextlib import suppress
from datetime import datetime, timedelta

import requests

from local.cli.client import at
from local.cli.errors import NotFoundError
from tests.e2e.bank_archive import a_day_is_certified, conversations_are_kept, facts_are_counted, service_is_measured
from tests.e2e.bank_figures import figures_are_told_and_reported
from tests.e2e.bank_kpi import a_morning_is_collected, an_add_counts_on_appeal, feeds_are_delivered
from tests.e2e.bank_targets import a_year_is_planned
from tests.e2e.bank_uplift import uplift_is_reviewed
from tests.e2e.conditions import eventually
from tests.e2e.small_bank import Bank

NEEDS = {
    "impact_assessment_id": "PIA-1",
    "rules": [
        {"rule_id": "steady", "when": "risk_class is known", "score": 50, "reason": "已评估", "kinds": ["activity"]}
    ],
}
MINUTE, HOUR, DAY = 60, 3_600, 86_400


def live(bank: Bank) -> None:
    """All of it, in its order; the stack's clock goes on by days."""
    first = bank.rms[0]
    # A cold start may miss WeCom's second, as in life; then the operator saves again.
    eventually(lambda: bank.wecom.verify_callback("contacts"), lambda error: error is None)
    bank.invoke("ContactSyncFunction", {"schedule": "contact_sync.full_pass"})
    bank.settle()
    bank.tell_hr_event(schema_version=1, event_id="hr-without-a-member")
    second = _a_handover_that_ends_well(bank, first)  # who took over, and whose tasks go on with the customers
    third, fourth, fifth = [userid for userid in bank.rms if userid not in {first, second}][:3]
    _a_handover_through_an_outage(bank, second)
    _customers_and_groups_change(bank, third)
    _rosters_come(bank)
    _a_customer_master_comes(bank, third)
    _facts_of_customers_come(bank, third)
    _answers_of_customers_come(bank, third)
    _a_leave_and_a_new_department(bank, third, fourth)
    _operators_decide(bank, second)
    _a_departure_nobody_hears_of(bank, fifth)
    _operators_look(bank)
    _operators_take_the_proof(bank, first)
    _a_customer_may_be_touched_more_often(bank)
    _campaigns_run(bank)
    _a_segment_is_made(bank)
    _a_customer_comes_by_a_contact_way(bank)
    _a_customer_chooses(bank)
    conversations_are_kept(bank)
    a_day_is_certified(bank)
    a_year_is_planned(bank)
    figures_are_told_and_reported(bank)
    uplift_is_reviewed(bank)
    service_is_measured(bank)
    facts_are_counted(bank)
    a_morning_is_collected(bank)
    feeds_are_delivered(bank)
    an_add_counts_on_appeal(bank)


def _a_handover_that_ends_well(bank: Bank, userid: str) -> str:
    bank.wecom.revoke_tokens()  # the worker has to fetch one
    bank.leaves(userid)
    bank.wecom.revoke_tokens()  # and so has reconcile
    taker = str(bank.wecom.transfers()[0]["takeover_userid"])
    bank.rename(taker, "rm_renamed")  # while customers are on their way to him
    for transfer in bank.wecom.transfers():
        bank.wecom.decide(transfer["external_userid"], "accept")
    bank.pass_time(70 * MINUTE)
    bank.rename("rm_renamed", taker)  # and back, when he has tasks
    bank.tell_departed(userid, "hr-said-again-after-the-end")
    return taker


def _a_handover_through_an_outage(bank: Bank, userid: str) -> None:
    bank.wecom.start_outage()
    bank.leaves(userid)
    bank.wecom.end_outage()
    bank.pass_time(HOUR)
    # One of his own: the task about those he took over moves whole.
    took_over = {row["external_userid"] for row in bank.world["relations"] if row["userid"] == bank.leavers[0]}
    mine = [each for each in bank.wecom.transfers() if each["handover_userid"] == userid]
    refusing = next(each for each in mine if each["external_userid"] not in took_over)
    bank.wecom.decide(refusing["external_userid"], "refuse")
    bank.settle()
    bank.pass_time(20 * MINUTE)  # the next colleague is told that there is nobody to take over any more


def _customers_and_groups_change(bank: Bank, userid: str) -> None:
    lost, changed, unheard = bank.wecom.relations(userid)[:3]
    bank.wecom.remove_relation(userid, lost["external_userid"])
    bank.wecom.patch_relation(userid, changed["external_userid"], remark="贵宾")
    bank.wecom.patch_group(bank.wecom.groups()[0]["chat_id"], name="新名称")
    bank.settle()
    bank.wecom.callback_policy({"lose_percent": 100})
    bank.wecom.remove_relation(userid, unheard["external_userid"])  # only the full pass can find this out
    bank.settle()
    bank.wecom.callback_policy({"lose_percent": 0})


def _rosters_come(bank: Bank) -> None:
    """A roster, and the next day's, in which somebody learnt a language and one row is broken."""
    columns = "userid,name,node_id,post,status,last_day,successor_userid,languages,qualifications,capacity"
    everybody = [f"{each['userid']},,{each['main_department']},,active,,,,," for each in bank.world["members"]]
    s3, bucket = bank.stack.engine.client("s3"), bank.stack.endpoints.resources["buckets"]["DataBucket"]
    for day, rows in enumerate((everybody, [*everybody[:-1], everybody[-1] + "x", "rm_new,,1,,active,,,en,,"])):
        body = "\n".join([columns, *rows]).encode()
        s3.put_object(Bucket=bucket, Key=f"roster/incoming/staff {day}.csv", Body=body)
        bank.settle()


def _a_customer_master_comes(bank: Bank, userid: str) -> None:
    customer_id = bank.wecom.relations(userid)[0]["external_userid"]
    s3, bucket = bank.stack.engine.client("s3"), bank.stack.endpoints.resources["buckets"]["DataBucket"]
    body = f"external_userid,userid,customer_number\n{customer_id},{userid},60010001\n".encode()
    s3.put_object(Bucket=bucket, Key="master/incoming/customers.csv", Body=body)
    bank.settle()
    assert bank.operator("head_office").customer(customer_id)["managing_userid"] == userid


def _facts_of_customers_come(bank: Bank, userid: str) -> None:
    """A feed with too many broken rows, a good one, and one that rates a customer lower."""
    customers = [row["external_userid"] for row in bank.wecom.relations(userid)]
    broken, good, lower = (
        [f"{one},{level if one == customers[0] else 'C3'},2026-01-05,1980-02-29,given" for one in customers]
        for level in ("C9", "C3", "C1")
    )
    s3, bucket = bank.stack.engine.client("s3"), bank.stack.endpoints.resources["buckets"]["DataBucket"]
    for day, rows in enumerate((broken, good, lower)):
        body = "\n".join(["external_userid,risk_class,assessed_on,born_on,consent", *rows]).encode()
        s3.put_object(Bucket=bucket, Key=f"audience/incoming/facts {day}.csv", Body=body)
        bank.settle()


def _answers_of_customers_come(bank: Bank, userid: str) -> None:
    """A refusal, an older consent, a row nobody can use, somebody who is not known; and a file without its columns."""
    customer_id = bank.wecom.relations(userid)[-1]["external_userid"]
    header = "external_userid,answer,said_at,reference"
    rows = [
        f"{customer_id},opted_out,2026-01-06T10:00:00+08:00,",
        f"{customer_id},consented,2026-01-05T10:00:00+08:00,FORM-1",
        f"{customer_id},perhaps,2026-01-05T10:00:00+08:00,",
        "wmNOT_KNOWN_YET,opted_out,2026-01-05T10:00:00+08:00,",
    ]
    s3, bucket = bank.stack.engine.client("s3"), bank.stack.endpoints.resources["buckets"]["DataBucket"]
    for day, lines in enumerate(([header, *rows], rows)):
        s3.put_object(Bucket=bucket, Key=f"consent/incoming/answers {day}.csv", Body="\n".join(lines).encode())
        bank.settle()
    found = bank.operator("head_office").get(at("consents", customer_id))
    assert (found["answer"], [said["source"] for said in found["statements"]]) == ("opted_out", ["feed", "feed"])
    reviewed = s3.list_objects_v2(Bucket=bucket, Prefix="consent/review/")["Contents"]
    assert len(reviewed) == 1
    # He agrees again, so that campaigns find their audience whole.
    head_office = bank.operator("head_office")
    head_office.put(at("consents", customer_id), {"answer": "consented", "reference": "FORM-2"})


def _a_leave_and_a_new_department(bank: Bank, userid: str, cover: str) -> None:
    """HR names who acts, then another one."""
    manager = next(each["userid"] for each in bank.world["members"] if each["userid"] not in {userid, cover})
    for number, acting in enumerate((cover, manager)):
        bank.tell_hr_event(
            "StaffOnLeave",
            schema_version=1,
            event_id=f"hr-leave-{number}",
            occurred_at=f"2026-11-21T0{number}:00:00Z",
            corp_id=bank.stack.endpoints.credentials["wecom"]["corp_id"],
            userid=userid,
            first_day="2030-01-01",
            last_day="2030-01-02",
            cover_userid=acting,
        )
        bank.settle()
    bank.wecom.put_department({"id": 9_999, "name": "新机构", "parentid": 1})
    bank.settle()


def _operators_decide(bank: Bank, userid: str) -> None:
    """The refused customer is offered to somebody else, who is told the same; then the case is closed by hand."""
    head_office = bank.operator("head_office")
    case_id = bank.case_of(userid)["case_id"]
    bank.pass_time(DAY)
    (manual,) = head_office.edges(case_id, 0, state="manual")
    head_office.reassign(case_id, "customers", [manual["target_id"]], manual["takeover_userid"])
    bank.settle()
    bank.pass_time(20 * MINUTE)
    head_office.close(case_id, "served by the branch office from now on")
    bank.settle()


def _a_departure_nobody_hears_of(bank: Bank, userid: str) -> None:
    """The nightly audit finds it; one run an hour at most."""
    bank.wecom.callback_policy({"lose_percent": 100})
    bank.wecom.delete_member(userid)
    bank.settle()
    bank.wecom.callback_policy({"lose_percent": 0})
    bank.pass_time(HOUR)
    bank.invoke("HandoverReconcileFunction", {"schedule": "handover_reconcile.audit"})
    bank.settle()


def _operators_take_the_proof(bank: Bank, userid: str) -> None:
    head_office = bank.operator("head_office")
    case_id = bank.case_of(userid)["case_id"]
    (certificate,) = head_office.certificate(case_id, verify=True)["items"]
    assert certificate["problems"] == []
    for form in ("json", "csv"):
        head_office.download(case_id, form, None, io.BytesIO())  # raises for another hash than the one told
    head_office.orphans(0)


def _a_customer_may_be_touched_more_often(bank: Bank) -> None:
    """One who went to another owner: what the ledger has of him comes along when somebody looks."""
    head_office = bank.operator("head_office")
    (moved,) = head_office.edges(bank.case_of(bank.leavers[0])["case_id"], 1, state="done")
    head_office.get(at("pressure", "customers", moved["target_id"]))
    until = datetime.fromisoformat(bank.wecom.clock()["now"]) + timedelta(days=7)
    asked = {"scope": "customer", "subject_id": moved["target_id"], "weekly_cap": 3}
    found = head_office.post(at("pressure-exceptions"), {**asked, "valid_until": until.isoformat(), "reason": "due"})
    bank.operator("checker").post(at("pressure-exceptions", found["exception_id"], "approve"), {})


def _campaigns_run(bank: Bank) -> None:
    """One is tested, sent and confirmed; another one is recalled, and so is a third with its content."""
    head_office, checker = bank.operator("head_office"), bank.operator("checker")
    awake = {"quiet_from": "00:00", "quiet_until": "00:00"}
    head_office.put(at("settings", "campaigns"), {"version": 0, "settings": awake})
    head_office.put(at("settings", "consent"), {"version": 0, "settings": {"exclude_archive_refusals": True}})
    activity_id = _content_is_released(bank)
    first = _a_campaign_is_approved(bank, activity_id, "first")
    seed = head_office.get(at("campaigns", first))["submission"]["audience"]["sample"][0]
    head_office.post(at("campaigns", first, "test-send"), {"external_userids": [seed]})
    head_office.get(at("customers", seed, "recommendations"))
    _starts(bank, first)
    bank.wecom.confirm_messages()
    bank.pass_time(40 * MINUTE)
    bank.pass_time(40 * MINUTE)
    second = _a_campaign_is_approved(bank, activity_id, "second")
    _starts(bank, second)
    head_office.post(at("campaigns", second, "recall"), {"reason": "wrong rate"})
    bank.settle()
    third = _a_campaign_is_approved(bank, activity_id, "third")
    _starts(bank, third)
    _newcomers_are_greeted(bank, _content_is_released(bank, "营销信息：欢迎，退订请点 {opt_out_link}"))
    _the_lexicon_comes_into_force(bank)
    _compliance_has_nothing_to_review(bank)
    head_office.post(at("activities", activity_id, "versions", "1", "recall"), {"note": "wrong rate"})
    bank.settle()
    assert head_office.get(at("campaigns", third))["state"] == "recalled"
    for campaign_id in (first, second, third):
        found = head_office.get(at("campaigns", campaign_id, "results"))
        assert found["not_planned"] + found["pending"] + sum(found["by_state"].values()) == found["audience"]
        assert head_office.rows(at("campaigns", campaign_id, "recipients"), 1)
        assert head_office.rows(at("campaigns", campaign_id, "tasks"), 1)
    assert len(head_office.rows(at("campaigns"), 0)) == 3
    branch = next(node["id"] for node in bank.world["departments"] if node.get("parentid") == 1)
    below = bank.operator(f"branch_{branch}")
    assert below.rows(at("campaigns"), 0) == []
    assert len(below.rows(at("shared-campaigns"), 0)) == 3
    whole = head_office.get(at("campaigns", first, "results"))
    assert below.get(at("shared-campaigns", first, "results"))["by_state"] == whole["by_state"]
    assert len(below.rows(at("shared-campaigns", first, "recipients"), 0)) == whole["audience"]
    assert head_office.get(at("customers", seed, "exposure"))["items"]
    checker.get(at("campaigns", first))


def _newcomers_are_greeted(bank: Bank, activity_id: str) -> None:
    """A cold start may miss the 20 seconds on a busy machine; the next newcomer finds the function warm."""
    head_office = bank.operator("head_office")
    head_office.put(at("welcome-rules", "1"), {"activity_id": activity_id, "version": 1})
    userid = bank.wecom.relations()[0]["userid"]
    for number in range(5):
        newcomer = f"wmNEWCOMER{number}"
        now = datetime.fromisoformat(bank.wecom.clock()["now"])
        relation = {"userid": userid, "external_userid": newcomer, "createtime": int(now.timestamp())}
        bank.wecom.add_customers([{"relation": relation, "customer": {"external_userid": newcomer, "name": "新客户"}}])
        bank.settle()
        if sent := [each["content"] for each in bank.wecom.welcomes(newcomer) if each["content"]]:
            assert "/o/k1-" in str(sent)
            break
    else:
        raise AssertionError("nobody was greeted")
    assert len(head_office.get(at("welcome-rules"))["items"]) == 1
    head_office.delete(at("welcome-rules", "1"))


def _the_lexicon_comes_into_force(bank: Bank) -> None:
    made = bank.operator("head_office").post(at("lexicon", "versions"), {"standard": True})
    version = ("lexicon", "versions", str(made["number"]))
    bank.operator("checker").post(at(*version, "approve"), {})
    begun = bank.operator("compliance").post(at(*version, "replays"), {"days": 7})
    bank.settle()
    assert bank.operator("compliance").get(at(*version, "replays", begun["replay_id"]))["state"] == "done"
    bank.operator("compliance").post(at(*version, "put-in-force"), {})
    bank.settle()
    assert bank.operator("head_office").get(at("lexicon", "sync"))["is_in_sync"]
    found = bank.operator("head_office").post(at(*version, "scan"), {"text": "这款保 本，您放心"})
    assert [hit["evasion"] for hit in found["hits"]] == ["split"]


def _compliance_has_nothing_to_review(bank: Bank) -> None:
    compliance = bank.operator("compliance")
    assert compliance.rows(at("review-cases"), 0) == []
    assert compliance.rows(at("review-cases"), 0, only="head_office") == []
    with suppress(NotFoundError):
        compliance.get(at("review-cases", "rev_none"))
    assert compliance.get(at("review-reports"))["desks"] == []
    assert compliance.get(at("review-reports", "precision"), lexicon_version="1")["items"] == []


def _content_is_released(bank: Bank, text: str = "营销信息：秋季财富节") -> str:
    head_office, now = bank.operator("head_office"), datetime.fromisoformat(bank.wecom.clock()["now"])
    made = head_office.post(
        at("activities"),
        {
            "title": "秋季财富节",
            "kind": "activity",
            "selling_point": "绑卡即享开户礼",
            "target_kpi": "card_binding",
            "compliance_label": "营销信息",
            "valid_from": now.isoformat(),
            "valid_until": (now + timedelta(days=14)).isoformat(),
            "variants": {"one_to_one": {"text": text}},
        },
    )
    version = "activities", str(made["activity_id"]), "versions", "1"
    head_office.post(at(*version, "submit"), {})
    bank.operator("compliance").post(at(*version, "review"), {"note": "fine"})
    bank.operator("checker").post(at(*version, "approve"), {})
    head_office.post(at(*version, "release"), {})
    return str(made["activity_id"])


def _a_campaign_is_approved(bank: Bank, activity_id: str, name: str, segment_id: str = "all_customers") -> str:
    head_office = bank.operator("head_office")
    asked = {"channel": "one_to_one", "target_kpi": "card_binding", "activity_id": activity_id, "content_version": 1}
    made = head_office.post(at("campaigns"), {**asked, "name": name, "segment_id": segment_id})
    campaign_id = str(made["campaign_id"])
    head_office.post(at("campaigns", campaign_id, "submit"), {})
    bank.settle()
    snapshot_id = head_office.get(at("campaigns", campaign_id))["submission"]["audience"]["snapshot_id"]
    bank.operator("checker").post(at("campaigns", campaign_id, "approve"), {"snapshot_id": snapshot_id})
    return campaign_id


def _starts(bank: Bank, campaign_id: str) -> None:
    """Planned by one tick, created by the next at the latest."""
    at_once = datetime.fromisoformat(bank.wecom.clock()["now"]) + timedelta(minutes=1)
    bank.operator("head_office").post(at("campaigns", campaign_id, "schedule"), {"starts_at": at_once.isoformat()})
    bank.pass_time(20 * MINUTE)


def _a_segment_is_made(bank: Bank) -> None:
    """And one of its customers wants no marketing."""
    head_office = bank.operator("head_office")
    made = head_office.post(at("segments"), {"name": "稳健客户", "expression": "risk_class = C3"})
    found = head_office.get(at("audience-preview"), segment_id=made["segment_id"])
    customer_id = found["sample"][0]
    _a_list_is_brought(bank, found["sample"])
    head_office.put(at("consents", customer_id), {"answer": "opted_out"})
    head_office.put(at("settings", "needs"), {"version": 0, "settings": NEEDS})
    again = head_office.get(at("audience-preview"), segment_id=made["segment_id"])
    assert again["excluded"] == {"opted_out": 1}
    bank.settle()


def _a_customer_chooses(bank: Bank) -> None:
    """On his page: he looks, agrees, and changes his mind."""
    head_office = bank.operator("head_office")
    followed = (row for userid in bank.rms for row in bank.wecom.relations(userid))
    customer_id = next(followed)["external_userid"]
    page = head_office.post(at("consents", customer_id, "link"), {})["url"]
    assert page.startswith(bank.stack.endpoints.customer_page_url)
    looked = requests.get(page, timeout=20)
    assert (looked.status_code, looked.headers["cache-control"]) == (200, "no-store")
    for answer in ("consented", "opted_out"):
        chosen = requests.post(page, {"answer": answer, "confirm": "1"}, timeout=20)
        assert (chosen.status_code, "已为您登记" in chosen.text) == (200, True)
    found = head_office.get(at("consents", customer_id))
    assert [(said["answer"], said["source"]) for said in found["statements"][:2]] == [
        ("opted_out", "link"),
        ("consented", "link"),
    ]
    assert requests.get(f"{page[:-3]}aaa", timeout=20).status_code == 404
    bank.settle()


def _a_list_is_brought(bank: Bank, external_userids: list[str]) -> None:
    """With a row nobody can use; a campaign reaches it."""
    head_office = bank.operator("head_office")
    content = "\n".join(["external_userid", *(["wm"] * 20), "not one", *external_userids]).encode()
    digest = hashlib.sha256(content).hexdigest()
    link = head_office.post(at("segment-uploads"), {"size": len(content), "sha256": digest})
    head_office.put_file(link["upload_url"], content)
    made = head_office.post(at("segments"), {"name": "回访名单", "list_sha256": digest})
    assert (made["listed"], made["unusable"]) == (len(external_userids) + 1, 1)
    assert head_office.get(at("audience-preview"), segment_id=made["segment_id"])["candidates"]
    campaign_id = _a_campaign_is_approved(bank, _content_is_released(bank), "list", made["segment_id"])
    audience = head_office.get(at("campaigns", campaign_id))["submission"]["audience"]
    assert audience["candidates"] == len(external_userids)


def _operators_look(bank: Bank) -> None:
    head_office = bank.operator("head_office")
    case = head_office.cases(0)[0]
    head_office.me()
    head_office.case(case["case_id"])
    head_office.edges(case["case_id"], 0)
    head_office.groups(case["case_id"], 0)
    rejections = head_office.rejections(0)
    head_office.review_rejection(rejections[0]["rejection_id"], "HR was told")
    node = head_office.node("1")
    head_office.nodes_below("1", 0)
    head_office.change_node("1", {"lifecycle": "pilot", "version": node["version"]})
    head_office.audit(0)
    head_office.preview(case["case_id"])
    head_office.preview_departure(bank.rms[2])
    head_office.start_sync("the-same-key")
    head_office.start_sync("the-same-key")
    branch = next(node["id"] for node in bank.world["departments"] if node.get("parentid") == 1)
    bank.operator(f"branch_{branch}").cases(0)
    customer_id = head_office.edges(bank.case_of(bank.leavers[0])["case_id"], 1)[0]["target_id"]
    head_office.hold(customer_id, "complaint")
    head_office.release(customer_id, "complaint")
    head_office.customers(0, "gap")
    task = next(task for userid in bank.rms for task in head_office.tasks(userid, 0))
    head_office.end_task(task["task_id"], "done", task["owner_userid"], "greeted")
    bank.settle()


def _a_customer_comes_by_a_contact_way(bank: Bank) -> None:
    """Of a member who can serve, of two nodes; the night compares the way, and ends it."""
    head_office = bank.operator("head_office")
    serving = next(each for each in bank.rms if each not in bank.leavers and bank.wecom.relations(each))
    made = head_office.post(at("contact-ways"), {"name": "网点大堂", "userids": [serving], "kind": "multi"})
    rule = head_office.post(at("tag-rules"), {"name": "来源", "group": "来源", "tags": ["网点"], "came_by": ["*"]})
    bank.operator("checker").post(at("tag-rules", rule["rule_id"], "release"), {"revision": 1})
    bank.settle()
    shown = head_office.get(at("contact-ways", made["way_id"]))
    (config_id,) = [shown["qr_code"].split("/")[-2]]
    newcomer = {"external_userid": "wmCAME_BY_A_WAY", "name": "新客户"}
    assert bank.wecom.scan(config_id, newcomer["external_userid"], newcomer)["userid"] == serving
    bank.settle()
    assert head_office.get(at("contact-ways", made["way_id"]))["customers"] == 1
    assert head_office.get(at("tag-rules", rule["rule_id"]))["customers"] == 1
    bank.invoke("ContactSyncFunction", {"schedule": "contact_sync.full_pass"})
    bank.settle()
    assert [row["state"] for row in head_office.rows(at("contact-ways"), 0)] == ["active"]
    head_office.delete(at("contact-ways", made["way_id"]))
    bank.settle()
