"""A day of conversations of the demo bank: kept, looked at, decided by two reviewers, certified, tampered with.

Told only through the admin API, what people write in WeCom, and the archive's bucket."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from local.bank.conversations import Line, conversations
from local.cli.client import Row, at
from local.demo.stage import HEAD_OFFICE, MINUTE, DemoFailedError, Stage
from local.engine.credentials import WecomCredentials
from local.engine.paths import LOCAL, ROOT

CHECKER, COMPLIANCE = "checker", "compliance"
COMPLIANCE_KIND, COMPLAINT_KIND = "compliance", "complaint"
_CONVERSATIONS = 60
HIDDEN_PROMISE = "您放心，这款保\u200b本，随时可以取。"  # a zero-width space inside the word
_HIDDEN_WORD = "保本"
_WHY_READ = "监管检查前的抽查"
_KEPT_LONGER = 365
_CERTIFIED_AFTER = 15  # minutes after midnight: the schedule fires at ten past
_PUBLIC_KEY = LOCAL / "demo" / "certificate-key.pem"


@dataclass(frozen=True, slots=True)
class Written:
    """A line of the day, what WeCom made of it: ``withheld`` says why it is in nobody's archive."""

    line: Line
    msgid: str
    withheld: str | None


@dataclass(frozen=True, slots=True)
class Verified:
    """What ``scrm archive verify`` found of a day: its exit code, and (kind, object) of every fault."""

    exit_code: int
    day: str
    faults: Sequence[tuple[str, str]]


_NOT_YET = Verified(-1, "", ())


