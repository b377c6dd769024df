"""The command line through sign-in, HTTP and the real handler, over in-memory ports."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from local.cli import sign_in, tables
from local.cli.commands import main, scrm
from local.identity.issuer import Issuer
from local.identity.operators import AUDITOR
from local.identity.server import running_issuer
from scrm import clock
from scrm.handover.edges import EdgeCause, EdgeState
from scrm.handover.four_eyes import DecisionState, PendingDecision, Wish
from scrm.handover.model import CaseState, SignalSource
from scrm.org.model import Lifecycle, OperatingMode
from scrm.org.rejections import ReviewState
from scrm.runtime.http.operation import outcome_of
from scrm.settings.handover import HandoverDocument
from tests.admin_api import CHECKSUM, Api, case, edge, rejection
from tests.unit.cli.gateway import running_gateway

CASE_ID = case(1).summary.case_id

type Run = Callable[..., Result]


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        yield running


@pytest.fixture(scope="module")
def gateway(issuer: Issuer) -> Iterator[str]:
    with running_gateway(issuer) as url:
        yield url


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    api = Api().join(monkeypatch)
    api.cases.cases = [case(1, "10"), case(2, "20", CaseState.CLOSED)]
    api.cases.edges = {CASE_ID: [edge("wm1"), edge("wm2", EdgeState.MANUAL)]}
    api.cases.groups = {CASE_ID: [edge("wr1")]}
    api.org.rejected = [rejection(1)]
    return api


@pytest.fixture
def endpoints(tmp_path: Path, issuer: Issuer, gateway: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "endpoints.json"
    identity = {"issuer": issuer.url, "token_url": f"{issuer.url}/token", "audience": issuer.audience}
    path.write_text(json.dumps({"admin_api_url": gateway, "identity": identity}), encoding="utf-8")
    monkeypatch.setattr(sign_in.sign_in, "__defaults__", (path,))
    for name in ("SCRM_API_URL", "SCRM_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return path


@pytest.fixture
def run(api: Api, endpoints: Path) -> Run:
    def invoke(*words: str) -> Result:
        return CliRunner().invoke(scrm, list(words))

    return invoke


def exit_code(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    return int(ended.value.code or 0)


def test_cases_are_listed_in_chinese_with_whole_ids(run: Run) -> None:
    shown = run("case", "list").output

    for text in ("客户继承", CASE_ID, "王伟（rm_wang1）", "上海分行", "待人工处理", "2/3", "2026-11-21 16:01:00"):
        assert text in shown


def test_an_operator_of_a_branch_sees_only_its_cases(run: Run) -> None:
    mine = json.loads(run("--as", "branch_20", "--json", "case", "list").output)
    every = json.loads(run("--json", "case", "list").output)
    closed = json.loads(run("--json", "case", "list", "--state", "closed").output)

    of_member = json.loads(run("--json", "case", "list", "--member", "rm_wang1").output)

    assert [row["handover_userid"] for row in of_member] == ["rm_wang1"]
    assert [row["node_id"] for row in mine] == ["20"]
    assert len(every) == 2
    assert closed == mine


def test_a_case_is_shown_with_its_signals_and_the_edges_asked_for(run: Run) -> None:
    plain = run("case", "show", CASE_ID).output
    manual = run("case", "show", CASE_ID, "--edges", "manual").output

    assert "共 3：已接替 2，人工处理 1" in plain
    assert "人事系统" in plain
    assert "wm2" not in plain
    assert "客户拒绝" in manual
    assert "mgr_shanghai" in manual
    assert "wm1" not in manual
    assert "客户群：没有记录" in manual


def test_node_is_set_and_shown_in_chinese(run: Run) -> None:
    run("nodes", "set", "10", "--lifecycle", "pilot", "--mode", "branch_direct_center", "--code", "SH-01")
    run("nodes", "set", "12", "--lifecycle", "inherit")

    shown, listed, below = (
        run("nodes", "show", "10").output,
        run("nodes", "list").output,
        run("nodes", "show", "12").output,
    )
    assert "试点期（生效：试点期）" in shown
    assert "分行直营中心" in listed
    assert "SH-01" in listed
    assert "沿用上级（生效：试点期）" in below


def test_rejection_is_marked_as_dealt_with(run: Run) -> None:
    reviewed = run("rejection", "review", "rej_1", "--note", "已请人事重发")

    assert "已处理" in reviewed.output
    assert "没有记录" in run("rejection", "list", "--state", "open").output


def test_rejections_audit_entries_and_the_caller_are_shown(run: Run) -> None:
    rejections = run("rejection", "list").output
    me = run("--as", "branch_10", "me").output
    audit = run("audit", "list").output

    assert "the field userid is missing" in rejections
    assert "上海分行（10）" in me
    for text in ("operator:head_office", "api.get.rejections", "operator:branch_10", "完成"):
        assert text in audit


def test_a_sync_is_started_with_the_key_given_or_a_new_one(run: Run) -> None:
    keyed = [json.loads(run("--json", "sync", "start", "--key", "k1").output)["run_id"] for _ in range(2)]
    drawn = [json.loads(run("--json", "sync", "start").output)["run_id"] for _ in range(2)]

    assert keyed[0] == keyed[1]
    assert len({*keyed, *drawn}) == 3
    assert "已开始全量核对" in run("sync", "start").output


def test_long_lists_are_followed_to_their_end_or_to_the_limit(run: Run, api: Api) -> None:
    api.cases.edges = {CASE_ID: [edge(f"wm{number:03d}") for number in range(230)]}

    every = json.loads(run("--json", "case", "show", CASE_ID, "--edges", "all", "--limit", "0").output)["edges"]
    some = json.loads(run("--json", "case", "show", CASE_ID, "--edges", "all", "--limit", "120").output)["edges"]

    assert [row["target_id"] for row in every] == [f"wm{number:03d}" for number in range(230)]
    assert some == every[:120]


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("case", "show", "case_unknown"), 3, "没有找到"),
        (("case", "show", "../audit"), 3, "没有找到"),
        (("--as", "branch_10", "case", "list", "--node", "20"), 3, "不在您的机构范围内"),
        (("--as", "branch_10", "sync", "start"), 4, "没有权限"),
        (("--as", "branch_999", "case", "list"), 4, "没有权限"),
        (("--as", "nobody", "case", "list"), 4, "没有名为 nobody 的操作员"),
        (("sync", "start", "--key", "k" * 300), 1, "请求参数无效：header.idempotency-key（HTTP 422）"),
    ],
)
@pytest.mark.usefixtures("api", "endpoints")
def test_a_refusal_is_one_line_with_its_exit_code(
    words: tuple[str, ...], code: int, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = exit_code(*words)
    told = capsys.readouterr()

    assert (ended, told.out) == (code, "")
    assert told.err.startswith("错误：")
    assert text in told.err
    assert told.err.count("\n") == 1


@pytest.mark.usefixtures("api", "endpoints")
def test_a_wrong_word_is_a_usage_error() -> None:
    assert exit_code("case", "list", "--state", "sleeping") == 2
    assert exit_code("nothing") == 2


@pytest.mark.usefixtures("api")
def test_production_takes_its_url_and_token_from_the_environment(
    issuer: Issuer, gateway: str, endpoints: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoints.unlink()
    monkeypatch.setenv("SCRM_API_URL", gateway)
    monkeypatch.setenv("SCRM_TOKEN", issuer.token(AUDITOR))

    assert exit_code("--json", "me") == 0
    assert json.loads(capsys.readouterr().out)["subject"] == "auditor"


@pytest.mark.parametrize(
    ("environment", "words", "code", "text"),
    [
        ({"SCRM_TOKEN": "t"}, ("me",), 6, "必须同时设置"),
        ({"SCRM_API_URL": "https://api.example.com"}, ("me",), 6, "必须同时设置"),
        ({"SCRM_API_URL": "http://api.example.com", "SCRM_TOKEN": "t"}, ("me",), 6, "https://"),
        ({"SCRM_API_URL": "http://127.0.0.1:9", "SCRM_TOKEN": "t"}, ("--as", "auditor", "me"), 6, "--as"),
        ({"SCRM_API_URL": "http://127.0.0.1:9", "SCRM_TOKEN": "secret-t"}, ("me",), 5, "没有响应"),
    ],
)
@pytest.mark.usefixtures("endpoints")
def test_a_wrong_environment_is_explained(
    environment: dict[str, str],
    words: tuple[str, ...],
    code: int,
    text: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    ended, told = exit_code(*words), capsys.readouterr().err

    assert ended == code
    assert text in told
    assert "secret-t" not in told


@pytest.mark.usefixtures("api", "endpoints")
def test_an_expired_or_foreign_token_asks_for_a_new_one(
    gateway: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SCRM_API_URL", gateway)
    monkeypatch.setenv("SCRM_TOKEN", "not.a.token")

    assert exit_code("me") == 4
    assert "登录已失效" in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, "{", "{}", '{"admin_api_url": "http://127.0.0.1:9"}'])
def test_a_local_run_that_is_not_there_is_explained(
    content: str | None, endpoints: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is None:
        endpoints.unlink()
    else:
        endpoints.write_text(content, encoding="utf-8")

    assert exit_code("me") == 6
    assert "make up" in capsys.readouterr().err


def test_a_local_run_that_has_stopped_is_explained(endpoints: Path, capsys: pytest.CaptureFixture[str]) -> None:
    identity = {"token_url": "http://127.0.0.1:9/token"}
    endpoints.write_text(json.dumps({"admin_api_url": "http://127.0.0.1:9", "identity": identity}), encoding="utf-8")

    assert exit_code("me") == 5
    assert "身份服务没有响应" in capsys.readouterr().err


def test_every_word_of_the_api_has_a_chinese_one() -> None:
    assert set(tables.CASE_STATES) == set(CaseState)
    assert set(tables.EDGE_STATES) == set(EdgeState)
    assert set(tables.EDGE_CAUSES) == set(EdgeCause)
    assert set(tables.LIFECYCLES) == set(Lifecycle)
    assert set(tables.MODES) == set(OperatingMode)
    assert set(tables.REVIEWS) == set(ReviewState)
    assert set(tables.SIGNAL_SOURCES) == set(SignalSource)
    assert set(tables.DECISION_STATES) == set(DecisionState)
    assert {outcome_of(status) for status in (200, 400, 403, 404, 409, 422, 500)} <= set(tables.OUTCOMES)


def test_settings_are_shown_in_chinese_and_changed_over_the_version_that_was_read(run: Run, api: Api) -> None:
    shown = run("settings", "show").output
    run("settings", "set", "approval_above=500", "confirmation_wait=PT48H")
    changed = json.loads(run("--json", "settings", "set", "rounds=3", "--default", "confirmation_wait").output)

    for text in ("版本 0", "超过多少客户须复核", "200", "默认"):
        assert text in shown
    assert (changed["version"], changed["given"]) == (2, ["approval_above", "rounds"])
    assert api.settings.read("handover") == ({"approval_above": 500, "rounds": 3}, 2)


def test_every_setting_has_a_chinese_name() -> None:
    assert set(tables.SETTINGS) == set(HandoverDocument.model_fields)


def test_a_plan_is_previewed_in_chinese_with_the_checksum_that_an_approval_needs(run: Run) -> None:
    shown = run("case", "preview", CASE_ID).output

    for text in ("待复核", "李娜（rm_li）", "人事指定 541", "未完成添加", "4 次，至少 2 天", CHECKSUM):
        assert text in shown


def test_a_departure_is_previewed_for_a_member_without_a_case(run: Run) -> None:
    shown = run("case", "preview", "--member", "rm_wang1", "--to", "rm_li", "--last-day", "2026-12-31").output

    assert "尚无案件" in shown
    assert "（试算）" in shown


@pytest.mark.parametrize("words", [(), (CASE_ID, "--member", "rm_wang1")])
def test_a_preview_is_of_a_case_or_of_a_member(run: Run, words: tuple[str, ...]) -> None:
    assert run("case", "preview", *words).exit_code == 2


def test_decisions_that_wait_are_listed_and_refused_in_chinese(run: Run, api: Api) -> None:
    wish = Wish("close", CASE_ID, "/1/10/", {"reason": "served by the branch"})
    waiting = PendingDecision("decision_1", wish, "operator:op-1", clock.now(), clock.now() + timedelta(days=1))
    api.decisions.save(waiting)

    listed = run("decision", "list").output
    refused = run("decision", "refuse", "decision_1", "--reason", "not yet").output

    for text in ("decision_1", "关闭案件", "operator:op-1"):
        assert text in listed
    for text in ("已拒绝", "not yet", "reason=served by the branch"):
        assert text in refused
    assert "没有记录" in run("decision", "list").output


def test_the_maker_of_a_decision_cannot_confirm_it(run: Run, api: Api) -> None:
    maker = f"operator:{json.loads(run('--json', 'me').output)['subject']}"
    wish = Wish("certificate_download", CASE_ID, "/1/10/", {"format": "json", "number": 1})
    api.decisions.save(PendingDecision("decision_1", wish, maker, clock.now(), clock.now() + timedelta(days=1)))

    run("decision", "confirm", "decision_1")
    run("--as", "branch_10", "decision", "confirm", "decision_1")

    assert api.decisions.by_id["decision_1"].decided_by not in {"", maker}
