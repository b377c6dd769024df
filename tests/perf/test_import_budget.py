"""What each function's start must not load, looked up in `sys.modules` of a fresh interpreter. No timings here."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scrm.runtime.http.families import module_of

ROOT = Path(__file__).parents[2]
FUNCTIONS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/handler.py"))

EVERYWHERE = (
    "aws_xray_sdk",
    "moto",
    "pytest",
    "s3transfer",
    "aws_lambda_powertools.utilities.parser",
    "wechatpy",
    "charset_normalizer",
    "botocore.docs.service",
    "html.parser",
    "importlib.metadata",
)
NOT_IN_WORKERS = ("aws_lambda_powertools.event_handler",)
NOT_BEFORE_WORK_COMES = ("scrm.campaign", "scrm.pressure", "scrm.aws", "scrm.wecom")
NOT_BEFORE_A_REQUEST_COMES = (
    "duckdb",
    "jinja2",
    "scrm.archive",
    "scrm.campaign",
    "scrm.contacts",
    "scrm.content",
    "scrm.handover",
    "scrm.kpi",
    "scrm.tasks",
    "scrm.wecom",
    "scrm.runtime.http.models",
    "scrm.runtime.http.decisions",
)
"""By an API: each family loads what its own operations need."""
OTHER_FEATURES = ("scrm.audit", "scrm.handover", "scrm.org", "scrm.tasks")
"""A campaign reaches them only through a channel of their own, which is loaded when a task has it."""
CAMPAIGN_FEATURES = ("scrm.audience", "scrm.campaign", "scrm.consent", "scrm.content", "scrm.pressure")
NOT_IN_A_SEND = ("scrm.campaign.model", "scrm.campaign.slices", "scrm.content.media", "scrm.content.permissions")
NOT_IN_A_STEP = (
    "scrm.audience",
    "scrm.consent",
    "scrm.contacts",
    "scrm.pressure",
    "scrm.campaign.slices",
    "scrm.wecom",
)
"""Of a campaign's steps few freeze an audience."""
FORBIDDEN = {
    "wecom_callback": (
        "boto3",
        "pydantic",
        "requests",
        "aws_lambda_powertools.event_handler",
        "aws_lambda_powertools.utilities.batch",
        "scrm.wecom.events",
    ),
    "staff_intake": NOT_IN_WORKERS,
    "contact_sync": (*NOT_IN_WORKERS, "scrm.lexicon"),
    "handover_worker": (*NOT_IN_WORKERS, *NOT_BEFORE_WORK_COMES, "scrm.handover"),
    "handover_reconcile": (*NOT_IN_WORKERS, "scrm.handover.certificate", "scrm.handover.orphans", "scrm.wecom.events"),
    "campaign_planner": (*NOT_IN_WORKERS, *NOT_BEFORE_WORK_COMES),
    "archive_intake": (*NOT_IN_WORKERS, *NOT_BEFORE_WORK_COMES, "scrm.archive", "cryptography"),
    "archive_worker": (*NOT_IN_WORKERS, *NOT_BEFORE_WORK_COMES, "scrm.archive", "cryptography"),
    "archive_media": (*NOT_IN_WORKERS, *NOT_BEFORE_WORK_COMES, "scrm.archive", "cryptography"),
    "archive_certify": (*NOT_IN_WORKERS, *NOT_BEFORE_WORK_COMES, "scrm.archive", "cryptography"),
    "archive_retention": (*NOT_IN_WORKERS, *NOT_BEFORE_WORK_COMES, "scrm.archive", "cryptography"),
    "archive_screen": (*NOT_IN_WORKERS, *NOT_BEFORE_WORK_COMES, "scrm.archive", "duckdb"),
    "welcome_worker": (*NOT_IN_WORKERS, "scrm.campaign", "scrm.content.media", "scrm.wecom.events.external_contact"),
    "campaign_worker": (*NOT_IN_WORKERS, *NOT_BEFORE_WORK_COMES),
    "campaign_reconcile": (*NOT_IN_WORKERS, *NOT_BEFORE_WORK_COMES),
    "customer_web": (
        "boto3",
        "pydantic",
        "requests",
        "aws_lambda_powertools.event_handler",
        "aws_lambda_powertools.utilities.batch",
        "scrm.campaign",
        "scrm.wecom",
    ),
    "kpi_rollup": (*NOT_IN_WORKERS, *NOT_BEFORE_WORK_COMES, "scrm.kpi", "msgspec"),
    "kpi_ingest": (*NOT_IN_WORKERS, *NOT_BEFORE_WORK_COMES, "scrm.kpi", "duckdb"),
    "archive_rollup": (*NOT_IN_WORKERS, *NOT_BEFORE_WORK_COMES, "scrm.archive", "duckdb"),
    "kpi_review": (*NOT_IN_WORKERS, *NOT_BEFORE_WORK_COMES, "scrm.kpi", "scrm.uplift", "duckdb"),
    "kpi_collect": (*NOT_IN_WORKERS, *NOT_BEFORE_WORK_COMES, "scrm.collect", "duckdb"),
    "archive_api": NOT_BEFORE_A_REQUEST_COMES,
    "admin_api": NOT_BEFORE_A_REQUEST_COMES,
}