@dataclass(slots=True)
class Keeping:
    """The acts, in order; what the checks need is kept on the way.

    ``silent`` members write to nobody. ``seats``: whom the bank bought one for.
    """

    stage: Stage
    silent: Sequence[str] = ()
    seats: Sequence[str] = ()
    written: list[Written] = field(default_factory=list)
    lexicon: Row = field(default_factory=dict)
    refused: int = 0
    decided: list[Row] = field(default_factory=list)
    read: Row = field(default_factory=dict)
    reader: str = ""
    day: str = ""
    certificate: Row = field(default_factory=dict)
    before: Verified = _NOT_YET
    after: Verified = _NOT_YET
    kept_days: int = 0
    locked_until: dict[str, datetime] = field(default_factory=dict)
    tampered: str = ""

    def tell(self) -> None:
        self.stage.pass_until(9)
        self._a_lexicon_is_put_in_force()
        self._people_write()
        self._cases_are_decided()
        self._the_day_is_certified()
        self._records_are_kept_longer()
        self._somebody_changes_an_object()

    def _a_lexicon_is_put_in_force(self) -> None:
        stage, head_office = self.stage, self.stage.as_operator(HEAD_OFFICE)
        made = head_office.post(at("lexicon", "versions"), {"standard": True, "note": "首版"})
        version = ("lexicon", "versions", str(made["number"]))
        self.refused += stage.is_refused(lambda: head_office.post(at(*version, "approve"), {}))
        stage.as_operator(CHECKER).post(at(*version, "approve"), {})
        self.lexicon = head_office.post(at(*version, "put-in-force"), {})
        stage.rest()
        stage.tell(
            f"敏感词库第 {made['number']} 版：{made['entries']} 条，总行起草，他人批准后生效，并同步到企业微信规则"
        )

    def _people_write(self) -> None:
        stage, archive = self.stage, self.stage.control.archive
        keys = WecomCredentials(**stage.stack.endpoints.credentials["wecom"])
        archive.upload_key(keys.archive_public_key())
        self.seats = [row["userid"] for row in stage.control.world()["members"] if row["contact_service"]]
        number = archive.set_seats(self.seats)
        stage.stack.fire("archive_intake.seats")
        stage.tell(f"开通会话存档：上传公钥，{number} 名客户经理有席位")
        lines = [*conversations(self._who_talks(), _CONVERSATIONS, files=archive.make_file), self._hidden()]
        half = len(lines) // 2
        for some in (lines[:half], lines[half:]):
            said = archive.say(*(line.message for line in some))
            pairs = zip(some, said, strict=True)
            self.written += [Written(line, row["message"]["msgid"], row["withheld"]) for line, row in pairs]
            stage.pass_time(10 * MINUTE)
        withheld = sum(each.withheld is not None for each in self.written)
        stage.tell(f"成员与客户写了 {len(lines)} 条消息，其中 {withheld} 条因客户不同意存档，企业微信不提供")

    def _who_talks(self) -> Row:
        """The corp without the relations and groups of silent members."""
        world = self.stage.control.world()
        relations = [row for row in world["relations"] if row["userid"] not in self.silent]
        return world | {
            "relations": relations,
            "groups": [group for group in world["groups"] if group["owner"] not in self.silent],
        }

    def _hidden(self) -> Line:
        """A promise that hides from a plain comparison."""
        rows = self._who_talks()["relations"]
        row = next(row for row in rows if row["userid"] in self.seats and row.get("archive_consent") == "agreed")
        text = {"msgtype": "text", "text": {"content": HIDDEN_PROMISE}}
        return Line({"from": row["userid"], "tolist": [row["external_userid"]], "roomid": "", **text}, hit=_HIDDEN_WORD)

    def _cases_are_decided(self) -> None:
        """The promise that hides, by its branch and head office; a customer's complaint by its branch."""
        compliance = self.stage.as_operator(COMPLIANCE)
        hidden = self.written[-1].msgid
        promise = next(
            found
            for row in compliance.rows(at("review-cases"), 0, kind=COMPLIANCE_KIND)
            if (found := compliance.get(at("review-cases", row["case_id"])))["msgid"] == hidden
        )
        self.reader = branch = _reviewer_of(promise)
        promise = self._step(branch, promise, "claim", {})
        self.read = self.stage.as_operator(branch).get(promise["message"], reason=_WHY_READ)
        promise = self._step(branch, promise, "decide", {"disposition": "violation", "note": "承诺保本，拆字规避"})
        self.refused += self.stage.is_refused(lambda: self._step(branch, promise, "confirm", {}))
        closed = self._step(COMPLIANCE, promise, "confirm", {"note": "同意"})
        self.stage.tell(f"{branch} 领取命中案件并认定违规，本人不能复核；总行合规复核后结案")
        complaint = compliance.rows(at("review-cases"), 0, kind=COMPLAINT_KIND)[0]
        complaint = compliance.get(at("review-cases", complaint["case_id"]))
        reviewer = _reviewer_of(complaint)
        complaint = self._step(reviewer, complaint, "claim", {})
        found = self._step(reviewer, complaint, "decide", {"disposition": "upheld", "note": "已致电客户并登记"})
        if found["state"] == "decided":  # one in twenty is looked at twice
            found = self._step(COMPLIANCE, found, "confirm", {"note": "同意"})
        self.stage.tell(f"客户写下“投诉”的消息自动立为投诉案件，{reviewer} 办结")
        self.decided = [closed, found]

    def _the_day_is_certified(self) -> None:
        self.day = self.stage.now.date().isoformat()
        self.stage.pass_midnight(_CERTIFIED_AFTER)
        auditor = self.stage.as_operator("auditor")
        self.certificate = auditor.get(at("archive", "certificates", self.day))
        kms = self.stage.stack.engine.client("kms")
        key_id = self.stage.stack.deployed.physical_ids["CertificateKey"]
        pem = self._scrm("archive", "public-key", "--key-id", kms.describe_key(KeyId=key_id)["KeyMetadata"]["Arn"])
        _PUBLIC_KEY.parent.mkdir(parents=True, exist_ok=True)
        _PUBLIC_KEY.write_text(pem.stdout, encoding="ascii")
        self.before = self._verified()
        self.stage.tell(f"零点后出具 {self.day} 的完整性证明并签名；审计人员只凭公钥核验通过")

    def _records_are_kept_longer(self) -> None:
        head_office = self.stage.as_operator(HEAD_OFFICE)
        known = head_office.get(at("archive", "retention"))
        self.kept_days = known["locked_days"] + _KEPT_LONGER
        asked = {"version": known["version"], "settings": {"chat_days": self.kept_days}}
        head_office.put(at("archive", "retention"), asked)
        self.stage.stack.fire("archive_retention.due")
        self.locked_until = self._locks()
        self.stage.tell(f"总行把会话留存期延长到 {self.kept_days} 天：已存对象的锁定随之延长，只增不减")

    def _locks(self) -> dict[str, datetime]:
        """Until when each object is locked, but files: the engine forgets the lock where parts are joined."""
        s3, bucket = self.stage.stack.engine.client("s3"), self._bucket
        listed = s3.list_objects_v2(Bucket=bucket)["Contents"]
        keys = [each["Key"] for each in listed if not each["Key"].startswith("media/")]
        found = {key: s3.get_object_retention(Bucket=bucket, Key=key)["Retention"] for key in keys}
        return {key: retention["RetainUntilDate"] for key, retention in found.items()}

    @property
    def _bucket(self) -> str:
        return str(self.stage.stack.endpoints.resources["buckets"]["ArchiveBucket"])

    def _somebody_changes_an_object(self) -> None:
        """Around our functions, by whoever may write the bucket: the page that has the promise, one byte of it."""
        bucket, s3 = self._bucket, self.stage.stack.engine.client("s3")
        listed = s3.list_objects_v2(Bucket=bucket, Prefix="segments/")["Contents"]
        self.tampered = str(listed[-1]["Key"])
        body = bytearray(s3.get_object(Bucket=bucket, Key=self.tampered)["Body"].read())
        body[len(body) // 2] ^= 1
        s3.put_object(Bucket=bucket, Key=self.tampered, Body=bytes(body))
        self.stage.tell(f"有人绕过系统，改动存档桶中 {self.tampered} 的一个字节")
        self.after = self._verified()

    def _verified(self) -> Verified:
        asked = ("archive", "verify", "--day", self.day, "--bucket", self._bucket, "--public-key", str(_PUBLIC_KEY))
        ended = self._scrm("--json", *asked)
        if not ended.stdout:
            raise DemoFailedError(f"核验没有结果：{ended.stderr.strip()[-200:]}")
        (found,) = json.loads(ended.stdout)
        return Verified(ended.returncode, found["day"], [(fault["kind"], fault["object"]) for fault in found["faults"]])

    def _scrm(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """The command line as an auditor runs it, with credentials of his own and no word to our API."""
        return subprocess.run(
            [sys.executable, "-m", "local.cli", *words],
            cwd=ROOT,
            env=dict(self._auditors_environment()),
            capture_output=True,
            text=True,
            check=False,
        )

    def _auditors_environment(self) -> Iterator[tuple[str, str]]:
        known = self.stage.stack.endpoints
        yield "PATH", os.environ["PATH"]
        yield "PYTHONPATH", os.pathsep.join((str(ROOT / "layers" / "scrm"), str(ROOT)))
        yield "PYTHONUTF8", "1"
        yield "AWS_ENDPOINT_URL", known.aws_endpoint_url
        yield "AWS_DEFAULT_REGION", known.region
        yield "AWS_ACCESS_KEY_ID", known.credentials["aws_access_key_id"]
        yield "AWS_SECRET_ACCESS_KEY", known.credentials["aws_secret_access_key"]

    def _step(self, operator: str, case: Row, step: str, asked: Row) -> Row:
        """On the case as it was read."""
        path = at("review-cases", case["case_id"], step)
        return self.stage.as_operator(operator).post_over(path, asked, case["version"])


def _reviewer_of(case: Row) -> str:
    """The demo identity of compliance at the case's branch."""
    return f"compliance_{case['node_path'].split('/')[2]}"
