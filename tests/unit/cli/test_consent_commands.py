"""Customers' answers at the command line, in Chinese."""

import pytest

from local.cli import consent_tables
from scrm import clock
from scrm.consent.model import ConsentAnswer, ConsentSource
from scrm.settings.consent import ConsentDocument
from tests.admin_api import Api
from tests.fakes.org import member
from tests.unit.cli.test_commands import Run, api, endpoints, exit_code, gateway, issuer, run

__all__ = ["api", "endpoints", "gateway", "issuer", "run"]  # fixtures


@pytest.fixture
def customer(api: Api) -> str:
    api.people.rows["rm_owner"] = member("rm_owner", "12", "/1/10/12/")
    api.contacts.changes.added("rm_owner", "wm1", clock.now())
    return "wm1"


def test_an_answer_is_recorded_and_shown(run: Run, customer: str) -> None:
    assert "未表示" in run("consent", "show", customer).output

    run("--as", "branch_10", "consent", "set", customer, "opted_out")
    shown = run("consent", "show", customer).output

    for text in ("拒绝营销信息", "人工登记", "operator:"):
        assert text in shown


def test_a_consent_without_proof_is_refused(run: Run, customer: str) -> None:
    assert exit_code("consent", "set", customer, "consented") == 1
    assert "同意接收" in run("consent", "set", customer, "consented", "--reference", "FORM-7").output


def test_whether_consent_is_required_is_head_offices_to_say(run: Run) -> None:
    assert "默认" in run("consent", "settings").output
    assert "本行设定" in run("consent", "settings", "--required").output
    assert "tag_out" in run("consent", "settings", "--opt-out-tag", "tag_out").output
    assert exit_code("--as", "branch_10", "consent", "settings", "--not-required") == 4


def test_every_word_of_the_product_has_its_chinese() -> None:
    assert set(consent_tables.ANSWERS) == set(ConsentAnswer)
    assert set(consent_tables.SOURCES) == set(ConsentSource)
    assert set(consent_tables.RULES) == set(ConsentDocument.model_fields)


def test_a_link_for_the_customer_is_shown_whole(run: Run, customer: str) -> None:
    shown = run("--as", "branch_10", "consent", "link", customer).output

    assert "客户专用链接" in shown
    assert "https://m.bank.example/o/k1-" in shown
