"""docs/operations.md, docs/deploy.md and the runbooks name what the template and the code have, all and no more."""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.engine.paths import ROOT
from scrm.campaign.dispatching import SendOutcome
from scrm.campaign.reconcile import LookOutcome
from scrm.handover.calls import TransferOutcome
from scrm.handover.delivery import DeliveryOutcome
from tests.infra.cloudformation import FUNCTIONS, of_type, plain, properties
from tests.unit.docs.pages import DOCS, text_of

OPERATIONS = text_of(DOCS / "operations.md")
DEPLOY = text_of(DOCS / "deploy.md")
RUNBOOKS = {path.stem: path for path in (DOCS / "runbooks").glob("*.md")}
ALARMS = {name: each["Properties"] for name, each in of_type("AWS::CloudWatch::Alarm").items()}
SECTIONS = ["What it means", "Look first", "Repair", "Well again when"]
_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


def test_every_alarm_has_a_runbook_page_and_every_page_an_alarm() -> None:
    assert set(RUNBOOKS) == {_page_of(alarm) for alarm in ALARMS}


@pytest.mark.parametrize("alarm", ALARMS)
def test_an_alarm_says_where_its_page_is_and_whom_it_calls(alarm: str) -> None:
    described = ALARMS[alarm]

    assert described["AlarmDescription"].endswith(f" Runbook docs/runbooks/{_page_of(alarm)}.md")
    assert described["AlarmActions"] == described["OKActions"] == [{"Ref": "AlarmTopic"}]


@pytest.mark.parametrize("alarm", ALARMS)
def test_a_runbook_page_says_what_it_means_and_how_to_look_repair_and_verify(alarm: str) -> None:
    page = text_of(RUNBOOKS[_page_of(alarm)])

    sections = re.split(r"^## (.+)$", page, flags=re.MULTILINE)
    assert sections[0].strip() == f"# {alarm}"
    assert sections[1::2] == SECTIONS
    assert all(len(text.split()) >= 5 for text in sections[2::2])


@pytest.mark.parametrize("page", RUNBOOKS)
def test_a_runbook_names_only_metrics_alarms_and_outputs_that_exist(page: str) -> None:
    text = text_of(RUNBOOKS[page])
    metrics = counted_metrics() | AWS_METRICS

    named_outputs = set(re.findall(r"\bout (\w+)`|\(out (\w+)\)", text))
    unknown = {name for name in _code_names(text) if name not in metrics | set(plain()["Parameters"]) | _KNOWN_NAMES}

    assert {first or second for first, second in named_outputs} <= set(plain()["Outputs"])
    assert unknown <= set(plain()["Resources"]) | set(plain()["Outputs"])


@pytest.mark.parametrize("alarm", ALARMS)
def test_an_alarm_on_a_metric_of_ours_watches_one_that_the_code_counts(alarm: str) -> None:
    watched = {name for namespace, name in _watched(ALARMS[alarm]) if namespace == "scrm"}

    assert watched <= counted_metrics()


def test_the_page_has_every_metric_and_no_other() -> None:
    listed = _first_cells("Metrics")

    assert listed == counted_metrics()


def test_the_page_has_every_queue_table_function_alarm_and_secret() -> None:
    for section, kinds in {
        "Queues": {"AWS::SQS::Queue"},
        "Tables": {"AWS::DynamoDB::Table"},
        "Functions": {"AWS::Lambda::Function"},
        "Alarms": {"AWS::CloudWatch::Alarm"},
        "Secrets": {"AWS::SecretsManager::Secret"},
    }.items():
        declared = {name for kind in kinds for name in of_type(kind)}
        text = _section(section)
        missing = {name for name in declared if f"`{name}`" not in text}

        assert missing == set(), section
        assert _first_cells(section) <= declared, section


def test_the_page_has_every_environment_variable_and_who_gets_it() -> None:
    rows = {name: cells[1] for cells in _rows("Environment variables") for name in re.findall(r"`(\w+)`", cells[0])}

    for variable, given_to in _given().items():
        told = rows[variable]
        expected = set(FUNCTIONS.values()) if told.startswith("all") else set(re.findall(r"[a-z]+_[a-z]+", told))
        left_out = set(re.findall(r"[a-z]+_[a-z]+", told)) if told.startswith("all but") else set()
        assert expected - left_out == given_to, variable
    assert set(rows) == set(_given())


