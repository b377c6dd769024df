"""What bars a customer is head office's to set, within what the law leaves."""

from typing import Any

import pytest

from scrm.audience.rules import RuleSettings
from scrm.settings.audience import AudienceDocument
from tests.admin_api import BRANCH_10, BRANCH_20, HEAD_OFFICE, Api
from tests.unit.admin.test_content import send

PATH = "/v1/settings/audience"


def test_the_defaults_of_the_document_are_those_of_the_code() -> None:
    assert RuleSettings(**dict(AudienceDocument())) == RuleSettings()


def test_only_head_office_changes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api().join(monkeypatch)
    body = {"version": 0, "settings": {"senior_highest_risk": None, "public_highest_risk": 1}}

    assert send(api, "PUT", PATH, BRANCH_10, body).status == 403
    changed = send(api, "PUT", PATH, HEAD_OFFICE, body).body

    assert (changed["version"], changed["given"]) == (1, ["public_highest_risk", "senior_highest_risk"])
    assert changed["settings"]["senior_highest_risk"] is None
    assert send(api, "GET", PATH, BRANCH_20).body == changed
    assert send(api, "PUT", PATH, HEAD_OFFICE, {"version": 0, "settings": {}}).status == 409


@pytest.mark.parametrize("given", [{"assessment_days": 366}, {"adult_age": 17}, {"facts_days": 0}, {"minors": False}])
def test_they_cannot_be_weaker_than_the_law(monkeypatch: pytest.MonkeyPatch, given: dict[str, Any]) -> None:
    api = Api().join(monkeypatch)

    assert send(api, "PUT", PATH, HEAD_OFFICE, {"version": 0, "settings": given}).status == 422