# By kind of work: what its first message loads besides the handler.
FORBIDDEN_IN_WORK = {
    "overdue_reviews": (*EVERYWHERE, *OTHER_FEATURES, *CAMPAIGN_FEATURES, "duckdb", "scrm.archive", "scrm.wecom"),
    "sends": (*EVERYWHERE, *OTHER_FEATURES, *NOT_IN_A_SEND),
    "looks": (*EVERYWHERE, *OTHER_FEATURES, "scrm.content.media", "scrm.pressure", "scrm.campaign.slices"),
    "task_changes": (*EVERYWHERE, *OTHER_FEATURES, "scrm.audience", "scrm.content", "scrm.contacts", "scrm.wecom"),
    "due_tasks": (*EVERYWHERE, *OTHER_FEATURES, "scrm.audience", "scrm.content", "scrm.contacts", "scrm.wecom.client"),
    "personal_sends": (*EVERYWHERE, *OTHER_FEATURES, "scrm.campaign.dispatching", "scrm.content.media"),
    "plans": (*EVERYWHERE, *CAMPAIGN_FEATURES, "scrm.tasks", "scrm.handover.transfer", "scrm.handover.parts"),
    "transfers": (*EVERYWHERE, *CAMPAIGN_FEATURES),
    "campaign_runs": (*EVERYWHERE, *OTHER_FEATURES, *NOT_IN_A_STEP),
    "slices": (*EVERYWHERE, "scrm.handover", "scrm.tasks", "scrm.campaign.planning", "scrm.wecom"),
    "archive_pulls": (*EVERYWHERE, *OTHER_FEATURES, *CAMPAIGN_FEATURES, "duckdb", "scrm.archive.message"),
    "archive_pages": (*EVERYWHERE, *OTHER_FEATURES, *CAMPAIGN_FEATURES, "duckdb", "scrm.wecom.governor"),
    "archive_screening": (
        *EVERYWHERE,
        "scrm.handover",
        "scrm.tasks",
        "scrm.content",
        "duckdb",
        "cryptography",
        "scrm.wecom",
    ),
    "archive_seats": (*EVERYWHERE, *OTHER_FEATURES, *CAMPAIGN_FEATURES, "duckdb", "scrm.archive.message"),
    "archive_media": (*EVERYWHERE, *OTHER_FEATURES, *CAMPAIGN_FEATURES, "duckdb", "scrm.wecom.governor"),
    "archive_days": (
        *EVERYWHERE,
        "scrm.audit",
        "scrm.handover",
        "scrm.tasks",
        *CAMPAIGN_FEATURES,
        "duckdb",
        "scrm.wecom",
    ),
    "archive_locks": (*EVERYWHERE, *OTHER_FEATURES, *CAMPAIGN_FEATURES, "duckdb", "scrm.wecom"),
    "lexicon_replays": (
        *EVERYWHERE,
        "scrm.campaign",
        "scrm.content",
        "scrm.handover",
        "scrm.tasks",
        "scrm.wecom",
        "duckdb",
    ),
    "figures": (
        *EVERYWHERE,
        "scrm.handover",
        "scrm.tasks",
        "scrm.campaign",
        "scrm.pressure",
        "scrm.archive",
        "scrm.wecom",
        "duckdb",
        "jinja2",
        "scrm.kpi.report",
        "scrm.uplift",
    ),
    "uplift": (
        *EVERYWHERE,
        "scrm.handover",
        "scrm.org",
        "scrm.tasks",
        "scrm.audience",
        "scrm.consent",
        "scrm.content",
        "scrm.pressure",
        "scrm.archive",
        "scrm.wecom",
        "duckdb",
        "jinja2",
    ),
    "counters": (*EVERYWHERE, *OTHER_FEATURES, *CAMPAIGN_FEATURES, "scrm.archive", "duckdb", "scrm.wecom"),
    "collecting": (*EVERYWHERE, "scrm.audit", "scrm.handover", "scrm.tasks", *CAMPAIGN_FEATURES, "duckdb"),
    "rollups": (
        *EVERYWHERE,
        "scrm.handover",
        "scrm.org",
        "scrm.tasks",
        *CAMPAIGN_FEATURES,
        "duckdb",
        "cryptography",
        "scrm.wecom",
    ),
    "kpi_feeds": (*EVERYWHERE, "scrm.audit", "scrm.handover", "scrm.tasks", *CAMPAIGN_FEATURES, "duckdb", "scrm.wecom"),
    "lexicon_rules": (*EVERYWHERE, *OTHER_FEATURES, *CAMPAIGN_FEATURES, "scrm.lexicon.scanner", "ahocorasick_rs"),
    "media": (*EVERYWHERE, *OTHER_FEATURES, "scrm.campaign.dispatching", "scrm.audience", "scrm.contacts"),
}