def test_the_page_tells_the_real_time_limits() -> None:
    limits = {cells[0].strip("`"): cells[2] for cells in _rows("Functions")}
    waits = {cells[0].strip("`"): cells[3].replace(",", "") for cells in _rows("Queues")}

    for name in FUNCTIONS:
        assert limits[f"{name}Function"] == f"{properties(f'{name}Function')['Timeout']} s"
    for queue, wait in waits.items():
        assert wait == (f"{properties(queue)['VisibilityTimeout']} s" if wait else "")


def test_the_deployment_page_explains_every_parameter() -> None:
    unexplained = {name for name in plain()["Parameters"] if f"`{name}`" not in DEPLOY}

    assert unexplained == set()


# --- reading the page, the template and the code

AWS_METRICS = {
    "ConcurrentExecutions", "Duration", "ErrorPortAllocation", "Errors", "InitDuration", "NumberOfMessagesSent",
    "PacketsDropCount", "SuccessfulRequestLatency", "TargetErrorCount", "Throttles",
}  # fmt: skip
# Words in back ticks that look like names of ours and are AWS's, Python's or our errors.
_KNOWN_NAMES = {
    "AccessDenied", "AccessDeniedException", "ClientError", "ConsentBusyError", "Enabled", "JSONDecodeError",
    "KeyError", "LinkKeysError", "MemorySize", "MissingSettingError", "PutSecretValue", "ResourceNotFound",
    "TermsChangedError", "TooManyCellsError", "TooMuchSelectedError",
    "ResourceNotFoundException", "SecretIncompleteError", "State", "ValueError", "WecomError",
}  # fmt: skip


@functools.cache
def counted_metrics() -> frozenset[str]:
    """Names given to `count` and `measure` as text, values of outcome enums that are counted, what knows its metric."""
    found = {outcome.metric for outcome in (*TransferOutcome, *DeliveryOutcome, *SendOutcome, *LookOutcome)}
    for path in [*(ROOT / "functions").rglob("*.py"), *(ROOT / "layers" / "scrm").rglob("*.py")]:
        found.update(_metrics_in(path))
    return frozenset(found)


def _metrics_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"count", "measure"} and node.args:
            yield from _texts(*ast.walk(node.args[0]))
        elif isinstance(node, ast.ClassDef) and "the value is the metric" in (ast.get_docstring(node) or ""):
            yield from _texts(*(each.value for each in node.body if isinstance(each, ast.Assign)))


def _texts(*nodes: ast.AST) -> Iterator[str]:
    texts = (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
    yield from (text for text in texts if re.fullmatch(r"(?:[A-Z][a-z]+)+", text))


def _watched(alarm: dict[str, Any]) -> set[tuple[str, str]]:
    if "MetricName" in alarm:
        return {(alarm["Namespace"], alarm["MetricName"])}
    metrics = [each["MetricStat"]["Metric"] for each in alarm["Metrics"] if "MetricStat" in each]
    return {(each["Namespace"], each["MetricName"]) for each in metrics}


def _given() -> dict[str, set[str]]:
    given: dict[str, set[str]] = {}
    for name, folder in FUNCTIONS.items():
        for variable in properties(f"{name}Function")["Environment"]["Variables"]:
            given.setdefault(variable, set()).add(folder)
    return given


def _page_of(alarm: str) -> str:
    return _CAPITAL.sub("-", alarm.removesuffix("Alarm")).lower()


def _section(title: str) -> str:
    return re.split(r"^## ", OPERATIONS.split(f"\n## {title}\n")[1], flags=re.MULTILINE)[0]


def _rows(title: str) -> list[list[str]]:
    lines = [line for line in _section(title).splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def _first_cells(title: str) -> set[str]:
    return {name for cells in _rows(title) for name in re.findall(r"`(\w+)`", cells[0])}


def _code_names(text: str) -> set[str]:
    """Words in back ticks that are written like a metric, a logical id or a parameter."""
    return {word for word in re.findall(r"`(\w+)`", text) if re.fullmatch(r"(?:[A-Z][a-z0-9]+){2,}|[A-Z][a-z]+s", word)}
