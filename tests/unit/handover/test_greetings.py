from dataclasses import replace

import pytest

from scrm.handover.greetings import STANDARD, Greeting, greeting_for
from tests.unit.handover.conftest import Bank

BANKS = Greeting("", "总行文案", "op-1")
BRANCHS = Greeting("10", "分行文案", "op-2")
TEAMS = Greeting("12", "团队文案", "op-2")


@pytest.mark.parametrize(
    ("known", "node_path", "text"),
    [
        ((BANKS, BRANCHS, TEAMS), "/1/10/12/", "团队文案"),
        ((BANKS, BRANCHS, TEAMS), "/1/10/13/", "分行文案"),
        ((BANKS, BRANCHS, TEAMS), "/1/20/", "总行文案"),
        ((BRANCHS, TEAMS), "/1/20/", ""),
        ((), "/1/10/", ""),
    ],
)
def test_nearest_approved_text_upward_counts(known: tuple[Greeting, ...], node_path: str, text: str) -> None:
    assert greeting_for(known, node_path) == text


def test_standard_text_fits_what_wecom_takes() -> None:
    assert all(0 < len(greeting.text) <= 200 for greeting in STANDARD)


def test_customer_moved_on_the_job_reads_the_text_of_his_branch(bank: Bank) -> None:
    bank.settings = replace(bank.settings, greetings=(BANKS, BRANCHS))
    bank.submit(bank.plan(bank.tell_transfer()))

    assert bank.wecom.greetings == ["分行文案"]


def test_resigned_transfer_carries_no_text(bank: Bank) -> None:
    bank.settings = replace(bank.settings, greetings=(BANKS,))
    bank.submit(bank.plan(bank.open()))

    assert bank.wecom.greetings == [""]
