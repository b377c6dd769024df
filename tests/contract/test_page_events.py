"""Every committed sample of the customer's page through the real handler."""

import json

import pytest

from functions.customer_web.handler import lambda_handler
from scrm.consent.model import ConsentAnswer
from scrm.consent.page import CustomerChoice
from scrm.runtime.wiring import customer_web as wiring
from tests.admin_api import AT, lambda_context
from tests.contract.make_page_events import CUSTOMER, FOLDER, rendered
from tests.fakes.consent import Answers

EXPECTED = {
    "open_page": (200, None),
    "opt_out": (200, ConsentAnswer.OPTED_OUT),
    "consent": (200, ConsentAnswer.CONSENTED),
    "consent_not_confirmed": (400, None),
    "open_ended_link": (410, None),
    "open_changed_link": (404, None),
}


@pytest.fixture
def bank(monkeypatch: pytest.MonkeyPatch) -> Answers:
    bank = Answers(AT)
    monkeypatch.setattr(wiring, "tokens", lambda: bank.tokens)
    monkeypatch.setattr(wiring, "standing_of", bank.consents.standing_of)
    monkeypatch.setattr(wiring, "choice", lambda: CustomerChoice(bank.desk))
    return bank


def test_committed_samples_are_what_the_script_writes() -> None:
    assert {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")} == rendered()


@pytest.mark.parametrize("name", EXPECTED)
def test_every_sample_is_answered_as_it_should(bank: Answers, name: str) -> None:
    event = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))

    answer = lambda_handler(event, lambda_context())

    status, said = EXPECTED[name]
    standing = bank.consents.standing_of(CUSTOMER)
    assert (answer["statusCode"], standing.answer if standing else None) == (status, said)