NOT_IN_THE_ARCHIVE = ("duckdb", "scrm.campaign", "scrm.content", "scrm.handover", "scrm.tasks", "scrm.wecom")
NO_SEARCH = ("scrm.archive.index", "scrm.archive.message", "scrm.archive.search", "scrm.contacts")
NO_READING = ("scrm.archive.bodies", "scrm.archive.reading", "scrm.archive.segment")
# By path: what the first request of a family loads besides the handler.
FORBIDDEN_IN_FAMILY = {
    "archive/holds": (*NOT_IN_THE_ARCHIVE, *NO_SEARCH, *NO_READING, "scrm.archive.exports"),
    "archive/deletion-requests": (*NOT_IN_THE_ARCHIVE, *NO_SEARCH, *NO_READING, "scrm.archive.exports"),
    "archive/retention": (*NOT_IN_THE_ARCHIVE, *NO_SEARCH, *NO_READING, "scrm.archive.exports"),
    "archive/messages": (*NOT_IN_THE_ARCHIVE, "scrm.archive.exports", "scrm.archive.legal_holds"),
    "archive/exports": (*NOT_IN_THE_ARCHIVE, "scrm.archive.deletion_requests", "scrm.archive.legal_holds"),
    "cases": (*CAMPAIGN_FEATURES, "duckdb", "scrm.archive", "scrm.contacts", "scrm.tasks", "scrm.wecom"),
    "me": NOT_BEFORE_A_REQUEST_COMES,
}


def loaded_by(function: str) -> set[str]:
    return loaded_by_program(f"import functions.{function}.handler")


def loaded_by_program(program: str) -> set[str]:
    program = f"{program}; import json, sys; print(json.dumps(sorted(sys.modules)))"
    path = os.pathsep.join((str(ROOT), str(ROOT / "layers" / "scrm")))
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_start_loads_nothing_forbidden(function: str) -> None:
    loaded = loaded_by(function)

    assert "aws_lambda_powertools.logging" in loaded
    assert sorted(loaded & {*EVERYWHERE, *FORBIDDEN[function]}) == []


def test_every_function_has_a_list() -> None:
    assert set(FUNCTIONS) <= set(FORBIDDEN)


@pytest.mark.parametrize("kind", FORBIDDEN_IN_WORK)
def test_a_kind_of_work_loads_nothing_of_the_others(kind: str) -> None:
    loaded = loaded_by_program(f"import scrm.runtime.invocation, scrm.runtime.work.{kind}")

    assert "botocore" in loaded
    assert sorted(loaded & {*FORBIDDEN_IN_WORK[kind]}) == []


def test_every_kind_of_work_has_a_list() -> None:
    kinds = {path.stem for path in (ROOT / "layers/scrm/scrm/runtime/work").glob("*.py")} - {"__init__"}

    assert kinds == set(FORBIDDEN_IN_WORK)


@pytest.mark.parametrize("path", FORBIDDEN_IN_FAMILY)
def test_a_family_of_the_api_loads_nothing_of_the_others(path: str) -> None:
    function = "archive_api" if path.startswith("archive/") else "admin_api"
    loaded = loaded_by_program(
        f"import functions.{function}.handler; from scrm.runtime.http import families; families.load('/v1/{path}')"
    )

    assert f"scrm.runtime.http.{module_of(f'/v1/{path}')}" in loaded
    assert sorted(loaded & {*EVERYWHERE, *FORBIDDEN_IN_FAMILY[path]}) == []


def test_libraries_loaded_in_part_are_whole_for_those_who_import_them_after_us() -> None:
    loaded = loaded_by_program(
        "from scrm.aws import session; import boto3; from botocore.docs.docstring import ClientMethodDocstring as Text;"
        "from urllib3.http2 import inject_into_urllib3; assert hasattr(Text, 'expandtabs'); boto3.client('sqs')"
    )

    assert {"botocore.docs.service", "urllib3.http2"} <= loaded


def test_the_data_bucket_is_reached_without_the_transfer_manager() -> None:
    loaded = loaded_by_program("from scrm.aws import documents, session; session.client('s3')")

    assert "scrm.aws.documents" in loaded
    assert sorted(loaded & {"boto3", "s3transfer", "awscrt"}) == []


def test_requests_keeps_its_guesser_for_those_who_import_it_after_us() -> None:
    loaded = loaded_by_program("import scrm.wecom.http_stack, charset_normalizer")

    assert {"requests", "charset_normalizer"} <= loaded
