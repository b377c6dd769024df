"""Conversations in the small bank's life: kept, checked, found, exported, certified."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import requests

from local.cli import archive_proof
from local.cli.client import at
from local.engine.credentials import WecomCredentials
from scrm.archive.places import manifest_key
from scrm.clock import BUSINESS_ZONE
from scrm.kpi.facts import KINDS
from tests.e2e.small_bank import Bank

MINUTE, HOUR = 60, 3_600


def conversations_are_kept(bank: Bank) -> None:
    """News wakes the intake; a message whose key is not here waits for it, and is opened when it comes."""
    head_office, archive = bank.operator("head_office"), bank.wecom.archive
    ours = WecomCredentials(**bank.stack.endpoints.credentials["wecom"])
    later = replace(ours, archive_key=WecomCredentials.draw().archive_key)
    relation = next(row for userid in bank.rms for row in bank.wecom.relations(userid))
    member, customer = relation["userid"], relation["external_userid"]
    archive.upload_key(ours.archive_public_key())
    archive.set_seats([member])
    bank.invoke("ArchiveIntakeFunction", {"schedule": "archive_intake.seats"})
    seats = head_office.get(at("archive", "seats"))
    assert seats["with_seat"] == 1
    assert member not in {row["userid"] for row in seats["without"]}
    bank.wecom.patch_relation(member, customer, archive_consent="agreed")
    archive.write(member, customer, "您好")
    archive.write(customer, member, "想贷款，不要再发了，我要投诉")
    body = {**archive.make_file(700_000), "filename": "说明.pdf", "fileext": "pdf"}
    archive.say({"from": member, "tolist": [customer], "msgtype": "file", "file": body})
    bank.pass_time(10 * MINUTE)
    archive.upload_key(later.archive_public_key())
    archive.write(customer, member, "你好")
    bank.pass_time(10 * MINUTE)
    kept = head_office.get(at("archive", "intake"))
    assert (kept["pages"], kept["open_pages"]) == (2, 0)
    assert kept["parked"] == [{"key_version": 2, "reason": "key_missing", "rows": 1}]
    keys = {"1": ours.archive_key, "2": later.archive_key}
    secret_id = bank.stack.deployed.physical_ids["ArchiveKeysSecret"]
    client = bank.stack.engine.client("secretsmanager")
    client.put_secret_value(SecretId=secret_id, SecretString=json.dumps(keys))
    assert (head_office.get(at("consents", customer))["statements"][0]["source"]) == "conversation"
    for asked in ("sweep", "reopening"):
        head_office.post(at("archive", "intake", asked), {})
    bank.pass_time(2 * HOUR)
    assert head_office.get(at("archive", "intake"))["parked"] == []
    _conversations_are_looked_at(bank, customer)


def _conversations_are_looked_at(bank: Bank, customer: str) -> None:
    """A compliance officer searches, reads, holds, exports, and decides what a customer wants deleted."""
    today = datetime.fromisoformat(bank.wecom.clock()["now"]).astimezone(BUSINESS_ZONE).date()
    officer, first = bank.operator("compliance"), today - timedelta(days=1)
    asked = {"first_day": first.isoformat(), "last_day": today.isoformat(), "parties": [customer], "reason": "投诉核查"}
    found = officer.post(at("archive", "messages"), asked)["items"]
    assert {"您好", "想贷款，不要再发了，我要投诉", "你好"} <= {row["text"] for row in found}
    by_number = {**asked, "parties": []}
    told = officer.post(at("archive", "messages"), {**by_number, "customer_number": "60010001"})["items"]
    assert [row["message_id"] for row in told] == [row["message_id"] for row in found]
    assert officer.post(at("archive", "messages"), {**by_number, "customer_number": "60019999"})["items"] == []
    for row in found:
        shown = officer.get(at("archive", "messages", row["message_id"]), reason="投诉核查")
        assert "\n".join(shown["texts"]) == row["text"]
    (complaint,) = officer.rows(at("review-cases"), 0, kind="complaint")
    of_case = officer.get(at("review-cases", complaint["case_id"]))["message"]
    assert "我要投诉" in officer.get(of_case, reason="投诉核查")["texts"][0]
    officer.post(at("archive", "messages", found[0]["message_id"], "unmasking"), {"reason": "监管要求"})
    kinds = [row["kind"] for row in officer.rows(at("archive", "accesses"), 0, day=today.isoformat())]
    assert sorted(kinds) == [*(["read"] * (len(found) + 1)), "searched", "searched", "searched", "unmasked"]
    export = at("archive", "exports", officer.post(at("archive", "exports"), {"search": asked})["export_id"])
    bank.operator("checker").post(f"{export}/approve", {"note": "同意"})
    hold = officer.post(at("archive", "holds"), {"external_userid": customer, "reason": "立案调查"})
    asked_to_lift = officer.post(at("archive", "holds", hold["hold_id"], "lift"), {"reason": "已结案"})
    assert asked_to_lift["state"] == "lifting"
    wish = officer.post(at("archive", "deletion-requests"), {"external_userid": customer, "wish": "请删除聊天记录"})
    decided = officer.post(at("archive", "deletion-requests", wish["request_id"], "restrict"), {"reason": "留存期内"})
    assert decided["grounds"] == ["retention", "legal_hold"]
    kept = officer.get(at("archive", "retention"))
    days = dict.fromkeys(("chat_days", "media_days", "certificate_days"), kept["locked_days"] + 1)
    longer = {"version": kept["version"], "settings": days}
    bank.operator("head_office").put(at("archive", "retention"), longer)
    bank.pass_time(MINUTE)
    assert (officer.get(export)["state"], officer.get(export)["messages"]) == ("ready", len(found))
    link = officer.get(f"{export}/download", name="manifest.json", reason="检查")
    assert requests.get(link["url"], timeout=20).json()["messages"] == len(found)


def service_is_measured(bank: Bank) -> None:
    """The days before are over by now."""
    bank.invoke("ArchiveRollupFunction", {"schedule": "archive_rollup.service"})
    listed = bank.stack.engine.client("s3").list_objects_v2(
        Bucket=bank.stack.endpoints.resources["buckets"]["DataBucket"], Prefix="facts/service_quality/"
    )
    assert listed["KeyCount"] >= 1


def facts_are_counted(bank: Bank) -> None:
    """Three windows, of which the counts of the first are removed; a line of each kind that is no fact."""
    s3, bucket = bank.stack.engine.client("s3"), bank.stack.endpoints.resources["buckets"]["DataBucket"]
    landing = datetime.fromisoformat(bank.wecom.clock()["now"]).astimezone(BUSINESS_ZONE).date()
    told = {"node_path": "/1/", "userid": bank.rms[0], "occurred_at": f"{landing}T00:00:00.000Z"}
    for kind in KINDS:
        s3.put_object(Bucket=bucket, Key=f"facts/{kind}/{landing}/story.jsonl", Body=b"{}\n")
    for number in range(3):
        line = {**told, "event_id": f"added_{number:026d}"}
        key = f"facts/contact_added/{landing}/story-{number}.jsonl"
        s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(line).encode() + b"\n")
        bank.invoke("KpiRollupFunction", {"schedule": "kpi_rollup.count"})


def a_day_is_certified(bank: Bank) -> None:
    """After midnight; an auditor finds the day whole, and an object that somebody wrote over by its name."""
    day = datetime.fromisoformat(bank.wecom.clock()["now"]).astimezone(BUSINESS_ZONE).date()
    midnight = datetime.combine(day + timedelta(days=1), time.min, BUSINESS_ZONE)
    bank.wecom.advance_to((midnight + timedelta(minutes=15)).astimezone(UTC).isoformat())
    bank.settle()
    certified = bank.operator("auditor").rows(at("archive", "certificates"), 0)
    assert certified[0]["day"] == day.isoformat()
    assert sum(each["counts"]["pages"] for each in certified) == 2
    assert sum(each["media"]["stored"] for each in certified) == 1
    days = [date.fromisoformat(each["day"]) for each in certified]
    engine, bucket = bank.stack.engine, bank.stack.endpoints.resources["buckets"]["ArchiveBucket"]
    retention = {"Bucket": bucket, "Key": manifest_key(1)}
    locked = engine.client("s3").get_object_retention(**retention)["Retention"]["RetainUntilDate"]
    bank.invoke("ArchiveRetentionFunction", {"schedule": "archive_retention.due"})
    assert engine.client("s3").get_object_retention(**retention)["Retention"]["RetainUntilDate"] > locked
    key = engine.client("kms").get_public_key(KeyId=bank.stack.deployed.physical_ids["CertificateKey"])["PublicKey"]

    def faults() -> list[str]:
        found = archive_proof.verified(days, bucket, lambda: key, lambda: engine.client("s3"))
        return [place for each in found for _, place in each.faults]

    assert faults() == []
    engine.client("s3").put_object(Bucket=bucket, Key=manifest_key(1), Body=b"{}")
    assert manifest_key(1) in faults()
