"""Is every conversation kept, found and proved? What the product says against what was written in WeCom."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from local.cli import lexicon_tables
from local.cli.client import Row, at
from local.demo.checks import Check
from local.demo.keeping import COMPLAINT_KIND, COMPLIANCE, COMPLIANCE_KIND, HIDDEN_PROMISE, Keeping, Written

_SAMPLE = "sample"
_OPT_OUTS, _COMPLAINTS, _NEEDS = {"不要再发", "退订"}, {"投诉", "误导销售"}, {"大额存单"}
_NO_CASE = _OPT_OUTS | _NEEDS
_REFUSED_STEPS = 2
_CHAT = ("manifests/", "pages/", "reopened/", "segments/")


@dataclass(frozen=True, slots=True)
class Kept:
    """What the API says: how the intake and files stand, every case, every message that a search finds."""

    status: Row
    media: Row
    cases: Sequence[Row]
    found: Sequence[Row]

    def msgids(self, kind: str) -> list[str]:
        return sorted(case["msgid"] for case in self.cases if case["kind"] == kind)


def read(told: Keeping) -> Kept:
    compliance = told.stage.as_operator(COMPLIANCE)
    cases = [*compliance.rows(at("review-cases"), 0), *compliance.rows(at("review-cases"), 0, state="closed")]
    whole = [compliance.get(at("review-cases", row["case_id"])) for row in cases]
    search = {"first_day": told.day, "last_day": told.day, "reason": "演示核对", "limit": 200}
    found: list[Row] = []
    page: Row = {"cursor": ""}
    while page["cursor"] is not None:
        page = compliance.post(at("archive", "messages"), search | ({"cursor": page["cursor"]} if found else {}))
        found += page["items"]
    intake = told.stage.as_operator("auditor")
    return Kept(intake.get(at("archive", "intake")), intake.get(at("archive", "media", "status")), whole, found)


def check_archive(told: Keeping, kept: Kept) -> Iterator[Check]:
    archived = [each for each in told.written if each.withheld is None]
    yield from _is_complete(told, kept, archived)
    yield from _is_looked_at(told, kept, archived)
    yield _customers_are_heard(told, archived)
    yield from _two_reviewers(told)
    yield from _is_certified(told)
    yield _is_locked_longer(told)
    yield _tampering_is_named(told)


def _is_complete(told: Keeping, kept: Kept, archived: Sequence[Written]) -> Iterator[Check]:
    counts = told.certificate["counts"]
    rows = (counts["rows"], counts["opened"], counts["parked"], counts["raw"])
    yield Check(
        "企业微信提供的每条消息都已存档并解密，没有遗漏",
        rows == (len(archived), len(archived), 0, 0) and not kept.status["open_pages"],
        f"企业微信 {len(archived)} 条，存档 {counts['rows']} 条，解密 {counts['opened']} 条，{counts['pages']} 页",
    )
    wanted = sorted(each.msgid for each in archived)
    claim = "每条消息都能查到，且只有一条；客户不同意存档的查不到"
    yield Check(claim, sorted(row["msgid"] for row in kept.found) == wanted, f"{len(kept.found)} 条逐一核对")
    files = told.certificate["media"]
    holds = files["named"] > 0 and files["named"] == files["stored"] and not files["open"] and not files["pages_unread"]
    yield Check("消息里的文件都已下载，大小与 MD5 相符", holds, f"提及 {files['named']}，已存 {files['stored']}")


def _is_looked_at(told: Keeping, kept: Kept, archived: Sequence[Written]) -> Iterator[Check]:
    """Every planted word opens its case and nothing else does."""
    planted = {
        kind: [each for each in archived if _kind_of(each) == kind] for kind in (COMPLIANCE_KIND, COMPLAINT_KIND)
    }
    for kind, name in ((COMPLIANCE_KIND, "敏感词命中"), (COMPLAINT_KIND, "客户投诉")):
        wanted = sorted(each.msgid for each in planted[kind])
        yield Check(
            f"{name}都已立案，没有误报",
            kept.msgids(kind) == wanted,
            f"应有 {len(wanted)}，立案 {len(kept.msgids(kind))}",
        )
    near = {each.msgid for each in archived if each.line.near_miss}
    wrongly = [case for case in kept.cases if case["msgid"] in near and case["kind"] != _SAMPLE]
    yield Check("只是形似的句子（如“非保本”“投诉电话”）没有立案", bool(near) and not wrongly, f"{len(near)} 条逐一核对")
    (hidden,) = (case for case in kept.cases if case["msgid"] == told.written[-1].msgid)
    evasions = [hit["evasion"] for hit in hidden["hits"]]
    yield Check(
        "夹入零宽字符的“保本”也被检出，位置指向原文",
        "zero_width" in evasions,
        "、".join(lexicon_tables.EVASIONS.get(name, "原样") for name in evasions),
    )


def _kind_of(each: Written) -> str:
    word = each.line.hit
    if not word or word in _NO_CASE:
        return ""
    return COMPLAINT_KIND if word in _COMPLAINTS else COMPLIANCE_KIND


def _customers_are_heard(told: Keeping, archived: Sequence[Written]) -> Check:
    said = {each.line.message["from"] for each in archived if each.line.hit in _OPT_OUTS}
    compliance = told.stage.as_operator(COMPLIANCE)
    heard = [customer for customer in said if _has_opted_out(compliance.get(at("consents", customer)))]
    return Check("写下“退订”“不要再发”的客户已进入退订名单", bool(said) and len(heard) == len(said), f"{len(said)} 位")


def _has_opted_out(found: Row) -> bool:
    sources = {row["source"] for row in found["statements"]}
    return bool(found["answer"] == "opted_out" and "conversation" in sources)


def _two_reviewers(told: Keeping) -> Iterator[Check]:
    promise, complaint = told.decided
    people = [step["actor"] for step in promise["steps"]]
    two = promise["state"] == "closed" and len(set(people)) == 2  # noqa: PLR2004 - who decides, who confirms
    yield Check("严重命中由两个人认定和复核", two, " → ".join(people))
    yield Check("起草人不能批准自己的词库，认定人不能复核自己的案件", told.refused == _REFUSED_STEPS, "均被拒绝")
    yield Check("投诉案件已办结", complaint["state"] == "closed" and complaint["disposition"] == "upheld", "投诉成立")
    accesses = told.stage.as_operator(COMPLIANCE).rows(at("archive", "accesses"), 0, day=told.day)
    (seen,) = (row for row in accesses if row["asked"] == {"message": told.read["message_id"]})
    holds = HIDDEN_PROMISE in told.read["texts"] and seen["actor"] == f"operator:{told.reader}" and bool(seen["reason"])
    yield Check("审查人按案件所示路径读到原文，留下查阅记录", holds, f"{seen['actor']}：{seen['reason']}")


def _is_certified(told: Keeping) -> Iterator[Check]:
    seats = told.certificate["seats"]
    holds = bool(seats) and seats["permitted"] == len(told.seats)
    yield Check(
        "证明写明席位覆盖", holds, f"席位 {seats['permitted']}，在册无席位 {seats['without']}" if seats else "无"
    )
    whole = told.before.exit_code == 0 and told.before.day == told.day and not told.before.faults
    yield Check("只凭公钥核验：签名、证明链与每个对象都相符", whole, f"{told.certificate['objects']} 个对象")


def _is_locked_longer(told: Keeping) -> Check:
    """Conversations alone were asked for; what else lies there keeps the bucket's own lock."""
    wanted = told.stage.now + timedelta(days=told.kept_days - 1)
    longer = {key for key, until in told.locked_until.items() if until > wanted}
    chat = {key for key in told.locked_until if key.startswith(_CHAT)}
    return Check(
        "留存期延长后，会话对象的锁定全部延长，其他对象不变", bool(chat) and longer == chat, f"{len(chat)} 个对象"
    )


def _tampering_is_named(told: Keeping) -> Check:
    objects = {key for _, key in told.after.faults}
    holds = told.after.exit_code == 1 and objects == {told.tampered}
    return Check("改动一个字节后核验失败，并指出这个对象", holds, "、".join(sorted(objects)))
