"""The schedule of archive_worker sends what is overdue to head office, on tables as the template declares them."""

from collections.abc import Iterator
from datetime import timedelta

import boto3
import pytest
from moto import mock_aws

from functions.archive_worker import handler as archive_worker
from local.engine.paths import ROOT
from scrm import clock
from scrm.aws import session
from scrm.review.desk import Suspicion
from scrm.review.model import ReviewKind, case_id_of
from scrm.runtime.wiring import bank_settings, review
from tests.admin_api import Context
from tests.engine import declared_tables


@pytest.fixture
def tables() -> Iterator[None]:
    with mock_aws():
        _reset()
        schemas = declared_tables(ROOT / "infra" / "template.yaml")
        for name, logical_id in {"review": "ReviewTable", "platform": "PlatformTable"}.items():
            boto3.client("dynamodb").create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **schemas[logical_id])
        yield
    _reset()


def _reset() -> None:
    session.reset()
    bank_settings.reset()
    review.reset()


@pytest.mark.usefixtures("tables")
def test_an_overdue_case_is_handed_up_once_and_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = review.desk()
    desk.open_cases(
        [Suspicion(ReviewKind.SAMPLE, "m1", "2026-11-26.07.1000.1003", "conv_1", "rm_li", "/1/10/12/", (), 7)]
    )
    later = clock.now() + timedelta(days=8, hours=1)
    monkeypatch.setattr(clock, "now", lambda: later)

    for _ in range(2):
        archive_worker.lambda_handler({"schedule": archive_worker.OVERDUE_REVIEWS}, Context())  # type: ignore[arg-type]

    case = desk.cases.case(case_id_of(ReviewKind.SAMPLE, "m1"))
    assert case is not None
    assert (case.is_at_head_office, [step.action for step in case.steps]) == (True, ["handed_up"])
    metrics = capsys.readouterr().out
    assert metrics.count('"ReviewCaseEscalated":[1.0]') == 1
    assert metrics.count('"ReviewCaseOverdue":[1.0]') == 2
    assert metrics.count('"ReviewCaseNeglected":[0.0]') == 2
